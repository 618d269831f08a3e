//! What is in a trace: how much of what, from whom, and when.
//!
//! One pass, and memory that does not grow with the trace. What can have any number of names (channels, queues, events,
//! headers) is counted by [`Top`], what happens in time by [`Rate`]; both say in themselves how exact they are.

mod rate;
mod text;
mod top;

use std::collections::BTreeMap;
use std::ops::ControlFlow::Continue;
use std::time::Duration;

use ami_types::schema;
use ami_wire::values::{ChannelName, EpochTime, Privileges, UniqueId};
use ami_wire::{Error, Kind, Message, Parser};
pub use rate::{Rate, Step};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
pub use text::write as write_text;
pub use top::{Entry, Top};

use crate::facts::Facts;
use crate::finding::Sender;
use crate::release::Releases;
use crate::source::{Consumer, Ended, Gap, InputError, Opened, Trace};
use crate::vocabulary::{Reading, Vocabulary};

/// How many names of one sort are told apart.
const PLACES: usize = 4096;

/// Messages and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// How many messages.
    pub messages: u64,
    /// Their bytes, blank lines at their ends included.
    pub bytes: u64,
}

impl Amount {
    fn add(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes as u64;
    }
}

/// A message by where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct At {
    /// The number of the connection in the trace.
    pub connection: u32,
    /// Who sent it.
    pub direction: &'static str,
    /// Where it begins, or the byte that is meant: bytes of the stream of that direction.
    pub offset: u64,
}

/// A defect of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DefectCount {
    /// How often it was met.
    pub count: u64,
    /// Where it was met first on the first connection that has it.
    pub first: At,
}

/// The longest message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Longest {
    /// Its length in bytes.
    pub bytes: u64,
    /// The value of the key that decides its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it stands.
    #[serde(flatten)]
    pub at: At,
}

/// What queue events say of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueCounts {
    /// Callers who joined it.
    pub joined: u64,
    /// Callers whom a member answered.
    pub answered: u64,
    /// Callers who hung up before.
    pub abandoned: u64,
}

/// What tells the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The packets of the capture.
    Packets,
    /// The header `Timestamp` of the messages.
    Timestamp,
    /// The seconds at which the newest channel was made, as its `Uniqueid` tells them: a lower bound.
    Channels,
}

impl Clock {
    const ALL: [Self; 3] = [Self::Packets, Self::Timestamp, Self::Channels];

    /// In words.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Packets => "times of the packets",
            Self::Timestamp => "times by the Timestamp of the messages",
            Self::Channels => "times by the Uniqueid of the newest channel, so not exact",
        }
    }
}

/// What is in a trace. Feed it as a [`Consumer`].
///
/// ```
/// use ami_conformance::source::Trace;
/// use ami_conformance::stats::Stats;
///
/// let trace = Trace::from_bytes("example", &b"Asterisk Call Manager/11.0.0\r\n\
///     Event: VarSet\r\nPrivilege: dialplan,all\r\nChannel: PJSIP/1-01\r\nUniqueid: 1795516800.1\r\nVariable: A\r\nValue: 1\r\n\r\n"[..]);
/// let (stats, result) = Stats::of(&trace);
/// result?;
/// assert_eq!(stats.release().unwrap().to_string(), "22");
/// assert_eq!(stats.kind(ami_wire::Kind::Event).messages, 1);
/// assert_eq!(&*stats.channels().most(1)[0].name, b"1795516800.1");
/// # Ok::<(), ami_conformance::source::InputError>(())
/// ```
#[derive(Debug)]
pub struct Stats {
    /// What reports call it.
    pub source: String,
    connections: u64,
    midway: u64,
    gaps: u64,
    gap_bytes: u64,
    /// By sender.
    streams: [u64; 2],
    kinds: [Amount; 5],
    skipped: u64,
    banners: Top,
    events: Top<Option<Box<[u8]>>>,
    actions: Top,
    responses: Top,
    classes: Top,
    unasked: u64,
    channels: Top<Box<[u8]>>,
    endpoints: Top,
    queues: Top<QueueCounts>,
    unknown_events: Top,
    unknown_headers: Top,
    defects: BTreeMap<&'static str, DefectCount>,
    longest: Option<Longest>,
    rates: [Rate; 3],
    /// The connections that are open.
    open: BTreeMap<u32, Open>,
    /// Of the first connection whose banner tells.
    release: Option<(u32, Releases)>,
    /// By releases: there are few.
    vocabularies: Vec<(Option<Releases>, Vocabulary)>,
}

