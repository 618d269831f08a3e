use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/empty-key",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "Every header has a key before its colon.",
    why: "A line that starts with a colon is a header that no client can ask for: bytes were lost, or a value \
          was broken in two.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate
Privilege: call,all
: PJSIP/100-00000001
",
    era: Era::Any,
    on: On::Defect(DefectCode::EmptyKey),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
