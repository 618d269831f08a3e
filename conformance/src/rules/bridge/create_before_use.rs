use crate::finding::Severity;
use crate::model::{Bridge, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "bridge/create-before-use",
    severity: Severity::Error,
    source: "Bridging",
    releases: "12..",
    promise: "No BridgeEnter, BridgeLeave, BridgeDestroy or BridgeMerge names a bridge before its BridgeCreate.",
    why: "A client that keeps a table of bridges has no row for the channel to enter. Proof is the BridgeCreate that \
          follows: a bridge without one in the trace may be older than the trace. Events of applications, such as \
          ConfbridgeStart, may name the bridge earlier.",
    conforming: "\
Event: BridgeCreate
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

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

Event: BridgeCreate
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::BridgeCreate]), &[Event::BridgeCreate]),
    message,
    channel_end: None,
    bridge_end: Some(end),
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some((_, bridge)) = scene.bridge() else { return };
    if let (Some(early), None) = (&bridge.first_use, &bridge.created) {
        cx.violated_once(&bridge.reported, || Broken {
            at: early.clone(),
            entity: bridge.to_string(),
            explanation: format!("{} names bridge {bridge} before its BridgeCreate", early.event),
            related: vec![scene.at.clone()],
            channel: None,
        });
    }
}

fn end(bridge: &Bridge, cx: &mut Cx<'_>) {
    if cx.was_reported(&bridge.reported) {
        return;
    }
    match (&bridge.created, &bridge.first_use) {
        (Some(_), _) => cx.held(),
        (None, Some(first)) => cx.born_before(|| Broken {
            at: first.clone(),
            entity: bridge.to_string(),
            explanation: format!("bridge {bridge} is used, but its BridgeCreate is not in this complete trace"),
            related: Vec::new(),
            channel: None,
        }),
        (None, None) => {}
    }
}
