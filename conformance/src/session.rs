//! The heart of the checker: push the messages of a connection, get the findings that became certain.

use std::fmt;

use std::sync::Arc;

use ami_types::schema;
use ami_wire::{Defect, DefectCode, Error, Kind, Line, LineKind, Message};
use smallvec::SmallVec;

use crate::deviations::{Break, Deviation, Match};
use crate::facts::{Facts, is_placeholder};
use crate::finding::{Counts, Finding, Place, Reference, Sender, Severity, Verdict};
use crate::levels::Levels;
use crate::meaning::strip_end;
use crate::model::{Channel, ChannelKey, Event, Forgotten, Model, Named};
use crate::release::Releases;
use crate::rules::{Active, Cx, Dispatch, Ended, Era, On, RULES, Raised, Rule, Scene, SchemaDispatch, TalkDispatch};
use crate::said::Said;
use crate::subscription::Subscription;
use crate::vocabulary::{Look, Reading, Vocabulary};

/// How to check.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
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
    /// Whether defects of the wire are errors.
    pub strict: bool,
    /// Rules that are more or less grave here than by themselves, or off.
    pub levels: Levels,
    /// What the user of the connection gets to read.
    pub subscription: Subscription,
}

impl Options {
    /// How grave a break of this rule is; nothing when the rule is not checked.
    fn severity(&self, index: usize, rule: &Rule) -> Option<Severity> {
        self.levels.severity(index, || match rule.on {
            On::Defect(code) if self.strict && code.is_strict_error() => Some(Severity::Error),
            _ => Some(rule.severity).filter(|severity| self.notes || *severity != Severity::Note),
        })
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            complete: false,
            release: None,
            window: 8192,
            race: 32,
            known: true,
            notes: false,
            strict: false,
            levels: Levels::default(),
            subscription: Subscription::default(),
        }
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
    awaited: Awaited,
    /// Whether it is one as well when the trace ends before that is decided.
    if_cut: bool,
}

