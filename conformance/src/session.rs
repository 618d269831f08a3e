//! The heart of the checker: push the messages of a connection, get the findings that became certain.

use ami_wire::{Kind, Message};

use crate::deviations::{Break, Deviation, Match};
use crate::facts::{Facts, is_placeholder};
use crate::finding::{Counts, Finding, Place, Reference, Sender, Severity};
use crate::model::{Channel, ChannelKey, Event, Forgotten, Model, Order};
use crate::release::Releases;
use crate::rules::{Cx, Dispatch, Ended, Era, RULES, Raised, Rule, Scene};

/// How to check.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The capture covers the server's whole life from idle to idle: what is open at its end, and what was born before
    /// it, is a violation.
    pub complete: bool,
    /// The releases that the server can be, instead of what its banner says.
    pub release: Option<Releases>,
    /// How many dead channels and dead bridges are remembered.
    pub window: usize,
    /// How many messages after the end of a channel what applications say of it is taken to have lost a race.
    pub race: u64,
    /// Whether findings are compared with the known deviations of stock servers.
    pub known: bool,
    /// Whether rules of severity [`Note`](crate::Severity::Note) are checked; by default they are off.
    pub notes: bool,
}

impl Options {
    /// How grave a break of this rule is; nothing when the rule is not checked.
    fn severity(&self, rule: &Rule) -> Option<Severity> {
        Some(rule.severity).filter(|severity| self.notes || *severity != Severity::Note)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { complete: false, release: None, window: 8192, race: 32, known: true, notes: false }
    }
}

/// The generation of the protocol, where no banner tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    Unknown,
    /// Up to release 11.
    Legacy,
    /// Release 12 and later.
    Modern,
}

/// A finding that waits for messages which would make it a known deviation.
#[derive(Debug)]
struct Waiting {
    finding: Finding,
    deviation: &'static Deviation,
    channel: ChannelKey,
    comes: fn(&Channel) -> bool,
    until: u64,
    if_cut: bool,
}

/// One connection under check.
///
/// A capture is a window onto a running system: channels and bridges that were there before it raise no false alarm.
///
/// ```
/// use ami_conformance::{Options, Sender, Session};
///
/// let stream = b"Event: BridgeEnter\r\nPrivilege: call,all\r\nBridgeUniqueid: b1\r\nUniqueid: 1795516800.1\r\n\
///     Channel: PJSIP/1-01\r\nPriority: 1\r\n\r\n\
///     Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1795516800.1\r\nChannel: PJSIP/1-01\r\nPriority: 1\r\n\r\n";
/// let mut session = Session::new(0, Options::default());
/// for message in ami_wire::messages(stream) {
///     session.push(Sender::Server, &message?);
///     for finding in session.findings() {
///         println!("{}: {}", finding.rule.name, finding.explanation);
/// #       assert_eq!(finding.rule.name, "bridge/leave-before-hangup");
///     }
/// }
/// let counts = session.finish();
/// assert_eq!(counts.violated(), 1);
/// # Ok::<(), ami_wire::Error>(())
/// ```
#[derive(Debug)]
pub struct Session {
    connection: u32,
    options: Options,
    model: Model,
    generation: Generation,
    release: Option<Releases>,
    /// By rule; those without are not checked.
    severities: Vec<Option<Severity>>,
    dispatch: Dispatch,
    counts: Vec<Counts>,
    raised: Vec<Raised>,
    waiting: Vec<Waiting>,
    out: Vec<Finding>,
    messages: [u64; 2],
}

/// How the obligations of every rule came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts(Vec<Counts>);

impl RuleCounts {
    /// The counts of each rule, in the order of [`RULES`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static crate::rules::Rule, Counts)> {
        RULES.iter().copied().zip(self.0.iter().copied())
    }

    /// Violations of all rules together.
    pub fn violated(&self) -> u64 {
        self.0.iter().map(|counts| counts.violated).sum()
    }

    /// Adds the counts of another connection.
    pub fn merge(&mut self, other: &Self) {
        self.0.resize(RULES.len(), Counts::default());
        for (counts, other) in self.0.iter_mut().zip(&other.0) {
            counts.merge(*other);
        }
    }
}

impl Session {
    /// A connection of which nothing is known yet. `connection` is its number in the trace.
    pub fn new(connection: u32, options: Options) -> Self {
        let generation = match options.release {
            None => Generation::Unknown,
            Some(release) if release.is_modern() => Generation::Modern,
            Some(_) => Generation::Legacy,
        };
        let severities: Vec<_> = RULES.iter().map(|rule| options.severity(rule)).collect();
        Self {
            connection,
            options,
            model: Model::new(options.window, options.race),
            generation,
            release: options.release,
            dispatch: Dispatch::new(|index| severities.get(index).copied().flatten().is_some()),
            severities,
            counts: vec![Counts::default(); RULES.len()],
            raised: Vec::new(),
            waiting: Vec::new(),
            out: Vec::new(),
            messages: [0; 2],
        }
    }

