use crate::finding::Severity;
use crate::model::{Channel, Event, links_or_parts};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "legacy/link-unlink",
    severity: Severity::Warning,
    source: "1.4 manager text",
    releases: "..11",
    promise: "Unlink follows Link of the same two channels, both before their Hangup; from 1.6 on Link is Bridge with \
              Bridgestate: Link, and Bridgestate: Unlink does the same as Unlink.",
    why: "This is how a client of these releases knows who talks to whom, and for how long. Proof is the Hangup of a \
          channel that is linked, or an Unlink of two channels that were never linked since both were announced.",
    conforming: "\
Event: Bridge
Privilege: call,all
Bridgestate: Link
Channel1: SIP/100-00000001
Channel2: SIP/200-00000002
Uniqueid1: 1795516800.1
Uniqueid2: 1795516800.2

Event: Unlink
Privilege: call,all
Channel1: SIP/100-00000001
Channel2: SIP/200-00000002
Uniqueid1: 1795516800.1
Uniqueid2: 1795516800.2

Event: Hangup
Privilege: call,all
Channel: SIP/200-00000002
Uniqueid: 1795516800.2
",
    violating: "\
Event: Link
Privilege: call,all
Channel1: SIP/100-00000001
Channel2: SIP/200-00000002
Uniqueid1: 1795516800.1
Uniqueid2: 1795516800.2

Event: Hangup
Privilege: call,all
Channel: SIP/200-00000002
Uniqueid: 1795516800.2
",
    era: Era::Legacy,
    on: On::Events(
        Proof::Events(&[Event::Link, Event::Unlink, Event::Bridge, Event::Rename, Event::Masquerade]),
        &[Event::Link, Event::Unlink, Event::Bridge, Event::Hangup],
    ),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.facts.event == Event::Hangup {
        let Some(channel) = scene.channel("").filter(|channel| channel.hangup.is_none()) else { return };
        for link in channel.links() {
            let other = scene.model.channel(link.other).map_or_else(String::new, ToString::to_string);
            cx.violated(Broken {
                at: scene.at.clone(),
                entity: channel.id.to_string(),
                explanation: format!("channel {channel} hangs up while it is linked to {other}: there was no Unlink"),
                related: vec![link.begin.clone()],
                channel: scene.channel_key(""),
            });
        }
        return;
    }
    let (Some(one), Some(two)) = (scene.channel("1"), scene.channel("2")) else { return };
    let dead = [one, two].into_iter().find_map(|channel| Some((channel, channel.hangup.as_ref()?)));
    match links_or_parts(scene.facts) {
        Some(true) => {
            if let Some((channel, hangup)) = dead {
                cx.violated(Broken {
                    at: scene.at.clone(),
                    entity: channel.id.to_string(),
                    explanation: format!("{} links channel {channel} after its Hangup", scene.at.event),
                    related: vec![hangup.clone()],
                    channel: scene.channel_key("1"),
                });
            }
        }
        Some(false) => {
            let other = scene.channel_key("2");
            if one.links().iter().any(|link| Some(link.other) == other) {
                cx.held();
            } else if one.announced.is_none() || two.announced.is_none() {
                cx.unobservable();
            } else if dead.is_none() {
                // Of a channel that is dead, the Hangup has been told.
                cx.violated(Broken {
                    at: scene.at.clone(),
                    entity: one.id.to_string(),
                    explanation: format!("{} parts channels {one} and {two}, which were not linked", scene.at.event),
                    related: Vec::new(),
                    channel: scene.channel_key("1"),
                });
            }
        }
        None => {}
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    // Both ends know a link; it is one obligation.
    for link in channel.links().iter().filter(|link| link.is_first) {
        cx.open(|| Broken {
            at: link.begin.clone(),
            entity: channel.id.to_string(),
            explanation: format!("the link of channel {channel} has no Unlink in this complete trace"),
            related: Vec::new(),
            channel: None,
        });
    }
}
