//! Reads a trace for drawing: what happened to which channel, and which channels belong to one call.

use std::collections::{BTreeMap, BTreeSet};

use ami_wire::{Error, Kind, Message, Parser};

use crate::facts::{Facts, is_placeholder};
use crate::finding::{Finding, Sender};
use crate::session::{Options, Session};
use crate::source::{Consumer, Ended, InputError, Trace};

/// A message that is drawn or that a finding stands at.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The connection.
    pub connection: u32,
    /// Who sent it.
    pub sender: Sender,
    /// The message, counted from 0 in the sender's stream.
    pub message: u64,
    /// Where it starts, in bytes of that stream.
    pub offset: u64,
    /// The name of its event or action, or the value of its response.
    pub name: String,
    /// Its lines.
    pub text: String,
    /// Its `Timestamp`, in microseconds since 1970.
    pub time: Option<u64>,
}

/// What a step looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A channel begins.
    Born,
    /// A channel changes its state.
    State,
    /// A channel dials another.
    Dial,
    /// A dial ends.
    Answer,
    /// A channel enters a bridge.
    Enter,
    /// A channel leaves a bridge.
    Leave,
    /// A call is moved: a transfer or a pickup.
    Move,
    /// The two halves of a Local channel.
    Local,
    /// A channel is put on hold.
    Hold,
    /// A channel is taken off hold.
    Unhold,
    /// A channel ends.
    Hangup,
    /// Anything else.
    Note,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Step {
    /// The message, as an index of [`Recording::messages`].
    pub message: usize,
    /// What it looks like.
    pub shape: Shape,
    /// The channel it happened to, or from which an arrow goes.
    pub from: Option<usize>,
    /// The channel to which an arrow goes.
    pub to: Option<usize>,
    /// The bridge.
    pub bridge: Option<usize>,
    /// What is written beside it.
    pub label: String,
}

/// A channel of the recording.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its `Uniqueid`.
    pub id: String,
    /// Its first name.
    pub name: String,
    /// Whether its `Newchannel` was seen.
    pub announced: bool,
}

/// The channels of one call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its `Linkedid`; of a release without one, the `Uniqueid` of its first channel.
    pub id: String,
    /// Its channels, in the order in which they are drawn.
    pub channels: Vec<usize>,
    /// What happened, as indices of [`Recording::steps`].
    pub steps: Vec<usize>,
    /// The findings about it, as indices of [`Recording::findings`].
    pub findings: Vec<usize>,
    /// How it ended or went: answered, the cause of the last hangup.
    pub outcome: String,
}

/// A trace, read for drawing.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The trace's name.
    pub source: String,
    /// The messages that matter.
    pub messages: Vec<Stored>,
    /// The channels, in order of appearance.
    pub channels: Vec<Lane>,
    /// The bridges by their ids, in order of appearance.
    pub bridges: Vec<String>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// What the checker found.
    pub findings: Vec<Finding>,
    /// The calls, in order of their first step.
    pub calls: Vec<Call>,
    /// Findings that belong to no call, such as those about lists and sessions.
    pub loose: Vec<Loose>,
}

/// A finding that belongs to no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loose {
    /// The finding, as an index of [`Recording::findings`].
    pub finding: usize,
    /// The message that it stands at, as an index of [`Recording::messages`]; none where it could not be framed.
    pub message: Option<usize>,
}

impl Recording {
    /// The calls with this `Linkedid`.
    pub fn call(&self, id: &str) -> Option<&Call> {
        self.calls.iter().find(|call| call.id == id)
    }

    /// The calls in which a channel with this name or `Uniqueid` takes part.
    pub fn calls_of_channel<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Call> {
        self.calls.iter().filter(move |call| {
            let named = |lane: &Lane| lane.id == name || lane.name == name;
            call.channels.iter().filter_map(|channel| self.channels.get(*channel)).any(named)
        })
    }
}

/// Reads a trace.
///
/// # Errors
///
/// The input that could not be read, beside what was read until then.
pub fn record(trace: &Trace, options: Options) -> (Recording, Result<(), InputError>) {
    let mut collector = Collector { options, ..Collector::new(&trace.name) };
    let result = trace.read(Parser::new(), &mut collector);
    (collector.finish(), result)
}

