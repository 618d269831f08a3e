//! The lists under way: each begins with a response, and its items and its end are events.

use std::collections::VecDeque;

use crate::finding::Reference;
use crate::said::Said;

/// A list under way.
#[derive(Clone, Debug)]
pub struct List {
    /// The `ActionID` of its action.
    pub id: Option<Box<[u8]>>,
    /// The response that began it.
    pub start: Reference,
    /// The name of its action, where the client's side is in the trace.
    pub action: Option<Box<str>>,
    /// How many items came.
    pub items: u64,
    /// How many `PeerEntry` without `ActionID` came while it was under way, though it has one.
    pub nameless_peers: u64,
    /// How many other answers without `ActionID` came.
    pub nameless: u64,
    /// How many ends of items came: text without a kind, with the `ActionID` of the list.
    pub tails: u64,
    /// Whether messages are missing since it began.
    pub has_gap: bool,
}

/// The lists of a connection.
#[derive(Debug, Default)]
pub struct Lists {
    open: Vec<List>,
    /// The lists that ended last, by `ActionID`.
    ended: VecDeque<(Option<Box<[u8]>>, Reference)>,
}

/// Lists that can be under way at a time. A server works them off one after the other; more than a few are leftovers.
const OPEN: usize = 64;
/// Ended lists that are remembered.
const ENDED: usize = 64;

impl Lists {
    /// The lists under way, the oldest first.
    pub fn open(&self) -> impl Iterator<Item = &List> {
        self.open.iter()
    }

    /// The list that began last.
    pub fn latest(&self) -> Option<&List> {
        self.open.last()
    }

    /// The list that an event belongs to: by its `ActionID`; the events of a list without one are those without
    /// `Privilege`.
    pub fn of(&self, event: &Said<'_>) -> Option<&List> {
        self.open.get(self.position(event)?)
    }

    fn position(&self, event: &Said<'_>) -> Option<usize> {
        let by_id = |id: &[u8]| self.open.iter().rposition(|list| list.id.as_deref() == Some(id));
        event
            .action_id
            .and_then(by_id)
            .or_else(|| event.is_answer().then(|| self.open.iter().rposition(|list| list.id.is_none()))?)
    }

    /// How the last list with this `ActionID` ended.
    pub fn ended(&self, id: Option<&[u8]>) -> Option<&Reference> {
        self.ended.iter().rev().find(|(ended, _)| ended.as_deref() == id).map(|(_, at)| at)
    }

    pub(super) fn start(&mut self, said: &Said<'_>, action: Option<Box<str>>, at: &Reference) {
        let id = said.action_id.map(Into::into);
        self.open.push(List {
            id,
            start: at.clone(),
            action,
            items: 0,
            nameless_peers: 0,
            nameless: 0,
            tails: 0,
            has_gap: false,
        });
        if self.open.len() > OPEN {
            self.open.remove(0);
        }
    }

    pub(super) fn event(&mut self, said: &Said<'_>, at: &Reference) {
        let mine = self.position(said);
        if said.ends_list().is_some() {
            // One that ends with another ActionID, or none, ends the list that is under way all the same.
            let ends = mine.or_else(|| (said.is_answer() && self.open.len() == 1).then_some(0));
            if let Some(ends) = ends {
                let list = self.open.remove(ends);
                self.ended.push_back((list.id, at.clone()));
                if self.ended.len() > ENDED {
                    self.ended.pop_front();
                }
            }
        } else if let Some(list) = mine.and_then(|mine| self.open.get_mut(mine)) {
            list.items += 1;
        } else if said.is_answer()
            && said.action_id.is_none()
            && let Some(list) = self.open.last_mut()
        {
            *(if said.name == b"PeerEntry" { &mut list.nameless_peers } else { &mut list.nameless }) += 1;
        }
    }

    /// Takes a text without a kind in: the rest of an item that ended too early, where it has the `ActionID`.
    pub(super) fn tail(&mut self, said: &Said<'_>) {
        let list = said.action_id.and_then(|id| self.open.iter_mut().rfind(|list| list.id.as_deref() == Some(id)));
        if let Some(list) = list {
            list.tails += 1;
        }
    }

    /// Messages are missing.
    pub(super) fn gap(&mut self) {
        self.ended.clear();
        self.open.iter_mut().for_each(|list| list.has_gap = true);
    }

    /// The connection is closed.
    pub(super) fn close(&mut self) {
        self.open.clear();
    }
}
