//! Calls that the client asked for, and that wait for their `OriginateResponse`.

use std::collections::VecDeque;

use crate::facts::Facts;
use crate::finding::Reference;

/// A call that the server has queued.
#[derive(Clone, Debug)]
pub struct Originate {
    /// The `ActionID`.
    pub id: Box<[u8]>,
    /// The response that says that it is queued.
    pub queued: Reference,
}

/// The calls that a connection asked for.
#[derive(Debug, Default)]
pub struct Originates {
    pending: VecDeque<Originate>,
    /// Those that were answered last, each with its `OriginateResponse`.
    answered: VecDeque<(Originate, Reference)>,
    /// `OriginateResponse`s that came before the response to the action.
    early: VecDeque<(Box<[u8]>, Reference)>,
}

/// Calls that can wait.
const PENDING: usize = 4096;
/// Answered calls that are remembered, to know a second `OriginateResponse`.
const ANSWERED: usize = 256;
/// How many messages an `OriginateResponse` can come before the response to its action: two threads write them.
const EARLY: u64 = 32;

impl Originates {
    /// The calls that wait, in order.
    pub fn pending(&self) -> impl Iterator<Item = &Originate> {
        self.pending.iter()
    }

    /// The oldest call that waits with this `ActionID`.
    pub fn find(&self, id: &[u8]) -> Option<&Originate> {
        self.pending.iter().find(|originate| *originate.id == *id)
    }

    /// The last call with this `ActionID` that was answered, and by what.
    pub fn find_answered(&self, id: &[u8]) -> Option<&(Originate, Reference)> {
        self.answered.iter().rev().find(|(originate, _)| *originate.id == *id)
    }

    /// The server has queued a call.
    pub(crate) fn queued(&mut self, id: Option<&[u8]>, at: &Reference) {
        let Some(id) = id.filter(|id| !id.is_empty()) else { return };
        let originate = Originate { id: id.into(), queued: at.clone() };
        let just = |(other, early): &(Box<[u8]>, Reference)| {
            **other == *id && at.place.message.saturating_sub(early.place.message) <= EARLY
        };
        if let Some((_, early)) = self.early.iter().position(just).and_then(|place| self.early.remove(place)) {
            self.remember(originate, early);
        } else {
            self.pending.push_back(originate);
            if self.pending.len() > PENDING {
                self.pending.pop_front();
            }
        }
    }

    fn remember(&mut self, originate: Originate, by: Reference) {
        self.answered.push_back((originate, by));
        if self.answered.len() > ANSWERED {
            self.answered.pop_front();
        }
    }

    pub(super) fn answered(&mut self, facts: &Facts<'_>, at: &Reference) {
        let Some(id) = facts.message.get("ActionID").filter(|id| !id.is_empty()) else { return };
        let place = self.pending.iter().position(|originate| *originate.id == *id);
        if let Some(originate) = place.and_then(|place| self.pending.remove(place)) {
            self.remember(originate, at.clone());
        } else if self.find_answered(id).is_none() {
            self.early.push_back((id.into(), at.clone()));
            if self.early.len() > ANSWERED {
                self.early.pop_front();
            }
        }
    }
}
