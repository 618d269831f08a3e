use crate::finding::{Reference, Severity};
use crate::rules::schema::{alone, sees_nothing};
use crate::rules::{Cx, Era, On, Rule};
use crate::vocabulary::{Look, Question};

pub(crate) static RULE: Rule = Rule {
    name: "schema/removed-event",
    severity: Severity::Warning,
    source: "schema",
    releases: "1.0..",
    promise: "An event is not one that this release no longer has: Dial, DTMF, Bridge, Link, Masquerade and others ended with 11.",
    why: "Who still sends an event that was removed is no stock server, or not the one that its banner names; clients \
          of the release have forgotten how to read it.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
ChannelStateDesc: Up
CallerIDNum: 100
CallerIDName: Kermit
ConnectedLineNum: <unknown>
ConnectedLineName: <unknown>
Language: en
AccountCode: 
Context: default
Exten: 100
Priority: 1
Uniqueid: 1795516800.1
Linkedid: 1795516800.1
",
    violating: "\
Event: Dial
Privilege: call,all
SubEvent: Begin
Channel: PJSIP/100-00000001
Destination: PJSIP/200-00000002
UniqueID: 1795516800.1
DestUniqueID: 1795516800.2
Dialstring: 200
",
    era: Era::Any,
    on: On::Schema { question: Question::NotRemoved, broken },
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};

fn broken(look: &Look<'_>, at: &Reference, cx: &mut Cx<'_>) {
    let Some(def) = look.def else { return };
    let last = def.releases.iter().last().map(|release| format!(": release {release} was the last to have it"));
    let explanation = format!("{} is an event of older releases{}", def.name, last.unwrap_or_default());
    cx.violated(alone(at, def.name, explanation));
}