/// What makes a finding a known deviation.
#[derive(Clone, Copy, Debug)]
enum Awaited {
    /// That something comes true of a channel, up to this message.
    Channel { channel: ChannelKey, comes: fn(&Channel) -> bool, until: u64 },
    /// That the next message is like this.
    Next(fn(&Finding, &Message<'_>) -> bool),
}

/// What options mean for each rule and message: made once for all connections of a trace.
#[derive(Debug)]
pub(crate) struct Plan {
    /// By rule; those without are not checked.
    severities: Vec<Option<Severity>>,
    dispatch: Dispatch,
    talk: TalkDispatch,
    schema: SchemaDispatch,
    /// The rules that can look broken because events are not read.
    doubted: Vec<&'static Rule>,
    /// By rule, whether no trace is complete for it, because events are not read.
    lacks_its_end: Vec<bool>,
}

impl Plan {
    pub(crate) fn new(options: &Options) -> Self {
        let severities: Vec<_> = RULES.iter().enumerate().map(|(index, rule)| options.severity(index, rule)).collect();
        let is_on = |index: usize| severities.get(index).copied().flatten().is_some();
        Self {
            dispatch: Dispatch::new(&severities),
            talk: TalkDispatch::new(&severities),
            schema: SchemaDispatch::new(is_on),
            lacks_its_end: RULES.iter().map(|rule| rule.lacks_its_end(&options.subscription)).collect(),
            doubted: RULES.iter().copied().filter(|rule| rule.is_doubted_by(&options.subscription)).collect(),
            severities,
        }
    }

    /// How a trace ends for a rule.
    fn ended(&self, index: usize, ended: Ended) -> Ended {
        match ended {
            Ended::Complete if self.lacks_its_end.get(index).is_some_and(|lacks| *lacks) => Ended::Trace,
            ended => ended,
        }
    }
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
    plan: Arc<Plan>,
    expected: Expected,
    nobody: Channel,
    vocabulary: Vocabulary,
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
        let plan = Arc::new(Plan::new(&options));
        Self::planned(connection, options, plan)
    }

    /// The same with what was made of these options before.
    pub(crate) fn planned(connection: u32, options: Options, plan: Arc<Plan>) -> Self {
        let generation = match options.release {
            None => Generation::Unknown,
            Some(release) if release.is_modern() => Generation::Modern,
            Some(_) => Generation::Legacy,
        };
        let expected = Expected { releases: options.release, subscription: options.subscription.clone() };
        Self {
            connection,
            model: Self::model_for(&options, &plan.dispatch),
            generation,
            release: options.release,
            expected,
            nobody: Channel::nobody(),
            plan,
            vocabulary: Vocabulary::new(options.release),
            counts: vec![Counts::default(); RULES.len()],
            raised: Vec::new(),
            waiting: Vec::new(),
            out: Vec::new(),
            messages: [0; 2],
            options,
        }
    }

    fn model_for(options: &Options, dispatch: &Dispatch) -> Model {
        let mut model = Model::new(options.window, options.race);
        let concerned = dispatch.concerned(Era::Modern, Event::Newexten, false);
        let follows = concerned.iter().any(|active| active.rule.name == "dialplan/newexten-on-transition");
        model.set_follows_dialplan(follows);
        model
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

    /// Takes a message that the parser could not deliver because of a limit: it counts, so that places stay right, and
    /// what was under way can no longer be known.
    pub fn skip(&mut self, sender: Sender, error: Error) {
        let place = self.next_place(sender, error.message);
        let at = Reference { place, event: "".into() };
        let fault = Fault { code: error.code, offset: error.offset, more: 0 };
        self.fault(&at, None, &fault);
        self.model.talk.gap(sender);
    }

    /// Tells of blank lines at the end of a sender's stream.
    pub fn trailing_blank(&mut self, sender: Sender, defect: Defect) {
        let Some(Some(last)) = self.model.talk.last.get(sender as usize).cloned() else { return };
        self.fault(&last, None, &Fault { code: defect.code, offset: defect.offset, more: 0 });
    }

    fn next_place(&mut self, sender: Sender, offset: u64) -> Place {
        #[expect(clippy::indexing_slicing, reason = "a count for each of the two senders")]
        let count = &mut self.messages[sender as usize];
        let message = *count;
        *count += 1;
        Place { connection: self.connection, direction: sender, message, offset }
    }

    /// Takes the next message of the connection.
    pub fn push(&mut self, sender: Sender, message: &Message<'_>) {
        let place = self.next_place(sender, message.offset());
        let mut reading = Reading::begin(*message, sender);
        self.vocabulary.read(&mut reading, !self.plan.schema.is_empty());
        let Reading { said, facts, look } = &reading;
        let at = Reference { place, event: said.label() };
        if !said.is_flawless() {
            self.faults(said, facts, &at);
        }
        if sender == Sender::Server {
            if let (Kind::Banner, Some(line)) = (said.kind, message.name()) {
                self.banner(line);
            }
            self.answer(said, facts, &at);
        }
        self.model.talk.apply(said, &at);
        if sender == Sender::Client {
            return;
        }
        match said.kind {
            Kind::Event => self.event(said, facts, look, &at),
            Kind::Response => self.response(message, &at),
            _ => {}
        }
        if !self.waiting.is_empty() {
            self.decide_waiting(Some((place.message, message)));
        }
    }

    /// Asks the rules about the conversation.
    fn answer<'a>(&mut self, said: &Said<'a>, facts: &Facts<'a>, at: &Reference) {
        let named = Named::default();
        let scene = Scene { facts, named: &named, model: &self.model, at, said, expected: &self.expected };
        ask(self.plan.talk.concerned(said, &self.model.talk), &scene, &mut self.counts, &mut self.raised);
        for Raised { mut finding, .. } in self.raised.drain(..) {
            if self.options.known {
                let broken =
                    Break { scene: &scene, channel: &self.nobody, key: ChannelKey::default(), finding: &finding };
                finding.known = known(&broken, self.release);
            }
            self.out.push(finding);
        }
    }

    /// Looks for what is wrong with a message on the wire. Each defect is told once a message.
    #[cold]
    #[inline(never)]
    fn faults<'a>(&mut self, said: &Said<'a>, facts: &Facts<'a>, at: &Reference) {
        if !self.plan.talk.looks_at_wire() {
            return;
        }
        let mut faults: SmallVec<[Fault; 4]> = SmallVec::new();
        let cut = unfinished_line(&said.message);
        for mut defect in said.message.defects() {
            // A banner is followed by a response. Text before anything else is an answer in bare text, or the rest of
            // a value with line breaks, where the window begins behind the banner.
            if defect.code == DefectCode::BannerMalformed && said.kind != Kind::Response {
                defect.code = DefectCode::NoColon;
            }
            if defect.code == DefectCode::KindConflict && is_parameter(said, defect) {
                continue;
            }
            // The end of a line that was cut off may have had the colon.
            if defect.code == DefectCode::NoColon && defect.offset == cut {
                continue;
            }
            match faults.iter_mut().find(|fault| fault.code == defect.code) {
                Some(fault) => fault.more += 1,
                None => faults.push(Fault { code: defect.code, offset: defect.offset, more: 0 }),
            }
        }
        for fault in &faults {
            self.fault(at, Some((said, facts)), fault);
        }
    }

