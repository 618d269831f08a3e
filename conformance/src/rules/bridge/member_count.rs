use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "bridge/member-count",
    severity: Severity::Note,
    source: "Bridging",
    releases: "12..",
    promise: "BridgeNumChannels of a BridgeEnter or BridgeLeave is the number of channels that are in the bridge \
          then.",
    why: "A client can show the number without counting. Conferences and parking use channels of their own \
          that are not announced and are counted.",
    conforming: "\
Event: BridgeCreate
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
BridgeNumChannels: 1

Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2
BridgeNumChannels: 2
",
    violating: "\
Event: BridgeCreate
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

Event: BridgeEnter
Privilege: call,all
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
BridgeNumChannels: 2
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::BridgeEnter, Event::BridgeLeave]), &[Event::BridgeEnter, Event::BridgeLeave]),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let (Some(key), Some((_, bridge))) = (scene.channel_key(""), scene.bridge()) else { return };
    let Some(said) = scene.facts.message.get("BridgeNumChannels") else { return };
    let Some(created) = &bridge.created else {
        cx.unobservable();
        return;
    };
    let others = bridge.members.iter().filter(|(member, _)| *member != key).count();
    let now = others + usize::from(scene.facts.event == Event::BridgeEnter);
    if now.to_string().as_bytes() == said {
        cx.held();
        return;
    }
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: "BridgeNumChannels".to_owned(),
        explanation: format!(
            "BridgeNumChannels of bridge {bridge} is {}, but {now} are in it",
            String::from_utf8_lossy(said),
        ),
        related: vec![created.clone()],
        channel: Some(key),
    });
}
