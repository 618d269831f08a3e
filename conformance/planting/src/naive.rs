//! What the letter of the basic promises says about a whole trace, asked the slow and plain way.
//!
//! The checker reads a stream once, with a model. Here each promise is a question to the list of all messages, so
//! that what a planted fault breaks besides the rule it was made for is known from a second, independent source.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::trace::Msg;

/// A broken promise: rule, message, and the messages that it contradicts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    /// The rule.
    pub rule: &'static str,
    /// The message of the server's stream.
    pub at: usize,
    /// The others.
    pub related: Vec<usize>,
}

/// The rules that are judged here.
pub const JUDGED: &[&str] = &[
    "channel/newchannel-first",
    "channel/newchannel-once",
    "channel/nothing-after-hangup",
    "channel/hangup-once",
    "channel/name-stable",
    "dial/end-for-each-begin",
    "dial/begin-before-end",
    "dial/no-second-begin",
    "bridge/create-before-use",
    "bridge/nothing-after-destroy",
    "bridge/enter-once",
    "bridge/leave-only-if-entered",
    "bridge/leave-before-hangup",
    "bridge/empty-before-destroy",
    "bridge/one-at-a-time",
];

/// Seconds since 1970 in a Uniqueid.
pub fn epoch(id: &str) -> Option<u64> {
    id.rsplit_once('.')?.0.rsplit('-').next()?.parse().ok()
}

fn bridges(message: &Msg) -> Vec<&str> {
    match message.event() {
        "BridgeMerge" => vec![message.get("ToBridgeUniqueid"), message.get("FromBridgeUniqueid")],
        _ => vec![message.get("BridgeUniqueid")],
    }
}

fn is_use(message: &Msg) -> bool {
    ["BridgeEnter", "BridgeLeave", "BridgeDestroy", "BridgeMerge"].iter().any(|event| message.is(event))
}

/// Everything that is broken in a trace of release 12 or later.
pub fn judge(messages: &[Arc<Msg>]) -> Vec<Broken> {
    let mut found = Vec::new();
    let mut add = |rule, at, related| found.push(Broken { rule, at, related });
    let mut channels: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_bridge: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, message) in messages.iter().enumerate().filter(|(_, message)| message.is_judged()) {
        for id in message.channels().map(|(_, id)| id).collect::<BTreeSet<_>>() {
            channels.entry(id).or_default().push(at);
        }
        if message.is("BridgeCreate") || is_use(message) {
            for id in bridges(message).into_iter().filter(|id| !id.is_empty()) {
                by_bridge.entry(id).or_default().push(at);
            }
        }
    }
    let announced: Vec<(usize, u64)> = (0..messages.len())
        .filter(|at| messages[*at].is("Newchannel"))
        .filter_map(|at| Some((at, epoch(messages[at].get("Uniqueid"))?)))
        .collect();
    for (id, life) in &channels {
        let subject = |at: &usize, event: &str| messages[*at].is(event) && messages[*at].get("Uniqueid") == *id;
        let births: Vec<usize> = life.iter().copied().filter(|at| subject(at, "Newchannel")).collect();
        let deaths: Vec<usize> = life.iter().copied().filter(|at| subject(at, "Hangup")).collect();
        let first = life[0];
        match births.first() {
            Some(birth) if first < *birth => add("channel/newchannel-first", first, vec![*birth]),
            Some(_) => {}
            None => {
                let proof = life.iter().find_map(|at| {
                    let oldest = announced.iter().filter(|(birth, _)| birth < at).min_by_key(|(_, epoch)| *epoch)?;
                    (epoch(id)? >= oldest.1 + 2).then_some(oldest.0)
                });
                if let Some(proof) = proof {
                    add("channel/newchannel-first", first, vec![proof]);
                }
            }
        }
        if let [first, second, ..] = births[..] {
            add("channel/newchannel-once", second, vec![first]);
        }
        if let [first, second, ..] = deaths[..] {
            add("channel/hangup-once", second, vec![first]);
        }
        let named_late = |at: &&usize| {
            let message = &messages[**at];
            let in_role = message.channels().any(|(role, other)| other == *id && role != "Swap");
            Some(**at) > deaths.first().copied()
                && message.is_ordered()
                && !matches!(message.event(), "Hangup" | "Newchannel")
                && in_role
        };
        if let (Some(death), Some(late)) = (deaths.first(), life.iter().find(named_late)) {
            add("channel/nothing-after-hangup", *late, vec![*death]);
        }
        name_stable(messages, id, life, &mut add);
        dials(messages, id, life, births.first().copied(), deaths.first().copied(), &mut add);
        memberships(messages, id, life, &by_bridge, births.first().copied(), deaths.first().copied(), &mut add);
    }
    for uses in by_bridge.values() {
        let create = uses.iter().copied().find(|at| messages[*at].is("BridgeCreate"));
        let destroy = uses.iter().copied().find(|at| messages[*at].is("BridgeDestroy"));
        if let Some(create) = create
            && uses[0] < create
        {
            add("bridge/create-before-use", uses[0], vec![create]);
        }
        if let Some(destroy) = destroy {
            if let Some(late) = uses.iter().find(|at| **at > destroy) {
                add("bridge/nothing-after-destroy", *late, vec![destroy]);
            }
            let mut inside: Vec<(&str, usize)> = Vec::new();
            for at in uses.iter().filter(|at| **at < destroy) {
                let channel = messages[*at].get("Uniqueid");
                if messages[*at].is("BridgeEnter") && inside.iter().all(|(other, _)| *other != channel) {
                    inside.push((channel, *at));
                } else if messages[*at].is("BridgeLeave") {
                    inside.retain(|(other, _)| *other != channel);
                }
            }
            if !inside.is_empty() {
                add("bridge/empty-before-destroy", destroy, inside.iter().map(|(_, at)| *at).collect());
            }
        }
    }
    found.sort();
    found
}

