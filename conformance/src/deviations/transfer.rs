//! What stock servers do not keep about transfers and parked calls.

use super::{Deviation, Match};

/// How many messages late a `BlindTransfer` was observed.
const LATE_TRANSFER: u64 = 7;

pub(super) static BLIND_TRANSFER_LATE: Deviation = Deviation {
    id: "blind-transfer-late",
    rule: "transfer/blind-before-leave",
    observed: &["12", "23"],
    condition: "The BlindTransfer comes at most 7 messages after the BridgeLeave of the transferee, and the transferer is \
                still in the bridge.",
    why: "The transfer is published by the thread that carries it out, the BridgeLeave by that of the channel: which \
          comes first is left to chance.",
    evidence: &[
        ("asterisk-12/blind.s2c", 60),
        ("asterisk-12/refer.s2c", 62),
        ("asterisk-23/dtmffeat.s2c.zst", 103),
        ("asterisk-23/refer.s2c", 87),
    ],
    applies: |broken| {
        let scene = broken.scene;
        let bridge = scene.facts.bridge.and_then(|id| scene.model.find_bridge(id)).map(|(bridge, _)| bridge);
        let (Some(bridge), Some(transferer)) = (bridge, scene.channel("Transferer")) else { return Match::No };
        let late = broken.channel.left(bridge).is_some_and(|leave| broken.since(leave) <= LATE_TRANSFER);
        // A transferer of which nothing is known may have entered before the trace began.
        let stays = transferer.membership(bridge).is_some()
            || (transferer.announced.is_none() && transferer.left(bridge).is_none());
        (late && stays).into()
    },
};

/// How many messages late a `ParkedCall` was observed.
const LATE_PARKING: u64 = 6;

pub(super) static PARKED_CALL_LATE: Deviation = Deviation {
    id: "parked-call-late",
    rule: "parking/parked-before-enter",
    observed: &["13", "22", "23"],
    condition: "The ParkedCall comes at most 6 messages after the BridgeEnter, and the channel is still in the parking \
                bridge.",
    why: "The parked call is published by the thread that parks it, the BridgeEnter by that of the channel: which comes \
          first is left to chance.",
    evidence: &[
        ("asterisk-13/park.s2c", 33),
        ("asterisk-13/unpark.s2c", 30),
        ("asterisk-22/park2.s2c", 249),
        ("asterisk-23/dtmffeat.s2c.zst", 395),
    ],
    applies: |broken| {
        let enter = broken.channel.parking.as_ref().and_then(|parking| parking.unannounced.as_ref());
        let stays =
            |(lot, enter): &(_, _)| broken.since(enter) <= LATE_PARKING && broken.channel.membership(*lot).is_some();
        enter.is_some_and(stays).into()
    },
};
