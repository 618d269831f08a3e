use crate::finding::Severity;
use crate::model::{Channel, Order};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/application-after-hangup",
    severity: Severity::Warning,
    source: "Basic Channel Lifetime",
    releases: "12..",
    promise: "After its Hangup no application event names a channel; what comes within 32 messages lost a race \
          and is not told.",
    why: "Applications publish from their own threads, so their last word can come a little after the \
          Hangup. What comes long after is about a channel that is gone, and a client would bring it back to \
          life.",
    conforming: "\
Event: QueueCallerLeave
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support

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

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000000a
Uniqueid: 1795516800.10

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000000b
Uniqueid: 1795516800.11

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000000c
Uniqueid: 1795516800.12

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000000d
Uniqueid: 1795516800.13

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000000e
Uniqueid: 1795516800.14

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000000f
Uniqueid: 1795516800.15

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000010
Uniqueid: 1795516800.16

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000011
Uniqueid: 1795516800.17

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000012
Uniqueid: 1795516800.18

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000013
Uniqueid: 1795516800.19

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000014
Uniqueid: 1795516800.20

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000015
Uniqueid: 1795516800.21

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000016
Uniqueid: 1795516800.22

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000017
Uniqueid: 1795516800.23

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000018
Uniqueid: 1795516800.24

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000019
Uniqueid: 1795516800.25

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000001a
Uniqueid: 1795516800.26

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000001b
Uniqueid: 1795516800.27

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000001c
Uniqueid: 1795516800.28

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000001d
Uniqueid: 1795516800.29

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000001e
Uniqueid: 1795516800.30

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000001f
Uniqueid: 1795516800.31

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000020
Uniqueid: 1795516800.32

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000021
Uniqueid: 1795516800.33

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000022
Uniqueid: 1795516800.34

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000023
Uniqueid: 1795516800.35

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000024
Uniqueid: 1795516800.36

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000025
Uniqueid: 1795516800.37

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000026
Uniqueid: 1795516800.38

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000027
Uniqueid: 1795516800.39

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000028
Uniqueid: 1795516800.40

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-00000029
Uniqueid: 1795516800.41

Event: Newchannel
Privilege: call,all
Channel: PJSIP/300-0000002a
Uniqueid: 1795516800.42

Event: MusicOnHoldStop
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Channels(Proof::WhatCame),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.event.order() != Order::Application {
        return;
    }
    for (key, role) in &scene.named.channels {
        let Some(channel) = scene.model.channel(*key).filter(|_| !role.is("Swap")) else { continue };
        let Some(hangup) = &channel.hangup else { continue };
        let late = scene.at.place.message.saturating_sub(hangup.place.message);
        if late > scene.model.race() {
            cx.violated_once(&channel.reported, || Broken {
                at: scene.at.clone(),
                entity: channel.id.to_string(),
                explanation: format!("{} names channel {channel} {late} messages after its Hangup", scene.at.event),
                related: vec![hangup.clone()],
                channel: Some(*key),
            });
        }
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    if channel.hangup.is_some() && !cx.was_reported(&channel.reported) {
        cx.held();
    }
}
