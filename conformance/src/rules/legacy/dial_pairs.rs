use crate::finding::Severity;
use crate::model::{Channel, Event};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "legacy/dial-pairs",
    severity: Severity::Warning,
    source: "reference",
    releases: "1.6..11",
    promise: "Dial with SubEvent: End follows SubEvent: Begin of the same UniqueID.",
    why: "The end of a dial names the caller alone, and tells how the dial to all its destinations came out: without \
          it phones ring for ever, and one without a beginning belongs to no dial. Proof is the caller's Hangup while \
          a dial is pending, or an end without a beginning of a caller whose Newchannel was seen. Up to release 1.4 a \
          Dial has no SubEvent and no end.",
    conforming: "\
Event: Dial
Privilege: call,all
SubEvent: Begin
Channel: SIP/100-00000001
Destination: SIP/200-00000002
UniqueID: 1795516800.1
DestUniqueID: 1795516800.2
Dialstring: 200

Event: Dial
Privilege: call,all
SubEvent: End
Channel: SIP/100-00000001
UniqueID: 1795516800.1
DialStatus: NOANSWER
",
    violating: "\
Event: Dial
Privilege: call,all
SubEvent: Begin
Channel: SIP/100-00000001
Destination: SIP/200-00000002
UniqueID: 1795516800.1
DestUniqueID: 1795516800.2
Dialstring: 200

Event: Hangup
Privilege: call,all
Channel: SIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Legacy,
    on: On::Events(Proof::Events(&[Event::Dial, Event::Newexten]), &[Event::Dial, Event::Hangup]),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(caller) = scene.channel("").filter(|caller| caller.hangup.is_none()) else { return };
    let pending = caller.dials();
    if scene.facts.event == Event::Hangup {
        if !pending.is_empty() {
            cx.violated(Broken {
                at: scene.at.clone(),
                entity: caller.id.to_string(),
                explanation: format!("channel {caller} hangs up, but its dial had no Dial with SubEvent: End"),
                related: pending.to_vec(),
                channel: scene.channel_key(""),
            });
        }
        return;
    }
    if !scene.facts.message.get("SubEvent").is_some_and(|state| state.eq_ignore_ascii_case(b"End")) {
        return;
    }
    if !pending.is_empty() {
        cx.held();
    } else if caller.announced.is_none() {
        cx.unobservable();
    } else {
        cx.violated(Broken {
            at: scene.at.clone(),
            entity: caller.id.to_string(),
            explanation: format!("a dial of channel {caller} ends that has not begun"),
            related: caller.legacy.as_ref().and_then(|life| life.dial_end.clone()).into_iter().collect(),
            channel: scene.channel_key(""),
        });
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    for begin in channel.dials() {
        cx.open(|| Broken {
            at: begin.clone(),
            entity: channel.id.to_string(),
            explanation: format!("the dial of channel {channel} has no end in this complete trace"),
            related: Vec::new(),
            channel: None,
        });
    }
}
