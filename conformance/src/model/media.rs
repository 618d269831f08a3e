//! What is switched on and off on a channel: hold, music, recording, talking, spying.

use super::{Event, Model, Named};
use crate::finding::Reference;

/// What can be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the protocol's")]
pub enum Switch {
    Hold,
    MusicOnHold,
    MixMonitor,
    ChannelTalking,
    ChanSpy,
}

impl Switch {
    /// What an event switches, and whether on.
    pub fn of(event: Event) -> Option<(Self, bool)> {
        Some(match event {
            Event::Hold => (Self::Hold, true),
            Event::Unhold => (Self::Hold, false),
            Event::MusicOnHoldStart => (Self::MusicOnHold, true),
            Event::MusicOnHoldStop => (Self::MusicOnHold, false),
            Event::MixMonitorStart => (Self::MixMonitor, true),
            Event::MixMonitorStop => (Self::MixMonitor, false),
            Event::ChannelTalkingStart => (Self::ChannelTalking, true),
            Event::ChannelTalkingStop => (Self::ChannelTalking, false),
            Event::ChanSpyStart => (Self::ChanSpy, true),
            Event::ChanSpyStop => (Self::ChanSpy, false),
            _ => return None,
        })
    }

    /// The role of the channel on which it is switched.
    pub fn role(self) -> &'static str {
        if self == Self::ChanSpy { "Spyer" } else { "" }
    }
}

/// The switches of a channel: for each whether it is on, and the message that said so.
#[derive(Clone, Debug, Default)]
pub struct Media([Option<(bool, Reference)>; 5]);

impl Media {
    /// Whether it is on, and the message that said so last.
    pub fn get(&self, switch: Switch) -> Option<&(bool, Reference)> {
        self.0.get(switch as usize)?.as_ref()
    }
}

impl Model {
    pub(super) fn switch(&mut self, event: Event, named: &Named<'_>, at: &Reference) {
        let Some((switch, on)) = Switch::of(event) else { return };
        let Some(channel) = named.channel(switch.role()).and_then(|key| self.channels.get_mut(key)) else { return };
        if let Some(place) = channel.media.get_or_insert_default().0.get_mut(switch as usize) {
            *place = Some((on, at.clone()));
        }
    }
}
