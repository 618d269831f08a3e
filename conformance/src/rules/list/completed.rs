use ami_wire::Kind;

use crate::finding::Reference;
use crate::finding::Severity;
use crate::model::{List, Model};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Rule, Scene};
use crate::said::shown_id;

pub(crate) static RULE: Rule = Rule {
    name: "list/completed",
    severity: Severity::Error,
    source: "Actions",
    releases: "1.6..",
    promise: "A list that was started is completed or cancelled.",
    why: "A client that collects the items waits for the end. Proof is the Goodbye of the connection before \
          the end came; otherwise a list that has not ended is open.",
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

Response: Goodbye
ActionID: 8
Message: Thanks for all the fish.
",
    era: Era::Any,
    on: On::Lists { kinds: &[Kind::Event, Kind::Response], end: Some(end) },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let talk = &scene.model.talk;
    if scene.said.ends_list().is_some() {
        if talk.lists.of(scene.said).is_some() {
            cx.held();
        }
    } else if scene.said.is_response("Goodbye") {
        for list in talk.lists.open() {
            if list.has_gap {
                cx.unobservable();
            } else {
                let related = vec![scene.at.clone()];
                cx.violated(broken(list, "the connection is closed before it is complete", related));
            }
        }
    }
}

fn broken(list: &List, what: &str, related: Vec<Reference>) -> Broken {
    let id = shown_id(list.id.as_deref());
    let explanation = format!("the list with {id} was started, and {what}");
    Broken { at: list.start.clone(), entity: id, explanation, related, channel: None }
}

fn end(model: &Model, cx: &mut Cx<'_>) {
    for list in model.talk.lists.open() {
        cx.open(|| broken(list, "it is not complete at the end of this complete trace", Vec::new()));
    }
}