struct Collector {
    options: Options,
    sessions: Vec<Session>,
    out: Recording,
    /// How many messages of each sender came, by connection.
    counts: Vec<[u64; 2]>,
    by_id: BTreeMap<(u32, Vec<u8>), usize>,
    by_linkedid: BTreeMap<(u32, Vec<u8>), usize>,
    bridges: BTreeMap<Vec<u8>, usize>,
    /// The halves of Local channels by their names.
    locals: BTreeMap<(u32, String), usize>,
    /// Of each channel another one of its call; of one of them itself.
    same: Vec<usize>,
    /// The `Linkedid` that a channel said first.
    linkedids: Vec<Option<String>>,
    /// Who was last in a bridge: where a message about the bridge alone belongs.
    last_in: BTreeMap<Vec<u8>, usize>,
    /// Every message without a step, with the channel that it is about, for findings that stand at it.
    others: BTreeMap<At, (Stored, Option<usize>)>,
}

impl Collector {
    fn new(source: &str) -> Self {
        Self {
            options: Options::default(),
            sessions: Vec::new(),
            out: Recording { source: source.to_owned(), ..Recording::default() },
            counts: Vec::new(),
            by_id: BTreeMap::new(),
            by_linkedid: BTreeMap::new(),
            bridges: BTreeMap::new(),
            locals: BTreeMap::new(),
            same: Vec::new(),
            linkedids: Vec::new(),
            last_in: BTreeMap::new(),
            others: BTreeMap::new(),
        }
    }

    fn root(&self, mut channel: usize) -> usize {
        while let Some(next) = self.same.get(channel).copied().filter(|next| *next != channel) {
            channel = next;
        }
        channel
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        let (first, second) = (one.min(other), one.max(other));
        if let Some(same) = self.same.get_mut(second) {
            *same = first;
        }
    }

    fn channel(&mut self, connection: u32, id: &[u8], name: Option<&[u8]>) -> Option<usize> {
        if is_placeholder(id) {
            return None;
        }
        let next = self.out.channels.len();
        let channel = *self.by_id.entry((connection, id.to_vec())).or_insert(next);
        if channel == next {
            let lane = Lane { id: text(id), name: String::new(), announced: false };
            self.out.channels.push(lane);
            self.same.push(next);
            self.linkedids.push(None);
        }
        if let (Some(name), Some(lane)) = (name, self.out.channels.get_mut(channel))
            && lane.name.is_empty()
        {
            lane.name = text(name);
            // Releases without Linkedid say nowhere that the halves of a Local channel belong together.
            let half = (connection, lane.name.clone());
            if let Some((stem, last)) = half.1.rsplit_once([';', ',']).filter(|_| half.1.starts_with("Local/")) {
                let separator = half.1.get(stem.len()..=stem.len()).unwrap_or_default();
                let other = format!("{stem}{separator}{}", if last == "1" { "2" } else { "1" });
                let other = self.locals.get(&(connection, other)).copied();
                self.locals.insert(half, channel);
                if let Some(other) = other {
                    self.join(other, channel);
                }
            }
        }
        Some(channel)
    }

    fn bridge(&mut self, id: &[u8]) -> usize {
        let next = self.out.bridges.len();
        let bridge = *self.bridges.entry(id.to_vec()).or_insert(next);
        if bridge == next {
            self.out.bridges.push(text(id));
        }
        bridge
    }

    /// Takes in an event that tells of a call; hands the message back when there is nothing to draw.
    fn event(&mut self, stored: Stored, message: &Message<'_>) -> Option<(Stored, Option<usize>)> {
        let name = message.name().filter(|_| message.kind() == Kind::Event && stored.sender == Sender::Server);
        let Some(name) = name else { return Some((stored, None)) };
        let connection = stored.connection;
        let facts = Facts::read(*message, name);
        let name = text(name);
        let get = |key: &str| message.get(key);
        if !facts.unsolicited || matches!(name.as_str(), "CEL" | "Cdr" | "UserEvent" | "TestEvent") {
            return Some((stored, None));
        }
        for role in &facts.roles {
            let Some(channel) = self.channel(connection, role.uniqueid, role.name) else { continue };
            let key = format!("{}Linkedid", text(role.prefix));
            let Some(linkedid) = get(&key).filter(|id| !is_placeholder(id)) else { continue };
            let of = *self.by_linkedid.entry((connection, linkedid.to_vec())).or_insert(channel);
            if let Some(known @ None) = self.linkedids.get_mut(channel) {
                *known = Some(text(linkedid));
            }
            self.join(of, channel);
        }
        let mut find = |key: &str| get(key).and_then(|id| self.channel(connection, id, None));
        let subject = find("Uniqueid").or_else(|| find("SrcUniqueID"));
        let dest = find("DestUniqueid");
        let steps = self.steps(connection, &name, message, subject, dest);
        if steps.is_empty() {
            let about = subject.or(dest).or_else(|| facts.bridge.and_then(|id| self.last_in.get(id)).copied());
            return Some((stored, about));
        }
        let message = self.out.messages.len();
        self.out.messages.push(stored);
        for (shape, from, to, bridge, label) in steps {
            if let (Some(from), Some(to)) = (from, to) {
                self.join(from, to);
            }
            self.out.steps.push(Step { message, shape, from, to, bridge, label });
        }
        None
    }

