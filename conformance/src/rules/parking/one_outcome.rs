use crate::finding::Severity;
use crate::model::{Channel, Event, Model};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

/// How a parked call begins and ends.
const PARKED: &[Event] =
    &[Event::ParkedCall, Event::UnParkedCall, Event::ParkedCallTimeOut, Event::ParkedCallGiveUp, Event::ParkedCallSwap];

pub(crate) static RULE: Rule = Rule {
    name: "parking/one-outcome",
    severity: Severity::Warning,
    source: "reference",
    releases: "12..",
    promise: "Each ParkedCall ends in exactly one of UnParkedCall, ParkedCallTimeOut, ParkedCallGiveUp and \
              ParkedCallSwap.",
    why: "Without its outcome a call stays on the list of parked calls for ever. Proof is a second outcome, a second \
          ParkedCall before the first has one, or the Hangup of the channel without one; what comes within 32 messages \
          behind the Hangup lost a race and counts.",
    conforming: "\
Event: ParkedCall
Privilege: call,all
ParkeeChannel: PJSIP/100-00000001
ParkeeUniqueid: 1795516800.1
Parkinglot: default
ParkingSpace: 701

Event: ParkedCallTimeOut
Privilege: call,all
ParkeeChannel: PJSIP/100-00000001
ParkeeUniqueid: 1795516800.1
Parkinglot: default
ParkingSpace: 701
",
    violating: "\
Event: ParkedCall
Privilege: call,all
ParkeeChannel: PJSIP/100-00000001
ParkeeUniqueid: 1795516800.1
Parkinglot: default
ParkingSpace: 701

Event: ParkedCallTimeOut
Privilege: call,all
ParkeeChannel: PJSIP/100-00000001
ParkeeUniqueid: 1795516800.1
Parkinglot: default
ParkingSpace: 701

Event: ParkedCallGiveUp
Privilege: call,all
ParkeeChannel: PJSIP/100-00000001
ParkeeUniqueid: 1795516800.1
Parkinglot: default
ParkingSpace: 701
",
    era: Era::Modern,
    on: On::Applications { proof: Proof::Events(PARKED), events: PARKED, silent, finally: None },
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(channel) = scene.channel("Parkee") else { return };
    let is_start = scene.facts.event == Event::ParkedCall;
    let known = scene.model.parked(scene.facts, scene.named);
    let (explanation, related) = match known.map(|known| (known, &known.outcome)) {
        Some((known, None)) if is_start => (
            format!("{channel} is parked again, but nothing was said of how the first call ended"),
            vec![known.call.clone()],
        ),
        Some((_, None)) => {
            cx.held();
            return;
        }
        Some((known, Some(outcome))) if !is_start => (
            format!("{} for {channel}, whose parked call has ended with {}", scene.at.event, outcome.event),
            vec![known.call.clone(), outcome.clone()],
        ),
        None if !is_start => {
            cx.unobservable();
            return;
        }
        _ => return,
    };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: channel.id.to_string(),
        explanation,
        related,
        channel: scene.channel_key("Parkee"),
    });
}

fn broken(channel: &Channel, place: &str) -> Option<Broken> {
    let call = &channel.parking.as_ref()?.pending()?.call;
    Some(Broken {
        at: channel.hangup.as_ref().unwrap_or(call).clone(),
        entity: channel.id.to_string(),
        explanation: format!("the parked call of {channel} has no outcome {place}"),
        related: channel.hangup.iter().map(|_| call.clone()).collect(),
        channel: None,
    })
}

fn silent(_: &Model, channel: &Channel, cx: &mut Cx<'_>) {
    if let Some(broken) = broken(channel, "when the channel hangs up") {
        cx.violated(broken);
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    if let Some(broken) = broken(channel, "in this complete trace").filter(|_| !channel.is_silent) {
        cx.open(|| broken);
    }
}
