use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/kind-missing",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "A message has one of the keys Action, Response and Event.",
    why: "A client cannot tell what such a message is. It is what a torn message or an answer in bare text \
          looks like.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
ActionID: 7
Message: torn
",
    era: Era::Any,
    on: On::Defect(DefectCode::KindMissing),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
