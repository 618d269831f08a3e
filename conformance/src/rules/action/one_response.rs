use ami_wire::Kind;

use crate::finding::Severity;
use crate::model::{Model, Stray};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown_id;

pub(crate) static RULE: Rule = Rule {
    name: "action/one-response",
    severity: Severity::Error,
    source: "Action Responses",
    releases: "1.0..",
    promise: "Each action that the server read gets one response.",
    why: "A client that waits for the response of its action waits for ever, or takes the response of another \
          action for its own. The server works actions off one after the other, so that the response to a \
          later action proves that an earlier one got none. With ActionID a response is paired by it. Needs \
          both directions.",
    conforming: "\
Action: Ping
ActionID: 1

Response: Success
ActionID: 1
Ping: Pong
",
    violating: "\
Action: Ping
ActionID: 1

Action: Ping
ActionID: 2

Action: Ping
ActionID: 3

Response: Success
ActionID: 1
Ping: Pong

Response: Success
ActionID: 3
Ping: Pong
",
    era: Era::Any,
    on: On::Talk { kinds: &[Kind::Response], end: Some(end) },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let actions = &scene.model.talk.actions;
    if !actions.has_client() {
        return cx.unobservable();
    }
    let settled = actions.settled_by(scene.said);
    if actions.answered_by(scene.said).is_some() {
        cx.held();
    }
    // Before the first pair the one side of the trace may begin later than the other.
    let from_the_start = actions.is_in_step();
    for action in settled.unanswered {
        if from_the_start {
            cx.violated(Broken {
                at: scene.at.clone(),
                entity: shown_id(action.id.as_deref()),
                explanation: format!(
                    "the server answers a later action, and {} with {} got no response",
                    action.at.event,
                    shown_id(action.id.as_deref())
                ),
                related: vec![action.at.clone()],
                channel: None,
            });
        } else {
            cx.unobservable();
        }
    }
    for stray in settled.superfluous {
        cx.violated(superfluous(stray));
    }
}

fn superfluous(stray: &Stray) -> Broken {
    let id = shown_id(stray.id.as_deref());
    let explanation = if stray.again.is_some() {
        format!("a second response with {id} comes for one action")
    } else {
        format!("a response with {id} comes, and no action waits for it")
    };
    Broken {
        at: stray.at.clone(),
        entity: id,
        explanation,
        related: stray.again.iter().cloned().collect(),
        channel: None,
    }
}

fn end(model: &Model, cx: &mut Cx<'_>) {
    let talk = &model.talk;
    let settled = talk.actions.settled_at_end();
    settled.superfluous.iter().for_each(|stray| cx.violated(superfluous(stray)));
    if talk.first.is_none() {
        return;
    }
    for action in talk.actions.pending().skip(settled.mistaken.len()) {
        // After Goodbye the server reads nothing.
        if talk.goodbye.is_some() {
            cx.unobservable();
            continue;
        }
        cx.open(|| Broken {
            at: action.at.clone(),
            entity: shown_id(action.id.as_deref()),
            explanation: format!("{} has no response at the end of this complete trace", action.at.event),
            related: Vec::new(),
            channel: None,
        });
    }
}
