//! A channel, as far as the messages tell.

use std::cell::Cell;
use std::fmt;

use slotmap::new_key_type;
use smallvec::SmallVec;

use super::BridgeKey;
use super::agi::Agi;
use super::conference::Seat;
use super::dialplan::Position;
use super::ids::Named;
use super::legacy::LegacyLife;
use super::local::Optimization;
use super::media::Media;
use super::parking::Parking;
use super::queue::Queueing;
use crate::finding::Reference;
use crate::rules::RuleSet;

new_key_type! {
    /// A channel of the model.
    pub struct ChannelKey;
}

/// The `Uniqueid` of a channel: `[systemname-]epoch.serial`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UniqueId(Box<[u8]>);

impl UniqueId {
    /// The bytes on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Seconds since 1970 at which the channel was made, where the identifier has the usual form.
    pub fn epoch(&self) -> Option<u64> {
        epoch_of(&self.0)
    }
}

/// The epoch of a Uniqueid.
pub(super) fn epoch_of(uniqueid: &[u8]) -> Option<u64> {
    ami_wire::values::UniqueId::parse(uniqueid).ok().map(|id| id.epoch)
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A dial to a channel that has not ended.
#[derive(Clone, Debug)]
pub struct Dial {
    /// The `DialBegin`.
    pub begin: Reference,
    /// Whether it names a caller; an Originate has none.
    pub has_caller: bool,
}

/// The end of a dial to a channel.
#[derive(Clone, Debug)]
pub struct DialEnd {
    /// The `DialEnd`.
    pub end: Reference,
    /// Its `DialStatus`.
    pub status: Box<[u8]>,
    /// Whether it names a caller.
    pub has_caller: bool,
}

/// That a channel is in a bridge: from `BridgeEnter` to `BridgeLeave`.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The bridge.
    pub bridge: BridgeKey,
    /// The `BridgeEnter`.
    pub enter: Reference,
}

/// A channel.
#[derive(Debug)]
pub struct Channel {
    /// Its `Uniqueid`.
    pub id: UniqueId,
    /// Its name, and the message that gave it.
    pub name: Option<(Box<[u8]>, Reference)>,
    /// The first message that said something about it; item events of lists do not count.
    pub first: Option<Reference>,
    /// Its `Newchannel`.
    pub announced: Option<Reference>,
    /// Its `Hangup`.
    pub hangup: Option<Reference>,
    /// The `Cause` of its `Hangup`.
    pub hangup_cause: Option<Box<[u8]>>,
    /// The bridges it is in.
    pub memberships: SmallVec<[Membership; 1]>,
    /// The dial to it that has not ended.
    pub dial: Option<Dial>,
    /// The last `DialEnd`.
    pub dial_end: Option<DialEnd>,
    /// Its state, as a number, and the message that gave it.
    pub state: Option<(Box<[u8]>, Reference)>,
    /// The directions in which a digit has begun and not ended.
    pub digits: SmallVec<[Box<[u8]>; 0]>,
    /// The `LocalBridge` that joined it to its other half, and whether the pair may be optimised away.
    pub local_bridge: Option<(Reference, bool)>,
    /// The other half of a Local channel.
    pub other_half: Option<ChannelKey>,
    /// The `Hangup` of the other half.
    pub other_half_hangup: Option<Reference>,
    /// Whether a message showed it in the state Up.
    pub was_up: bool,
    /// The last `Pickup` in which it took a call over.
    pub picks_up: Option<Reference>,
    /// The last `Pickup` that replaced it.
    pub picked_up: Option<Reference>,
    /// Whether an `AgentCalled` names it as destination.
    pub called_by_queue: bool,
    /// Whether it runs the application Queue, by its last `Newexten`.
    pub runs_queue: Option<bool>,
    /// The bridges that it left last, each with the `BridgeLeave`.
    pub left: SmallVec<[(BridgeKey, Reference); 1]>,
    /// The first transfer that named it as a party before its `Newchannel`.
    pub transfer: Option<Reference>,
    /// Whether and how it is parked.
    pub parking: Option<Box<Parking>>,
    /// How it is optimised away, when it is the first half of a Local channel.
    pub optimization: Option<Box<Optimization>>,
    /// What queues say of it, when it is a caller.
    pub queueing: Option<Box<Queueing>>,
    /// The conferences that it is or was in.
    pub seats: Vec<Seat>,
    /// What AGI says of it.
    pub agi: Option<Box<Agi>>,
    /// What is on and off on it: hold, music, recording, talking, spying.
    pub media: Option<Box<Media>>,
    /// The last `BlindTransfer` that it made.
    pub transfers: Option<Reference>,
    /// Where it is in the dialplan, by its last `Newexten`.
    pub position: Option<Box<Position>>,
    /// Whether its `Hangup` is so long ago that no application speaks of it any more.
    pub is_silent: bool,
    /// What the releases before 12 tell of it besides.
    pub legacy: Option<Box<LegacyLife>>,
    /// The rules that were reported broken for it: each is reported once.
    pub(crate) reported: Cell<RuleSet>,
}

impl Channel {
    pub(super) fn new(uniqueid: &[u8]) -> Self {
        Self {
            id: UniqueId(uniqueid.into()),
            name: None,
            first: None,
            announced: None,
            hangup: None,
            memberships: SmallVec::new(),
            dial: None,
            dial_end: None,
            state: None,
            digits: SmallVec::new(),
            local_bridge: None,
            other_half: None,
            other_half_hangup: None,
            was_up: false,
            picks_up: None,
            picked_up: None,
            hangup_cause: None,
            called_by_queue: false,
            runs_queue: None,
            left: SmallVec::new(),
            transfer: None,
            parking: None,
            optimization: None,
            queueing: None,
            seats: Vec::new(),
            agi: None,
            media: None,
            transfers: None,
            position: None,
            is_silent: false,
            legacy: None,
            reported: Cell::default(),
        }
    }

    /// Stands in where no channel is meant.
    pub(crate) fn nobody() -> Self {
        Self::new(b"")
    }

    pub(super) fn named(&mut self, name: &[u8], by: &Reference) {
        self.name = Some((name.into(), by.clone()));
    }

    /// Whether its name is that of one half of a Local channel: `Local/…;1` or `Local/…;2`.
    pub fn is_local_half(&self, half: u8) -> bool {
        self.name.as_ref().is_some_and(|(name, _)| {
            name.starts_with(b"Local/") && matches!(&**name, [.., b';', last] if *last == b'0' + half)
        })
    }

    /// Its stay in this bridge.
    pub fn membership(&self, bridge: BridgeKey) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.bridge == bridge)
    }
}

impl fmt::Display for Channel {
    /// The name with the Uniqueid behind it, for a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some((name, _)) => write!(f, "{} ({})", String::from_utf8_lossy(name), self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

impl Named for Channel {
    fn id(&self) -> &[u8] {
        self.id.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs() {
        let epoch = |id: &str| UniqueId(id.as_bytes().into()).epoch();
        assert_eq!(epoch("1795516800.12"), Some(1_795_516_800));
        assert_eq!(epoch("pbx-1-1795516800.12"), Some(1_795_516_800));
        assert_eq!(epoch("pbx.example-1795516800.12"), Some(1_795_516_800));
        for other in ["", ".", "1795516800", "a.b", "1795516800.", "99999999999999999999999.1", "none"] {
            assert_eq!(epoch(other), None, "{other}");
        }
    }
}
