use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/no-space-after-colon",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "A single space follows the colon of a header.",
    why: "Clients that split at colon and space find no key in such a line. Proof is a header whose colon is \
          followed by anything else.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newstate
Privilege: call,all
AccountCode:0
",
    era: Era::Any,
    on: On::Defect(DefectCode::NoSpaceAfterColon),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
