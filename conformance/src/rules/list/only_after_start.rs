use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown_id;

pub(crate) static RULE: Rule = Rule {
    name: "list/only-after-start",
    severity: Severity::Warning,
    source: "Actions",
    releases: "1.6..",
    promise: "An event with EventList: Complete comes only for a list that was started.",
    why: "A client that did not see the start has thrown the items away. Proof is an end for which there was \
          no start, in a stream that began with its banner or with another response before.",
    conforming: "\
Response: Success
ActionID: 7
EventList: start
Message: Channels will follow

Event: CoreShowChannel
ActionID: 7
Channel: PJSIP/100-00000001

Event: CoreShowChannelsComplete
ActionID: 7
EventList: Complete
ListItems: 1
",
    violating: "\
Response: Success
ActionID: 6
Ping: Pong

Event: CoreShowChannelsComplete
ActionID: 7
EventList: Complete
ListItems: 0
",
    era: Era::Any,
    on: On::Lists { kinds: &[Kind::Event], end: None },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let talk = &scene.model.talk;
    if scene.said.ends_list().is_none() {
        return;
    }
    if talk.lists.of(scene.said).is_some() {
        return cx.held();
    }
    if talk.lists.latest().is_some_and(|_| scene.said.is_answer()) {
        // It ends the list that is under way, with a wrong ActionID: that is another promise.
        return;
    }
    let before = talk.lists.ended(scene.said.action_id).or(talk.response.as_ref());
    let Some(before) = before.or(talk.banner.as_ref()) else { return cx.unobservable() };
    let id = shown_id(scene.said.action_id);
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: id.clone(),
        explanation: format!("{} ends a list with {id}, and none was started", scene.at.event),
        related: vec![before.clone()],
        channel: None,
    });
}
