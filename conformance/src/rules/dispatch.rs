//! Which rules a message concerns, without asking each of them.

use super::{Cx, Era, On, RULES, Rule};
use crate::finding::Severity;
use crate::model::{Channel, Event, Model};

/// A rule that is on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active {
    /// Its position in [`RULES`].
    pub(crate) index: usize,
    pub(crate) rule: &'static Rule,
    pub(crate) severity: Severity,
}

/// The rules that are on, by the severities of all of them.
pub(super) fn active(severities: &[Option<Severity>]) -> impl Iterator<Item = Active> {
    let rules = RULES.iter().copied().zip(severities).enumerate();
    rules.filter_map(|(index, (rule, severity))| Some(Active { index, rule, severity: (*severity)? }))
}

/// For each event the rules that look at it.
#[derive(Debug)]
pub(crate) struct Dispatch {
    eras: [[Concerned; Event::COUNT]; 2],
    /// What settles the channels of which applications speak no more.
    silent: Box<[(Active, Silent)]>,
}

/// Settles a channel.
type Silent = fn(&Model, &Channel, &mut Cx<'_>);

/// The rules that look at one event.
#[derive(Debug, Default)]
struct Concerned {
    /// All of them, in order.
    all: Box<[Active]>,
    /// Those that look at it even when it names no channel.
    without_channel: Box<[Active]>,
}

impl Dispatch {
    /// The table for the rules that are on, by the severities of all of them.
    pub(crate) fn new(severities: &[Option<Severity>]) -> Self {
        let concerned = |era: Era, event: usize| {
            let rules = |channels: bool| {
                let looks = |active: &Active| {
                    let looks = match active.rule.on {
                        On::Channels(_) => channels,
                        On::Events(_, events) | On::Applications { events, .. } | On::Calls { events, .. } => {
                            events.iter().any(|looked| *looked as usize == event)
                        }
                        On::Talk { .. } | On::Lists { .. } | On::Defect(_) | On::Schema { .. } => false,
                    };
                    looks && active.rule.era.includes(era)
                };
                active(severities).filter(looks).collect()
            };
            Concerned { all: rules(true), without_channel: rules(false) }
        };
        let silent = active(severities).filter_map(|active| match active.rule.on {
            On::Applications { silent, .. } => Some((active, silent)),
            _ => None,
        });
        Self {
            silent: silent.collect(),
            eras: [Era::Legacy, Era::Modern].map(|era| std::array::from_fn(|event| concerned(era, event))),
        }
    }

    /// The rules that settle channels of which applications speak no more.
    pub(crate) fn silent(&self) -> &[(Active, Silent)] {
        &self.silent
    }

    /// The rules that look at a message with this event that names channels or none.
    pub(crate) fn concerned(&self, era: Era, event: Event, names_channels: bool) -> &[Active] {
        let Some(concerned) = self.eras.get(era as usize).and_then(|events| events.get(event as usize)) else {
            return &[];
        };
        if names_channels { &concerned.all } else { &concerned.without_channel }
    }
}
