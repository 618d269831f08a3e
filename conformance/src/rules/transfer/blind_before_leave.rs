use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "transfer/blind-before-leave",
    severity: Severity::Warning,
    source: "Transfers",
    releases: "12..",
    promise: "A BlindTransfer with Result: Success comes before the transferee leaves the bridge it names.",
    why: "A client that learns of the transfer first can tell the channel that moves on from one that hangs up. Proof \
          is the BridgeLeave of the transferee, seen before.",
    conforming: "\
Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: BlindTransfer
Privilege: call,all
Result: Success
TransfererChannel: PJSIP/200-00000002
TransfererUniqueid: 1795516800.2
TransfereeChannel: PJSIP/100-00000001
TransfereeUniqueid: 1795516800.1
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Extension: 300

Event: BridgeLeave
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2

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

Event: BlindTransfer
Privilege: call,all
Result: Success
TransfererChannel: PJSIP/200-00000002
TransfererUniqueid: 1795516800.2
TransfereeChannel: PJSIP/100-00000001
TransfereeUniqueid: 1795516800.1
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Extension: 300
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::BridgeEnter]), &[Event::BlindTransfer]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.message.get("Result") != Some(b"Success") {
        return;
    }
    let bridge = scene.facts.bridge.and_then(|id| scene.model.find_bridge(id));
    let (Some(transferee), Some((key, bridge))) = (scene.channel("Transferee"), bridge) else {
        // Where more than two are in the bridge, there is no single transferee.
        cx.unobservable();
        return;
    };
    if transferee.membership(key).is_some() {
        cx.held();
    } else if let Some(leave) = transferee.left(key) {
        cx.violated(Broken {
            at: scene.at.clone(),
            entity: transferee.id.to_string(),
            explanation: format!("the transfer of {transferee} is told after it has left bridge {bridge}"),
            related: vec![leave.clone()],
            channel: scene.channel_key("Transferee"),
        });
    } else {
        cx.unobservable();
    }
}
