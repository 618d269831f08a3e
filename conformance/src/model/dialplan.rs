//! Where channels are in the dialplan.

use super::{Event, Model, Named};
use crate::facts::Facts;
use crate::finding::Reference;

/// The position of a channel: context, extension and priority.
#[derive(Clone, Debug)]
pub struct Position {
    place: [Vec<u8>; 3],
    /// The message that told it: a `Newexten`.
    pub by: Reference,
    /// The first message since that shows another one, and which.
    pub moved: Option<(Reference, [Vec<u8>; 3])>,
}

/// The position that a snapshot shows.
type Shown<'a> = [&'a [u8]; 3];

/// The position that the message shows of its channel. That of a dialled channel has an empty extension, which its
/// `Newexten` tells.
pub(crate) fn shown<'a>(facts: &Facts<'a>) -> Option<Shown<'a>> {
    let [context, exten, priority] = ["Context", "Exten", "Priority"].map(|key| facts.message.get(key));
    Some([context?, exten?, priority?])
}

fn same(one: &[Vec<u8>; 3], other: &Shown<'_>) -> bool {
    one.iter().zip(other).all(|(one, other)| **one == **other)
}

impl Position {
    /// Whether it is what a snapshot shows.
    pub(crate) fn is(&self, shown: &Shown<'_>) -> bool {
        same(&self.place, shown)
    }

    /// The message that shows another position than its last `Newexten` told, unless it is the one that is shown now.
    pub(crate) fn moved_elsewhere(&self, shown: Option<&Shown<'_>>) -> Option<&Reference> {
        let (at, place) = self.moved.as_ref()?;
        (!shown.is_some_and(|shown| same(place, shown))).then_some(at)
    }
}

impl Model {
    /// Follows the channel of a message through the dialplan.
    pub(super) fn follow(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        if !is_followed(facts.event) {
            return;
        }
        let Some(channel) = named.channel("").and_then(|key| self.channels.get_mut(key)) else { return };
        let shown = shown(facts);
        match (&mut channel.position, facts.event, shown) {
            (position, Event::Newexten, None) => *position = None,
            (Some(position), Event::Newexten, Some(shown)) => position.arrive(&shown, at),
            (position @ None, Event::Newexten, Some(shown)) => {
                let place = shown.map(<[u8]>::to_vec);
                *position = Some(Box::new(Position { place, by: at.clone(), moved: None }));
            }
            (Some(position), event, Some(shown)) if !position.is(&shown) => {
                if event == Event::VarSet {
                    // That is told; from here on it is there.
                    position.arrive(&shown, at);
                } else if position.moved.is_none() {
                    position.moved = Some((at.clone(), shown.map(<[u8]>::to_vec)));
                }
            }
            (Some(position), Event::VarSet, Some(_)) => position.moved = None,
            _ => {}
        }
    }
}

impl Position {
    fn arrive(&mut self, shown: &Shown<'_>, at: &Reference) {
        for (part, shown) in self.place.iter_mut().zip(shown) {
            part.clear();
            part.extend_from_slice(shown);
        }
        self.by = at.clone();
        self.moved = None;
    }
}

/// Snapshots whose place in the life of their channel is promised.
pub(crate) const FOLLOWED: &[Event] = &[
    Event::Newexten,
    Event::Newstate,
    Event::NewCallerid,
    Event::NewConnectedLine,
    Event::NewAccountCode,
    Event::Hangup,
    Event::BridgeEnter,
    Event::BridgeLeave,
    Event::VarSet,
    Event::DtmfBegin,
    Event::DtmfEnd,
];

fn is_followed(event: Event) -> bool {
    FOLLOWED.contains(&event)
}
