use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/newchannel-once",
    severity: Severity::Error,
    source: "Basic Channel Lifetime",
    releases: "12..",
    promise: "A channel, by its Uniqueid, has one Newchannel.",
    why: "A client that adds a row at Newchannel has the channel twice, or loses what it knew of it. Proof \
          is the second Newchannel of the same Uniqueid.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: Newchannel
Privilege: call,all
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Events(Proof::WhatCame, &[Event::Newchannel]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(channel) = scene.channel("") else { return };
    match &channel.announced {
        None => cx.held(),
        Some(first) => cx.violated_once(&channel.reported, || Broken {
            at: scene.at.clone(),
            entity: channel.id.to_string(),
            explanation: format!("channel {channel} is announced a second time"),
            related: vec![first.clone()],
            channel: scene.channel_key(""),
        }),
    }
}
