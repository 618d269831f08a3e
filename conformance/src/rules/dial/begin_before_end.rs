use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "dial/begin-before-end",
    severity: Severity::Error,
    source: "Dialing and Origination",
    releases: "12..",
    promise: "There is no DialEnd without a DialBegin that is pending for the same DestUniqueid.",
    why: "A client that pairs dials gets an outcome for a dial it never saw. Proof needs the destination's \
          Newchannel: otherwise the DialBegin may have come before the trace began.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2

Event: DialBegin
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2

Event: DialEnd
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
DialStatus: ANSWER
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2

Event: DialEnd
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
DialStatus: BUSY
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::DialBegin, Event::Pickup]), &[Event::DialEnd]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    // A DialEnd after the destination's Hangup breaks `channel/nothing-after-hangup`.
    let Some(dest) = scene.channel("Dest").filter(|channel| channel.hangup.is_none()) else { return };
    if dest.dial.is_some() {
        cx.held();
    } else if dest.announced.is_none() {
        cx.unobservable();
    } else {
        let before = dest.dial_end.as_ref().map(|before| before.end.clone());
        let after = if before.is_some() { "after an earlier DialEnd" } else { "without a DialBegin" };
        cx.violated(Broken {
            at: scene.at.clone(),
            entity: dest.id.to_string(),
            explanation: format!("a DialEnd for channel {dest} comes {after}: no dial to it is pending"),
            related: before.into_iter().collect(),
            channel: scene.channel_key("Dest"),
        });
    }
}
