use crate::finding::Severity;
use crate::model::{Channel, Event, is_lot};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "parking/parked-before-enter",
    severity: Severity::Warning,
    source: "Transfers",
    releases: "12..",
    promise: "The ParkedCall of a channel comes before the channel enters the parking bridge.",
    why: "A client that knows the parking space first can show a parked call where it belongs. The parking bridge is the \
          holding bridge that Parking has created. Proof is an entry that no ParkedCall came before, with the \
          ParkedCall behind it.",
    conforming: "\
Event: ParkedCall
Privilege: call,all
ParkeeChannel: PJSIP/100-00000001
ParkeeUniqueid: 1795516800.1
Parkinglot: default
ParkingSpace: 701

Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
BridgeTechnology: holding_bridge
BridgeCreator: Parking
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
BridgeTechnology: holding_bridge
BridgeCreator: Parking
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: BridgeLeave
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
BridgeTechnology: holding_bridge
BridgeCreator: Parking
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: ParkedCall
Privilege: call,all
ParkeeChannel: PJSIP/100-00000001
ParkeeUniqueid: 1795516800.1
Parkinglot: default
ParkingSpace: 701
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::ParkedCall, Event::BridgeLeave]), &[Event::ParkedCall, Event::BridgeEnter]),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.event == Event::BridgeEnter {
        let parking = scene.channel("").and_then(|channel| channel.parking.as_ref());
        if parking.is_some_and(|parking| parking.is_announced) && is_lot(scene.facts) {
            cx.held();
        }
        return;
    }
    let Some(channel) = scene.channel("Parkee") else { return };
    if let Some((_, enter)) = channel.parking.as_ref().and_then(|parking| parking.unannounced.as_ref()) {
        cx.violated(Broken {
            at: scene.at.clone(),
            entity: channel.id.to_string(),
            explanation: format!("that {channel} is parked is told after it has entered the parking bridge"),
            related: vec![enter.clone()],
            channel: scene.channel_key("Parkee"),
        });
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    // An entry without ParkedCall, and a ParkedCall without entry, prove nothing: what is missing is another promise.
    if channel.parking.as_ref().is_some_and(|parking| parking.unannounced.is_some()) {
        cx.unobservable();
    }
}
