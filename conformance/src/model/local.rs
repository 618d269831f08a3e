//! Local channels that are optimised away.

use super::{Event, Model, Named};
use crate::facts::Facts;
use crate::finding::Reference;

/// An optimisation under way.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Its `Id`.
    pub id: Box<[u8]>,
    /// The `LocalOptimizationBegin`.
    pub begin: Reference,
}

/// How a pair of halves is optimised away; kept with the first half.
#[derive(Clone, Debug, Default)]
pub struct Optimization {
    /// What has begun and not ended.
    pub begun: Vec<Begun>,
    /// The last `LocalOptimizationEnd`, with its `Id`, and whether its beginning is still to come.
    pub ended: Option<(Box<[u8]>, Reference, bool)>,
}

/// A pair is optimised away once; more than a few beginnings at a time are leftovers.
const BEGUN: usize = 4;

impl Optimization {
    /// The optimisation under way with this `Id`.
    pub fn begun(&self, id: &[u8]) -> Option<&Begun> {
        self.begun.iter().find(|begun| *begun.id == *id)
    }

    /// The last end, if it has this `Id`.
    pub fn ended(&self, id: &[u8]) -> Option<&Reference> {
        self.ended.as_ref().filter(|(ended, _, _)| **ended == *id).map(|(_, end, _)| end)
    }
}

impl Model {
    pub(super) fn optimise(&mut self, facts: &Facts<'_>, named: &Named<'_>, at: &Reference) {
        let Some(one) = named.channel("LocalOne").and_then(|key| self.channels.get_mut(key)) else { return };
        let Some(id) = facts.message.get("Id") else { return };
        let optimization = one.optimization.get_or_insert_default();
        if facts.event == Event::LocalOptimizationBegin {
            let came_late = optimization.ended.take_if(|(ended, _, early)| *early && **ended == *id).is_some();
            if !came_late && optimization.begun(id).is_none() {
                optimization.begun.truncate(BEGUN - 1);
                optimization.begun.push(Begun { id: id.into(), begin: at.clone() });
            }
        } else {
            let before = optimization.begun.len();
            optimization.begun.retain(|begun| *begun.id != *id);
            optimization.ended = Some((id.into(), at.clone(), optimization.begun.len() == before));
        }
    }
}
