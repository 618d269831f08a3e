use ami_wire::Kind;

use crate::finding::Severity;
use crate::model::{Action, Model, Stray};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown_id;

pub(crate) static RULE: Rule = Rule {
    name: "action/id-echoed",
    severity: Severity::Error,
    source: "Action Responses",
    releases: "1.0..",
    promise: "A response repeats the ActionID of its action exactly.",
    why: "It is by the ActionID that a client finds the action that was answered. Proof is a response with \
          another ActionID, or none, in the place of the only action that it can answer: certain when the \
          response to the next action comes, or at the end. An action whose ActionID is not written as the protocol has it cannot be told. Needs both directions.",
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

Response: Success
ActionID: 1
Ping: Pong

Response: Success
ActionID: two
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
    if actions.answered_by(scene.said).is_some_and(|action| action.id.is_some()) {
        cx.held();
    }
    for (stray, action) in actions.settled_by(scene.said).mistaken {
        report(stray, action, cx);
    }
}

/// A client that writes its ActionID in another form than the protocol's can't expect the server to read it.
fn report(stray: &Stray, action: &Action, cx: &mut Cx<'_>) {
    if action.has_plain_id { cx.violated(broken(stray, action)) } else { cx.unobservable() }
}

fn broken(stray: &Stray, action: &Action) -> Broken {
    let (sent, came) = (shown_id(action.id.as_deref()), shown_id(stray.id.as_deref()));
    Broken {
        at: stray.at.clone(),
        entity: came.clone(),
        explanation: format!("{} was sent with {sent}, and its response has {came}", action.at.event),
        related: vec![action.at.clone()],
        channel: None,
    }
}

fn end(model: &Model, cx: &mut Cx<'_>) {
    for (stray, action) in model.talk.actions.settled_at_end().mistaken {
        report(stray, action, cx);
    }
}
