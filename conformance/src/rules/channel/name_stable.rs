use crate::finding::Severity;
use crate::model::{Channel, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/name-stable",
    severity: Severity::Error,
    source: "Channels; Basic Channel Lifetime",
    releases: "12..",
    promise: "A channel, by its Uniqueid, keeps its name for life, unless a Rename event changes it.",
    why: "The name is the handle by which actions address a channel, and clients that key their tables by name lose \
          the call when it changes silently. OriginateResponse is not looked at: for a failed call its Channel is \
          the dial string.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: Rename
Privilege: call,all
Channel: PJSIP/100-00000001
Newname: PJSIP/100-00000001-old
Uniqueid: 1795516800.1

Event: Hangup
Privilege: call,all
Channel: PJSIP/100-00000001-old
Uniqueid: 1795516800.1
Cause: 16
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: Hangup
Privilege: call,all
Channel: PJSIP/100-00000001-old
Uniqueid: 1795516800.1
Cause: 16
",
    era: Era::Modern,
    on: On::Channels(Proof::Events(&[Event::Rename])),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.event == Event::OriginateResponse {
        return;
    }
    for (channel, role) in scene.channels() {
        let (Some((name, by)), Some(now)) = (&channel.name, role.name) else { continue };
        if **name != *now {
            cx.violated_once(&channel.reported, || Broken {
                at: scene.at.clone(),
                entity: channel.id.to_string(),
                explanation: format!(
                    "{} calls channel {} by the name {}, but it was {} and no Rename came between",
                    scene.at.event,
                    channel.id,
                    String::from_utf8_lossy(now),
                    String::from_utf8_lossy(name),
                ),
                related: vec![by.clone()],
                channel: None,
            });
        }
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    if channel.name.is_some() && !cx.was_reported(&channel.reported) {
        cx.held();
    }
}
