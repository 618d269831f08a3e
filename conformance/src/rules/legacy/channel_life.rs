use crate::facts::Role;
use crate::finding::{Reference, Severity};
use crate::model::{Channel, ChannelKey, Event, Order};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "legacy/channel-life",
    severity: Severity::Error,
    source: "1.4 manager text",
    releases: "..11",
    promise: "A channel's life begins with one Newchannel and ends with one Hangup, and its name moves only by Rename \
              or Masquerade.",
    why: "A client that keeps a table of channels adds a row at Newchannel and removes it at Hangup; most events of \
          these releases name channels, not Uniqueids, so that a name which moves in silence ends up in the wrong row. \
          What counts as proof is the same as for channel/newchannel-first; what applications, CEL and Cdr say late \
          or early breaks nothing.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: SIP/100-00000001
Uniqueid: 1795516800.1

Event: Rename
Privilege: call,all
Channel: SIP/100-00000001
Newname: SIP/100-00000001<ZOMBIE>
Uniqueid: 1795516800.1

Event: Hangup
Privilege: call,all
Channel: SIP/100-00000001<ZOMBIE>
Uniqueid: 1795516800.1
Cause: 16
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: SIP/100-00000001
Uniqueid: 1795516800.1

Event: Hangup
Privilege: call,all
Channel: SIP/100-00000001
Uniqueid: 1795516800.1
Cause: 16

Event: Newstate
Privilege: call,all
Channel: SIP/100-00000001
ChannelState: 6
Uniqueid: 1795516800.1
",
    era: Era::Legacy,
    on: On::Channels(Proof::Events(&[Event::Newchannel, Event::Rename, Event::Masquerade, Event::Hangup])),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    for (at, (key, role)) in scene.named.channels.iter().enumerate() {
        let Some(channel) = scene.model.channel(*key) else { continue };
        early(scene, (*key, channel, role), cx);
        if scene.facts.event.order() != Order::Channel {
            continue;
        }
        let is_first = |event: Event| scene.facts.event == event && role.is("");
        if is_first(Event::Newchannel) {
            if let Some(announced) = &channel.announced {
                broken(scene, *key, channel, announced, "announces channel", "a second time", cx);
            }
        } else if let Some(hangup) = &channel.hangup {
            let told = channel.legacy.as_ref().is_some_and(|life| life.late.is_some());
            let repeated = scene.named.channels.iter().take(at).any(|(other, _)| other == key);
            if is_first(Event::Hangup) {
                broken(scene, *key, channel, hangup, "ends channel", "a second time", cx);
            } else if !told && !repeated {
                broken(scene, *key, channel, hangup, "names channel", "after its Hangup", cx);
            }
        } else if let (Some(now), Some((name, by))) = (name_of(scene, role), &channel.name)
            && *now != **name
            && channel.legacy.as_ref().is_none_or(|life| life.misnamed.is_none())
        {
            let how = format!("'{}', though nothing renamed it", String::from_utf8_lossy(now));
            broken(scene, *key, channel, by, "calls channel", &how, cx);
        }
    }
}

/// The name by which the message calls the channel.
fn name_of<'a>(scene: &Scene<'_, 'a>, role: &Role<'a>) -> Option<&'a [u8]> {
    // The first releases tell the old name of a channel under a key of its own.
    role.name.or_else(|| scene.facts.message.get("Oldname").filter(|_| scene.facts.event == Event::Rename))
}

fn early(scene: &Scene<'_, '_>, (key, channel, role): (ChannelKey, &Channel, &Role<'_>), cx: &mut Cx<'_>) {
    if channel.announced.is_some() {
        return;
    }
    let (at, other, reason) = if scene.facts.event == Event::Newchannel && role.is("") {
        let Some(early) = &channel.first else { return };
        (early, scene.at, "its Newchannel follows")
    } else if let Some(older) = scene.model.proof_of_youth(channel) {
        let reason = "it is younger than a channel that was announced in this trace";
        (channel.first.as_ref().unwrap_or(scene.at), older, reason)
    } else {
        return;
    };
    cx.violated_once(&channel.reported, || Broken {
        at: at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{} speaks of channel {channel} before its Newchannel: {reason}", at.event),
        related: vec![other.clone()],
        channel: Some(key),
    });
}

fn broken(
    scene: &Scene<'_, '_>,
    key: ChannelKey,
    channel: &Channel,
    other: &Reference,
    does: &str,
    how: &str,
    cx: &mut Cx<'_>,
) {
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{} {does} {channel} {how}", scene.at.event),
        related: vec![other.clone()],
        channel: Some(key),
    });
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    let Some(first) = channel.first.as_ref().filter(|_| !cx.was_reported(&channel.reported)) else { return };
    let missing = |what: &str| Broken {
        at: first.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{channel} is spoken of, but its {what} is not in this complete trace"),
        related: Vec::new(),
        channel: None,
    };
    if channel.announced.is_none() {
        cx.born_before(|| missing("Newchannel"));
    } else if channel.hangup.is_none() {
        cx.open(|| missing("Hangup"));
    } else {
        cx.held();
    }
}
