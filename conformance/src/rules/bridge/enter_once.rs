use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "bridge/enter-once",
    severity: Severity::Error,
    source: "Bridging",
    releases: "12..",
    promise: "A channel that is in a bridge does not enter the same bridge again.",
    why: "Whoever counts the members of a bridge counts the channel twice, and one BridgeLeave leaves a ghost behind. \
          Proof is the second BridgeEnter with no BridgeLeave in between.",
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
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
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
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
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
    match channel.membership(key) {
        None => cx.held(),
        Some(membership) => cx.violated(Broken {
            at: scene.at.clone(),
            entity: channel.id.to_string(),
            explanation: format!("channel {channel} enters bridge {bridge} again, without having left it"),
            related: vec![membership.enter.clone()],
            channel: scene.channel_key(""),
        }),
    }
}
