use crate::finding::{Reference, Severity};
use crate::model::{Channel, Event, Model};
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

/// What is said of a conference.
const CONFERENCE: &[Event] =
    &[Event::ConfbridgeStart, Event::ConfbridgeJoin, Event::ConfbridgeLeave, Event::ConfbridgeEnd];

pub(crate) static RULE: Rule = Rule {
    name: "confbridge/leave-for-each-join",
    severity: Severity::Warning,
    source: "reference",
    releases: "12..",
    promise: "ConfbridgeJoin and ConfbridgeLeave pair per channel and conference, all between ConfbridgeStart and \
              ConfbridgeEnd.",
    why: "From these a client knows who is in a conference. A conference is known by its bridge. A ConfbridgeLeave \
          without ConfbridgeJoin is proven where the ConfbridgeStart or the Newchannel of the channel was seen; a \
          missing one by the ConfbridgeEnd, or when the channel has hung up and 32 messages passed without it. A \
          ConfbridgeEnd that never comes, or a ConfbridgeStart that never came, is a break of a complete trace.",
    conforming: "\
Event: ConfbridgeStart
Privilege: call,all
Conference: muppets
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

Event: ConfbridgeJoin
Privilege: call,all
Conference: muppets
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: ConfbridgeLeave
Privilege: call,all
Conference: muppets
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: ConfbridgeEnd
Privilege: call,all
Conference: muppets
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
",
    violating: "\
Event: ConfbridgeStart
Privilege: call,all
Conference: muppets
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa

Event: ConfbridgeJoin
Privilege: call,all
Conference: muppets
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1

Event: ConfbridgeEnd
Privilege: call,all
Conference: muppets
BridgeUniqueid: 6f0d41ee-c9f2-4f8d-8f1d-1d2d3bd5b0aa
",
    era: Era::Modern,
    on: On::Applications { proof: Proof::Events(CONFERENCE), events: CONFERENCE, silent, finally: Some(finally) },
    message,
    channel_end: Some(end),
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let known = scene.model.conference(scene.facts);
    match scene.facts.event {
        Event::ConfbridgeStart => {
            let Some((_, conference)) = known else { return };
            let said = conference.start.as_ref().map(|start| (scene.at, start, "starts a second time"));
            let early = conference.early.as_ref().map(|early| (early, scene.at, "is spoken of before its start"));
            let Some((at, other, what)) = said.or(early) else { return };
            let name = String::from_utf8_lossy(&conference.name);
            cx.violated(Broken {
                at: at.clone(),
                entity: name.to_string(),
                explanation: format!("conference {name} {what}"),
                related: vec![other.clone()],
                channel: None,
            });
        }
        Event::ConfbridgeEnd => {
            let Some((key, conference)) = known.filter(|(_, conference)| conference.end.is_none()) else { return };
            if conference.start.is_some() {
                cx.held();
            }
            let members = conference.members.iter().filter_map(|member| scene.model.channel(*member));
            // Of those who hung up long before, it was told.
            for member in members.filter(|member| !member.is_silent) {
                let seat = member.seats.iter().find(|seat| seat.conference == key);
                if let Some(join) = seat.and_then(|seat| seat.pending()) {
                    let at = member.hangup.as_ref().unwrap_or(scene.at);
                    cx.violated(still_in(member, join, at));
                }
            }
        }
        event => joins_or_leaves(scene, event == Event::ConfbridgeJoin, cx),
    }
}

fn joins_or_leaves(scene: &Scene<'_, '_>, joins: bool, cx: &mut Cx<'_>) {
    let Some(channel) = scene.channel("") else { return };
    let known = scene.model.conference(scene.facts);
    let seat = known.and_then(|(key, _)| channel.seats.iter().find(|seat| seat.conference == key));
    let name = String::from_utf8_lossy(scene.facts.message.get("Conference").unwrap_or_default());
    let ended = known.and_then(|(_, conference)| conference.end.as_ref());
    let (explanation, related) = match (seat.and_then(|seat| seat.pending()), ended) {
        // Whoever had not left when it ended has been told.
        (None, Some(end)) if seat.is_some_and(|seat| !joins && seat.leave.as_ref() == Some(end)) => return,
        (None, Some(end)) => (format!("{} of {channel} after conference {name} has ended", scene.at.event), end),
        (Some(join), _) if joins => (format!("{channel} joins conference {name} again without having left it"), join),
        (Some(_), _) => {
            cx.held();
            return;
        }
        (None, None) if joins => return,
        (None, None) => {
            let left = seat.filter(|seat| seat.join.is_some()).and_then(|seat| seat.leave.as_ref());
            let start = known.and_then(|(_, conference)| conference.start.as_ref());
            let start = start.filter(|start| scene.model.is_in_sight(start));
            let Some(before) = left.or(start).or_else(|| scene.model.whole_life(channel)) else {
                cx.unobservable();
                return;
            };
            (format!("{channel} leaves conference {name}, but is not in it"), before)
        }
    };
    cx.violated(Broken {
        at: scene.at.clone(),
        entity: channel.id.to_string(),
        explanation,
        related: vec![related.clone()],
        channel: scene.channel_key(""),
    });
}

fn still_in(channel: &Channel, join: &Reference, at: &Reference) -> Broken {
    Broken {
        at: at.clone(),
        entity: channel.id.to_string(),
        explanation: format!("{channel} has not left the conference at this {}", at.event),
        related: vec![join.clone()],
        channel: None,
    }
}

fn silent(model: &Model, channel: &Channel, cx: &mut Cx<'_>) {
    for join in channel.seats.iter().filter_map(|seat| seat.pending()) {
        match &channel.hangup {
            Some(hangup) if model.is_in_sight(join) => cx.violated(still_in(channel, join, hangup)),
            _ => cx.unobservable(),
        }
    }
}

/// Of conferences that were spoken of, which have no end, or had no beginning.
fn finally(model: &Model, cx: &mut Cx<'_>) {
    for conference in model.conferences() {
        let name = String::from_utf8_lossy(&conference.name);
        let broken = |at: &Reference, what: &str| Broken {
            at: at.clone(),
            entity: name.to_string(),
            explanation: format!("conference {name} {what} of this complete trace"),
            related: Vec::new(),
            channel: None,
        };
        match (&conference.start, &conference.early) {
            (Some(start), _) if conference.end.is_none() => cx.open(|| broken(start, "has not ended at the end")),
            (None, Some(early)) => cx.born_before(|| broken(early, "was not started since the beginning")),
            _ => {}
        }
    }
}

fn end(channel: &Channel, cx: &mut Cx<'_>) {
    for join in channel.seats.iter().filter_map(|seat| seat.pending()).filter(|_| !channel.is_silent) {
        cx.open(|| Broken {
            at: channel.hangup.as_ref().unwrap_or(join).clone(),
            entity: channel.id.to_string(),
            explanation: format!("{channel} has not left the conference at the end of this complete trace"),
            related: channel.hangup.iter().map(|_| join.clone()).collect(),
            channel: None,
        });
    }
}
