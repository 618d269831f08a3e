use ami_wire::DefectCode;

use super::sees_nothing;
use crate::finding::Severity;
use crate::rules::{Era, On, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "wire/banner-malformed",
    severity: Severity::Warning,
    source: "wire",
    releases: "1.0..",
    promise: "The first line of a server's stream is the banner or the first header of a message.",
    why: "The banner tells the release, and with it the dialect. A first line that is neither comes from a \
          proxy, or from something that is no Asterisk.",
    conforming: "\
Asterisk Call Manager/11.0.0
Response: Success
ActionID: 1
Message: Authentication accepted
",
    violating: "\
Asterisk Kall Manager
Response: Success
ActionID: 1
Message: Authentication accepted
",
    era: Era::Any,
    on: On::Defect(DefectCode::BannerMalformed),
    message: sees_nothing,
    channel_end: None,
    bridge_end: None,
};
