use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/bare-lf",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "Every line ends with CR LF.",
    why: "Parsers that look for CR LF alone run two lines, or two messages, into one. Proof is a line, the \
          empty one included, that ends with LF alone. Lines of old command output may.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate␊
Privilege: call,all
Channel: PJSIP/100-00000001
",
    era: Era::Any,
    on: On::Defect(DefectCode::BareLf),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