type Add<'a> = dyn FnMut(&'static str, usize, Vec<usize>) + 'a;

fn name_stable(messages: &[Arc<Msg>], id: &str, life: &[usize], add: &mut Add<'_>) {
    let mut given: Option<(&str, usize)> = None;
    for at in life.iter().filter(|at| !messages[**at].is("OriginateResponse")) {
        for (role, _) in messages[*at].channels().filter(|(_, other)| *other == id) {
            let Some(now) = messages[*at].find(&format!("{role}Channel")) else { continue };
            match given {
                Some((name, by)) if name != now => return add("channel/name-stable", *at, vec![by]),
                Some(_) => {}
                None => given = Some((now, *at)),
            }
        }
        if messages[*at].is("Rename") && messages[*at].get("Uniqueid") == id {
            given = Some((messages[*at].get("Newname"), *at));
        }
    }
}

fn dials(
    messages: &[Arc<Msg>],
    id: &str,
    life: &[usize],
    birth: Option<usize>,
    death: Option<usize>,
    add: &mut Add<'_>,
) {
    let mut pending = None;
    let mut last_end = None;
    for at in life.iter().copied() {
        let message = &messages[at];
        let is_destination = message.get("DestUniqueid") == id;
        let alive = death.is_none_or(|death| at < death);
        if message.is("DialBegin") && is_destination {
            match pending {
                Some(begin) if alive => add("dial/no-second-begin", at, vec![begin]),
                Some(_) => {}
                None => pending = Some(at),
            }
        } else if message.is("DialEnd") && is_destination {
            if pending.is_none() && alive && birth.is_some_and(|birth| birth < at) {
                add("dial/begin-before-end", at, last_end.into_iter().collect());
            }
            pending = None;
            last_end = Some(at);
        } else if death == Some(at)
            && let Some(begin) = pending
        {
            add("dial/end-for-each-begin", at, vec![begin]);
        }
    }
}

fn memberships(
    messages: &[Arc<Msg>],
    id: &str,
    life: &[usize],
    by_bridge: &BTreeMap<&str, Vec<usize>>,
    birth: Option<usize>,
    death: Option<usize>,
    add: &mut Add<'_>,
) {
    let mut inside: Vec<(&str, usize)> = Vec::new();
    for at in life.iter().copied() {
        let message = &messages[at];
        if message.get("Uniqueid") != id {
            continue;
        }
        let bridge = message.get("BridgeUniqueid");
        let place = inside.iter().position(|(other, _)| *other == bridge);
        let alive = death.is_none_or(|death| at < death);
        if message.is("BridgeEnter") {
            if let Some(place) = place {
                add("bridge/enter-once", at, vec![inside[place].1]);
            } else {
                if let Some((_, other)) = inside.first() {
                    add("bridge/one-at-a-time", at, vec![*other]);
                }
                inside.push((bridge, at));
            }
        } else if message.is("BridgeLeave") {
            // What comes after the end of the bridge breaks a promise of its own.
            let created = by_bridge.get(bridge).is_some_and(|uses| {
                let before = |event: &str| uses.iter().any(|other| *other < at && messages[*other].is(event));
                before("BridgeCreate") && !before("BridgeDestroy")
            });
            match place {
                Some(place) => {
                    inside.remove(place);
                }
                None if alive && created && birth.is_some_and(|birth| birth < at) => {
                    add("bridge/leave-only-if-entered", at, Vec::new());
                }
                None => {}
            }
        } else if death == Some(at) {
            for (_, enter) in &inside {
                add("bridge/leave-before-hangup", at, vec![*enter]);
            }
        }
    }
}
