use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/key-not-token",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "A key is made of visible ASCII characters, without blanks.",
    why: "Such a key is mostly not one: it is a line of free text with a colon in it. Proof is a byte of the \
          key outside 0x21 to 0x7E.",
    conforming: "\
Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
ChannelState: 6
",
    violating: "\
Event: Newexten
Privilege: dialplan,all
System uptime: 3 minutes
",
    era: Era::Any,
    on: On::Defect(DefectCode::KeyNotToken),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
