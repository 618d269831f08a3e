use crate::finding::{Reference, Severity};
use crate::model::{Channel, Event, FOLLOWED, shown};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "dialplan/newexten-on-transition",
    severity: Severity::Note,
    source: "Dialplan Execution",
    releases: "12..",
    promise: "Context, extension and priority of a channel change only with a Newexten.",
    why: "A client that follows calls through the dialplan reads Newexten alone. Proof is a snapshot with another \
          position than the last Newexten told, and then a VarSet or another Newexten, which show that dialplan events \
          are in the trace: a Newexten can come a message late, and a channel that was picked up ends without an \
          extension. An empty extension is one, too: that of a dialled channel.",
    conforming: "\
Event: Newexten
Privilege: dialplan,all
Channel: PJSIP/100-00000001
Context: lab
Exten: 100
Priority: 1
Uniqueid: 1795516800.1

Event: Newexten
Privilege: dialplan,all
Channel: PJSIP/100-00000001
Context: lab
Exten: 100
Priority: 2
Uniqueid: 1795516800.1
",
    violating: "\
Event: Newexten
Privilege: dialplan,all
Channel: PJSIP/100-00000001
Context: lab
Exten: 100
Priority: 1
Uniqueid: 1795516800.1

Event: VarSet
Privilege: dialplan,all
Channel: PJSIP/100-00000001
Context: lab
Exten: 200
Priority: 1
Uniqueid: 1795516800.1
Variable: X
Value: 1
",
    era: Era::Modern,
    on: On::Events(Proof::Events(&[Event::Newexten, Event::VarSet]), FOLLOWED),
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let event = scene.facts.event;
    if !matches!(event, Event::Newexten | Event::VarSet) {
        return;
    }
    let Some(channel) = scene.channel("") else { return };
    let Some(position) = &channel.position else { return };
    if !scene.model.is_in_sight(&position.by) {
        cx.unobservable();
        return;
    }
    let Some(shown) = shown(scene.facts) else { return };
    let at = if event == Event::Newexten {
        position.moved_elsewhere(Some(&shown))
    } else {
        position.moved_elsewhere(None).or((!position.is(&shown)).then_some(scene.at))
    };
    match at {
        Some(at) => cx.violated(broken(channel, at, &position.by)),
        None => cx.held(),
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    let Some(position) = &channel.position else { return };
    if let Some(at) = position.moved_elsewhere(None) {
        cx.open(|| broken(channel, at, &position.by));
    }
}

fn broken(channel: &Channel, at: &Reference, by: &Reference) -> Broken {
    Broken {
        at: at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{} shows channel {channel} elsewhere in the dialplan, without a Newexten", at.event),
        related: vec![by.clone()],
        channel: None,
    }
}
