use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/blank-before-message",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "One empty line ends a message, and no other stands between messages.",
    why: "A parser that splits the stream at empty lines makes an empty message of each extra one. Proof is an \
          empty line before a message or at the end of the stream.",
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


Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000002
",
    era: Era::Any,
    on: On::Defect(DefectCode::BlankBeforeMessage),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
