//! What stock servers do not keep about media.

use super::{Deviation, Match};
use crate::model::{Channel, Event, Switch};

/// How many messages before the `BlindTransfer` the `Unhold` was observed, and some.
const BEFORE_TRANSFER: u64 = 24;

pub(super) static UNHOLD_WITHOUT_HOLD: Deviation = Deviation {
    id: "unhold-without-hold",
    rule: "media/hold-alternates",
    observed: &["12", "13", "16", "22", "23"],
    condition: "Unhold for a channel that was never held, at most 24 messages before a BlindTransfer that it makes.",
    why: "A blind transfer takes the transferer off hold, whether it was on hold or not.",
    evidence: &[
        ("asterisk-12/blind.s2c", 54),
        ("asterisk-13/blind.s2c", 76),
        ("asterisk-16/blind.s2c", 82),
        ("asterisk-22/blind.s2c", 82),
        ("asterisk-23/refer.s2c", 65),
    ],
    applies: |broken| {
        let channel = broken.channel;
        let was_held = channel.media.as_ref().is_some_and(|media| media.get(Switch::Hold).is_some());
        if broken.scene.facts.event != Event::Unhold || was_held || channel.transfers.is_some() {
            return Match::No;
        }
        let comes = |channel: &Channel| channel.transfers.is_some();
        Match::If { channel: broken.key, comes, within: BEFORE_TRANSFER, if_cut: true }
    },
};
