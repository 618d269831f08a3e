use crate::facts::Role;
use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/newchannel-fields",
    severity: Severity::Error,
    source: "Basic Channel Lifetime",
    releases: "12..",
    promise: "A Newchannel carries Channel and Uniqueid, and neither is empty.",
    why: "These two are how everything else speaks of the channel: the name for actions, the Uniqueid for \
          events.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    violating: "\
Event: Newchannel
Privilege: call,all
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Events(Proof::WhatCame, &[Event::Newchannel]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.role("").is_some_and(Role::is_named) {
        return cx.held();
    }
    // What is no channel's id (`<none>`) is there all the same.
    let message = scene.facts.message;
    let lacks = |key: &&&str| message.get(key).is_none_or(<[u8]>::is_empty);
    match ["Channel", "Uniqueid"].iter().find(lacks) {
        None => cx.held(),
        Some(key) => cx.violated(Broken {
            at: scene.at.clone(),
            entity: (*key).to_owned(),
            explanation: format!("a Newchannel carries no {key}"),
            related: Vec::new(),
            channel: scene.channel_key(""),
        }),
    }
}
