//! Which rules a message concerns, without asking each of them.

use super::{Cx, Era, On, RULES};
use crate::model::{Channel, Event, Model};

/// For each event the rules that look at it, by their position in [`RULES`].
#[derive(Debug)]
pub(crate) struct Dispatch {
    eras: [[Concerned; Event::COUNT]; 2],
    /// What settles the channels of which applications speak no more.
    silent: Box<[(usize, Silent)]>,
}

/// Settles a channel.
type Silent = fn(&Model, &Channel, &mut Cx<'_>);

/// The rules that look at one event.
#[derive(Debug, Default)]
struct Concerned {
    /// All of them, in order.
    all: Box<[u8]>,
    /// Those that look at it even when it names no channel.
    without_channel: Box<[u8]>,
}

impl Dispatch {
    /// The table for the rules that are `on`.
    pub(crate) fn new(on: impl Fn(usize) -> bool) -> Self {
        let concerned = |era: Era, event: usize| {
            let rules = |channels: bool| {
                let looks = |(index, rule): &(usize, &&super::Rule)| {
                    let looks = match rule.on {
                        On::Channels => channels,
                        On::Events(events) | On::Applications { events, .. } | On::Calls { events, .. } => {
                            events.iter().any(|looked| *looked as usize == event)
                        }
                        On::Talk { .. } | On::Defect(_) | On::Schema { .. } => false,
                    };
                    looks && rule.era.includes(era) && on(*index)
                };
                let index = |(index, _)| u8::try_from(index).ok();
                RULES.iter().enumerate().filter(looks).filter_map(index).collect()
            };
            Concerned { all: rules(true), without_channel: rules(false) }
        };
        let silent = |(index, rule): (usize, &&super::Rule)| match rule.on {
            On::Applications { silent, .. } if on(index) => Some((index, silent)),
            _ => None,
        };
        let silent = RULES.iter().enumerate().filter_map(silent).collect();
        Self { silent, eras: [Era::Legacy, Era::Modern].map(|era| std::array::from_fn(|event| concerned(era, event))) }
    }

    /// The rules, by their position, that settle channels of which applications speak no more.
    pub(crate) fn silent(&self) -> &[(usize, Silent)] {
        &self.silent
    }

    /// The rules that look at a message with this event that names channels or none.
    pub(crate) fn concerned(&self, era: Era, event: Event, names_channels: bool) -> &[u8] {
        let Some(concerned) = self.eras.get(era as usize).and_then(|events| events.get(event as usize)) else {
            return &[];
        };
        if names_channels { &concerned.all } else { &concerned.without_channel }
    }
}
