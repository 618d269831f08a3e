use crate::finding::Severity;
use crate::model::{Channel, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "dial/end-for-each-begin",
    severity: Severity::Error,
    source: "Dialing and Origination",
    releases: "12..",
    promise: "Each DialBegin gets a DialEnd for the same DestUniqueid, at the latest before that channel's Hangup.",
    why: "Without the DialEnd a client shows a phone that rings for ever, and never learns how the dial came out. \
          Each destination of a parallel dial is paired by itself. Proof is the Hangup of the destination while its \
          dial is pending; a dial that is pending where the trace ends is open.",
    conforming: "\
Event: DialBegin
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2

Event: DialEnd
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2
DialStatus: NOANSWER

Event: Hangup
Privilege: call,all
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2
Cause: 19
",
    violating: "\
Event: DialBegin
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
DestChannel: PJSIP/200-00000002
DestUniqueid: 1795516800.2

Event: Hangup
Privilege: call,all
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2
Cause: 19
",
    era: Era::Modern,
    on: On::Events(
        Proof::Events(&[Event::DialEnd, Event::Pickup, Event::Newchannel, Event::LocalBridge]),
        &[Event::DialEnd, Event::Hangup],
    ),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.event == Event::DialEnd {
        if scene.channel("Dest").is_some_and(|channel| channel.dial.is_some() && channel.hangup.is_none()) {
            cx.held();
        }
        return;
    }
    let Some(channel) = scene.channel("").filter(|channel| channel.hangup.is_none()) else { return };
    if let Some(dial) = &channel.dial {
        cx.violated(Broken {
            at: scene.at.clone(),
            entity: channel.id.to_string(),
            explanation: format!("channel {channel} hangs up, but the dial to it had no DialEnd"),
            related: vec![dial.begin.clone()],
            channel: scene.channel_key(""),
        });
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    // A dial that was pending at the Hangup has been told.
    if let Some(dial) = channel.dial.as_ref().filter(|_| channel.hangup.is_none()) {
        cx.open(|| Broken {
            at: dial.begin.clone(),
            entity: channel.id.to_string(),
            explanation: format!("the dial to channel {channel} has no DialEnd in this complete trace"),
            related: Vec::new(),
            channel: None,
        });
    }
}
