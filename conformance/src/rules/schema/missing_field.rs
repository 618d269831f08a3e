use crate::finding::{Reference, Severity};
use crate::rules::schema::{alone, sees_nothing};
use crate::rules::{Cx, Era, On, Rule};
use crate::vocabulary::{Look, Question};

pub(crate) static RULE: Rule = Rule {
    name: "schema/missing-field",
    severity: Severity::Warning,
    source: "schema",
    releases: "1.4..",
    promise: "A header that is always there in this release is there.",
    why: "Clients read these headers without asking whether they are there. What is always there was learnt from \
          recorded sessions of the release, never from documentation alone; of a release that was not recorded nothing \
          is promised. A line break in a value cuts a message in two, so that its last headers end up elsewhere.",
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
Linkedid: 1795516800.1
",
    era: Era::Any,
    on: On::Schema { question: Question::Complete, broken },
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};

fn broken(look: &Look<'_>, at: &Reference, cx: &mut Cx<'_>) {
    let event = look.def.map_or("", |def| def.name);
    for field in &look.missing {
        let explanation = format!("{event} lacks {}, which it always carries in this release", field.name);
        cx.violated(alone(at, field.name, explanation));
    }
}