/// What is known of a connection.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    /// What its banner tells.
    releases: Option<Releases>,
    /// When its newest channel was made.
    newest: u64,
    /// The time of the packet.
    now: Option<Duration>,
}

fn side(sender: Sender) -> usize {
    usize::from(sender == Sender::Client)
}

const KINDS: [Kind; 5] = [Kind::Banner, Kind::Action, Kind::Response, Kind::Event, Kind::Unknown];

fn place_of(kind: Kind) -> usize {
    KINDS.iter().position(|other| *other == kind).unwrap_or(KINDS.len() - 1)
}

impl Stats {
    /// Of nothing yet.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            connections: 0,
            midway: 0,
            gaps: 0,
            gap_bytes: 0,
            streams: [0; 2],
            kinds: [Amount::default(); 5],
            skipped: 0,
            banners: Top::new(64),
            events: Top::new(PLACES),
            actions: Top::new(PLACES),
            responses: Top::new(64),
            classes: Top::new(64),
            unasked: 0,
            channels: Top::new(PLACES),
            endpoints: Top::new(PLACES),
            queues: Top::new(PLACES),
            unknown_events: Top::new(PLACES),
            unknown_headers: Top::new(PLACES),
            defects: BTreeMap::new(),
            longest: None,
            rates: [Rate::default(), Rate::default(), Rate::at_least(Duration::from_secs(1))],
            open: BTreeMap::new(),
            release: None,
            vocabularies: Vec::new(),
        }
    }

    /// Of all connections of a trace. They are spread over the cores; the sum does not depend on how many there are.
    ///
    /// # Errors
    ///
    /// The input that could not be read, beside what was counted until then.
    pub fn of(trace: &Trace) -> (Self, Result<(), InputError>) {
        let (shares, result) = trace.read_spread(Parser::new(), || Self::new(&trace.name), |_| Continue(()));
        let mut all = Self::new(&trace.name);
        let mut connections = 0;
        for share in shares {
            // Each numbers them as the trace does.
            connections = connections.max(share.connections);
            all.absorb(share);
        }
        all.connections = connections;
        (all, result)
    }

    /// Adds another trace. Its connections are numbered on behind those that are there.
    pub fn add_trace(&mut self, mut other: Self) {
        let before = u32::try_from(self.connections).unwrap_or(u32::MAX);
        let shift = |connection: &mut u32| *connection = connection.saturating_add(before);
        other.defects.values_mut().for_each(|defect| shift(&mut defect.first.connection));
        other.longest.iter_mut().for_each(|longest| shift(&mut longest.at.connection));
        other.release.iter_mut().for_each(|(connection, _)| shift(connection));
        self.absorb(other);
    }

    /// Adds what was counted of other connections of the same trace.
    fn absorb(&mut self, other: Self) {
        self.connections += other.connections;
        self.midway += other.midway;
        self.gaps += other.gaps;
        self.gap_bytes += other.gap_bytes;
        self.skipped += other.skipped;
        self.unasked += other.unasked;
        for (bytes, more) in self.streams.iter_mut().zip(other.streams) {
            *bytes += more;
        }
        for (amount, more) in self.kinds.iter_mut().zip(other.kinds) {
            amount.messages += more.messages;
            amount.bytes += more.bytes;
        }
        self.banners.absorb(other.banners, |(), ()| ());
        self.actions.absorb(other.actions, |(), ()| ());
        self.responses.absorb(other.responses, |(), ()| ());
        self.classes.absorb(other.classes, |(), ()| ());
        self.endpoints.absorb(other.endpoints, |(), ()| ());
        self.unknown_events.absorb(other.unknown_events, |(), ()| ());
        self.unknown_headers.absorb(other.unknown_headers, |(), ()| ());
        self.events.absorb(other.events, |ours, theirs| *ours = ours.take().or(theirs));
        self.channels.absorb(other.channels, |ours, theirs| {
            if ours.is_empty() {
                *ours = theirs;
            }
        });
        self.queues.absorb(other.queues, |ours, theirs| {
            ours.joined += theirs.joined;
            ours.answered += theirs.answered;
            ours.abandoned += theirs.abandoned;
        });
        for (code, theirs) in other.defects {
            let ours = self.defects.entry(code).or_insert(DefectCount { count: 0, ..theirs });
            ours.count += theirs.count;
            if theirs.first.connection < ours.first.connection {
                ours.first = theirs.first;
            }
        }
        if let Some(longest) = other.longest {
            self.keep_longest(longest);
        }
        for (rate, more) in self.rates.iter_mut().zip(other.rates) {
            rate.absorb(more);
        }
        if let Some((connection, releases)) = other.release {
            self.keep_release(connection, releases);
        }
    }

    /// How many connections there are.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// Messages and bytes of a kind.
    pub fn kind(&self, kind: Kind) -> Amount {
        self.kinds.get(place_of(kind)).copied().unwrap_or_default()
    }

    /// All messages, and their bytes.
    pub fn messages(&self) -> Amount {
        self.kinds.iter().fold(Amount::default(), |sum, kind| Amount {
            messages: sum.messages + kind.messages,
            bytes: sum.bytes + kind.bytes,
        })
    }

    /// The releases that the server can be, by the banner of the first connection that tells.
    pub fn release(&self) -> Option<Releases> {
        self.release.map(|(_, releases)| releases)
    }

    /// Channels by `Uniqueid`, and how many events named each; with it the name that it had last, on one of the connections
    /// where there are several.
    pub fn channels(&self) -> &Top<Box<[u8]>> {
        &self.channels
    }

    /// What tells the time best, and how many messages came when.
    pub fn rate(&self) -> Option<(Clock, &Rate)> {
        let all = Clock::ALL.into_iter().zip(&self.rates);
        let half = self.kinds.iter().map(|kind| kind.messages).sum::<u64>() / 2;
        // The most exact one, unless it knows the time of few.
        let best = all.clone().find(|(_, rate)| rate.total() > 0 && rate.total() >= half);
        best.or_else(|| all.rev().max_by_key(|(_, rate)| rate.total())).filter(|(_, rate)| rate.total() > 0)
    }

    fn event(&mut self, connection: u32, message: Message<'_>) {
        let name = message.name().unwrap_or_default();
        let class = message.get("Privilege").and_then(|value| Privileges::parse(value).ok()).map(|all| all.first());
        let kept = self.events.count(name);
        if kept.is_none() {
            *kept = class.map(Into::into);
        }
        match class {
            Some(class) => {
                // Servers up to 13 write some of them with a capital.
                self.classes.count(&class.to_ascii_lowercase());
            }
            None => self.unasked += 1,
        }
        let facts = Facts::read(message, name);
        let mut named: Option<&[u8]> = None;
        for role in &facts.roles {
            // A channel in two roles is named once.
            if named.replace(role.uniqueid) == Some(role.uniqueid) {
                continue;
            }
            let known_as = self.channels.count(role.uniqueid);
            if let Some(name) = role.name.filter(|name| !name.is_empty() && **name != **known_as) {
                *known_as = name.into();
            }
        }
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("Newchannel") {
            self.new_channel(connection, &message);
        } else if let Some(queue) = message.get("Queue").filter(|queue| !queue.is_empty()) {
            let counts = self.queues.count(queue);
            counts.joined += u64::from(is("QueueCallerJoin") || is("Join"));
            counts.answered += u64::from(is("AgentConnect"));
            counts.abandoned += u64::from(is("QueueCallerAbandon"));
        }
        self.look(connection, name, &message);
    }

    fn new_channel(&mut self, connection: u32, message: &Message<'_>) {
        if let Some(id) = message.get("Uniqueid").and_then(|id| UniqueId::parse(id).ok()) {
            let open = self.open.entry(connection).or_default();
            open.newest = open.newest.max(id.epoch);
        }
        if let Some(name) = message.get("Channel").and_then(|name| ChannelName::parse(name).ok()) {
            let endpoint = [name.technology, b"/", name.peer].concat();
            self.endpoints.count(&endpoint);
        }
    }

    /// Compares an event with the schema.
    fn look(&mut self, connection: u32, name: &[u8], message: &Message<'_>) {
        if schema::event(name).is_none() {
            self.unknown_events.count(name);
            return;
        }
        let releases = self.open.get(&connection).and_then(|open| open.releases);
        let at = self.vocabularies.iter().position(|(of, _)| *of == releases).unwrap_or_else(|| {
            self.vocabularies.push((releases, Vocabulary::new(releases)));
            self.vocabularies.len() - 1
        });
        let Some((_, vocabulary)) = self.vocabularies.get_mut(at) else { return };
        let mut reading = Reading::begin(*message, Sender::Server);
        vocabulary.read(&mut reading, false);
        for header in reading.look.unknown {
            self.unknown_headers.count(&[name, b": ", header.trimmed_key()].concat());
        }
    }

    fn banner(&mut self, connection: u32, line: &[u8]) {
        self.banners.count(line);
        if let Some(releases) = Releases::from_banner(line) {
            self.open.entry(connection).or_default().releases = Some(releases);
            self.keep_release(connection, releases);
        }
    }

    fn tell_time(&mut self, connection: u32, sender: Sender, message: &Message<'_>) {
        let [packets, timestamps, channels] = &mut self.rates;
        let open = self.open.get(&connection).copied().unwrap_or_default();
        if let Some(now) = open.now {
            packets.count(now);
        }
        if sender == Sender::Client {
            return;
        }
        if let Some(time) = message.get("Timestamp").and_then(|value| EpochTime::parse(value).ok()) {
            timestamps.count(Duration::new(time.seconds, time.micros.saturating_mul(1000)));
        }
        if open.newest > 0 {
            channels.count(Duration::from_secs(open.newest));
        }
    }

    fn defect(&mut self, connection: u32, sender: Sender, code: &'static str, offset: u64) {
        let first = At { connection, direction: sender.as_str(), offset };
        let defect = self.defects.entry(code).or_insert(DefectCount { count: 0, first });
        defect.count += 1;
        if connection < defect.first.connection {
            defect.first = first;
        }
    }

    /// The one of the first connection is kept.
    fn keep_release(&mut self, connection: u32, releases: Releases) {
        if self.release.is_none_or(|(first, _)| connection < first) {
            self.release = Some((connection, releases));
        }
    }

    /// The first of the longest is kept.
    fn keep_longest(&mut self, longest: Longest) {
        let is_longer = |kept: &Longest| {
            (longest.bytes, std::cmp::Reverse(longest.at.connection))
                > (kept.bytes, std::cmp::Reverse(kept.at.connection))
        };
        if self.longest.as_ref().is_none_or(is_longer) {
            self.longest = Some(longest);
        }
    }

    fn met(&mut self, connection: u32) {
        self.connections = self.connections.max(u64::from(connection) + 1);
    }
}