    fn steps(
        &mut self,
        connection: u32,
        name: &str,
        message: &Message<'_>,
        subject: Option<usize>,
        dest: Option<usize>,
    ) -> Vec<Drawn> {
        let say = |key: &str| message.get(key).map(text).unwrap_or_default();
        let mut find = |key: &str| message.get(key).and_then(|id| self.channel(connection, id, None));
        let (shape, from, to, label) = match name {
            "Newchannel" => {
                if let Some(lane) = subject.and_then(|channel| self.out.channels.get_mut(channel)) {
                    lane.announced = true;
                }
                (Shape::Born, subject, None, either(say("ChannelStateDesc"), say("State")))
            }
            "Newstate" => (Shape::State, subject, None, either(say("ChannelStateDesc"), say("State"))),
            "Hangup" => (Shape::Hangup, subject, None, format!("{} {}", say("Cause"), say("Cause-txt"))),
            "DialBegin" => (Shape::Dial, subject.or(dest), dest, format!("dial {}", say("DialString"))),
            "DialEnd" => (Shape::Answer, dest, subject.or(dest), say("DialStatus")),
            "Dial" if say("SubEvent") == "End" => (Shape::Answer, subject, subject, say("DialStatus")),
            "Dial" => (Shape::Dial, subject, dest, format!("dial {}", say("Dialstring"))),
            "BridgeEnter" | "BridgeLeave" => {
                let (Some(channel), Some(id)) = (subject, message.get("BridgeUniqueid")) else { return Vec::new() };
                self.last_in.insert(id.to_vec(), channel);
                let bridge = self.bridge(id);
                let (shape, verb) = if name == "BridgeEnter" { (Shape::Enter, "in") } else { (Shape::Leave, "out") };
                return vec![(shape, subject, None, Some(bridge), format!("bridge {} {verb}", bridge + 1))];
            }
            "Link" | "Unlink" | "Bridge" => {
                let (Some(one), Some(two)) = (find("Uniqueid1"), find("Uniqueid2")) else { return Vec::new() };
                let bridge = self.bridge(format!("{} {}", say("Uniqueid1"), say("Uniqueid2")).as_bytes());
                let apart = name == "Unlink" || say("Bridgestate") == "Unlink";
                let (shape, verb) = if apart { (Shape::Leave, "out") } else { (Shape::Enter, "in") };
                self.join(one, two);
                let label = format!("link {} {verb}", bridge + 1);
                return [one, two].map(|channel| (shape, Some(channel), None, Some(bridge), label.clone())).to_vec();
            }
            "Hold" if say("Status") == "Off" => (Shape::Unhold, subject, None, "off hold".to_owned()),
            "Hold" => (Shape::Hold, subject, None, "on hold".to_owned()),
            "Unhold" => (Shape::Unhold, subject, None, "off hold".to_owned()),
            "BlindTransfer" => {
                let label = format!("blind transfer to {}{}", say("Extension"), failure(&say("Result")));
                (Shape::Move, find("TransfererUniqueid"), find("TransfereeUniqueid"), label)
            }
            "AttendedTransfer" => {
                let from = find("TransfereeUniqueid").or_else(|| find("OrigTransfererUniqueid"));
                let to = find("TransferTargetUniqueid").or_else(|| find("SecondTransfererUniqueid"));
                (Shape::Move, from, to, format!("attended transfer{}", failure(&say("Result"))))
            }
            "Transfer" => (Shape::Move, subject, find("TargetUniqueid"), format!("transfer {}", say("TransferExten"))),
            "Pickup" => (Shape::Move, subject, find("TargetUniqueid"), "pickup".to_owned()),
            "LocalBridge" => {
                let one = find("LocalOneUniqueid").or_else(|| find("Uniqueid1"));
                let two = find("LocalTwoUniqueid").or_else(|| find("Uniqueid2"));
                (Shape::Local, one, two, "Local".to_owned())
            }
            "LocalOptimizationBegin" | "LocalOptimizationEnd" => {
                let what = if name.ends_with("Begin") { "optimise" } else { "optimised" };
                (Shape::Local, find("LocalOneUniqueid"), find("LocalTwoUniqueid"), what.to_owned())
            }
            "ParkedCall" | "UnParkedCall" | "ParkedCallTimeOut" | "ParkedCallGiveUp" | "ParkedCallSwap" => {
                let what = match name {
                    "ParkedCall" => "parked at",
                    "UnParkedCall" => "retrieved from",
                    "ParkedCallTimeOut" => "parking timed out,",
                    "ParkedCallGiveUp" => "gave up at",
                    _ => "swapped at",
                };
                let space = either(say("ParkingSpace"), say("Exten"));
                (Shape::Note, find("ParkeeUniqueid").or(subject), None, format!("{what} {space}"))
            }
            "Newexten" => {
                const TOLD: [&str; 14] = [
                    "Dial",
                    "Queue",
                    "ConfBridge",
                    "Park",
                    "ParkedCall",
                    "VoiceMail",
                    "Transfer",
                    "Originate",
                    "Page",
                    "AGI",
                    "Stasis",
                    "Bridge",
                    "Pickup",
                    "MeetMe",
                ];
                let application = say("Application");
                if !TOLD.contains(&application.as_str()) {
                    return Vec::new();
                }
                (Shape::Note, subject, None, format!("{application}({})", say("AppData")))
            }
            "DTMFEnd" => (Shape::Note, subject, None, format!("digit {}", say("Digit"))),
            "Rename" => (Shape::Note, subject, None, format!("now {}", say("Newname"))),
            "QueueCallerJoin" | "QueueCallerLeave" | "QueueCallerAbandon" | "AgentConnect" | "AgentComplete" => {
                (Shape::Note, subject, None, format!("{name} {}", say("Queue")))
            }
            "ConfbridgeJoin" | "ConfbridgeLeave" => {
                (Shape::Note, subject, None, format!("{name} {}", say("Conference")))
            }
            "MusicOnHoldStart" | "MusicOnHoldStop" | "MixMonitorStart" | "MixMonitorStop" | "ChanSpyStart"
            | "ChanSpyStop" | "AgentRingNoAnswer" => (Shape::Note, subject.or(dest), None, name.to_owned()),
            _ => return Vec::new(),
        };
        if from.is_none() && to.is_none() {
            return Vec::new();
        }
        vec![(shape, from, to.filter(|to| Some(*to) != from), None, label.trim().to_owned())]
    }

