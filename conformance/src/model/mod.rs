//! What is known of the running system: channels, bridges and dials, as the messages so far tell.
//!
//! The model is shared by all rules. For each message it is first asked to [meet](Model::meet) what the message
//! names, then the rules look at the message and at the model as it stood before, and then the model
//! [applies](Model::apply) the message.

mod actions;
mod agi;
mod bridge;
mod channel;
mod conference;
mod dialplan;
mod event;
mod ids;
mod legacy;
mod lists;
mod local;
mod media;
mod originate;
mod parking;
mod queue;
mod talk;
mod transfer;

use std::collections::VecDeque;

pub use actions::{Action, Actions, Settled, Stray};
pub use agi::Agi;
pub use bridge::{Bridge, BridgeKey};
pub use channel::{Channel, ChannelKey, Dial, DialEnd, Membership, UniqueId};
pub use conference::{Conference, ConferenceKey, Seat};
pub use dialplan::Position;
pub(crate) use dialplan::{FOLLOWED, shown};
pub use event::{Event, Order};
use ids::Entities;
pub use legacy::{LegacyLife, Link, links_or_parts};
pub use lists::{List, Lists};
pub use local::{Begun, Optimization};
pub use media::{Media, Switch};
pub use originate::{Originate, Originates};
pub(crate) use parking::is_lot;
pub use parking::{Parked, Parking};
pub use queue::{AgentCall, Queueing, Stay};
use smallvec::SmallVec;
pub(crate) use talk::Behind;
pub use talk::Talk;
pub(crate) use transfer::is_party;

use crate::facts::{Facts, Role, is_placeholder};
use crate::finding::Reference;
use crate::meaning::strip_end;

/// What is known of the running system.
#[derive(Debug)]
pub struct Model {
    channels: Entities<ChannelKey, Channel>,
    bridges: Entities<BridgeKey, Bridge>,
    /// Dead channels in order of death, and those that were never announced in order of appearance.
    dead_channels: VecDeque<ChannelKey>,
    unannounced: VecDeque<ChannelKey>,
    dead_bridges: VecDeque<BridgeKey>,
    window: usize,
    race: u64,
    /// The oldest channel, by the epoch of its Uniqueid, whose `Newchannel` was seen.
    oldest: Option<(u64, Reference)>,
    /// The youngest epoch of a channel that was forgotten: what is older may have been announced.
    forgotten: Option<u64>,
    /// The `Linkedid`s of calls with a pickup or an attended transfer, the latest last.
    swapped_calls: VecDeque<Box<[u8]>>,
    last_local: Option<Reference>,
    /// Dead channels of which applications may still speak, with the place of the `Hangup`.
    racing: VecDeque<(u64, ChannelKey)>,
    /// The channels that are parked.
    parked: Vec<ChannelKey>,
    conferences: Entities<ConferenceKey, Conference>,
    /// Conferences that have ended, in order.
    dead_conferences: VecDeque<ConferenceKey>,
    /// The calls that clients asked for.
    pub(crate) originates: Originates,
    /// Whether a rule asks for positions in the dialplan.
    follows_dialplan: bool,
    /// The first message since the client chose which classes of events it gets.
    subscribed: u64,
    /// What came since of that by which queues are known.
    pub(crate) told: Told,
    /// Whether a release before 12 speaks.
    legacy: bool,
    /// The last `Newchannel` of any channel; kept for the releases before 12 only.
    last_newchannel: Option<Reference>,
    /// The conversation: login, actions, responses, lists.
    pub(crate) talk: Talk,
}

/// Which of the events came by which one sees that a queue calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    /// A `Newexten`, by which a caller runs Queue.
    pub(crate) dialplan: bool,
    /// An `AgentCalled`.
    pub(crate) agents: bool,
}

/// What a message names, as entities of the model.
#[derive(Debug, Default)]
pub struct Named<'a> {
    /// The channels with the role in which each is named.
    pub channels: SmallVec<[(ChannelKey, Role<'a>); 2]>,
    /// The bridges: those of `BridgeUniqueid`, or both of a merge.
    pub bridges: SmallVec<[BridgeKey; 2]>,
}

impl Named<'_> {
    /// The channel in the role with this prefix.
    pub fn channel(&self, prefix: &str) -> Option<ChannelKey> {
        self.channels.iter().find(|(_, role)| role.is(prefix)).map(|(key, _)| *key)
    }

    /// The bridge that a message with one bridge names.
    pub fn bridge(&self) -> Option<BridgeKey> {
        self.bridges.first().copied()
    }
}

