use crate::facts::Role;
use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "dial/dest-fields",
    severity: Severity::Error,
    source: "Dialing and Origination",
    releases: "12..",
    promise: "DialBegin and DialEnd carry DestChannel and DestUniqueid.",
    why: "They say whom the dial is to; without them it belongs to nobody.",
    conforming: "\
Event: DialBegin
Privilege: call,all
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
",
    violating: "\
Event: DialBegin
Privilege: call,all
DestChannel: PJSIP/200-00000002
",
    era: Era::Modern,
    on: On::Events(Proof::WhatCame, &[Event::DialBegin, Event::DialEnd]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.role("Dest").is_some_and(Role::is_named) {
        return cx.held();
    }
    // What is no channel's id (`<none>`) is there all the same.
    let message = scene.facts.message;
    let lacks = |key: &&&str| message.get(key).is_none_or(<[u8]>::is_empty);
    match ["DestChannel", "DestUniqueid"].iter().find(lacks) {
        None => cx.held(),
        Some(key) => cx.violated(Broken {
            at: scene.at.clone(),
            entity: (*key).to_owned(),
            explanation: format!("{} carries no {key}", scene.at.event),
            related: Vec::new(),
            channel: scene.channel_key("Dest"),
        }),
    }
}