impl Consumer for Stats {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        self.met(connection);
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                self.skipped += 1;
                self.defect(connection, sender, error.code.as_str(), error.offset);
                return;
            }
        };
        let kind = message.kind();
        if let Some(amount) = self.kinds.get_mut(place_of(kind)) {
            amount.add(message.len());
        }
        let name = message.name().unwrap_or_default();
        match kind {
            Kind::Banner => self.banner(connection, name),
            Kind::Event => self.event(connection, message),
            Kind::Action => {
                self.actions.count(name);
            }
            Kind::Response => {
                self.responses.count(name);
            }
            Kind::Unknown => {}
        }
        for defect in message.defects() {
            self.defect(connection, sender, defect.code.as_str(), defect.offset);
        }
        self.tell_time(connection, sender, &message);
        let bytes = message.len() as u64;
        if self.longest.as_ref().is_none_or(|longest| longest.bytes <= bytes) {
            let at = At { connection, direction: sender.as_str(), offset: message.offset() };
            let name = message.name().map(|name| String::from_utf8_lossy(name).into_owned());
            self.keep_longest(Longest { bytes, name, at });
        }
    }

    fn end(&mut self, connection: u32, sender: Sender, ended: Ended) {
        self.met(connection);
        if let Some(bytes) = self.streams.get_mut(side(sender)) {
            *bytes += ended.length;
        }
        if let Some(blank) = ended.trailing_blank {
            self.defect(connection, sender, blank.code.as_str(), blank.offset);
        }
    }

    fn opened(&mut self, connection: u32, opened: &Opened) {
        self.met(connection);
        self.midway += u64::from((opened.server_midway || opened.client_midway) && !opened.http);
    }

    fn time(&mut self, connection: u32, _sender: Sender, time: Duration) {
        self.open.entry(connection).or_default().now = Some(time);
    }

    fn gap(&mut self, _connection: u32, _sender: Sender, gap: Gap) {
        self.gaps += 1;
        self.gap_bytes += gap.to.saturating_sub(gap.from);
    }

    fn closed(&mut self, connection: u32) {
        self.open.remove(&connection);
    }
}