/// What the model has forgotten because its window of dead entities is full.
#[derive(Debug, Default)]
pub struct Forgotten {
    // No room inside: these are moved with every message, and are nearly always empty.
    pub(crate) channels: Vec<Channel>,
    pub(crate) bridges: Vec<Bridge>,
}

impl Model {
    /// An empty model that remembers the last `window` dead channels and as many bridges. What applications say of a
    /// channel may come `race` messages after its end.
    pub fn new(window: usize, race: u64) -> Self {
        Self {
            channels: Entities::default(),
            bridges: Entities::default(),
            dead_channels: VecDeque::new(),
            unannounced: VecDeque::new(),
            dead_bridges: VecDeque::new(),
            window,
            race,
            oldest: None,
            forgotten: None,
            swapped_calls: VecDeque::new(),
            last_local: None,
            racing: VecDeque::new(),
            parked: Vec::new(),
            conferences: Entities::default(),
            dead_conferences: VecDeque::new(),
            originates: Originates::default(),
            follows_dialplan: false,
            subscribed: 0,
            told: Told::default(),
            legacy: false,
            last_newchannel: None,
            talk: Talk::default(),
        }
    }

    /// How many messages after the end of a channel an application may still speak of it.
    pub fn race(&self) -> u64 {
        self.race
    }

    /// The conversation: login, actions, responses, lists.
    pub fn talk(&self) -> &Talk {
        &self.talk
    }

    /// A channel.
    pub fn channel(&self, key: ChannelKey) -> Option<&Channel> {
        self.channels.get(key)
    }

    /// A bridge.
    pub fn bridge(&self, key: BridgeKey) -> Option<&Bridge> {
        self.bridges.get(key)
    }

    /// The channel with this Uniqueid.
    pub fn find_channel(&self, uniqueid: &[u8]) -> Option<&Channel> {
        self.channels.get(self.channels.find(uniqueid)?)
    }

    /// The bridge with this `BridgeUniqueid`.
    pub fn find_bridge(&self, id: &[u8]) -> Option<(BridgeKey, &Bridge)> {
        let key = self.bridges.find(id)?;
        Some((key, self.bridges.get(key)?))
    }

    /// The message that proves that a channel is younger than the window, so that its `Newchannel` should have been
    /// seen: the `Newchannel` of a channel at least two seconds older.
    pub fn proof_of_youth(&self, channel: &Channel) -> Option<&Reference> {
        self.proof_of_youth_of(channel.id.as_bytes())
    }

    /// The same for the Uniqueid of a channel that need not be known.
    pub fn proof_of_youth_of(&self, uniqueid: &[u8]) -> Option<&Reference> {
        let epoch = channel::epoch_of(uniqueid)?;
        let (oldest, reference) = self.oldest.as_ref()?;
        let forgotten = self.forgotten.is_some_and(|forgotten| epoch <= forgotten);
        (!forgotten && epoch >= oldest + 2).then_some(reference)
    }

