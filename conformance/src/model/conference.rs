//! Conferences, and who is in them.

use slotmap::new_key_type;

use super::ids;
use super::{ChannelKey, Event, Model, Named};
use crate::facts::Facts;
use crate::finding::Reference;

new_key_type! {
    /// A conference of the model.
    pub struct ConferenceKey;
}

/// A conference, from `ConfbridgeStart` to `ConfbridgeEnd`.
#[derive(Debug)]
pub struct Conference {
    /// Its `BridgeUniqueid`.
    id: Box<[u8]>,
    /// Its name.
    pub name: Box<[u8]>,
    /// Its `ConfbridgeStart`.
    pub start: Option<Reference>,
    /// Its `ConfbridgeEnd`.
    pub end: Option<Reference>,
    /// The first message that speaks of it before its start.
    pub early: Option<Reference>,
    /// The channels in it.
    pub members: Vec<ChannelKey>,
}

impl ids::Named for Conference {
    fn id(&self) -> &[u8] {
        &self.id
    }
}

/// A channel's stay in a conference.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The conference.
    pub conference: ConferenceKey,
    /// The `ConfbridgeJoin`.
    pub join: Option<Reference>,
    /// The `ConfbridgeLeave`, or the `ConfbridgeEnd` where it never came.
    pub leave: Option<Reference>,
}

impl Seat {
    /// Its beginning, while it lasts.
    pub fn pending(&self) -> Option<&Reference> {
        self.join.as_ref().filter(|_| self.leave.is_none())
    }
}

/// Conferences in which a channel is remembered.
const SEATS: usize = 16;

impl Model {
    /// All conferences that are known.
    pub fn conferences(&self) -> impl Iterator<Item = &Conference> {
        self.conferences.values()
    }

    /// The conference of which an event speaks.
    pub(crate) fn conference(&self, facts: &Facts<'_>) -> Option<(ConferenceKey, &Conference)> {
        let key = self.conferences.find(facts.bridge.filter(|id| !id.is_empty())?)?;
        Some((key, self.conferences.get(key)?))
    }

    pub(super) fn confer(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        let Some(id) = facts.bridge.filter(|id| !id.is_empty()) else { return };
        let key = self.conferences.find(id).unwrap_or_else(|| {
            let name = facts.message.get("Conference").unwrap_or_default().into();
            let (id, members) = (id.into(), Vec::new());
            self.conferences.insert(Conference { id, name, start: None, end: None, early: None, members })
        });
        let start = self.conferences.get(key).and_then(|conference| conference.start.as_ref());
        let member = named.channel("").and_then(|member| self.channels.get(member));
        let is_whole = start.is_some_and(|start| self.is_in_sight(start))
            || member.is_some_and(|member| self.whole_life(member).is_some());
        let Some(conference) = self.conferences.get_mut(key) else { return };
        match facts.event {
            Event::ConfbridgeStart => {
                conference.start.get_or_insert_with(|| at.clone());
            }
            Event::ConfbridgeEnd => {
                if conference.end.is_none() {
                    conference.end = Some(at.clone());
                    self.dead_conferences.push_back(key);
                }
                for member in std::mem::take(&mut conference.members) {
                    let seats = self.channels.get_mut(member).map(|channel| &mut channel.seats);
                    if let Some(seat) = seats.and_then(|seats| seats.iter_mut().find(|seat| seat.conference == key)) {
                        seat.leave.get_or_insert_with(|| at.clone());
                    }
                }
            }
            event => {
                if conference.start.is_none() {
                    conference.early.get_or_insert_with(|| at.clone());
                }
                let Some(member) = named.channel("") else { return };
                let Some(channel) = self.channels.get_mut(member) else { return };
                let seat = channel.seats.iter_mut().find(|seat| seat.conference == key);
                let at = Some(at.clone());
                match (seat, event == Event::ConfbridgeJoin) {
                    // A Leave that came too early, which was told, stands for the one that belongs behind this Join.
                    (Some(seat), true) if seat.join.is_none() && is_whole => seat.join = at,
                    (Some(seat), true) => {
                        if seat.pending().is_none() {
                            (seat.join, seat.leave) = (at, None);
                        }
                    }
                    (Some(seat), false) => seat.leave = seat.leave.take().or(at),
                    (None, is_join) => {
                        if channel.seats.len() == SEATS {
                            channel.seats.remove(0);
                        }
                        let (join, leave) = if is_join { (at, None) } else { (None, at) };
                        channel.seats.push(Seat { conference: key, join, leave });
                    }
                }
                let stays = channel.seats.iter().any(|seat| seat.conference == key && seat.pending().is_some());
                conference.members.retain(|other| *other != member);
                if stays {
                    conference.members.push(member);
                }
            }
        }
    }

    /// The bridge of a conference is gone, and with it the conference, whether or not its end was told.
    pub(super) fn conference_is_gone(&mut self, facts: &Facts<'_>) {
        if let Some((key, conference)) = self.conference(facts)
            && conference.end.is_none()
        {
            self.dead_conferences.push_back(key);
        }
    }
}
