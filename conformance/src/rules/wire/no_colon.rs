use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/no-colon",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "Every line of a message is a header, with a colon.",
    why: "A client that expects key and value in each line fails on one without a colon. It is the mark of \
          bare-text answers, and of values with line breaks. Old command output may have such lines.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate
Privilege: call,all
AccountCode: two
lines
",
    era: Era::Any,
    on: On::Defect(DefectCode::NoColon),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