    /// Finds the entities that a message names, and puts them into `named`; what is new is added, with nothing known of
    /// it yet.
    pub fn meet<'a>(&mut self, facts: &Facts<'a>, named: &mut Named<'a>) {
        for role in &facts.roles {
            let key = self.channels.find(role.uniqueid).unwrap_or_else(|| {
                let key = self.channels.insert(Channel::new(role.uniqueid));
                self.unannounced.push_back(key);
                key
            });
            named.channels.push((key, *role));
        }
        let merged = match facts.event {
            Event::BridgeMerge => ["ToBridgeUniqueid", "FromBridgeUniqueid"].map(|key| facts.message.get(key)),
            Event::BridgeCreate | Event::BridgeDestroy | Event::BridgeEnter | Event::BridgeLeave => {
                [facts.bridge, None]
            }
            _ => [None, None],
        };
        for id in merged.into_iter().flatten().filter(|id| !is_placeholder(id)) {
            let key = self.bridges.find(id).unwrap_or_else(|| self.bridges.insert(Bridge::new(id)));
            named.bridges.push(key);
        }
    }

    /// Takes a message in.
    pub fn apply(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        let judged = facts.is_judged();
        for (key, role) in &named.channels {
            let Some(channel) = self.channels.get_mut(*key) else { continue };
            if judged {
                if channel.first.is_none() {
                    channel.first = Some(at.clone());
                }
                // Up to release 11 an `AgentConnect` names two channels with the keys of one.
                let gives_name =
                    facts.event != Event::OriginateResponse && (!self.legacy || facts.event.order() == Order::Channel);
                if let Some(name) = role.name.filter(|_| gives_name)
                    && channel.name.is_none()
                {
                    channel.named(name, at);
                }
            }
            if let Some(state) = role.state.filter(|_| judged && facts.event.order() == Order::Channel)
                && channel.state.as_ref().is_none_or(|(before, _)| **before != *state)
            {
                channel.state = Some((state.into(), at.clone()));
            }
            channel.was_up |= role.state == Some(b"6");
        }
        if judged {
            if self.follows_dialplan {
                self.follow(facts, named, at);
            }
            self.apply_event(facts, named, at);
            if self.legacy {
                self.apply_legacy(facts, named, at);
            }
        }
    }

    fn apply_event(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        let subject = named.channel("");
        match facts.event {
            Event::Newchannel => {
                if let Some(channel) = subject.and_then(|key| self.channels.get_mut(key))
                    && channel.announced.is_none()
                {
                    channel.announced = Some(at.clone());
                    if channel.is_local_half(1) || channel.is_local_half(2) {
                        self.last_local = Some(at.clone());
                    }
                    if let Some(epoch) = channel.id.epoch()
                        && self.oldest.as_ref().is_none_or(|(oldest, _)| epoch < *oldest)
                    {
                        self.oldest = Some((epoch, at.clone()));
                    }
                }
            }
            Event::Hangup => {
                if let Some(key) = subject
                    && let Some(channel) = self.channels.get_mut(key)
                    && channel.hangup.is_none()
                {
                    channel.hangup = Some(at.clone());
                    channel.hangup_cause = facts.detail.map(Into::into);
                    let other = channel.other_half;
                    self.dead_channels.push_back(key);
                    self.racing.push_back((at.place.message, key));
                    if let Some(other) = other.and_then(|key| self.channels.get_mut(key)) {
                        other.other_half_hangup = Some(at.clone());
                    }
                }
            }
            Event::LocalBridge => {
                let (Some(one), Some(two)) = (named.channel("LocalOne"), named.channel("LocalTwo")) else { return };
                let optimised = facts.detail != Some(b"No");
                for (half, other) in [(one, two), (two, one)] {
                    let hangup = self.channels.get(other).and_then(|other| other.hangup.clone());
                    if let Some(half) = self.channels.get_mut(half) {
                        half.local_bridge = Some((at.clone(), optimised));
                        half.other_half = Some(other);
                        half.other_half_hangup = hangup;
                    }
                }
            }
            Event::DtmfBegin | Event::DtmfEnd => {
                if let Some(channel) = subject.and_then(|key| self.channels.get_mut(key)) {
                    let direction = facts.message.get("Direction").unwrap_or_default();
                    channel.digits.retain(|began| **began != *direction);
                    if facts.event == Event::DtmfBegin {
                        channel.digits.push(direction.into());
                    }
                }
            }
            Event::Newexten => {
                self.told.dialplan = true;
                if let Some(channel) = subject.and_then(|key| self.channels.get_mut(key)) {
                    channel.runs_queue = Some(facts.detail == Some(b"Queue"));
                }
            }
            Event::Rename => {
                if let Some(channel) = subject.and_then(|key| self.channels.get_mut(key))
                    && let Some(name) = facts.message.get("Newname")
                {
                    channel.named(name, at);
                }
            }
            Event::DialBegin => {
                if let Some(channel) = named.channel("Dest").and_then(|key| self.channels.get_mut(key))
                    && channel.dial.is_none()
                {
                    channel.dial = Some(Dial { begin: at.clone(), has_caller: subject.is_some() });
                }
            }
            Event::DialEnd => {
                if let Some(channel) = named.channel("Dest").and_then(|key| self.channels.get_mut(key)) {
                    channel.dial = None;
                    let status = facts.detail.unwrap_or_default();
                    let end = at.clone();
                    channel.dial_end = Some(DialEnd { end, status: status.into(), has_caller: subject.is_some() });
                }
            }
            Event::BridgeCreate | Event::BridgeDestroy | Event::BridgeMerge => {
                if facts.event == Event::BridgeDestroy {
                    self.conference_is_gone(facts);
                }
                for key in &named.bridges {
                    let Some(bridge) = self.bridges.get_mut(*key) else { continue };
                    match facts.event {
                        Event::BridgeCreate if bridge.created.is_none() => bridge.created = Some(at.clone()),
                        Event::BridgeCreate => {}
                        _ => bridge.used(at),
                    }
                    if facts.event == Event::BridgeDestroy && bridge.destroyed.is_none() {
                        bridge.destroyed = Some(at.clone());
                        self.dead_bridges.push_back(*key);
                    }
                }
            }
            Event::BridgeEnter | Event::BridgeLeave => {
                let (Some(key), Some(bridge_key)) = (subject, named.bridge()) else { return };
                let (Some(channel), Some(bridge)) = (self.channels.get_mut(key), self.bridges.get_mut(bridge_key))
                else {
                    return;
                };
                bridge.used(at);
                channel.goes_through_lot(facts, bridge_key, at);
                if facts.event == Event::BridgeLeave {
                    channel.leaves(bridge_key, at);
                    channel.memberships.retain(|membership| membership.bridge != bridge_key);
                    bridge.members.retain(|(member, _)| *member != key);
                } else if channel.membership(bridge_key).is_none() {
                    channel.memberships.push(Membership { bridge: bridge_key, enter: at.clone() });
                    bridge.members.push((key, at.clone()));
                }
            }
            Event::Pickup => {
                if let Some(channel) = subject.and_then(|key| self.channels.get_mut(key)) {
                    channel.picks_up = Some(at.clone());
                }
                if let Some(channel) = named.channel("Target").and_then(|key| self.channels.get_mut(key)) {
                    channel.picked_up = Some(at.clone());
                }
                self.remember_swap(facts);
            }
            Event::AttendedTransfer => {
                self.transfer(named, at);
                self.remember_swap(facts);
            }
            Event::BlindTransfer | Event::Transfer => {
                if let Some(channel) = named.channel("Transferer").and_then(|key| self.channels.get_mut(key)) {
                    channel.transfers = Some(at.clone());
                }
                self.transfer(named, at);
            }
            Event::ParkedCall
            | Event::UnParkedCall
            | Event::ParkedCallTimeOut
            | Event::ParkedCallGiveUp
            | Event::ParkedCallSwap => self.park(facts, named, at),
            Event::LocalOptimizationBegin | Event::LocalOptimizationEnd => self.optimise(facts, named, at),
            Event::Hold
            | Event::Unhold
            | Event::MusicOnHoldStart
            | Event::MusicOnHoldStop
            | Event::MixMonitorStart
            | Event::MixMonitorStop
            | Event::ChannelTalkingStart
            | Event::ChannelTalkingStop
            | Event::ChanSpyStart
            | Event::ChanSpyStop => self.switch(facts.event, named, at),
            Event::OriginateResponse => self.originates.answered(facts, at),
            Event::QueueCallerJoin | Event::QueueCallerLeave => self.queue(facts, named, at),
            Event::AgentCalled => {
                self.told.agents = true;
                if let Some(channel) = named.channel("Dest").and_then(|key| self.channels.get_mut(key)) {
                    channel.called_by_queue = true;
                }
                self.offer(facts, named, at);
            }
            Event::AgentConnect | Event::AgentRingNoAnswer | Event::AgentComplete | Event::AgentDump => {
                self.offer(facts, named, at);
            }
            Event::ConfbridgeStart | Event::ConfbridgeJoin | Event::ConfbridgeLeave | Event::ConfbridgeEnd => {
                self.confer(facts, named, at);
            }
            Event::AsyncAgiStart | Event::AsyncAgiEnd | Event::AgiExecStart | Event::AgiExecEnd => {
                self.run_agi(facts, named, at);
            }
            _ => {}
        }
    }

    /// Remembers the calls in which channels take each other's place.
    fn remember_swap(&mut self, facts: &Facts<'_>) {
        /// Enough for what can still matter: these calls are about to lose a channel.
        const REMEMBERED: usize = 256;
        for header in facts.message.headers().filter(|header| strip_end(header.key, "Linkedid").is_some()) {
            if !self.swapped_calls.iter().any(|call| **call == *header.value) {
                self.swapped_calls.push_back(header.value.into());
            }
        }
        while self.swapped_calls.len() > REMEMBERED {
            self.swapped_calls.pop_front();
        }
    }

    /// Whether a pickup or an attended transfer happened in the call with this `Linkedid`, lately.
    pub fn is_swapped_call(&self, linkedid: &[u8]) -> bool {
        self.swapped_calls.iter().any(|call| **call == *linkedid)
    }

    /// The last `Newchannel` of a Local channel.
    pub fn last_local(&self) -> Option<&Reference> {
        self.last_local.as_ref()
    }

    /// Whether a rule asks for positions in the dialplan; off, they cost nothing.
    pub(crate) fn set_follows_dialplan(&mut self, follows: bool) {
        self.follows_dialplan = follows;
    }

    /// The client chose which classes of events it gets; `next` is the message behind the response that says so.
    pub(crate) fn subscribe(&mut self, next: u64) {
        self.subscribed = next;
        self.told = Told::default();
    }

    /// Whether nothing can have been left out since a message because the client chose other classes of events.
    pub(crate) fn is_in_sight(&self, since: &Reference) -> bool {
        since.place.message >= self.subscribed
    }

    /// The `Newchannel` of a channel, where all that was said of it since is in the trace as far as its class is.
    pub(crate) fn whole_life<'c>(&self, channel: &'c Channel) -> Option<&'c Reference> {
        channel.announced.as_ref().filter(|announced| self.is_in_sight(announced))
    }

    /// Whether there may be a [next](Self::next_silent) channel: after most messages there is none.
    #[inline]
    pub(crate) fn has_silent(&self, now: u64) -> bool {
        self.racing.front().is_some_and(|(hangup, _)| hangup.saturating_add(self.race) < now)
    }

    /// The next channel whose `Hangup` is so long ago, now, that what applications say of it can't have lost a race.
    pub(crate) fn next_silent(&mut self, now: u64) -> Option<ChannelKey> {
        while self.has_silent(now) {
            let (_, key) = self.racing.pop_front()?;
            self.parked.retain(|parked| *parked != key);
            if self.channels.get(key).is_some() {
                return Some(key);
            }
        }
        None
    }

    /// What was pending for a channel when applications fell silent has been settled.
    pub(crate) fn silenced(&mut self, key: ChannelKey) {
        if let Some(channel) = self.channels.get_mut(key) {
            channel.is_silent = true;
        }
    }

    /// Forgets what died longest ago, so that memory depends on what lives and on the window, not on the trace.
    pub fn forget(&mut self) -> Forgotten {
        let mut forgotten = Forgotten::default();
        while self.dead_channels.len() > self.window {
            if let Some(channel) = self.dead_channels.pop_front().and_then(|key| self.channels.remove(key)) {
                self.forgotten = self.forgotten.max(channel.id.epoch());
                forgotten.channels.push(channel);
            }
        }
        // A channel that was named and never announced has no end to wait for; the window bounds these as well.
        while self.unannounced.len() > self.window {
            let Some(key) = self.unannounced.pop_front() else { break };
            let Some(channel) = self.channels.get(key) else { continue };
            if channel.announced.is_none()
                && channel.hangup.is_none()
                && channel.memberships.is_empty()
                && let Some(channel) = self.channels.remove(key)
            {
                self.forgotten = self.forgotten.max(channel.id.epoch());
                forgotten.channels.push(channel);
            }
        }
        while self.dead_conferences.len() > self.window {
            let Some(key) = self.dead_conferences.pop_front() else { break };
            self.conferences.remove(key);
        }
        while self.dead_bridges.len() > self.window {
            if let Some(bridge) = self.dead_bridges.pop_front().and_then(|key| self.bridges.remove(key)) {
                forgotten.bridges.push(bridge);
            }
        }
        forgotten
    }

    /// Forgets everything, at the end of a trace.
    pub fn forget_all(&mut self) -> Forgotten {
        let channels = self.channels.keys().into_iter().filter_map(|key| self.channels.remove(key)).collect();
        let bridges = self.bridges.keys().into_iter().filter_map(|key| self.bridges.remove(key)).collect();
        Forgotten { channels, bridges }
    }
}
