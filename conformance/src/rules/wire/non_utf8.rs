use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/non-utf8",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "A value is UTF-8.",
    why: "Clients that decode values as UTF-8 throw the event away or stop. Callers' names come in the \
          encoding of whoever sent them. Proof is a byte sequence in a value that is not UTF-8.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate
Privilege: call,all
AccountCode: Andr�
",
    era: Era::Any,
    on: On::Defect(DefectCode::NonUtf8),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
