use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/truncated",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "A stream does not end inside a message.",
    why: "The last message is incomplete: what it said is lost. Proof is the end of the stream before the \
          empty line. A capture that was cut off there has the same look.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP␄",
    era: Era::Any,
    on: On::Defect(DefectCode::Truncated),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
