use crate::finding::Severity;
use crate::model::{AgentCall, Channel, Event, Model};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "queue/agent-outcome",
    severity: Severity::Warning,
    source: "reference",
    releases: "12..",
    promise: "AgentConnect follows AgentCalled and ends in AgentComplete or AgentDump; AgentRingNoAnswer never comes \
              after the AgentConnect of the same call.",
    why: "From these a client counts how long agents ring and talk. A call is known by caller, queue and the agent's \
          interface. An AgentConnect without AgentCalled is proven where the Newchannel of the caller was seen; a \
          missing end when the caller has hung up and 32 messages passed without it.",
    conforming: "\
Event: AgentCalled
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support
Interface: PJSIP/200

Event: AgentConnect
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support
Interface: PJSIP/200

Event: AgentComplete
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support
Interface: PJSIP/200
",
    violating: "\
Event: AgentCalled
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support
Interface: PJSIP/200

Event: AgentConnect
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support
Interface: PJSIP/200

Event: AgentRingNoAnswer
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support
Interface: PJSIP/200
",
    era: Era::Modern,
    on: On::Applications {
        proof: Proof::Events(&[
            Event::AgentCalled,
            Event::AgentConnect,
            Event::AgentRingNoAnswer,
            Event::AgentComplete,
            Event::AgentDump,
        ]),
        events: &[Event::AgentConnect, Event::AgentRingNoAnswer, Event::AgentComplete, Event::AgentDump],
        silent,
        finally: None,
    },
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(caller) = scene.channel("") else { return };
    let queueing = caller.queueing.as_ref();
    let call = queueing.and_then(|queueing| queueing.call(scene.facts));
    let agent = String::from_utf8_lossy(scene.facts.message.get("Interface").unwrap_or_default());
    let connect = call.and_then(|call| call.connect.as_ref());
    let (explanation, related) = match (scene.facts.event, connect) {
        (Event::AgentConnect, Some(connect)) => {
            (format!("agent {agent} is connected to {caller} again without being called"), vec![connect.clone()])
        }
        (Event::AgentConnect, None) if call.is_some_and(|call| call.called.is_some()) => {
            cx.held();
            return;
        }
        (Event::AgentConnect, None) => {
            let whole = queueing.is_none_or(|queueing| !queueing.is_incomplete);
            let Some(born) = scene.model.whole_life(caller).filter(|_| whole) else {
                cx.unobservable();
                return;
            };
            (format!("agent {agent} is connected to {caller} without being called"), vec![born.clone()])
        }
        (Event::AgentRingNoAnswer, Some(connect)) => {
            (format!("agent {agent} did not answer {caller}, to whom it is connected"), vec![connect.clone()])
        }
        (Event::AgentRingNoAnswer, None) => {
            if call.is_some() {
                cx.held();
            } else {
                cx.unobservable();
            }
            return;
        }
        (_, Some(connect)) => {
            let Some(before) = call.and_then(|call| call.end.as_ref()) else {
                cx.held();
                return;
            };
            let related = vec![connect.clone(), before.clone()];
            (format!("the call of {caller} to agent {agent} ends a second time"), related)
        }
        (_, None) => {
            cx.unobservable();
            return;
        }
    };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: caller.id.to_string(),
        explanation,
        related,
        channel: scene.channel_key(""),
    });
}

fn silent(model: &Model, caller: &Channel, cx: &mut Cx<'_>) {
    let calls = caller.queueing.iter().flat_map(|queueing| &queueing.calls);
    for connect in calls.filter_map(AgentCall::pending) {
        match &caller.hangup {
            Some(hangup) if model.is_in_sight(connect) => cx.violated(Broken {
                at: hangup.clone(),
                entity: caller.id.to_string(),
                explanation: format!("{caller} hangs up, but nothing was said of how its call to the agent ended"),
                related: vec![connect.clone()],
                channel: None,
            }),
            _ => cx.unobservable(),
        }
    }
}

fn end(caller: &Channel, cx: &mut Cx<'_>) {
    let calls = caller.queueing.iter().flat_map(|queueing| &queueing.calls);
    for connect in calls.filter_map(AgentCall::pending).filter(|_| !caller.is_silent) {
        cx.open(|| Broken {
            at: caller.hangup.as_ref().unwrap_or(connect).clone(),
            entity: caller.id.to_string(),
            explanation: format!("the call of {caller} to an agent has no end in this complete trace"),
            related: caller.hangup.iter().map(|_| connect.clone()).collect(),
            channel: None,
        });
    }
}
