use crate::finding::{Reference, Severity};
use crate::rules::schema::{alone, sees_nothing};
use crate::rules::{Cx, Era, On, Rule};
use crate::vocabulary::{Look, Question};

pub(crate) static RULE: Rule = Rule {
    name: "schema/unknown-event",
    severity: Severity::Note,
    source: "schema",
    releases: "1.0..",
    promise: "The event has a name that the schema knows.",
    why: "A client that switches over names drops what it doesn't know. Modules of third parties send events of their \
          own, and a new release may bring new ones. Where a value holds a line break, the server \
          sends it as it is, and what follows looks like further headers or a whole event: then this is not the \
          server's vocabulary but somebody's variable.",
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
Event: Newshape
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
    era: Era::Any,
    on: On::Schema { question: Question::Known, broken },
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};

fn broken(_look: &Look<'_>, at: &Reference, cx: &mut Cx<'_>) {
    cx.violated(alone(at, &at.event, format!("no release that is known has an event {}", at.event)));
}
