use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/unterminated-output",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "The output of a command ends with its end line.",
    why: "A client that waits for the end line swallows every message that follows. Proof is a message that \
          begins inside the output.",
    conforming: "\
Response: Follows
Privilege: Command
System uptime: 3 minutes
--END COMMAND--
",
    violating: "\
Response: Follows
Privilege: Command
System uptime: 3 minutes

Event: Newstate
Privilege: call,all
Channel: PJSIP/100-00000001
",
    era: Era::Any,
    on: On::Defect(DefectCode::UnterminatedOutput),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
