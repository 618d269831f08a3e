use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/kind-not-first",
    severity: Severity::Note,
    source: "wire",
    releases: "1.0..",
    promise: "The key that decides what a message is comes first.",
    why: "It is a convention only, kept by nearly everybody: parsers that look at the first line rely on it.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Privilege: call,all
Event: Newstate
Channel: PJSIP/100-00000001
",
    era: Era::Any,
    on: On::Defect(DefectCode::KindNotFirst),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