    /// Reports a defect as a break of its rule.
    fn fault<'a>(&mut self, at: &Reference, of: Option<(&Said<'a>, &Facts<'a>)>, fault: &Fault) {
        let Some((index, rule)) = self.plan.talk.of_defect(fault.code) else { return };
        let (Some(counts), Some(Some(severity))) =
            (self.counts.get_mut(index), self.plan.severities.get(index).copied())
        else {
            return;
        };
        counts.add(Verdict::Violated);
        let mut finding = Finding {
            rule,
            severity,
            place: at.place,
            event: Some(at.event.to_string()).filter(|name| !name.is_empty()),
            entity: None,
            explanation: fault.to_string(),
            related: Vec::new(),
            known: None,
            baselined: false,
        };
        if let Some((said, facts)) = of.filter(|_| self.options.known && at.place.direction == Sender::Server) {
            let named = Named::default();
            let scene = Scene { facts, named: &named, model: &self.model, at, said, expected: &self.expected };
            let broken = Break { scene: &scene, channel: &self.nobody, key: ChannelKey::default(), finding: &finding };
            finding.known = known(&broken, self.release);
        }
        self.out.push(finding);
    }

    /// What a response tells about the events to come.
    fn response(&mut self, message: &Message<'_>, at: &Reference) {
        // Whoever chooses other classes of events gets other events from then on.
        if message.get("Events").is_some() {
            self.model.subscribe(at.place.message + 1);
        }
        if message.get("Message") == Some(b"Originate successfully queued") {
            self.model.originates.queued(message.get("ActionID"), at);
        }
    }

    /// Settles what is pending at the end of the trace or at a gap, apart from channels and bridges.
    fn settle_finally(&mut self, ended: Ended) {
        if self.generation == Generation::Legacy {
            return;
        }
        for (index, rule) in RULES.iter().copied().enumerate() {
            let (On::Calls { finally, .. } | On::Applications { finally: Some(finally), .. }) = rule.on else {
                continue;
            };
            if let (Some(counts), Some(Some(severity))) =
                (self.counts.get_mut(index), self.plan.severities.get(index).copied())
            {
                let ended = self.plan.ended(index, ended);
                finally(&self.model, &mut Cx { rule, index, severity, ended, counts, raised: &mut self.raised });
            }
        }
        self.file_settled();
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
            self.expected.releases = Some(release);
            self.generation = if release.is_modern() { Generation::Modern } else { Generation::Legacy };
            self.vocabulary = Vocabulary::new(self.release);
        }
    }

    fn event<'a>(&mut self, said: &Said<'a>, facts: &Facts<'a>, look: &Look<'_>, at: &Reference) {
        if self.generation == Generation::Unknown {
            self.generation = generation_of(facts);
        }
        self.model.set_legacy(self.generation == Generation::Legacy);
        if self.model.has_silent(at.place.message) {
            self.settle_silent(at.place.message);
        }
        self.judge(said, facts, look, at);
        let mut named = Named::default();
        self.model.meet(facts, &mut named);
        if let Some(era) = self.era().filter(|_| facts.is_judged()) {
            let scene = Scene { facts, named: &named, model: &self.model, at, said, expected: &self.expected };
            let concerned = self.plan.dispatch.concerned(era, facts.event, !named.channels.is_empty());
            ask(concerned, &scene, &mut self.counts, &mut self.raised);
            doubt(&self.plan.doubted, &mut self.raised, &mut self.counts);
            for Raised { finding, channel } in self.raised.drain(..) {
                let broken = channel
                    .and_then(|key| {
                        self.model.channel(key).map(|channel| Break { scene: &scene, channel, key, finding: &finding })
                    })
                    .filter(|_| self.options.known);
                match broken {
                    Some(broken) => file(finding.clone(), &broken, self.release, &mut self.out, &mut self.waiting),
                    None => self.out.push(finding),
                }
            }
        }
        self.model.apply(facts, &named, at);
        let forgotten = self.model.forget();
        self.settle(&forgotten, Ended::Forgotten);
    }

    /// Files what the schema says of an event.
    fn judge<'a>(&mut self, said: &Said<'a>, facts: &Facts<'a>, look: &Look<'_>, at: &Reference) {
        self.plan.schema.judge(look, at, &mut self.counts, &self.plan.severities, &mut self.raised);
        let named = Named::default();
        for Raised { finding, .. } in self.raised.drain(..) {
            if self.options.known {
                let scene = Scene { facts, named: &named, model: &self.model, at, said, expected: &self.expected };
                let (channel, key) = (&self.nobody, ChannelKey::default());
                let broken = Break { scene: &scene, channel, key, finding: &finding };
                file(finding.clone(), &broken, self.release, &mut self.out, &mut self.waiting);
            } else {
                self.out.push(finding);
            }
        }
    }

    /// Decides about findings that could be known deviations; `now` is the message just taken. Where the trace ends,
    /// and there is none, what would have excused the server may have come behind.
    fn decide_waiting(&mut self, now: Option<(u64, &Message<'_>)>) {
        let model = &self.model;
        let out = &mut self.out;
        self.waiting.retain(|waiting| {
            let (came, is_over) = match (waiting.awaited, now) {
                (Awaited::Channel { channel, comes, until }, now) => {
                    (model.channel(channel).is_some_and(comes), now.is_some_and(|(now, _)| now >= until))
                }
                // Not the message itself that is broken.
                (Awaited::Next(_), Some((now, _))) if now <= waiting.finding.place.message => (false, false),
                (Awaited::Next(comes), Some((_, next))) => (comes(&waiting.finding, next), true),
                (Awaited::Next(_), None) => (false, false),
            };
            if !came && !is_over && now.is_some() {
                return true;
            }
            let is_known = came || (now.is_none() && waiting.if_cut);
            out.push(Finding { known: is_known.then_some(waiting.deviation.id), ..waiting.finding.clone() });
            false
        });
    }

    /// Settles the channels of which applications speak no more when message `now` comes.
    fn settle_silent(&mut self, now: u64) {
        while let Some(key) = self.model.next_silent(now) {
            if let Some(channel) = self.model.channel(key).filter(|_| self.generation == Generation::Modern) {
                for (Active { index, rule, severity }, silent) in self.plan.dispatch.silent().iter().copied() {
                    if let Some(counts) = self.counts.get_mut(index) {
                        let (ended, raised) = (Ended::Forgotten, &mut self.raised);
                        silent(&self.model, channel, &mut Cx { rule, index, severity, ended, counts, raised });
                    }
                }
                self.file_settled();
            }
            self.model.silenced(key);
        }
    }

    /// Files what was settled and is no known deviation.
    fn file_settled(&mut self) {
        doubt(&self.plan.doubted, &mut self.raised, &mut self.counts);
        self.out.extend(self.raised.drain(..).map(|raised| raised.finding));
    }

    fn settle(&mut self, forgotten: &Forgotten, ended: Ended) {
        if forgotten.channels.is_empty() && forgotten.bridges.is_empty() {
            return;
        }
        let era = self.era().unwrap_or(Era::Modern);
        for (index, rule) in RULES.iter().enumerate() {
            let (Some(counts), Some(Some(severity))) =
                (self.counts.get_mut(index), self.plan.severities.get(index).copied())
            else {
                continue;
            };
            if !rule.era.includes(era) {
                continue;
            }
            let ended = self.plan.ended(index, ended);
            let mut cx = Cx { rule, index, severity, ended, counts, raised: &mut self.raised };
            if let Some(end) = rule.channel_end {
                forgotten.channels.iter().for_each(|channel| end(channel, &mut cx));
            }
            if let Some(end) = rule.bridge_end {
                forgotten.bridges.iter().for_each(|bridge| end(bridge, &mut cx));
            }
        }
        self.file_settled();
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
        self.model.talk.gap(sender);
        // What a client asked tells nothing about channels and bridges.
        if sender == Sender::Server {
            self.decide_waiting(None);
            #[expect(clippy::indexing_slicing, reason = "a count for each of the two senders")]
            self.settle_silent(self.messages[Sender::Server as usize]);
            self.settle_finally(Ended::Gap);
            let everything = self.model.forget_all();
            self.settle(&everything, Ended::Gap);
            let talk = std::mem::take(&mut self.model.talk);
            self.model = Self::model_for(&self.options, &self.plan.dispatch);
            self.model.talk = talk;
            self.options.complete = false;
        }
    }

    /// The capture of one direction breaks off, although its sender may have gone on: what is pending is open, with
    /// [`complete`](Options::complete), too, and what the client sent behind it is not known.
    ///
    /// ```
    /// use ami_conformance::{Options, Sender, Session};
    ///
    /// let enter = b"Event: BridgeEnter\r\nPrivilege: call,all\r\nBridgeUniqueid: b1\r\nUniqueid: 1795516800.1\r\n\r\n";
    /// let mut session = Session::new(0, Options { complete: true, ..Options::default() });
    /// session.push(Sender::Server, &ami_wire::messages(enter).next().unwrap()?);
    /// let violated_until_now = session.findings().count() as u64;
    /// session.cut_off(Sender::Server); // the BridgeLeave can have come behind
    /// assert_eq!(session.finish().violated(), violated_until_now);
    /// # Ok::<(), ami_wire::Error>(())
    /// ```
    pub fn cut_off(&mut self, sender: Sender) {
        match sender {
            Sender::Server => self.options.complete = false,
            Sender::Client => self.gap(Sender::Client),
        }
    }

    /// Settles what the conversation left open.
    fn end_talk(&mut self) {
        let ended = if self.options.complete { Ended::Complete } else { Ended::Trace };
        for (index, rule) in RULES.iter().enumerate() {
            let (Some(counts), Some(Some(severity))) =
                (self.counts.get_mut(index), self.plan.severities.get(index).copied())
            else {
                continue;
            };
            match rule.on {
                On::Talk { end: Some(end), .. } | On::Lists { end: Some(end), .. } => {
                    end(&self.model, &mut Cx { rule, index, severity, ended, counts, raised: &mut self.raised });
                }
                // Every message without the defect keeps the promise.
                On::Defect(_) => {
                    counts.held += self.messages.iter().sum::<u64>().saturating_sub(counts.violated);
                }
                _ => {}
            }
        }
        // There is no message at the end: what is decided here is decided by the finding and the model.
        let Some(Ok(nothing)) = ami_wire::messages(b"Event: \r\n\r\n").next() else { return };
        let said = Said::read(nothing, Sender::Server);
        let (facts, named) = (Facts::begin(nothing, Event::Other, &[]), Named::default());
        for Raised { mut finding, .. } in self.raised.drain(..) {
            let at = Reference { place: finding.place, event: "".into() };
            let (model, expected) = (&self.model, &self.expected);
            let scene = Scene { facts: &facts, named: &named, model, at: &at, said: &said, expected };
            if self.options.known {
                let (channel, key) = (&self.nobody, ChannelKey::default());
                finding.known = known(&Break { scene: &scene, channel, key, finding: &finding }, self.release);
            }
            self.out.push(finding);
        }
    }

    /// Ends the connection: what is pending is open (or a violation, when the capture is complete). Ask for the last
    /// [`findings`](Self::findings) afterwards.
    pub fn finish(&mut self) -> RuleCounts {
        self.decide_waiting(None);
        self.end_talk();
        #[expect(clippy::indexing_slicing, reason = "a count for each of the two senders")]
        self.settle_silent(self.messages[Sender::Server as usize]);
        self.settle_finally(if self.options.complete { Ended::Complete } else { Ended::Trace });
        let everything = self.model.forget_all();
        self.settle(&everything, if self.options.complete { Ended::Complete } else { Ended::Trace });
        RuleCounts(std::mem::take(&mut self.counts))
    }
}

