use crate::facts::is_placeholder;
use crate::finding::Severity;
use crate::model::Event;
use crate::rules::context::Broken;
use crate::rules::{Cx, Era, On, Proof, Rule, Scene};

pub(crate) static RULE: Rule = Rule {
    name: "channel/linkedid-known",
    severity: Severity::Note,
    source: "Channels",
    releases: "12..",
    promise: "A Linkedid is the Uniqueid of a channel that exists or existed.",
    why: "Calls are grouped by Linkedid; one that belongs to no channel has no beginning. Proof is an epoch \
          at least two seconds later than that of a channel whose Newchannel was seen.",
    conforming: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Linkedid: 1795516800.1

Event: Newchannel
Privilege: call,all
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2
Linkedid: 1795516800.1
",
    violating: "\
Event: Newchannel
Privilege: call,all
Channel: PJSIP/100-00000001
Uniqueid: 1795516800.1
Linkedid: 1795516800.1

Event: Newchannel
Privilege: call,all
Channel: PJSIP/200-00000002
Uniqueid: 1795516800.2
Linkedid: 1795516899.7
",
    era: Era::Modern,
    on: On::Channels(Proof::Events(&[Event::Newchannel])),
    message,
    channel_end: None,
    bridge_end: None,
};

fn message(scene: &Scene<'_, '_>, cx: &mut Cx<'_>) {
    let Some(linkedid) = scene.facts.message.get("Linkedid").filter(|id| !is_placeholder(id)) else { return };
    let Some((channel, role)) = scene.channels().next() else { return };
    let known = scene.model.find_channel(linkedid).is_some_and(|channel| channel.announced.is_some());
    if known || role.uniqueid == linkedid {
        cx.held();
    } else if let Some(older) = scene.model.proof_of_youth_of(linkedid) {
        cx.violated_once(&channel.reported, || Broken {
            at: scene.at.clone(),
            entity: String::from_utf8_lossy(linkedid).into_owned(),
            explanation: format!(
                "the Linkedid {} of channel {channel} is the Uniqueid of no channel",
                String::from_utf8_lossy(linkedid),
            ),
            related: vec![older.clone()],
            channel: scene.channel_key(""),
        });
    } else {
        cx.unobservable();
    }
}
