use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/duplicate-kind-key",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "Event, Action, Response, ActionID and Privilege come once in a message.",
    why: "Which of the two a client sees depends on how it keeps headers. Two of them are the mark of messages \
          that ran into each other.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
Privilege: call,all
",
    era: Era::Any,
    on: On::Defect(DefectCode::DuplicateKindKey),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
