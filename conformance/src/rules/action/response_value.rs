use ami_wire::Kind;

use crate::finding::Severity;
use crate::release::Releases;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown;

pub(crate) static RULE: Rule = Rule {
    name: "action/response-value",
    severity: Severity::Warning,
    source: "Action Responses",
    releases: "1.0..",
    promise: "Response is Success, Error, Goodbye or Follows; up to 1.4 Pong, Events On and Events Off, too.",
    why: "Clients decide by this word whether an action worked. Proof is any other value.",
    conforming: "\
Response: Success
ActionID: 1
Ping: Pong
",
    violating: "\
Response: Ok
ActionID: 1
Ping: Pong
",
    era: Era::Any,
    on: On::Talk { kinds: &[Kind::Response], end: None },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let old = || scene.expected.releases.is_none_or(Releases::has_oldest_banner);
    let fine = match scene.said.name {
        b"Success" | b"Error" | b"Goodbye" | b"Follows" => true,
        b"Pong" | b"Events On" | b"Events Off" => old(),
        _ => false,
    };
    if fine {
        return cx.held();
    }
    let value = shown(scene.said.name);
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: value.clone(),
        explanation: format!("'{value}' is no value of Response"),
        related: Vec::new(),
        channel: None,
    });
}
