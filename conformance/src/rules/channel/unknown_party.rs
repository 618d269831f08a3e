use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/unknown-party",
    severity: Severity::Warning,
    source: "Channels",
    releases: "12..",
    promise: "A caller or connected number or name that is absent is <unknown>, not empty.",
    why: "A client that compares with <unknown> shows an empty name as if somebody had chosen it.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
CallerIDNum: 100
CallerIDName: <unknown>
Uniqueid: 1795516800.1
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
CallerIDNum: 100
CallerIDName:\x20
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Channels(Proof::WhatCame),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    match scene.facts.empty_party {
        None => cx.held(),
        Some(key) => cx.violated(Broken {
            at: scene.at.clone(),
            entity: String::from_utf8_lossy(key).into_owned(),
            explanation: format!("{} is empty, where an absent party is <unknown>", String::from_utf8_lossy(key)),
            related: Vec::new(),
            channel: scene.named.channels.first().map(|(key, _)| *key),
        }),
    }
}
