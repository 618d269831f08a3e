use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown_id;

pub(crate) static RULE: Rule = Rule {
    name: "action/error-message",
    severity: Severity::Warning,
    source: "Action Responses",
    releases: "1.0..",
    promise: "A response Error carries a Message.",
    why: "It is the only thing that says why an action was refused. Proof is an Error without Message.",
    conforming: "\
Response: Error
ActionID: 1
Message: Permission denied
",
    violating: "\
Response: Error
ActionID: 1
",
    era: Era::Any,
    on: On::Talk { kinds: &[Kind::Response], end: None },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if !scene.said.is_response("Error") {
        return;
    }
    if scene.said.text.is_some() {
        return cx.held();
    }
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: shown_id(scene.said.action_id),
        explanation: "an Error comes without a Message that says why".to_owned(),
        related: Vec::new(),
        channel: None,
    });
}
