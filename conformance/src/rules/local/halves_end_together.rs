use crate::finding::Severity;
use crate::model::{Channel, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "local/halves-end-together",
    severity: Severity::Error,
    source: "Local Channels",
    releases: "12..",
    promise: "When one half of a Local channel has hung up, so does the other.",
    why: "A half that stays behind is a channel that leads nowhere. The end of the other half is open until \
          it comes; that it never comes is proven only by a complete trace.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: Local/100@default-00000001;1
Uniqueid: 1795516800.4

Event: Newchannel
Privilege: call,all
Channel: Local/100@default-00000001;2
Uniqueid: 1795516800.5

Event: LocalBridge
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5

Event: Hangup
Privilege: call,all
Channel: Local/100@default-00000001;1
Uniqueid: 1795516800.4
Cause: 16

Event: Hangup
Privilege: call,all
Channel: Local/100@default-00000001;2
Uniqueid: 1795516800.5
Cause: 16
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: Local/100@default-00000001;1
Uniqueid: 1795516800.4

Event: Newchannel
Privilege: call,all
Channel: Local/100@default-00000001;2
Uniqueid: 1795516800.5

Event: LocalBridge
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5

Event: Hangup
Privilege: call,all
Channel: Local/100@default-00000001;1
Uniqueid: 1795516800.4
Cause: 16
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::Hangup]), &[]),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(_: &Scene<'_, '_>, _: &mut Cx<'_>) {}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    let Some((joined, _)) = &channel.local_bridge else { return };
    match (&channel.hangup, &channel.other_half_hangup) {
        (Some(_), Some(_)) => cx.held(),
        (Some(hangup), None) => cx.open(|| Broken {
            at: hangup.clone(),
            entity: channel.id.to_string(),
            explanation: format!("channel {channel} has hung up, but its other half has not in this complete trace"),
            related: vec![joined.clone()],
            channel: None,
        }),
        (None, _) => {}
    }
}
