use crate::finding::Severity;
use crate::model::{Event, Model};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "originate/one-response",
    severity: Severity::Warning,
    source: "Dialing and Origination",
    releases: "12..",
    promise: "An asynchronous Originate gets exactly one OriginateResponse with its ActionID.",
    why: "A dialler learns from it how the call came out, and dials the next number. An asynchronous Originate is known \
          by its response, Originate successfully queued. A second OriginateResponse is proof; one that is missing is \
          open, and a violation in a complete trace only: the call may still ring.",
    conforming: "\
Response: Success
ActionID: 7
Message: Originate successfully queued

Event: OriginateResponse
Privilege: call,all
ActionID: 7
Response: Success
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    violating: "\
Response: Success
ActionID: 7
Message: Originate successfully queued

Event: OriginateResponse
Privilege: call,all
ActionID: 7
Response: Success
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: OriginateResponse
Privilege: call,all
ActionID: 7
Response: Failure
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
",
    era: Era::Modern,
    on: On::Calls { proof: Proof::Events(&[Event::OriginateResponse]), events: &[Event::OriginateResponse], finally },
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let id = scene.facts.message.get("ActionID").filter(|id| !id.is_empty());
    let Some(id) = id else {
        cx.unobservable();
        return;
    };
    let originates = &scene.model.originates;
    match (originates.find(id), originates.find_answered(id)) {
        (Some(_), _) => cx.held(),
        (None, Some((originate, before))) => {
            let id = String::from_utf8_lossy(id);
            cx.violated(Broken {
                at: scene.at.clone(),
                explanation: format!("the Originate with ActionID {id} is answered a second time"),
                entity: id.into_owned(),
                related: vec![originate.queued.clone(), before.clone()],
                channel: None,
            });
        }
        // Its response may have come before the trace, or may be about to come.
        (None, None) => cx.unobservable(),
    }
}

fn finally(model: &Model, cx: &mut Cx<'_>) {
    for originate in model.originates.pending() {
        cx.open(|| {
            let id = String::from_utf8_lossy(&originate.id);
            Broken {
                at: originate.queued.clone(),
                explanation: format!(
                    "the Originate with ActionID {id} has no OriginateResponse in this complete trace"
                ),
                entity: id.into_owned(),
                related: Vec::new(),
                channel: None,
            }
        });
    }
}