    /// The releases that the server can be: what was given, or what its banner says.
    pub fn release(&self) -> Option<Releases> {
        self.release
    }

    /// Its number in the trace.
    pub fn connection(&self) -> u32 {
        self.connection
    }

    /// What is known of the server's channels and bridges.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// How many messages were pushed or skipped.
    pub fn message_count(&self) -> u64 {
        self.messages.iter().sum()
    }

    /// The findings that became certain since the last call, in order of certainty.
    ///
    /// A finding stands where the promise was broken, which can be earlier than the message that proved it.
    pub fn findings(&mut self) -> impl Iterator<Item = Finding> + '_ {
        self.out.drain(..)
    }

    /// Counts a message that the parser could not deliver, so that places stay right.
    pub fn skip(&mut self, sender: Sender) {
        self.messages[sender as usize] += 1;
    }

    /// Takes the next message of the connection.
    pub fn push(&mut self, sender: Sender, message: &Message<'_>) {
        let count = &mut self.messages[sender as usize];
        let place = Place { connection: self.connection, direction: sender, message: *count, offset: message.offset() };
        *count += 1;
        if sender == Sender::Client {
            return;
        }
        match (message.kind(), message.name()) {
            (Kind::Banner, Some(line)) => self.banner(line),
            (Kind::Event, Some(name)) => self.event(*message, name, place),
            _ => {}
        }
        if !self.waiting.is_empty() {
            self.decide_waiting(place.message, false);
        }
    }

    fn era(&self) -> Option<Era> {
        match self.generation {
            Generation::Modern => Some(Era::Modern),
            Generation::Legacy => Some(Era::Legacy),
            Generation::Unknown => None,
        }
    }

    fn banner(&mut self, line: &[u8]) {
        if self.options.release.is_none()
            && let Some(release) = Releases::from_banner(line)
        {
            self.release = Some(release);
            self.generation = if release.is_modern() { Generation::Modern } else { Generation::Legacy };
        }
    }

    fn event(&mut self, message: Message<'_>, name: &[u8], place: Place) {
        if self.generation == Generation::Unknown {
            self.generation = generation_of(&message, name);
        }
        self.model.set_legacy(self.generation == Generation::Legacy);
        let facts = Facts::read(message, name);
        let at = Reference { place, event: facts.event.label(name) };
        self.settle_silent(place.message);
        let named = self.model.meet(&facts);
        if let Some(era) = self.era().filter(|_| facts.is_judged()) {
            let scene = Scene { facts: &facts, named: &named, model: &self.model, at: &at };
            for index in self.dispatch.concerned(era, facts.event, !named.channels.is_empty()) {
                let index = usize::from(*index);
                if let (Some(rule), Some(counts), Some(Some(severity))) =
                    (RULES.get(index).copied(), self.counts.get_mut(index), self.severities.get(index).copied())
                {
                    let ended = Ended::Forgotten;
                    (rule.message)(&scene, &mut Cx { rule, index, severity, ended, counts, raised: &mut self.raised });
                }
            }
            for Raised { finding, channel } in self.raised.drain(..) {
                let broken = channel
                    .and_then(|key| self.model.channel(key).map(|channel| Break { scene: &scene, channel, key }))
                    .filter(|_| self.options.known);
                match broken {
                    Some(broken) => file(finding, &broken, self.release, &mut self.out, &mut self.waiting),
                    None => self.out.push(finding),
                }
            }
        }
        self.model.apply(&facts, &named, &at);
        let forgotten = self.model.forget();
        self.settle(&forgotten, Ended::Forgotten);
    }

    /// Decides about findings that could be known deviations; `now` is the message just taken. Where the trace `ends`
    /// before it is decided, what would have excused the server may have come behind.
    fn decide_waiting(&mut self, now: u64, ends: bool) {
        let model = &self.model;
        let out = &mut self.out;
        self.waiting.retain(|waiting| {
            let came = model.channel(waiting.channel).is_some_and(waiting.comes);
            if !came && !ends && now < waiting.until {
                return true;
            }
            let known = (came || (ends && waiting.if_cut)).then_some(waiting.deviation.id);
            out.push(Finding { known, ..waiting.finding.clone() });
            false
        });
    }

    /// Settles the channels of which applications speak no more when message `now` comes.
    fn settle_silent(&mut self, now: u64) {
        while let Some(key) = self.model.next_silent(now) {
            if let Some(channel) = self.model.channel(key).filter(|_| self.generation == Generation::Modern) {
                for (index, silent) in self.dispatch.silent() {
                    if let (Some(rule), Some(counts), Some(Some(severity))) =
                        (RULES.get(*index).copied(), self.counts.get_mut(*index), self.severities.get(*index).copied())
                    {
                        let (index, ended) = (*index, Ended::Forgotten);
                        silent(channel, &mut Cx { rule, index, severity, ended, counts, raised: &mut self.raised });
                    }
                }
                self.out.extend(self.raised.drain(..).map(|raised| raised.finding));
            }
            self.model.silenced(key);
        }
    }

    fn settle(&mut self, forgotten: &Forgotten, ended: Ended) {
        if forgotten.channels.is_empty() && forgotten.bridges.is_empty() {
            return;
        }
        let era = self.era().unwrap_or(Era::Modern);
        for (index, rule) in RULES.iter().enumerate() {
            let (Some(counts), Some(Some(severity))) =
                (self.counts.get_mut(index), self.severities.get(index).copied())
            else {
                continue;
            };
            if !rule.era.includes(era) {
                continue;
            }
            let mut cx = Cx { rule, index, severity, ended, counts, raised: &mut self.raised };
            if let Some(end) = rule.channel_end {
                forgotten.channels.iter().for_each(|channel| end(channel, &mut cx));
            }
            if let Some(end) = rule.bridge_end {
                forgotten.bridges.iter().for_each(|bridge| end(bridge, &mut cx));
            }
        }
        self.out.extend(self.raised.drain(..).map(|raised| raised.finding));
    }

    /// Bytes of one direction were not captured: what came before no longer tells what there is.
    ///
    /// Behind a gap in what the server sent, channels and bridges are as if born before the window, and obligations that
    /// were pending are unobservable, `complete` or not: the gap may hold what was promised.
    ///
    /// ```
    /// use ami_conformance::{Options, Sender, Session};
    ///
    /// let enter = b"Event: BridgeEnter\r\nPrivilege: call,all\r\nBridgeUniqueid: b1\r\nUniqueid: 1795516800.1\r\n\r\n";
    /// let hangup = b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1795516800.1\r\n\r\n";
    /// let mut session = Session::new(0, Options::default());
    /// session.push(Sender::Server, &ami_wire::messages(enter).next().unwrap()?);
    /// session.gap(Sender::Server); // there may have been a BridgeLeave in it
    /// session.push(Sender::Server, &ami_wire::messages(hangup).next().unwrap()?);
    /// assert_eq!(session.finish().violated(), 0);
    /// # Ok::<(), ami_wire::Error>(())
    /// ```
    pub fn gap(&mut self, sender: Sender) {
        // What a client asked tells nothing about channels and bridges.
        if sender == Sender::Server {
            self.decide_waiting(u64::MAX, true);
            self.settle_silent(self.messages[Sender::Server as usize]);
            let everything = self.model.forget_all();
            self.settle(&everything, Ended::Gap);
            self.model = Model::new(self.options.window, self.options.race);
            self.options.complete = false;
        }
    }

    /// Ends the connection: what is pending is open (or a violation, when the capture is complete). Ask for the last
    /// [`findings`](Self::findings) afterwards.
    pub fn finish(&mut self) -> RuleCounts {
        self.decide_waiting(u64::MAX, true);
        self.settle_silent(self.messages[Sender::Server as usize]);
        let everything = self.model.forget_all();
        self.settle(&everything, if self.options.complete { Ended::Complete } else { Ended::Trace });
        RuleCounts(std::mem::take(&mut self.counts))
    }
}