/// Whether the line with this defect is a parameter that the action is documented to have: QueueLog has an `Event`.
fn is_parameter(said: &Said<'_>, defect: Defect) -> bool {
    let Some(action) = schema::action(said.name).filter(|_| said.kind == Kind::Action) else { return false };
    let at = |line: &Line<'_>| said.message.offset() + line.start as u64 == defect.offset;
    let is_one = |line: Line<'_>| matches!(line.kind, LineKind::Header(header) if action.param(header.key).is_some());
    said.message.lines().find(at).is_some_and(is_one)
}

/// Asks rules about a message.
fn ask(rules: &[Active], scene: &Scene<'_, '_>, counts: &mut [Counts], raised: &mut Vec<Raised>) {
    for Active { index, rule, severity } in rules.iter().copied() {
        if let Some(counts) = counts.get_mut(index) {
            let ended = Ended::Forgotten;
            (rule.message)(scene, &mut Cx { rule, index, severity, ended, counts, raised });
        }
    }
}

/// Takes back findings of rules that can look broken because an event was not read.
fn doubt(doubted: &[&'static Rule], raised: &mut Vec<Raised>, counts: &mut [Counts]) {
    if doubted.is_empty() {
        return;
    }
    raised.retain(|raised| {
        let rule = raised.finding.rule;
        let index = RULES.iter().position(|other| *other == rule).filter(|_| doubted.contains(&rule));
        let Some(counts) = index.and_then(|index| counts.get_mut(index)) else { return true };
        counts.violated = counts.violated.saturating_sub(1);
        counts.add(Verdict::Unobservable);
        false
    });
}

/// What is known of the server besides its messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// The releases that it can be.
    pub(crate) releases: Option<Releases>,
    /// What the user gets to read.
    pub(crate) subscription: Subscription,
}

