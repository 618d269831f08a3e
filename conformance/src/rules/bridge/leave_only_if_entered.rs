use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "bridge/leave-only-if-entered",
    severity: Severity::Error,
    source: "Bridging",
    releases: "12..",
    promise: "A BridgeLeave comes only for a channel that is in that bridge.",
    why: "Whoever counts the members of a bridge goes below zero. Proof needs the BridgeCreate and the \
          Newchannel: otherwise the channel may have entered before the trace began.",
    conforming: "\
Event: BridgeCreate
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

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
",
    violating: "\
Event: BridgeCreate
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: BridgeLeave
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::BridgeEnter]), &[Event::BridgeLeave]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let (Some(channel), Some((key, bridge))) = (scene.channel(""), scene.bridge()) else { return };
    // What comes after the end of either breaks rules of its own.
    if channel.hangup.is_some() || bridge.destroyed.is_some() {
        return;
    }
    if channel.membership(key).is_some() {
        cx.held();
        return;
    }
    let (Some(announced), Some(created)) = (&channel.announced, &bridge.created) else {
        cx.unobservable();
        return;
    };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("channel {channel} leaves bridge {bridge}, but it is not in it"),
        related: vec![announced.clone(), created.clone()],
        channel: scene.channel_key(""),
    });
}
