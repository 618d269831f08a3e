use crate::finding::{Reference, Severity};
use crate::model::{Channel, Event, is_party};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "transfer/parties-known",
    severity: Severity::Warning,
    source: "Transfers",
    releases: "12..",
    promise: "Transferer, transferee and target of a BlindTransfer or an AttendedTransfer are channels that exist or \
              existed.",
    why: "A client that can't find a party can't move the call. A channel whose Newchannel was not seen may be older \
          than the trace; proof is its Newchannel behind the transfer, or a Uniqueid that is at least two seconds \
          younger than that of a channel announced before.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: BlindTransfer
Privilege: call,all
Result: Success
TransfererChannel: PJSIP/200-00000000
TransfererUniqueid: 1795516800.0
TransfereeChannel: PJSIP/100-00000001
TransfereeUniqueid: 1795516800.1
Extension: 300
",
    violating: "\
Event: BlindTransfer
Privilege: call,all
Result: Success
TransfererChannel: PJSIP/200-00000000
TransfererUniqueid: 1795516800.0
TransfereeChannel: PJSIP/100-00000001
TransfereeUniqueid: 1795516800.1
Extension: 300

Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Events(
        Proof::Events(&[Event::Newchannel]),
        &[Event::BlindTransfer, Event::AttendedTransfer, Event::Transfer, Event::Newchannel],
    ),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.event == Event::Newchannel {
        let Some(channel) = scene.channel("").filter(|channel| channel.announced.is_none()) else { return };
        if let Some(transfer) = &channel.transfer {
            cx.violated_once(&channel.reported, || broken(channel, transfer, scene.at, "its Newchannel follows"));
        }
        return;
    }
    for (channel, _) in scene.channels().filter(|(_, role)| is_party(role)) {
        if channel.announced.is_some() {
            cx.held();
        } else if let Some(older) = scene.model.proof_of_youth(channel) {
            let reason = "it is younger than a channel that was announced in this trace";
            let early = channel.transfer.as_ref().unwrap_or(scene.at);
            cx.violated_once(&channel.reported, || broken(channel, early, older, reason));
        }
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    let Some(transfer) = channel.transfer.as_ref().filter(|_| !cx.was_reported(&channel.reported)) else { return };
    cx.born_before(|| Broken {
        at: transfer.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{channel} is a party of a transfer, but its Newchannel is not in this complete trace"),
        related: Vec::new(),
        channel: None,
    });
}

fn broken(channel: &Channel, transfer: &Reference, other: &Reference, reason: &str) -> Broken {
    Broken {
        at: transfer.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{} names {channel}, which does not exist yet: {reason}", transfer.event),
        related: vec![other.clone()],
        channel: None,
    }
}
