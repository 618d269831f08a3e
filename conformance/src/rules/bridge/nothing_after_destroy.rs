use crate::finding::Severity;
use crate::model::{Bridge, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "bridge/nothing-after-destroy",
    severity: Severity::Error,
    source: "Bridging",
    releases: "12..",
    promise: "After its BridgeDestroy no bridge event names a bridge.",
    why: "A client has forgotten the bridge at BridgeDestroy; a later event brings it back, and nothing will \
          end it.",
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

Event: BridgeDestroy
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
",
    violating: "\
Event: BridgeDestroy
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Events(
        Proof::WhatCame,
        &[Event::BridgeCreate, Event::BridgeEnter, Event::BridgeLeave, Event::BridgeDestroy, Event::BridgeMerge],
    ),
    message,
    channel_end: None,
    bridge_end: Some(end),
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    for bridge in scene.named.bridges.iter().filter_map(|key| scene.model.bridge(*key)) {
        if let Some(destroyed) = &bridge.destroyed {
            cx.violated_once(&bridge.reported, || Broken {
                at: scene.at.clone(),
                entity: bridge.to_string(),
                explanation: format!("{} names bridge {bridge} after its BridgeDestroy", scene.at.event),
                related: vec![destroyed.clone()],
                channel: scene.channel_key(""),
            });
        }
    }
}

fn end(bridge: &Bridge, cx: &mut Cx<'_>) {
    if bridge.destroyed.is_some() && !cx.was_reported(&bridge.reported) {
        cx.held();
    }
}
