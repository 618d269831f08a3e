use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "dtmf/begin-before-end",
    severity: Severity::Note,
    source: "DTMF",
    releases: "12..",
    promise: "Each DTMFEnd has its DTMFBegin.",
    why: "A client that lights a key at the beginning puts it out at the end. Digits of feature codes are \
          known to have no beginning. Proof needs the Newchannel of the channel.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: DTMFBegin
Privilege: dtmf,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Digit: 5

Event: DTMFEnd
Privilege: dtmf,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Digit: 5
DurationMs: 120
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: DTMFEnd
Privilege: dtmf,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Digit: 5
DurationMs: 120
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::DtmfBegin]), &[Event::DtmfEnd]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(channel) = scene.channel("") else { return };
    let direction = scene.facts.message.get("Direction").unwrap_or_default();
    if channel.digits.iter().any(|began| **began == *direction) {
        cx.held();
        return;
    }
    let Some(announced) = &channel.announced else {
        cx.unobservable();
        return;
    };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("a digit on channel {channel} ends without having begun"),
        related: vec![announced.clone()],
        channel: scene.channel_key(""),
    });
}
