use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "bridge/one-at-a-time",
    severity: Severity::Warning,
    source: "Bridging",
    releases: "12..",
    promise: "A channel is in one bridge at a time.",
    why: "A client that shows who talks to whom keeps one bridge a channel. Proof is the BridgeEnter of a \
          channel that has not left another bridge.",
    conforming: "\
Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: BridgeLeave
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 0b7c5a52-77c1-4f0e-9d4e-5a8c1b2f3e4d
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    violating: "\
Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 0b7c5a52-77c1-4f0e-9d4e-5a8c1b2f3e4d
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::BridgeLeave]), &[Event::BridgeEnter]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let (Some(channel), Some((key, bridge))) = (scene.channel(""), scene.bridge()) else { return };
    let Some(other) = channel.memberships.iter().find(|membership| membership.bridge != key) else {
        cx.held();
        return;
    };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("channel {channel} enters bridge {bridge} without having left another one"),
        related: vec![other.enter.clone()],
        channel: scene.channel_key(""),
    });
}
