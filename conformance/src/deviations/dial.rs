//! What stock servers do not keep about dials.

use super::{Break, Deviation, Match};
use crate::model::{Channel, DialEnd, Event};

pub(super) static ORIGINATE_TIMEOUT_WITHOUT_DIALEND: Deviation = Deviation {
    id: "originate-timeout-without-dialend",
    rule: "dial/end-for-each-begin",
    observed: &["12", "13", "20", "23"],
    condition: "The DialBegin names no caller (an Originate), and the destination hung up before its state was Up.",
    why: "An Originate that fails or runs into its timeout hangs the channel up without publishing the end of the dial.",
    evidence: &[
        ("asterisk-12/failed.s2c", 297),
        ("asterisk-13/failed.s2c", 374),
        ("asterisk-20/failed.s2c", 385),
        ("asterisk-23/failed.s2c", 359),
    ],
    applies: |broken| {
        let dial = broken.channel.dial.as_ref();
        (dial.is_some_and(|dial| !dial.has_caller) && !broken.was_up()).into()
    },
};

pub(super) static PICKUP_WITHOUT_DIALEND: Deviation = Deviation {
    id: "pickup-without-dialend",
    rule: "dial/end-for-each-begin",
    observed: &["20", "23"],
    condition: "The dialled channel was replaced by a pickup: a Pickup event names it as its target.",
    why: "A pickup answers the call with another channel and hangs the dialled one up; its dial is not ended.",
    evidence: &[("asterisk-20/pickup.s2c", 74), ("asterisk-23/pickup.s2c", 91)],
    applies: |broken| broken.channel.picked_up.is_some().into(),
};

pub(super) static FORWARD_WITHOUT_DIALEND: Deviation = Deviation {
    id: "forward-without-dialend",
    rule: "dial/end-for-each-begin",
    observed: &["12"],
    condition: "A called party redirected the call (SIP 302) before it rang: the dial has a caller, the destination \
                hangs up with cause 16 while its state is Down, and a Local channel was made since the DialBegin.",
    why: "The dial goes on to the new destination through a Local channel; release 12 publishes no end for the first.",
    evidence: &[("asterisk-12/sipredir.s2c", 41)],
    applies: |broken| {
        let message = broken.scene.facts.message;
        let Some(dial) = broken.channel.dial.as_ref().filter(|dial| dial.has_caller) else { return Match::No };
        let forwarded = broken.scene.model.last_local().is_some_and(|local| local.place > dial.begin.place);
        (forwarded && message.get("ChannelState") == Some(b"0") && message.get("Cause") == Some(b"16")).into()
    },
};

/// How many messages may lie between two ends of a dial that a queue made.
const RIGHT_AFTER: u64 = 2;

/// Whether a queue called the destination, or may have done so unseen: an `AgentCalled` names it, or the caller runs Queue.
/// A caller that was there before the trace began may run it, and anyone may where neither the dialplan nor the agents are
/// told of in full.
fn called_by_queue(broken: &Break<'_, '_>) -> bool {
    let (told, subscription) = (broken.scene.model.told, &broken.scene.expected.subscription);
    let dialplan = told.dialplan && !subscription.can_keep_out(Event::Newexten);
    let agents = told.agents && !subscription.can_keep_out(Event::AgentCalled);
    let may_run_queue = |caller: &Channel| match caller.runs_queue {
        Some(runs_queue) if runs_queue || dialplan || agents => runs_queue,
        _ => caller.announced.is_none() || !(dialplan || agents),
    };
    broken.channel.called_by_queue || broken.scene.channel("").is_some_and(may_run_queue)
}

/// Whether a queue called the destination, and its last `DialEnd` came just before with this status; the one at hand
/// is a CANCEL.
fn queue_cancels_after(broken: &Break<'_, '_>, first: &[u8]) -> bool {
    let Some(DialEnd { end, status, .. }) = &broken.channel.dial_end else { return false };
    called_by_queue(broken)
        && **status == *first
        && broken.scene.facts.message.get("DialStatus") == Some(b"CANCEL")
        && broken.since(end) <= RIGHT_AFTER
}

pub(super) static QUEUE_SECOND_DIALEND: Deviation = Deviation {
    id: "queue-second-dialend",
    rule: "dial/begin-before-end",
    observed: &["12", "13", "16", "20", "22", "23"],
    condition: "A second DialEnd, CANCEL right after NOANSWER, for a destination that a queue called, or may have \
                called where neither agents nor the dialplan are read.",
    why: "A queue ends the dial when an agent does not answer, and again when it clears its list of agents.",
    evidence: &[
        ("asterisk-12/queue.s2c", 209),
        ("asterisk-13/queue.s2c", 247),
        ("asterisk-16/queue2.s2c", 278),
        ("asterisk-22/queue2.s2c", 321),
    ],
    applies: |broken| queue_cancels_after(broken, b"NOANSWER").into(),
};

pub(super) static QUEUE_DOUBLE_CANCEL: Deviation = Deviation {
    id: "queue-double-cancel",
    rule: "dial/begin-before-end",
    observed: &["16"],
    condition: "A second DialEnd, CANCEL right after CANCEL, for a destination that a queue called, or may have \
                called where neither agents nor the dialplan are read.",
    why: "When the caller gives up, the queue ends the dial to an agent, and again when it clears its list of agents.",
    evidence: &[("asterisk-16/queue2.s2c", 399)],
    applies: |broken| queue_cancels_after(broken, b"CANCEL").into(),
};

/// How many messages may lie between a `Pickup` and the `DialEnd` that it causes.
const NEAR_A_PICKUP: u64 = 16;

pub(super) static FEATURE_DIAL_WITHOUT_BEGIN: Deviation = Deviation {
    id: "feature-dial-without-begin",
    rule: "dial/begin-before-end",
    observed: &["16", "20", "22", "23"],
    condition: "DialEnd ANSWER for a dial that the attended-transfer feature or a pickup made: no caller fields and a \
                destination Local/…;1, or a Pickup event by that destination just before or after.",
    why: "Both features answer a channel that they did not dial in the usual way, and publish only the end.",
    evidence: &[
        ("asterisk-16/atxfer2.s2c", 126),
        ("asterisk-20/dtmffeat.s2c.zst", 225),
        ("asterisk-20/pickup.s2c", 82),
        ("asterisk-22/atxfer2.s2c", 133),
        ("asterisk-23/pickup.s2c", 75),
    ],
    applies: |broken| {
        let facts = broken.scene.facts;
        if facts.message.get("DialStatus") != Some(b"ANSWER") {
            return Match::No;
        }
        // An earlier end means that the dial had a beginning.
        let ended = broken.channel.dial_end.as_ref();
        if facts.role("").is_none() && broken.channel.is_local_half(1) && ended.is_none() {
            return Match::Yes;
        }
        if let Some(pickup) = &broken.channel.picks_up {
            return (broken.since(pickup) <= NEAR_A_PICKUP).into();
        }
        // The channel that picks up was called by nobody before, and now has a caller.
        let if_cut = ended.is_some_and(|before| !before.has_caller) && facts.role("").is_some();
        let comes = |channel: &Channel| channel.picks_up.is_some();
        Match::If { channel: broken.key, comes, within: NEAR_A_PICKUP, if_cut }
    },
};
