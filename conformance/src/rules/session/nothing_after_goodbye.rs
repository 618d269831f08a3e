use ami_wire::Kind;

use crate::finding::Severity;
use crate::model::Model;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown_id;

pub(crate) static RULE: Rule = Rule {
    name: "session/nothing-after-goodbye",
    severity: Severity::Warning,
    source: "Authorization",
    releases: "1.0..",
    promise: "No response comes after the Goodbye response.",
    why: "After Goodbye the client closes the connection: what comes behind is lost. Proof is any response \
          after it.",
    conforming: "\
Response: Goodbye
ActionID: 8
Message: Thanks for all the fish.
",
    violating: "\
Response: Goodbye
ActionID: 8
Message: Thanks for all the fish.

Response: Success
ActionID: 9
Ping: Pong
",
    era: Era::Any,
    on: On::Talk { kinds: &[Kind::Response], end: Some(end) },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(goodbye) = &scene.model.talk.goodbye else { return };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: shown_id(scene.said.action_id),
        explanation: "a response comes after the Goodbye".to_owned(),
        related: vec![goodbye.clone()],
        channel: None,
    });
}

fn end(model: &Model, cx: &mut Cx<'_>) {
    if let Some(goodbye) = &model.talk.goodbye
        && model.talk.response.as_ref().is_none_or(|last| last.place == goodbye.place)
    {
        cx.held();
    }
}
