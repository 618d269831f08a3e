use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown_id;

pub(crate) static RULE: Rule = Rule {
    name: "list/no-privilege",
    severity: Severity::Warning,
    source: "Actions",
    releases: "1.6..",
    promise: "Item events of a list carry no Privilege.",
    why: "By the Privilege a client tells what it did not ask for. Proof is an event with the ActionID of a \
          list under way and a Privilege.",
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
Privilege: Call
ActionID: 7
Channel: PJSIP/100-00000001

Event: CoreShowChannelsComplete
ActionID: 7
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
    let Some(list) = scene.model.talk.lists.of(scene.said) else { return };
    if scene.said.is_answer() {
        return cx.held();
    }
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: shown_id(list.id.as_deref()),
        explanation: format!("{} is an item of a list and carries a Privilege", scene.at.event),
        related: vec![list.start.clone()],
        channel: None,
    });
}
