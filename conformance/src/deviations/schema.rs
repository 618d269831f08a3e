//! Where stock servers do not send what the schema says that they always do.

use ami_wire::{Kind, Message};

use super::{Deviation, Match};
use crate::finding::Finding;

pub(crate) static LINE_BREAK_CUTS_EVENT: Deviation = Deviation {
    id: "line-break-cuts-event",
    rule: "schema/missing-field",
    observed: &["1.6", "1.8", "11"],
    condition: "The missing header stands in the next message, which has no kind: the rest of a value with an empty \
                line in it.",
    why: "Line breaks in the arguments of an application (Newexten) and in variables (VarSet) are sent as they are. A \
          client sees an event without its last headers, and a message without a name behind it.",
    evidence: &[
        ("asterisk-1.6.2/multiline.s2c", 21),
        ("asterisk-1.8/multiline.s2c", 21),
        ("asterisk-11/multiline.s2c", 20),
    ],
    applies: |broken| {
        let can_be_cut = matches!(broken.finding.event.as_deref(), Some("Newexten" | "VarSet"));
        Match::IfNext { comes: is_rest, if_cut: can_be_cut }
    },
};

/// Whether the next message is the rest of the event that lacks a header.
fn is_rest(finding: &Finding, next: &Message<'_>) -> bool {
    next.kind() == Kind::Unknown && finding.entity.as_deref().is_some_and(|header| next.get(header).is_some())
}
