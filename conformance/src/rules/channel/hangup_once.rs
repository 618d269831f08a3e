use crate::finding::Severity;
use crate::model::{Channel, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/hangup-once",
    severity: Severity::Error,
    source: "Basic Channel Lifetime",
    releases: "12..",
    promise: "A channel, by its Uniqueid, has one Hangup.",
    why: "Whoever counts calls or writes bills at Hangup does it twice. Proof is the second Hangup of the same \
          Uniqueid.",
    conforming: "\
Event: Hangup
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Cause: 16

Event: Hangup
Privilege: call,all
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2
Cause: 16
",
    violating: "\
Event: Hangup
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Cause: 16

Event: Hangup
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Cause: 16
",
    era: Era::Modern,
    on: On::Events(Proof::WhatCame, &[Event::Hangup]),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(channel) = scene.channel("") else { return };
    if let Some(first) = &channel.hangup {
        cx.violated_once(&channel.reported, || Broken {
            at: scene.at.clone(),
            entity: channel.id.to_string(),
            explanation: format!("channel {channel} hangs up a second time"),
            related: vec![first.clone()],
            channel: scene.channel_key(""),
        });
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    let Some(first) = channel.first.as_ref().filter(|_| !cx.was_reported(&channel.reported)) else { return };
    if channel.hangup.is_some() {
        cx.held();
    } else {
        cx.open(|| Broken {
            at: channel.announced.as_ref().unwrap_or(first).clone(),
            entity: channel.id.to_string(),
            explanation: format!("channel {channel} has no Hangup in this complete trace"),
            related: Vec::new(),
            channel: None,
        });
    }
}
