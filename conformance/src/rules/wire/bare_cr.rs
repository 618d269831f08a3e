use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/bare-cr",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "A CR stands nowhere but before LF.",
    why: "A value with a CR in it is cut in two by a parser that takes CR for the end of the line, and can \
          forge a header there. Proof is a CR inside a line.",
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
Value: one␍two
",
    era: Era::Any,
    on: On::Defect(DefectCode::BareCr),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