/// Files a finding: as known, as not known, or as waiting for what would make it known.
fn file(
    mut finding: Finding,
    broken: &Break<'_, '_>,
    release: Option<Releases>,
    out: &mut Vec<Finding>,
    waiting: &mut Vec<Waiting>,
) {
    for deviation in Deviation::of_rule(finding.rule.name).filter(|deviation| deviation.holds_for(release)) {
        match (deviation.applies)(broken) {
            Match::No => {}
            Match::Yes => {
                finding.known = Some(deviation.id);
                break;
            }
            Match::If { channel, comes, within, if_cut } => {
                let until = broken.scene.at.place.message + within;
                waiting.push(Waiting { finding, deviation, channel, comes, until, if_cut });
                return;
            }
        }
    }
    out.push(finding);
}

/// Which generation an event shows: from release 12 on a channel comes as a whole snapshot, its place in the dialplan
/// included, and dials and bridges have events of their own.
fn generation_of(message: &Message<'_>, name: &[u8]) -> Generation {
    let event = Event::from_name(name);
    if event.order() == Order::Elsewhere {
        return Generation::Unknown;
    }
    let has = |suffix: &[u8]| message.headers().any(|header| header.key.ends_with(suffix));
    match event {
        Event::DialBegin
        | Event::DialEnd
        | Event::BridgeCreate
        | Event::BridgeDestroy
        | Event::BridgeEnter
        | Event::BridgeLeave => Generation::Modern,
        Event::Dial | Event::Link | Event::Unlink | Event::Bridge | Event::Masquerade | Event::OldCallerid => {
            Generation::Legacy
        }
        _ if has(b"Uniqueid") && has(b"Priority") && has(b"ChannelStateDesc") => Generation::Modern,
        // A variable of no channel carries no snapshot in any release.
        Event::Newchannel | Event::Newstate | Event::Hangup | Event::VarSet | Event::NewCallerid | Event::Newexten
            if !message.get("Uniqueid").is_none_or(is_placeholder) =>
        {
            Generation::Legacy
        }
        _ => Generation::Unknown,
    }
}
