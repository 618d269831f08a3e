use crate::finding::{Reference, Severity};
use crate::rules::schema::{alone, sees_nothing, shown};
use crate::rules::{Cx, Era, On, Rule};
use crate::vocabulary::{Look, Question};

pub(crate) static RULE: Rule = Rule {
    name: "schema/bad-value",
    severity: Severity::Warning,
    source: "schema",
    releases: "1.0..",
    promise: "A value fits the type of its header: number, boolean, enumeration, timestamp, list.",
    why: "A client that parses the value fails, or takes it for another one. An empty value fits every type: it stands \
          for what is not known.",
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
Priority: first
Uniqueid: 1795516800.1
Linkedid: 1795516800.1
",
    era: Era::Any,
    on: On::Schema { question: Question::ValuesFit, broken },
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};

fn broken(look: &Look<'_>, at: &Reference, cx: &mut Cx<'_>) {
    let event = look.def.map_or("", |def| def.name);
    for (header, field) in &look.bad {
        let (value, kind) = (shown(header.value), field.kind.name());
        let explanation = format!("{} of {event} is '{value}', which is no {kind}", field.name);
        cx.violated(alone(at, field.name, explanation));
    }
}
