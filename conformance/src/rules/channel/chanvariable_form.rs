use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/chanvariable-form",
    severity: Severity::Note,
    source: "Channels",
    releases: "12..",
    promise: "The value of a ChanVariable header is name=value.",
    why: "Without the sign a client cannot tell which variable it is. No recorded \
          session has the header yet.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
ChanVariable: TENANT=7
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
ChanVariable: TENANT
",
    era: Era::Modern,
    on: On::Channels(Proof::WhatCame),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some((key, well_formed)) = scene.facts.channel_variable else { return };
    if well_formed {
        cx.held();
        return;
    }
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: String::from_utf8_lossy(key).into_owned(),
        explanation: format!("the value of {} is not name=value", String::from_utf8_lossy(key)),
        related: Vec::new(),
        channel: scene.named.channels.first().map(|(key, _)| *key),
    });
}
