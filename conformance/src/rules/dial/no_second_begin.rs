use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "dial/no-second-begin",
    severity: Severity::Warning,
    source: "Dialing and Origination",
    releases: "12..",
    promise: "While a dial to a destination is pending, no second DialBegin comes for it.",
    why: "A client that pairs dials has two beginnings for one end. Proof is the second DialBegin with no \
          DialEnd in between.",
    conforming: "\
Event: DialBegin
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2

Event: DialEnd
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
DialStatus: BUSY

Event: DialBegin
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
",
    violating: "\
Event: DialBegin
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2

Event: DialBegin
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::DialEnd]), &[Event::DialBegin]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(dest) = scene.channel("Dest").filter(|channel| channel.hangup.is_none()) else { return };
    match &dest.dial {
        None => cx.held(),
        Some(dial) => cx.violated(Broken {
            at: scene.at.clone(),
            entity: dest.id.to_string(),
            explanation: format!("a second DialBegin for channel {dest}, while the first dial is pending"),
            related: vec![dial.begin.clone()],
            channel: scene.channel_key("Dest"),
        }),
    }
}
