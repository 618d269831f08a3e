use crate::finding::Severity;
use crate::model::{Channel, Event, Order};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/nothing-after-hangup",
    severity: Severity::Error,
    source: "Basic Channel Lifetime",
    releases: "12..",
    promise: "After its Hangup no snapshot, dial, bridge, DTMF or VarSet event names a channel, in any role.",
    why: "A client frees what it holds of a channel at Hangup. A later event of the channel brings it back to life, \
          and nothing will ever end it. What applications say about a channel may come a little late; that is \
          another rule.",
    conforming: "\
Event: VarSet
Privilege: dialplan,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Variable: RESULT
Value: 1

Event: Hangup
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Cause: 16
",
    violating: "\
Event: Hangup
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Cause: 16

Event: VarSet
Privilege: dialplan,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Variable: RESULT
Value: 1
",
    era: Era::Modern,
    on: On::Channels(Proof::WhatCame),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let event = scene.facts.event;
    // A second Hangup or Newchannel breaks rules of its own.
    if event.order() != Order::Channel || matches!(event, Event::Hangup | Event::Newchannel) {
        return;
    }
    for (key, role) in &scene.named.channels {
        // A channel that was swapped out of a bridge may be dead by then.
        let Some(channel) = scene.model.channel(*key).filter(|_| !role.is("Swap")) else { continue };
        if let Some(hangup) = &channel.hangup {
            cx.violated_once(&channel.reported, || Broken {
                at: scene.at.clone(),
                entity: channel.id.to_string(),
                explanation: format!("{} names channel {channel} after its Hangup", scene.at.event),
                related: vec![hangup.clone()],
                channel: Some(*key),
            });
        }
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    if cx.was_reported(&channel.reported) || channel.first.is_none() {
        return;
    }
    if channel.hangup.is_some() {
        cx.held();
    } else {
        // Not even under --complete a violation: that the channel has no Hangup is `channel/hangup-once`.
        cx.counts.add(crate::finding::Verdict::Open);
    }
}
