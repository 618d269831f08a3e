//! Parked calls: how each is announced, how it enters the parking bridge, and how it ends.

use super::{BridgeKey, Channel, ChannelKey, Event, Model, Named};
use crate::facts::Facts;
use crate::finding::Reference;

/// A call that was parked.
#[derive(Clone, Debug)]
pub struct Parked {
    /// The `ParkedCall`.
    pub call: Reference,
    /// What became of it.
    pub outcome: Option<Reference>,
    /// The lot and the space in it.
    place: [Box<[u8]>; 2],
}

/// What is known of a channel that is or was parked.
#[derive(Clone, Debug, Default)]
pub struct Parking {
    /// The last call.
    pub parked: Option<Parked>,
    /// Whether a `ParkedCall` came that was not followed by the entry into the bridge yet.
    pub is_announced: bool,
    /// The entry into a parking bridge for which no `ParkedCall` was seen.
    pub unannounced: Option<(BridgeKey, Reference)>,
}

impl Parking {
    /// The call that is parked.
    pub fn pending(&self) -> Option<&Parked> {
        self.parked.as_ref().filter(|parked| parked.outcome.is_none())
    }
}

/// Whether a bridge event speaks of a parking bridge.
pub(crate) fn is_lot(facts: &Facts<'_>) -> bool {
    facts.message.get("BridgeCreator") == Some(b"Parking")
        && facts.message.get("BridgeTechnology") == Some(b"holding_bridge")
}

fn place<'a>(facts: &Facts<'a>) -> [&'a [u8]; 2] {
    ["Parkinglot", "ParkingSpace"].map(|key| facts.message.get(key).unwrap_or_default())
}

impl Channel {
    /// Enters or leaves a bridge, which can be one for parked calls.
    pub(super) fn goes_through_lot(&mut self, facts: &Facts<'_>, bridge: BridgeKey, at: &Reference) {
        if facts.event == Event::BridgeLeave {
            // A channel that was there before the window may have been announced before it: then the next ParkedCall
            // is about another stay.
            if let Some(parking) = self.parking.as_mut().filter(|_| self.announced.is_none()) {
                parking.unannounced.take_if(|(lot, _)| *lot == bridge);
            }
        } else if is_lot(facts) {
            let parking = self.parking.get_or_insert_default();
            if !std::mem::take(&mut parking.is_announced) {
                parking.unannounced = Some((bridge, at.clone()));
            }
        }
    }
}

impl Model {
    /// The parked call that an outcome is about: that of the parkee, or, where another channel has taken its place,
    /// that in the same space.
    pub(crate) fn parked(&self, facts: &Facts<'_>, named: &Named<'_>) -> Option<&Parked> {
        self.channels.get(self.parkee(facts, named)?)?.parking.as_ref()?.parked.as_ref()
    }

    fn parkee(&self, facts: &Facts<'_>, named: &Named<'_>) -> Option<ChannelKey> {
        let named = named.channel("Parkee")?;
        let pending = |key: &ChannelKey| self.channels.get(*key)?.parking.as_ref()?.pending();
        if facts.event == Event::ParkedCallSwap && pending(&named).is_none() {
            let place = place(facts);
            let same = |parked: &Parked| parked.place.iter().zip(place).all(|(one, other)| **one == *other);
            return self.parked.iter().copied().find(|key| pending(key).is_some_and(same)).or(Some(named));
        }
        Some(named)
    }

    pub(super) fn park(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        let Some(key) = self.parkee(facts, named) else { return };
        let Some(channel) = self.channels.get_mut(key) else { return };
        if facts.event == Event::ParkedCall {
            let parking = channel.parking.get_or_insert_default();
            parking.is_announced = parking.unannounced.take().is_none();
            parking.parked = Some(Parked { call: at.clone(), outcome: None, place: place(facts).map(Into::into) });
            if !self.parked.contains(&key) {
                self.parked.push(key);
            }
        } else if let Some(parked) = channel.parking.as_mut().and_then(|parking| parking.parked.as_mut()) {
            parked.outcome.get_or_insert_with(|| at.clone());
            self.parked.retain(|other| *other != key);
        }
    }
}