/// Where the line begins that has no end, in a message that is cut off inside a line.
fn unfinished_line(message: &Message<'_>) -> u64 {
    let bytes = message.as_bytes();
    if message.is_complete() || bytes.ends_with(b"\n") {
        return u64::MAX;
    }
    message.offset() + memchr::memrchr(b'\n', bytes).map_or(0, |at| at as u64 + 1)
}

/// A defect of a message, told once for all its places there.
struct Fault {
    code: DefectCode,
    offset: u64,
    more: u64,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {} of the stream", self.code.describe(), self.offset)?;
        match self.more {
            0 => f.write_str(")"),
            more => write!(f, ", and {more} more in this message)"),
        }
    }
}

/// The known deviation that a break is, where it needs no more messages to tell.
fn known(broken: &Break<'_, '_>, release: Option<Releases>) -> Option<&'static str> {
    Deviation::of_rule(broken.finding.rule.name)
        .filter(|deviation| deviation.holds_for(release))
        .find(|deviation| matches!((deviation.applies)(broken), Match::Yes))
        .map(|deviation| deviation.id)
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
                let awaited = Awaited::Channel { channel, comes, until };
                waiting.push(Waiting { finding, deviation, awaited, if_cut });
                return;
            }
            Match::IfNext { comes, if_cut } => {
                waiting.push(Waiting { finding, deviation, awaited: Awaited::Next(comes), if_cut });
                return;
            }
        }
    }
    out.push(finding);
}

/// Which generation an event shows: from release 12 on a channel comes as a whole snapshot, its place in the dialplan
/// included, and dials and bridges have events of their own.
fn generation_of(facts: &Facts<'_>) -> Generation {
    let Facts { event, message, .. } = facts;
    // Items of a list tell the place in the dialplan in every release.
    if !facts.is_judged() {
        return Generation::Unknown;
    }
    // Over HTTP keys can come in lower case.
    let has = |end: &str| message.headers().any(|header| strip_end(header.key, end).is_some());
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
        _ if has("Uniqueid") && has("Priority") && has("ChannelStateDesc") => Generation::Modern,
        // A variable of no channel carries no snapshot in any release.
        Event::Newchannel | Event::Newstate | Event::Hangup | Event::VarSet | Event::NewCallerid | Event::Newexten
            if !message.get("Uniqueid").is_none_or(is_placeholder) =>
        {
            Generation::Legacy
        }
        _ => Generation::Unknown,
    }
}
