use crate::finding::{Reference, Severity};
use crate::rules::schema::{alone, sees_nothing, shown};
use crate::rules::{Cx, Era, On, Rule};
use crate::vocabulary::{Look, Question};

pub(crate) static RULE: Rule = Rule {
    name: "schema/unknown-field",
    severity: Severity::Note,
    source: "schema",
    releases: "1.0..",
    promise: "Every header is one that the schema knows for this event in this release.",
    why: "It is how new releases, patched servers and proxies that add something show themselves. Where a value holds a line break, the server \
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
Injected: yes
",
    era: Era::Any,
    on: On::Schema { question: Question::HeadersKnown, broken },
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};

fn broken(look: &Look<'_>, at: &Reference, cx: &mut Cx<'_>) {
    let event = look.def.map_or("", |def| def.name);
    for header in &look.unknown {
        let key = shown(header.trimmed_key());
        let explanation = format!("the schema knows no header {key} of {event} in this release");
        cx.violated(alone(at, &key, explanation));
    }
}
