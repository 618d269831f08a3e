use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/kind-conflict",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "A message is an action, a response or an event, and not two of them.",
    why: "Two messages ran into one, or a value forged a header: a client takes it for one of the two, and \
          which one depends on the client. Response behind Event is a field of its own and fine.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Response: Success
ActionID: 7
Event: Newstate
Channel: PJSIP/100-00000001
",
    era: Era::Any,
    on: On::Defect(DefectCode::KindConflict),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
