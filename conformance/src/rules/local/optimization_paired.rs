use crate::finding::Severity;
use crate::model::{Channel, Event, Model};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "local/optimization-paired",
    severity: Severity::Warning,
    source: "Local Channels",
    releases: "12..",
    promise: "LocalOptimizationBegin and LocalOptimizationEnd pair by Id, Begin first.",
    why: "Between the two the call moves from one channel to another; a client that follows it must know when that is \
          over. An End without its Begin is proven where the Newchannel of the first half was seen; a Begin without \
          its End when the first half has hung up and 32 messages passed without it.",
    conforming: "\
Event: LocalOptimizationBegin
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5
Id: 7

Event: LocalOptimizationEnd
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5
Success: Yes
Id: 7
",
    violating: "\
Event: LocalOptimizationEnd
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5
Success: Yes
Id: 7

Event: LocalOptimizationBegin
Privilege: call,all
LocalOneChannel: Local/100@default-00000001;1
LocalOneUniqueid: 1795516800.4
LocalTwoChannel: Local/100@default-00000001;2
LocalTwoUniqueid: 1795516800.5
Id: 7
",
    era: Era::Modern,
    on: On::Applications {
        proof: Proof::Events(&[Event::LocalOptimizationBegin, Event::LocalOptimizationEnd]),
        events: &[Event::LocalOptimizationBegin, Event::LocalOptimizationEnd],
        silent,
        finally: None,
    },
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(one) = scene.channel("LocalOne") else { return };
    let Some(id) = scene.facts.message.get("Id") else {
        cx.unobservable();
        return;
    };
    let (begun, ended, early) = match &one.optimization {
        Some(known) => (known.begun(id), known.ended(id), known.ended.as_ref().is_some_and(|(.., early)| *early)),
        None => (None, None, false),
    };
    let number = String::from_utf8_lossy(id);
    let is_begin = scene.facts.event == Event::LocalOptimizationBegin;
    // Where the Newchannel was seen, the End that came too early was told when it came.
    let (at, other, explanation) = match (is_begin, begun, ended) {
        (true, Some(begun), _) => {
            (scene.at, &begun.begin, format!("optimisation {number} of {one} begins a second time before it has ended"))
        }
        (true, None, Some(end)) if early && one.announced.is_none() => {
            (end, scene.at, format!("optimisation {number} of {one} ends before it has begun"))
        }
        (true, None, _) => return,
        (false, Some(_), _) => {
            cx.held();
            return;
        }
        (false, None, Some(end)) => (scene.at, end, format!("optimisation {number} of {one} ends a second time")),
        (false, None, None) => {
            let Some(announced) = &one.announced else {
                cx.unobservable();
                return;
            };
            (scene.at, announced, format!("optimisation {number} of {one} ends, but it has not begun"))
        }
    };
    cx.violated(Broken {
        at: at.clone(),
        entity: one.id.to_string(),
        explanation,
        related: vec![other.clone()],
        channel: scene.channel_key("LocalOne"),
    });
}

fn broken(channel: &Channel, place: &str) -> Vec<Broken> {
    let begun = channel.optimization.iter().flat_map(|optimization| &optimization.begun);
    begun
        .map(|begun| Broken {
            at: channel.hangup.as_ref().unwrap_or(&begun.begin).clone(),
            entity: channel.id.to_string(),
            explanation: format!("optimisation {} of {channel} has no end {place}", String::from_utf8_lossy(&begun.id)),
            related: channel.hangup.iter().map(|_| begun.begin.clone()).collect(),
            channel: None,
        })
        .collect()
}

fn silent(_: &Model, channel: &Channel, cx: &mut Cx<'_>) {
    for broken in broken(channel, "until the channel is gone") {
        cx.violated(broken);
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    if !channel.is_silent {
        for broken in broken(channel, "in this complete trace") {
            cx.open(|| broken);
        }
    }
}
