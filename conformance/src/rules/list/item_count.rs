use ami_wire::Kind;

use crate::finding::Severity;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::{ListEnd, shown_id};

pub(crate) static RULE: Rule = Rule {
    name: "list/item-count",
    severity: Severity::Error,
    source: "Actions",
    releases: "1.6..",
    promise: "ListItems of the event that ends a list equals the number of its items.",
    why: "It is how a client knows that no item was lost. Items are the events between start and end with the \
          ActionID of the list; where the action had none, those without Privilege.",
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
ActionID: 7
EventList: Complete
ListItems: 2
",
    era: Era::Any,
    on: On::Lists { kinds: &[Kind::Event], end: None },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    if scene.said.ends_list() != Some(ListEnd::Complete) {
        return;
    }
    let Some(list) = scene.model.talk.lists.of(scene.said) else { return cx.unobservable() };
    let announced = scene.said.list_items.and_then(|value| std::str::from_utf8(value).ok()?.trim().parse::<u64>().ok());
    let Some(announced) = announced.filter(|_| !list.has_gap) else { return cx.unobservable() };
    if announced == list.items {
        return cx.held();
    }
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: shown_id(list.id.as_deref()),
        explanation: format!("{} announces {announced} items, and {} came", scene.at.event, list.items),
        related: vec![list.start.clone()],
        channel: None,
    });
}
