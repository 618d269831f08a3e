//! What stock servers do not keep about channels.

use super::{Deviation, Match};
use crate::model::Event;

/// How many messages after the Hangup the late event was observed.
const LATE: u64 = 3;

pub(super) static CALLERID_AFTER_HANGUP: Deviation = Deviation {
    id: "callerid-after-hangup",
    rule: "channel/nothing-after-hangup",
    observed: &["12", "13", "16", "20", "22", "23"],
    condition: "NewCallerid within 3 messages after the Hangup of the second half of a Local channel (Local/…;2), in a \
                call with a pickup or an attended transfer (or where event filters can hide these), or when it dies \
                unanswered with cause 0 (a redirected or failed call).",
    why: "The two halves are taken apart while they hang up, and the caller id of the second is put back too late.",
    evidence: &[
        ("asterisk-12/failed.s2c", 220),
        ("asterisk-12/sipredir.s2c", 45),
        ("asterisk-13/pickup.s2c", 116),
        ("asterisk-16/atxfer2.s2c", 211),
        ("asterisk-20/pickup.s2c", 140),
        ("asterisk-22/atxfer2.s2c", 235),
        ("asterisk-23/pickup.s2c", 140),
    ],
    applies: |broken| {
        let channel = broken.channel;
        let facts = broken.scene.facts;
        let Some(hangup) = &channel.hangup else { return Match::No };
        if facts.event != Event::NewCallerid || !channel.is_local_half(2) || broken.since(hangup) > LATE {
            return Match::No;
        }
        let call = facts.message.get("Linkedid");
        let subscription = &broken.scene.expected.subscription;
        let swapped = call.is_some_and(|call| broken.scene.model.is_swapped_call(call))
            || [Event::Pickup, Event::AttendedTransfer].iter().any(|event| subscription.can_keep_out(*event));
        let unanswered = !broken.was_up() && channel.hangup_cause.as_deref() == Some(b"0");
        // What happened to a channel before the trace began can't be told.
        (swapped || unanswered || channel.announced.is_none()).into()
    },
};
