use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "session/no-events-before-login",
    severity: Severity::Error,
    source: "Authorization",
    releases: "1.0..",
    promise: "No event comes before the login succeeded.",
    why: "Before login nobody is known to be allowed to read events. Proof is a stream that starts with its \
          banner and has an event before the first Response Success that is no challenge. Reported once for a \
          connection.",
    conforming: "\
Asterisk Call Manager/11.0.0
Response: Success
ActionID: 1
Message: Authentication accepted

Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Asterisk Call Manager/11.0.0
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6

Response: Success
ActionID: 1
Message: Authentication accepted
",
    era: Era::Any,
    on: On::Talk { kinds: &[Kind::Event, Kind::Response], end: None },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let talk = &scene.model.talk;
    let Some(banner) = talk.banner.as_ref().filter(|_| talk.login.is_none()) else { return };
    if scene.said.kind == Kind::Response {
        let logs_in = scene.said.is_response("Success") && !scene.said.is_challenge;
        if logs_in && !cx.was_reported(&talk.reported) {
            cx.held();
        }
        return;
    }
    cx.violated_once(&talk.reported, || Broken {
        at: scene.at.clone(),
        entity: scene.at.event.to_string(),
        explanation: format!("{} comes before the login succeeded", scene.at.event),
        related: vec![banner.clone()],
        channel: None,
    });
}
