use crate::finding::Severity;
use crate::model::{Bridge, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "bridge/empty-before-destroy",
    severity: Severity::Error,
    source: "Bridging",
    releases: "12..",
    promise: "Every channel that entered a bridge has left it before its BridgeDestroy.",
    why: "A client that forgets the bridge keeps channels that point to nothing. Proof is the BridgeDestroy while a \
          channel that entered has not left, whether or not it has hung up in the meantime.",
    conforming: "\
Event: BridgeCreate
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

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

Event: BridgeDestroy
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
",
    violating: "\
Event: BridgeCreate
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: BridgeDestroy
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::BridgeLeave, Event::BridgeDestroy]), &[Event::BridgeDestroy]),
    message,
    channel_end: None,
    bridge_end: Some(end),
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some((_, bridge)) = scene.bridge().filter(|(_, bridge)| bridge.destroyed.is_none()) else { return };
    if bridge.members.is_empty() {
        match bridge.created {
            Some(_) => cx.held(),
            // Channels may have entered before the trace began.
            None => cx.unobservable(),
        }
        return;
    }
    let names: Vec<String> = bridge
        .members
        .iter()
        .map(|(key, _)| scene.model.channel(*key).map_or_else(|| "a channel".to_owned(), ToString::to_string))
        .collect();
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: bridge.to_string(),
        explanation: format!("bridge {bridge} is destroyed, but {} never left it", names.join(" and ")),
        related: bridge.members.iter().map(|(_, enter)| enter.clone()).collect(),
        channel: None,
    });
}

fn end(bridge: &Bridge, cx: &mut Cx<'_>) {
    if bridge.destroyed.is_none()
        && let Some(created) = &bridge.created
    {
        cx.open(|| Broken {
            at: created.clone(),
            entity: bridge.to_string(),
            explanation: format!("bridge {bridge} has no BridgeDestroy in this complete trace"),
            related: Vec::new(),
            channel: None,
        });
    }
}