/// Statistics with as many names of each sort as are wanted.
#[derive(Debug)]
pub struct Shown<'s>(pub &'s Stats, pub usize);

/// Names in JSON: those that are most frequent, and how many there are.
struct Names<'s, T>(&'s Top<T>, usize);

/// What is known of a name beside its count.
trait Detail {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

impl Detail for () {
    fn write<M: SerializeMap>(&self, _map: &mut M) -> Result<(), M::Error> {
        Ok(())
    }
}

/// The class of an event.
impl Detail for Option<Box<[u8]>> {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("class", &self.as_deref().map(String::from_utf8_lossy))
    }
}

/// The name of a channel.
impl Detail for Box<[u8]> {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("channel", &String::from_utf8_lossy(self))
    }
}

impl Detail for QueueCounts {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("joined", &self.joined)?;
        map.serialize_entry("answered", &self.answered)?;
        map.serialize_entry("abandoned", &self.abandoned)
    }
}

impl<T: Detail + Default> Serialize for Names<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (distinct, is_all) = self.0.distinct();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("distinct", &distinct)?;
        map.serialize_entry("exact", &is_all)?;
        map.serialize_entry("top", &Most(&self.0.most(self.1)))?;
        map.end()
    }
}

struct Most<'s, T>(&'s [&'s Entry<T>]);

impl<T: Detail> Serialize for Most<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for entry in self.0 {
            list.serialize_element(&Named(entry))?;
        }
        list.end()
    }
}

