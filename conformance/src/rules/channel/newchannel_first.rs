use crate::finding::{Reference, Severity};
use crate::model::{Channel, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/newchannel-first",
    severity: Severity::Error,
    source: "Basic Channel Lifetime",
    releases: "12..",
    promise: "Nothing is said about a channel, in any role, before its Newchannel.",
    why: "A client that keeps a table of channels adds a row at Newchannel. What comes earlier finds no row and is \
          lost. Proof is a Newchannel that follows in the same trace, or a channel that is at least two seconds \
          younger, by the epoch in its Uniqueid, than one whose Newchannel was seen before. A channel that may have \
          been there before the trace began proves nothing.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
Uniqueid: 1795516800.1
",
    violating: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
Uniqueid: 1795516800.1

Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Channels(Proof::Events(&[Event::Newchannel])),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    for (channel, role) in scene.channels() {
        if channel.announced.is_some() {
            continue;
        }
        // The first message that spoke of the channel is the one that came too early: that may be this one.
        let early = channel.first.as_ref();
        if scene.facts.event == Event::Newchannel && role.is("") {
            if let Some(early) = early {
                cx.violated_once(&channel.reported, || broken(channel, early, scene.at, "its Newchannel follows"));
            }
        } else if let Some(older) = scene.model.proof_of_youth(channel) {
            let early = early.unwrap_or(scene.at);
            let reason = "it is younger than a channel that was announced in this trace";
            cx.violated_once(&channel.reported, || broken(channel, early, older, reason));
        }
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    let Some(first) = channel.first.as_ref().filter(|_| !cx.was_reported(&channel.reported)) else { return };
    if channel.announced.is_some() {
        cx.held();
    } else {
        cx.born_before(|| Broken {
            at: first.clone(),
            entity: channel.id.to_string(),
            explanation: format!("{channel} is spoken of, but its Newchannel is not in this complete trace"),
            related: Vec::new(),
            channel: None,
        });
    }
}

fn broken(channel: &Channel, early: &Reference, other: &Reference, reason: &str) -> Broken {
    Broken {
        at: early.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{} speaks of channel {channel} before its Newchannel: {reason}", early.event),
        related: vec![other.clone()],
        channel: None,
    }
}
