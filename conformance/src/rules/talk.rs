//! Which rules look at the conversation and at the wire.

use ami_wire::{DefectCode, Kind};

use super::dispatch::{Active, active};
use super::{On, Rule};
use crate::finding::Severity;
use crate::model::Talk;
use crate::said::Said;

/// For each kind of message the rules about the conversation, and for each defect its rule.
#[derive(Debug)]
pub(crate) struct TalkDispatch {
    by_kind: [Vec<Active>; 5],
    /// For events that are surely about no list.
    besides_lists: Vec<Active>,
    by_defect: Vec<(DefectCode, usize, &'static Rule)>,
}

impl TalkDispatch {
    /// The table for the rules that are on, by the severities of all of them.
    pub(crate) fn new(severities: &[Option<Severity>]) -> Self {
        let mut table = Self { by_kind: Default::default(), besides_lists: Vec::new(), by_defect: Vec::new() };
        for active in active(severities) {
            match active.rule.on {
                On::Talk { kinds, .. } | On::Lists { kinds, .. } => {
                    if kinds.contains(&Kind::Event) && matches!(active.rule.on, On::Talk { .. }) {
                        table.besides_lists.push(active);
                    }
                    for kind in kinds {
                        if let Some(rules) = table.by_kind.get_mut(place(*kind)) {
                            rules.push(active);
                        }
                    }
                }
                On::Defect(code) => table.by_defect.push((code, active.index, active.rule)),
                On::Channels(_) | On::Events(..) | On::Applications { .. } | On::Calls { .. } | On::Schema { .. } => {}
            }
        }
        table
    }

    /// The rules that look at a message, before it is taken into the model.
    pub(crate) fn concerned(&self, said: &Said<'_>, talk: &Talk) -> &[Active] {
        if said.is_unsolicited() && said.event_list.is_none() && talk.lists.latest().is_none() {
            return &self.besides_lists;
        }
        let kind = said.kind;
        self.by_kind.get(place(kind)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether any rule about defects is on.
    pub(crate) fn looks_at_wire(&self) -> bool {
        !self.by_defect.is_empty()
    }

    /// The rule about a defect.
    pub(crate) fn of_defect(&self, code: DefectCode) -> Option<(usize, &'static Rule)> {
        self.by_defect.iter().find(|(of, ..)| *of == code).map(|(_, index, rule)| (*index, *rule))
    }
}

const fn place(kind: Kind) -> usize {
    match kind {
        Kind::Banner => 0,
        Kind::Action => 1,
        Kind::Response => 2,
        Kind::Event => 3,
        Kind::Unknown => 4,
    }
}