struct Named<'s, T>(&'s Entry<T>);

impl<T: Detail> Serialize for Named<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &String::from_utf8_lossy(&entry.name))?;
        map.serialize_entry("count", &entry.count)?;
        if entry.over > 0 {
            map.serialize_entry("over", &entry.over)?;
        }
        entry.of.write(&mut map)?;
        map.end()
    }
}

#[derive(Serialize)]
struct Sides {
    server: u64,
    client: u64,
}

#[derive(Serialize)]
struct Gaps {
    count: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Rates {
    clock: Clock,
    step_seconds: f64,
    messages: u64,
    steps: Vec<(f64, u64)>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(stats, count) = *self;
        let [server, client] = stats.streams;
        let kinds: BTreeMap<&str, Amount> =
            KINDS.iter().zip(&stats.kinds).map(|(kind, amount)| (kind.as_str(), *amount)).collect();
        let rates = stats.rate().map(|(clock, rate)| Rates {
            clock,
            step_seconds: rate.step().as_secs_f64(),
            messages: rate.total(),
            steps: rate.steps().iter().map(|step| (step.start.as_secs_f64(), step.messages)).collect(),
        });
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("source", &stats.source)?;
        map.serialize_entry("release", &stats.release())?;
        map.serialize_entry("banners", &Names(&stats.banners, count))?;
        map.serialize_entry("connections", &stats.connections)?;
        map.serialize_entry("midway", &stats.midway)?;
        map.serialize_entry("gaps", &Gaps { count: stats.gaps, bytes: stats.gap_bytes })?;
        map.serialize_entry("bytes", &Sides { server, client })?;
        map.serialize_entry("messages", &stats.messages().messages)?;
        map.serialize_entry("skipped", &stats.skipped)?;
        map.serialize_entry("longest", &stats.longest)?;
        map.serialize_entry("kinds", &kinds)?;
        map.serialize_entry("classes", &Names(&stats.classes, usize::MAX))?;
        map.serialize_entry("without_class", &stats.unasked)?;
        map.serialize_entry("events", &Names(&stats.events, count))?;
        map.serialize_entry("responses", &Names(&stats.responses, count))?;
        map.serialize_entry("actions", &Names(&stats.actions, count))?;
        map.serialize_entry("channels", &Names(&stats.channels, count))?;
        map.serialize_entry("endpoints", &Names(&stats.endpoints, count))?;
        map.serialize_entry("queues", &Names(&stats.queues, count))?;
        map.serialize_entry("unknown_events", &Names(&stats.unknown_events, count))?;
        map.serialize_entry("unknown_headers", &Names(&stats.unknown_headers, count))?;
        map.serialize_entry("defects", &stats.defects)?;
        map.serialize_entry("rate", &rates)?;
        map.end()
    }
}
