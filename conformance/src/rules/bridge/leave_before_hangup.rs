use crate::finding::Severity;
use crate::model::{Channel, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "bridge/leave-before-hangup",
    severity: Severity::Error,
    source: "Bridging",
    releases: "12..",
    promise: "A channel that is in a bridge leaves it before its Hangup.",
    why: "A client that shows who talks to whom keeps a dead channel in the bridge. A channel is in a bridge from \
          BridgeEnter to BridgeLeave; BridgeDestroy does not end that. Proof is the Hangup of a channel that is \
          still in.",
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

Event: Hangup
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Cause: 16
",
    violating: "\
Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: Hangup
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Cause: 16
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::BridgeLeave]), &[Event::BridgeLeave, Event::Hangup]),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(channel) = scene.channel("").filter(|channel| channel.hangup.is_none()) else { return };
    if scene.facts.event == Event::BridgeLeave {
        if scene.bridge().is_some_and(|(bridge, _)| channel.membership(bridge).is_some()) {
            cx.held();
        }
        return;
    }
    for membership in &channel.memberships {
        let bridge = scene.model.bridge(membership.bridge).map(ToString::to_string).unwrap_or_default();
        cx.violated(Broken {
            at: scene.at.clone(),
            entity: channel.id.to_string(),
            explanation: format!("channel {channel} hangs up while it is still in bridge {bridge}"),
            related: vec![membership.enter.clone()],
            channel: scene.channel_key(""),
        });
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    if channel.hangup.is_some() {
        return;
    }
    for membership in &channel.memberships {
        cx.open(|| Broken {
            at: membership.enter.clone(),
            entity: channel.id.to_string(),
            explanation: format!("channel {channel} is still in a bridge at the end of this complete trace"),
            related: Vec::new(),
            channel: None,
        });
    }
}
