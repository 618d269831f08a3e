//! Where stock servers do not send what the schema says that they always do.

use ami_wire::{Kind, Message};

use super::{Deviation, Match};

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
    // Only the next message tells: see `is_cut_off`.
    applies: |_| Match::No,
};

/// Whether an event that lacks a header was cut in two by a line break: the `next` message of the server tells, and
/// where there is none (`event` was the last), whether it is one that can be.
pub(crate) fn is_cut_off(event: Option<&str>, header: &str, next: Option<&Message<'_>>) -> Option<&'static str> {
    let is_rest = match next {
        Some(next) => next.kind() == Kind::Unknown && next.get(header).is_some(),
        None => matches!(event, Some("Newexten" | "VarSet")),
    };
    is_rest.then_some(LINE_BREAK_CUTS_EVENT.id)
}