    fn finish(mut self) -> Recording {
        for session in &mut self.sessions {
            session.finish();
            self.out.findings.extend(session.findings());
        }
        self.out.findings.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut drawn: BTreeMap<At, usize> =
            self.out.messages.iter().enumerate().map(|(index, stored)| (stored.at(), index)).collect();
        for finding in &self.out.findings {
            let at = at(finding);
            let Some((stored, about)) = self.others.remove(&at) else { continue };
            let entity = finding.entity.as_ref().map(|id| (at.0, id.clone().into_bytes()));
            let from = about.or_else(|| entity.and_then(|id| self.by_id.get(&id)).copied());
            let (message, label) = (self.out.messages.len(), stored.name.clone());
            drawn.insert(at, message);
            self.out.messages.push(stored);
            if from.is_some() {
                self.out.steps.push(Step { message, shape: Shape::Note, from, to: None, bridge: None, label });
            }
        }
        let order = |step: &Step| self.out.messages.get(step.message).map(|stored| (stored.connection, stored.message));
        let mut steps = self.out.steps.clone();
        steps.sort_by_key(order);
        let mut calls: BTreeMap<usize, Call> = BTreeMap::new();
        let mut first: Vec<usize> = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let Some(root) = step.from.or(step.to).map(|channel| self.root(channel)) else { continue };
            let call = calls.entry(root).or_insert_with(|| {
                first.push(root);
                let unnamed = || self.out.channels.get(root).map(|lane| lane.id.clone()).unwrap_or_default();
                let id = self.linkedids.get(root).cloned().flatten().unwrap_or_else(unnamed);
                Call { id, channels: Vec::new(), steps: Vec::new(), findings: Vec::new(), outcome: String::new() }
            });
            call.steps.push(index);
            for channel in [step.from, step.to].into_iter().flatten() {
                if !call.channels.contains(&channel) {
                    call.channels.push(channel);
                }
            }
            if step.shape == Shape::Hangup {
                call.outcome.clone_from(&step.label);
            }
        }
        self.out.steps = steps;
        for root in first {
            let Some(mut call) = calls.remove(&root) else { continue };
            self.settle(&mut call);
            self.out.calls.push(call);
        }
        let told: BTreeSet<usize> = self.out.calls.iter().flat_map(|call| call.findings.iter().copied()).collect();
        let loose = self.out.findings.iter().enumerate().filter(|(index, _)| !told.contains(index));
        self.out.loose =
            loose.map(|(index, broken)| Loose { finding: index, message: drawn.get(&at(broken)).copied() }).collect();
        self.out
    }

    /// Puts the halves of a Local channel side by side, and finds what is wrong with the call.
    fn settle(&self, call: &mut Call) {
        let name = |channel: usize| self.out.channels.get(channel).map_or("", |lane| lane.name.as_str());
        let mut ordered: Vec<usize> = Vec::new();
        for channel in call.channels.iter().copied() {
            if ordered.contains(&channel) {
                continue;
            }
            ordered.push(channel);
            if let Some((stem, half)) =
                name(channel).rsplit_once([';', ',']).filter(|_| name(channel).starts_with("Local/"))
            {
                let separator = name(channel).get(stem.len()..=stem.len()).unwrap_or_default();
                let other = format!("{stem}{separator}{}", if half == "1" { "2" } else { "1" });
                ordered.extend(
                    call.channels
                        .iter()
                        .copied()
                        .filter(|at| name(*at) == other && !ordered.contains(at))
                        .collect::<Vec<_>>(),
                );
            }
        }
        call.channels = ordered;
        let messages: BTreeSet<At> = call
            .steps
            .iter()
            .filter_map(|step| self.out.messages.get(self.out.steps.get(*step)?.message))
            .map(Stored::at)
            .collect();
        let here = self.out.findings.iter().enumerate().filter(|(_, finding)| messages.contains(&at(finding)));
        call.findings = here.map(|(index, _)| index).collect();
    }
}

