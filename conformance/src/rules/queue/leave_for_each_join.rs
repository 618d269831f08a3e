use crate::finding::Severity;
use crate::model::{Channel, Event, Model, Stay};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "queue/leave-for-each-join",
    severity: Severity::Warning,
    source: "reference",
    releases: "12..",
    promise: "QueueCallerJoin is followed by one QueueCallerLeave for the same caller and queue; QueueCallerAbandon comes \
              only in between.",
    why: "Without the QueueCallerLeave a wallboard shows a caller who waits for ever. A QueueCallerLeave or \
          QueueCallerAbandon without QueueCallerJoin is proven where the Newchannel of the caller was seen; a missing \
          QueueCallerLeave when the caller has hung up and 32 messages passed without it.",
    conforming: "\
Event: QueueCallerJoin
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support

Event: QueueCallerAbandon
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support

Event: QueueCallerLeave
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support
",
    violating: "\
Event: QueueCallerJoin
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support

Event: QueueCallerLeave
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support

Event: QueueCallerAbandon
Privilege: agent,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Queue: support
",
    era: Era::Modern,
    on: On::Applications {
        proof: Proof::Events(&[Event::QueueCallerJoin, Event::QueueCallerLeave]),
        events: &[Event::QueueCallerJoin, Event::QueueCallerLeave, Event::QueueCallerAbandon],
        silent,
        finally: None,
    },
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(caller) = scene.channel("") else { return };
    let event = scene.facts.event;
    let queueing = caller.queueing.as_ref();
    let stay = queueing.and_then(|queueing| queueing.stay(scene.facts));
    let queue = String::from_utf8_lossy(scene.facts.message.get("Queue").unwrap_or_default());
    let (explanation, related) = match (event, stay.and_then(Stay::pending)) {
        (Event::QueueCallerJoin, Some(join)) => {
            (format!("{caller} joins queue {queue} again without having left it"), vec![join.clone()])
        }
        (Event::QueueCallerJoin, None) => return,
        (event, Some(_)) => {
            if event == Event::QueueCallerLeave {
                cx.held();
            }
            return;
        }
        (_, None) => {
            let before = match stay {
                Some(Stay { join: Some(join), leave: Some(leave), .. }) => vec![join.clone(), leave.clone()],
                _ if queueing.is_some_and(|queueing| queueing.is_incomplete) => Vec::new(),
                _ => scene.model.whole_life(caller).cloned().into_iter().collect(),
            };
            if before.is_empty() {
                cx.unobservable();
                return;
            }
            (format!("{} of {caller}, who is not in queue {queue}", scene.at.event), before)
        }
    };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: caller.id.to_string(),
        explanation,
        related,
        channel: scene.channel_key(""),
    });
}

fn silent(model: &Model, caller: &Channel, cx: &mut Cx<'_>) {
    for stay in caller.queueing.iter().flat_map(|queueing| &queueing.stays) {
        match (stay.pending(), &caller.hangup) {
            (Some(join), Some(hangup)) if model.is_in_sight(join) => cx.violated(Broken {
                at: hangup.clone(),
                entity: caller.id.to_string(),
                explanation: format!(
                    "{caller} hangs up, but has not left queue {}",
                    String::from_utf8_lossy(&stay.queue)
                ),
                related: vec![join.clone()],
                channel: None,
            }),
            (Some(_), _) => cx.unobservable(),
            (None, _) => {}
        }
    }
}

fn end(caller: &Channel, cx: &mut Cx<'_>) {
    let stays = caller.queueing.iter().flat_map(|queueing| &queueing.stays);
    for join in stays.filter_map(Stay::pending).filter(|_| !caller.is_silent) {
        cx.open(|| Broken {
            at: caller.hangup.as_ref().unwrap_or(join).clone(),
            entity: caller.id.to_string(),
            explanation: format!("{caller} has not left the queue at the end of this complete trace"),
            related: caller.hangup.iter().map(|_| join.clone()).collect(),
            channel: None,
        });
    }
}
