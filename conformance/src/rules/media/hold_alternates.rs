use crate::finding::Severity;
use crate::model::{Event, Switch};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

/// What switches on and off, and the `BlindTransfer` that explains an `Unhold` without a `Hold`.
const EXPLAINED: &[Event] = &[
    Event::Hold,
    Event::Unhold,
    Event::MusicOnHoldStart,
    Event::MusicOnHoldStop,
    Event::MixMonitorStart,
    Event::MixMonitorStop,
    Event::ChannelTalkingStart,
    Event::ChannelTalkingStop,
    Event::ChanSpyStart,
    Event::ChanSpyStop,
    Event::BlindTransfer,
];

/// What switches on and off.
const SWITCHES: &[Event] = EXPLAINED.split_at(EXPLAINED.len() - 1).0;

pub(crate) static RULE: Rule = Rule {
    name: "media/hold-alternates",
    severity: Severity::Note,
    source: "reference",
    releases: "12..",
    promise: "Hold and Unhold, MusicOnHoldStart and Stop, MixMonitorStart and Stop, ChannelTalkingStart and Stop, \
              ChanSpyStart and Stop alternate per channel.",
    why: "A client that shows a lamp for each switches it on and off. What is switched off without having been on is \
          proven where the Newchannel of the channel was seen. Recording, the end of talking and spying have no \
          recorded session behind them yet.",
    conforming: "\
Event: Hold
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: Unhold
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    violating: "\
Event: Hold
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: Hold
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Events(Proof::Events(EXPLAINED), SWITCHES),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some((switch, on)) = Switch::of(scene.facts.event) else { return };
    let Some(channel) = scene.channel(switch.role()) else { return };
    let before = channel.media.as_ref().and_then(|media| media.get(switch));
    let (what, before) = match before {
        Some((was_on, before)) if scene.model.is_in_sight(before) => {
            if *was_on != on {
                cx.held();
                return;
            }
            ("a second time", before)
        }
        _ if on => return,
        _ => {
            let Some(born) = scene.model.whole_life(channel) else {
                cx.unobservable();
                return;
            };
            ("without its beginning", born)
        }
    };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{} of {channel} {what}", scene.at.event),
        related: vec![before.clone()],
        channel: scene.channel_key(switch.role()),
    });
}
