use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown_id;

pub(crate) static RULE: Rule = Rule {
    name: "action/event-id",
    severity: Severity::Error,
    source: "Actions",
    releases: "1.6..",
    promise: "The items of a list and the event that ends it carry the ActionID of the action, where it had one.",
    why: "Lists of several actions and unsolicited events share the stream: an item without the ActionID \
          belongs to nobody. Proof is an event without Privilege that comes while a list with an ActionID is \
          under way and carries none, or one that was never heard of.",
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
ActionID: 7
EventList: start
Message: Channels will follow

Event: CoreShowChannel
ActionID: 7
Channel: PJSIP/100-00000001

Event: CoreShowChannelsComplete
ActionID: seven
EventList: Complete
ListItems: 1
",
    era: Era::Any,
    on: On::Lists { kinds: &[Kind::Event], end: None },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let talk = &scene.model.talk;
    if talk.lists.of(scene.said).is_some_and(|list| list.id.is_some()) {
        return cx.held();
    }
    if !scene.said.is_answer() || talk.lists.of(scene.said).is_some() {
        return;
    }
    let Some(list) = talk.lists.latest() else { return };
    // An answer to another action is no item of this list.
    if scene.said.action_id.is_some_and(|id| talk.actions.knows(id)) {
        return;
    }
    // A server that has answered another action since is likely done with this list.
    let latest = talk.response.as_ref().is_some_and(|response| *response == list.start);
    if list.has_gap || !latest {
        return cx.unobservable();
    }
    let came = shown_id(scene.said.action_id);
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: came.clone(),
        explanation: format!(
            "{} has {came} while the list with {} is under way",
            scene.at.event,
            shown_id(list.id.as_deref())
        ),
        related: vec![list.start.clone()],
        channel: None,
    });
}
