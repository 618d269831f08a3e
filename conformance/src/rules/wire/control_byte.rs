use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/control-byte",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "A value has no control byte but TAB.",
    why: "It breaks terminals, XML and JSON down the line, and comes from corruption or binary variables. \
          Proof is a byte below 0x20 other than TAB, CR and LF.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate
Privilege: call,all
AccountCode: ring␇
",
    era: Era::Any,
    on: On::Defect(DefectCode::ControlByte),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
