use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/oversize-line",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "A line is no longer than 1 MiB.",
    why: "Beyond that a reader has to give up to keep its memory. The message is skipped, and what it said is \
          not checked.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: VarSet
Privilege: dialplan,all
Variable: NOTE
Value: ⋯1048577
",
    era: Era::Any,
    on: On::Defect(DefectCode::OversizeLine),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
