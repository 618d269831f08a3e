use crate::finding::Severity;
use crate::model::{Event, Order};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/newstate-announces",
    severity: Severity::Note,
    source: "Basic Channel Lifetime",
    releases: "12..",
    promise: "The state of a channel does not change from one snapshot to the next without a Newstate.",
    why: "A client that looks at Newstate alone misses the change. Servers are known to send the Newstate a \
          few messages late.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 0
Uniqueid: 1795516800.1

Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
Uniqueid: 1795516800.1

Event: Hangup
Privilege: call,all
Cause: 16
Channel: PJSIP/100-00000001
ChannelState: 6
Uniqueid: 1795516800.1
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 0
Uniqueid: 1795516800.1

Event: Hangup
Privilege: call,all
Cause: 16
Channel: PJSIP/100-00000001
ChannelState: 6
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Channels(Proof::Events(&[Event::Newstate])),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    // Events of another class than Newstate prove nothing where its class may be missing from the trace: where the
    // Newchannel, which has the same class, was not seen.
    let of_another_class =
        matches!(scene.facts.event, Event::VarSet | Event::Newexten | Event::DtmfBegin | Event::DtmfEnd);
    if scene.facts.event.order() != Order::Channel {
        return;
    }
    for (key, role) in &scene.named.channels {
        let Some(channel) = scene.model.channel(*key) else { continue };
        let (Some((before, by)), Some(now)) = (&channel.state, role.state) else { continue };
        if of_another_class && channel.announced.is_none() {
            cx.unobservable();
            continue;
        }
        if **before == *now || (role.is("") && matches!(scene.facts.event, Event::Newstate | Event::Newchannel)) {
            cx.held();
            continue;
        }
        cx.violated(Broken {
            at: scene.at.clone(),
            entity: channel.id.to_string(),
            explanation: format!(
                "{} shows channel {channel} in state {}, but it was in state {} and no Newstate came between",
                scene.at.event,
                String::from_utf8_lossy(now),
                String::from_utf8_lossy(before),
            ),
            related: vec![by.clone()],
            channel: Some(*key),
        });
    }
}
