use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "dial/status-known",
    severity: Severity::Warning,
    source: "Dialing and Origination",
    releases: "12..",
    promise: "DialStatus is one of ANSWER, BUSY, CANCEL, CHANUNAVAIL, CONGESTION, NOANSWER, TIMEDOUT, ABORT, \
          GOTO, CONTINUE.",
    why: "A client decides by it what to tell the caller.",
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
",
    violating: "\
Event: DialBegin
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2

Event: DialEnd
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
DialStatus: GONE
",
    era: Era::Modern,
    on: On::Events(Proof::WhatCame, &[Event::DialEnd]),
    message,
    channel_end: None,
    bridge_end: None,
};

/// What a dial can come to.
const STATUSES: [&[u8]; 10] = [
    b"ANSWER",
    b"BUSY",
    b"CANCEL",
    b"CHANUNAVAIL",
    b"CONGESTION",
    b"NOANSWER",
    b"TIMEDOUT",
    b"ABORT",
    b"GOTO",
    b"CONTINUE",
];

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(status) = scene.facts.detail else { return };
    // A DialEnd can say behind a colon where the call went.
    let word = status.split(|byte| *byte == b':').next().unwrap_or(status);
    if STATUSES.contains(&word) {
        cx.held();
        return;
    }
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: "DialStatus".to_owned(),
        explanation: format!("{} is no DialStatus", String::from_utf8_lossy(status)),
        related: Vec::new(),
        channel: scene.channel_key("Dest"),
    });
}
