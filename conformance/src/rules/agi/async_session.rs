use crate::finding::{Reference, Severity};
use crate::model::{Channel, Event, Model};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "agi/async-session",
    severity: Severity::Warning,
    source: "reference",
    releases: "12..",
    promise: "AsyncAGIExec comes between AsyncAGIStart and AsyncAGIEnd; AGIExecStart and AGIExecEnd pair by CommandId.",
    why: "A client that controls a call through AGI waits for these. What has no beginning is proven where the \
          Newchannel of the channel was seen; a missing end when the channel has hung up and 32 messages passed \
          without it.",
    conforming: "\
Event: AsyncAGIStart
Privilege: agi,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: AGIExecStart
Privilege: agi,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
CommandId: 17

Event: AGIExecEnd
Privilege: agi,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
CommandId: 17

Event: AsyncAGIEnd
Privilege: agi,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    violating: "\
Event: AsyncAGIStart
Privilege: agi,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: AsyncAGIEnd
Privilege: agi,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: AsyncAGIExec
Privilege: agi,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
CommandId: 17
",
    era: Era::Modern,
    on: On::Applications {
        proof: Proof::Events(&[Event::AsyncAgiStart, Event::AsyncAgiEnd, Event::AgiExecStart, Event::AgiExecEnd]),
        events: &[
            Event::AsyncAgiStart,
            Event::AsyncAgiExec,
            Event::AsyncAgiEnd,
            Event::AgiExecStart,
            Event::AgiExecEnd,
        ],
        silent,
        finally: None,
    },
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(channel) = scene.channel("") else { return };
    let agi = channel.agi.as_ref();
    let event = scene.facts.event;
    let id = scene.facts.message.get("CommandId").unwrap_or_default();
    let of_command = matches!(event, Event::AgiExecStart | Event::AgiExecEnd);
    let (start, end) = if of_command {
        (agi.and_then(|agi| agi.command(id)), agi.and_then(|agi| agi.ended(id)))
    } else {
        (channel.agi_session(), agi.and_then(|agi| agi.end.as_ref()))
    };
    let begins = matches!(event, Event::AsyncAgiStart | Event::AgiExecStart);
    let (what, before) = match (begins, start) {
        (true, None) => return,
        (true, Some(start)) => ("begins a second time before it has ended", start),
        (false, Some(_)) => {
            cx.held();
            return;
        }
        (false, None) => {
            let Some(before) = end.or_else(|| scene.model.whole_life(channel)) else {
                cx.unobservable();
                return;
            };
            ("is not under way", before)
        }
    };
    let subject =
        if of_command { format!("AGI command {}", String::from_utf8_lossy(id)) } else { "the AGI session".to_owned() };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{}: {subject} of {channel} {what}", scene.at.event),
        related: vec![before.clone()],
        channel: scene.channel_key(""),
    });
}

/// The beginnings of what is under way.
fn pending(channel: &Channel) -> impl Iterator<Item = &Reference> {
    let commands = channel.agi.iter().flat_map(|agi| &agi.commands);
    channel.agi_session().into_iter().chain(commands.map(|(_, start)| start))
}

fn broken(channel: &Channel, start: &Reference, place: &str) -> Broken {
    Broken {
        at: channel.hangup.as_ref().unwrap_or(start).clone(),
        entity: channel.id.to_string(),
        explanation: format!("what {} of {channel} began has no end {place}", start.event),
        related: channel.hangup.iter().map(|_| start.clone()).collect(),
        channel: None,
    }
}

fn silent(model: &Model, channel: &Channel, cx: &mut Cx<'_>) {
    for start in pending(channel) {
        if model.is_in_sight(start) {
            cx.violated(broken(channel, start, "when the channel hangs up"));
        } else {
            cx.unobservable();
        }
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    for start in pending(channel).filter(|_| !channel.is_silent) {
        cx.open(|| broken(channel, start, "in this complete trace"));
    }
}
