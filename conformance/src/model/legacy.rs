//! What the releases before 12 tell: dials of a caller, channels that are linked, names that move.

use smallvec::SmallVec;

use super::{Channel, ChannelKey, Event, Model, Named, Order};
use crate::facts::Facts;
use crate::finding::Reference;

/// How many links and dials of one channel are remembered: more than any call has at a time.
const AT_ONCE: usize = 64;

/// That a channel is linked to another one.
#[derive(Clone, Debug)]
pub struct Link {
    /// The other channel.
    pub other: ChannelKey,
    /// The `Link`, or the `Bridge` with `Bridgestate: Link`.
    pub begin: Reference,
    /// Whether the message names this channel first: each link is known to both channels, and is one obligation.
    pub is_first: bool,
}

/// What the releases before 12 tell of a channel besides.
#[derive(Debug, Default)]
pub struct LegacyLife {
    /// The channels to which it is linked.
    pub links: SmallVec<[Link; 1]>,
    /// The dials that it began and that have not ended: each `Dial` with `SubEvent: Begin`.
    pub dials: SmallVec<[Reference; 1]>,
    /// The last `Dial` with `SubEvent: End`.
    pub dial_end: Option<Reference>,
    /// Its last `Newexten`.
    pub newexten: Option<Reference>,
    /// The first message that names it after its `Hangup`.
    pub late: Option<Reference>,
    /// The first message that calls it by a name that nothing gave it.
    pub misnamed: Option<Reference>,
}

impl Channel {
    fn legacy_mut(&mut self) -> &mut LegacyLife {
        self.legacy.get_or_insert_default()
    }

    /// The channels to which it is linked: releases before 12.
    pub fn links(&self) -> &[Link] {
        self.legacy.as_ref().map_or(&[], |life| &life.links)
    }

    /// The dials that it began and that have not ended: releases 1.6 to 11.
    pub fn dials(&self) -> &[Reference] {
        self.legacy.as_ref().map_or(&[], |life| &life.dials)
    }
}

/// Whether an event links two channels (`true`) or parts them (`false`).
pub fn links_or_parts(facts: &Facts<'_>) -> Option<bool> {
    match facts.event {
        Event::Link => Some(true),
        Event::Unlink => Some(false),
        Event::Bridge => {
            let state = facts.message.get("Bridgestate")?;
            let is = |value: &str| state.eq_ignore_ascii_case(value.as_bytes());
            is("Link").then_some(true).or_else(|| is("Unlink").then_some(false))
        }
        _ => None,
    }
}

impl Model {
    /// Tells whether a release before 12 speaks.
    pub(crate) fn set_legacy(&mut self, legacy: bool) {
        self.legacy = legacy;
    }

    /// The last `Newchannel` of any channel, where a release before 12 speaks.
    pub fn last_newchannel(&self) -> Option<&Reference> {
        self.last_newchannel.as_ref()
    }

    pub(super) fn apply_legacy(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        if facts.event.order() != Order::Channel {
            return;
        }
        for (key, role) in &named.channels {
            let Some(channel) = self.channels.get_mut(*key) else { continue };
            let has_ended = channel.hangup.as_ref().is_some_and(|hangup| hangup.place != at.place);
            if has_ended && facts.event != Event::Newchannel {
                channel.legacy_mut().late.get_or_insert_with(|| at.clone());
            }
            if facts.event == Event::Rename {
                if let Some(life) = &mut channel.legacy {
                    life.misnamed = None;
                }
            } else if let Some(name) = role.name {
                match &channel.name {
                    Some((before, _)) if **before != *name => {
                        channel.legacy_mut().misnamed.get_or_insert_with(|| at.clone());
                    }
                    Some(_) => {}
                    None => channel.named(name, at),
                }
            }
        }
        let subject = named.channel("");
        match facts.event {
            Event::Newchannel => self.last_newchannel = Some(at.clone()),
            Event::Newexten => {
                if let Some(channel) = subject.and_then(|key| self.channels.get_mut(key)) {
                    channel.legacy_mut().newexten = Some(at.clone());
                }
            }
            Event::Dial => {
                let Some(caller) = subject.and_then(|key| self.channels.get_mut(key)) else { return };
                let state = facts.message.get("SubEvent").unwrap_or_default();
                if state.eq_ignore_ascii_case(b"Begin") && caller.hangup.is_none() {
                    let life = caller.legacy_mut();
                    if life.dials.len() < AT_ONCE {
                        life.dials.push(at.clone());
                    }
                } else if state.eq_ignore_ascii_case(b"End") {
                    let life = caller.legacy_mut();
                    life.dials.clear();
                    life.dial_end = Some(at.clone());
                }
            }
            Event::Link | Event::Unlink | Event::Bridge => {
                let (Some(one), Some(two)) = (named.channel("1"), named.channel("2")) else { return };
                match links_or_parts(facts) {
                    Some(true) => self.link(one, two, at),
                    Some(false) => self.unlink(one, two),
                    None => {}
                }
            }
            Event::Masquerade => {
                // The names are about to move; the `Rename`s that follow tell where to.
                for name in ["Clone", "Original"].into_iter().filter_map(|key| facts.message.get(key)) {
                    self.channels.for_each_mut(|channel| {
                        if channel.hangup.is_none() && channel.name.as_ref().is_some_and(|(is, _)| **is == *name) {
                            channel.name = None;
                        }
                    });
                }
            }
            Event::Hangup => {
                let Some(key) = subject else { return };
                let Some(life) = self.channels.get_mut(key).and_then(|channel| channel.legacy.as_mut()) else { return };
                life.dials.clear();
                for link in std::mem::take(&mut life.links) {
                    if let Some(other) = self.channels.get_mut(link.other) {
                        other.legacy_mut().links.retain(|link| link.other != key);
                    }
                }
            }
            _ => {}
        }
    }

    fn link(&mut self, one: ChannelKey, two: ChannelKey, at: &Reference) {
        let alive = |key: ChannelKey| self.channels.get(key).is_some_and(|channel| channel.hangup.is_none());
        if !alive(one) || !alive(two) {
            return;
        }
        for (key, other, is_first) in [(one, two, true), (two, one, false)] {
            if let Some(channel) = self.channels.get_mut(key) {
                let life = channel.legacy_mut();
                if life.links.len() < AT_ONCE && life.links.iter().all(|link| link.other != other) {
                    life.links.push(Link { other, begin: at.clone(), is_first });
                }
            }
        }
    }

    fn unlink(&mut self, one: ChannelKey, two: ChannelKey) {
        for (key, other) in [(one, two), (two, one)] {
            if let Some(life) = self.channels.get_mut(key).and_then(|channel| channel.legacy.as_mut()) {
                life.links.retain(|link| link.other != other);
            }
        }
    }
}
