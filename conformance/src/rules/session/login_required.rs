use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::{shown, shown_id};

pub(crate) static RULE: Rule = Rule {
    name: "session/login-required",
    severity: Severity::Error,
    source: "Authorization",
    releases: "1.0..",
    promise: "Before login every action but Login, Logoff, Logout and Challenge is refused.",
    why: "What is answered before login is open to everybody who can connect. Proof is a response other than \
          Error to another action, on a stream that starts with its banner, before a Login succeeded. Needs \
          both directions.",
    conforming: "\
Action: Ping
ActionID: 1

Action: Login
ActionID: 2
Username: admin
Secret: x

Asterisk Call Manager/11.0.0
Response: Error
ActionID: 1
Message: Permission denied

Response: Success
ActionID: 2
Message: Authentication accepted
",
    violating: "\
Action: Ping
ActionID: 1

Action: Login
ActionID: 2
Username: admin
Secret: x

Asterisk Call Manager/11.0.0
Response: Success
ActionID: 1
Ping: Pong

Response: Success
ActionID: 2
Message: Authentication accepted
",
    era: Era::Any,
    on: On::Talk { kinds: &[Kind::Response], end: None },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let talk = &scene.model.talk;
    if talk.banner.is_none() || talk.logged_in.is_some() {
        return;
    }
    let Some(action) = talk.actions.answered_by(scene.said).filter(|action| !action.is_login) else { return };
    if scene.said.is_response("Error") {
        return cx.held();
    }
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: shown_id(scene.said.action_id),
        explanation: format!("{} is answered with {} before login", action.at.event, shown(scene.said.name)),
        related: vec![action.at.clone()],
        channel: None,
    });
}
