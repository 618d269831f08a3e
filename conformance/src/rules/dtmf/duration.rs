use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "dtmf/duration",
    severity: Severity::Error,
    source: "DTMF",
    releases: "12..",
    promise: "DTMFEnd carries DurationMs, a number.",
    why: "How long a key was held is what tells a digit from noise.",
    conforming: "\
Event: DTMFEnd
Privilege: dtmf,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Digit: 5
DurationMs: 120
",
    violating: "\
Event: DTMFEnd
Privilege: dtmf,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Digit: 5
DurationMs: long
",
    era: Era::Modern,
    on: On::Events(Proof::WhatCame, &[Event::DtmfEnd]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let duration = scene.facts.message.get("DurationMs");
    if duration.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)) {
        cx.held();
        return;
    }
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: "DurationMs".to_owned(),
        explanation: match duration {
            None => "DTMFEnd carries no DurationMs".to_owned(),
            Some(value) => format!("the DurationMs '{}' is no number", String::from_utf8_lossy(value)),
        },
        related: Vec::new(),
        channel: scene.channel_key(""),
    });
}