/// Which message: connection, sender, number.
type At = (u32, Sender, u64);

impl Stored {
    fn at(&self) -> At {
        (self.connection, self.sender, self.message)
    }
}

fn at(finding: &Finding) -> At {
    (finding.place.connection, finding.place.direction, finding.place.message)
}

/// Shape, from, to, bridge, label.
type Drawn = (Shape, Option<usize>, Option<usize>, Option<usize>, String);

/// The result of a transfer, where it is worth a word.
fn failure(result: &str) -> String {
    if matches!(result, "" | "Success") { String::new() } else { format!(" ({result})") }
}

fn either(one: String, other: String) -> String {
    if one.is_empty() { other } else { one }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn lines(message: &Message<'_>) -> String {
    message.lines().map(|line| text(line.text)).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// `1795516840.123456` as microseconds.
fn microseconds(value: &[u8]) -> Option<u64> {
    let value = std::str::from_utf8(value).ok()?;
    let (seconds, fraction) = value.split_once('.').unwrap_or((value, ""));
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(6).collect();
    seconds.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction.parse().ok()?)
}

impl Consumer for Collector {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        let at = connection as usize;
        while self.sessions.len() <= at {
            self.sessions.push(Session::new(self.sessions.len() as u32, self.options.clone()));
            self.counts.push([0, 0]);
        }
        let Some(session) = self.sessions.get_mut(at) else { return };
        match &message {
            Ok(message) => session.push(sender, message),
            Err(error) => session.skip(sender, *error),
        }
        let Some([server, client]) = self.counts.get_mut(at) else { return };
        let count = if sender == Sender::Server { server } else { client };
        let number = *count;
        *count += 1;
        let Ok(message) = message else { return };
        let stored = Stored {
            connection,
            sender,
            message: number,
            offset: message.offset(),
            name: message.name().map(text).unwrap_or_default(),
            text: lines(&message),
            time: message.get("Timestamp").and_then(microseconds),
        };
        if let Some(other) = self.event(stored, &message) {
            self.others.insert((connection, sender, number), other);
        }
    }

    fn end(&mut self, _connection: u32, _sender: Sender, _ended: Ended) {}
}
