//! The actions of the client that wait for their response.
//!
//! A server takes the actions of a connection one after the other, so that responses come in the order of the actions.
//! A response is paired with its action by `ActionID`, and what was passed over on the way has no response.

use std::collections::VecDeque;

use crate::finding::Reference;
use crate::said::Said;

/// An action that waits for its response.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each says another thing of how it was sent")]
pub struct Action {
    /// Its `ActionID`.
    pub id: Option<Box<[u8]>>,
    /// The message.
    pub at: Reference,
    /// Whether its `ActionID` is written as the protocol has it: old servers do not read other forms.
    pub has_plain_id: bool,
    /// Whether the server takes it before login.
    pub is_login: bool,
    /// Whether actions may be missing just before it.
    behind_gap: bool,
    /// Whether blank lines stand before it or a line of it ends with LF alone: old servers answer an empty line as if it
    /// were an action.
    has_odd_lines: bool,
}

/// A response that no action waits for by its `ActionID`.
#[derive(Clone, Debug)]
pub struct Stray {
    /// Its `ActionID`.
    pub id: Option<Box<[u8]>>,
    /// The message.
    pub at: Reference,
    /// The first response with this `ActionID`, where there was one.
    pub again: Option<Reference>,
}

/// What becomes certain when a response is paired.
#[derive(Debug, Default)]
pub struct Settled<'m> {
    /// Responses that answer an action under another `ActionID`.
    pub mistaken: Vec<(&'m Stray, &'m Action)>,
    /// Actions without a response.
    pub unanswered: Vec<&'m Action>,
    /// Responses without an action.
    pub superfluous: Vec<&'m Stray>,
}

/// The actions of a connection.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "what is known of each side comes by itself")]
pub struct Actions {
    pending: VecDeque<Action>,
    strays: Vec<Stray>,
    /// The responses that came last, by `ActionID`.
    answered: VecDeque<(Box<[u8]>, Reference)>,
    /// Whether the client's side is in the trace.
    has_client: bool,
    /// Whether the server's stream is in the trace from its beginning, without a gap.
    from_start: bool,
    /// Whether the client's stream is in the trace from its beginning, as its login tells.
    client_from_start: bool,
    /// How many actions the client sent.
    sent: u64,
    /// Whether a response was paired since the last gap in what the server sent.
    in_step: bool,
    /// Whether actions are missing behind the last one.
    ends_in_gap: bool,
    /// Where the last action ends.
    end: u64,
}

/// Among so many actions a login is that of a session which begins here.
const FIRST: u64 = 2;
/// Responses that are remembered, to know a second one with the same `ActionID`.
const ANSWERED: usize = 256;
/// Actions that can wait: a client side without a server side must not fill the memory.
const PENDING: usize = 1 << 17;
/// Responses that can wait for their action.
const STRAYS: usize = 256;

impl Actions {
    /// Whether the client's side is in the trace.
    pub fn has_client(&self) -> bool {
        self.has_client
    }

    /// Whether it is known which action the next response is for: both streams are there from their beginning, or
    /// a response was paired since the last gap in the server's.
    pub fn is_in_step(&self) -> bool {
        self.in_step || (self.from_start && self.client_from_start)
    }

    /// The actions without a response, in order.
    pub fn pending(&self) -> impl Iterator<Item = &Action> {
        self.pending.iter()
    }

    /// Whether a response or an action had this `ActionID` lately.
    pub fn knows(&self, id: &[u8]) -> bool {
        self.answered.iter().any(|(answered, _)| **answered == *id)
            || self.pending.iter().take(1).any(|action| action.id.as_deref() == Some(id))
    }

    /// The action that a response is the answer to, by its `ActionID`.
    pub fn answered_by(&self, response: &Said<'_>) -> Option<&Action> {
        self.position(response).and_then(|at| self.pending.get(at))
    }

    fn position(&self, response: &Said<'_>) -> Option<usize> {
        match response.action_id {
            Some(id) => self.pending.iter().position(|action| action.id.as_deref() == Some(id)),
            // Without one it can only answer the next action that was sent without one.
            None => self.pending.front().filter(|action| action.id.is_none()).map(|_| 0),
        }
    }

    /// What a response settles about the actions before its own and about the responses that found no action.
    pub fn settled_by(&self, response: &Said<'_>) -> Settled<'_> {
        match self.position(response) {
            Some(at) => self.settle(at),
            None => Settled::default(),
        }
    }

    /// What is certain at the end: a stray response stands for the action that waits, or repeats another one.
    pub fn settled_at_end(&self) -> Settled<'_> {
        let mut settled = Settled::default();
        if !self.is_in_step() || self.ends_in_gap || self.pending.iter().any(|action| action.behind_gap) {
            return settled;
        }
        let mut pending = self.pending.iter();
        for stray in &self.strays {
            if stray.again.is_some() {
                if self.in_step {
                    settled.superfluous.push(stray);
                }
            } else if let Some(action) = pending.next() {
                // A response without ActionID to an action without one is no mistake.
                if action.id != stray.id {
                    settled.mistaken.push((stray, action));
                }
            }
        }
        settled
    }

    fn settle(&self, paired: usize) -> Settled<'_> {
        let mut settled = Settled::default();
        let mut skipped: Vec<&Action> = self.pending.iter().take(paired).collect();
        let mut strays: Vec<&Stray> = self.strays.iter().collect();
        // A response without ActionID to an action without one is no mistake.
        strays.retain(|stray| match skipped.iter().position(|action| action.id == stray.id) {
            Some(at) => {
                skipped.remove(at);
                false
            }
            None => true,
        });
        if self.pending.iter().take(paired + 1).any(|action| action.behind_gap) && !strays.is_empty() {
            // They may answer what is missing.
            return settled;
        }
        if !self.is_in_step() {
            strays.clear();
        }
        // First those that are nearly the same: old servers read blanks as they like.
        let trimmed = |id: &Option<Box<[u8]>>| id.as_deref().map(<[u8]>::trim_ascii).map(<[u8]>::to_vec);
        let same = |stray: &Stray, action: &Action| stray.id.is_some() && trimmed(&stray.id) == trimmed(&action.id);
        strays.retain(|stray| match skipped.iter().position(|action| same(stray, action)) {
            Some(at) => {
                settled.mistaken.push((stray, skipped.remove(at)));
                false
            }
            None => true,
        });
        let both = strays.len().min(skipped.len());
        settled.mistaken.extend(strays.drain(..both).zip(skipped.drain(..both)));
        if self.pending.iter().take(paired + 1).any(|action| action.has_odd_lines) {
            strays.retain(|stray| stray.id.is_some());
        }
        settled.unanswered = skipped;
        // Before the first pair, the client's side of the trace may begin later than the server's.
        settled.superfluous = if self.in_step { strays } else { Vec::new() };
        settled
    }

    /// Takes an action of the client in.
    pub(super) fn sent(&mut self, said: &Said<'_>, at: &Reference) {
        let ends_badly = |line: ami_wire::Line<'_>| line.ending != b"\r\n";
        let has_odd_lines = said.message.offset() != self.end || said.message.lines().any(ends_badly);
        self.end = said.message.offset() + said.message.as_bytes().len() as u64;
        let is_login = ["Login", "Logoff", "Logout", "Challenge"]
            .iter()
            .any(|name| said.name.eq_ignore_ascii_case(name.as_bytes()));
        // A session begins with a login; some ask before, to be refused. One that comes later tells of no beginning.
        let logs_in = ["Login", "Challenge"].iter().any(|name| said.name.eq_ignore_ascii_case(name.as_bytes()));
        self.client_from_start |= logs_in && self.sent < FIRST;
        self.sent += 1;
        self.has_client = true;
        self.pending.push_back(Action {
            id: said.action_id.map(Into::into),
            at: at.clone(),
            has_plain_id: has_plain_id(said),
            is_login,
            behind_gap: std::mem::take(&mut self.ends_in_gap),
            has_odd_lines,
        });
        if self.pending.len() > PENDING {
            self.pending.pop_front();
            self.server_gap();
        }
    }

    /// Takes a response of the server in.
    pub(super) fn answered(&mut self, said: &Said<'_>, at: &Reference) {
        let again = |id: &[u8]| {
            self.answered.iter().find(|(answered, _)| **answered == *id).map(|(_, response)| response.clone())
        };
        match self.position(said) {
            Some(paired) => {
                self.pending.drain(..=paired);
                self.strays.clear();
                self.in_step = true;
            }
            None if self.strays.len() < STRAYS => {
                let again = said.action_id.and_then(again);
                self.strays.push(Stray { id: said.action_id.map(Into::into), at: at.clone(), again });
            }
            None => self.server_gap(),
        }
        if let Some(id) = said.action_id {
            self.answered.push_back((id.into(), at.clone()));
            if self.answered.len() > ANSWERED {
                self.answered.pop_front();
            }
        }
    }

    /// The server's stream begins here.
    pub(super) fn begin(&mut self) {
        self.from_start = true;
    }

    /// Messages of the server are missing: what was passed over proves nothing.
    pub(super) fn server_gap(&mut self) {
        (self.in_step, self.from_start) = (false, false);
        self.strays.clear();
    }

    /// Messages of the client are missing: responses may come that no action is there for.
    pub(super) fn client_gap(&mut self) {
        self.ends_in_gap = true;
    }
}

/// Whether the header `ActionID` has one space behind the colon, no blanks around its value, and CR LF at its end.
fn has_plain_id(said: &Said<'_>) -> bool {
    let Some(id) = said.action_id else { return true };
    let is_it = |text: &[u8]| text.get(..8).is_some_and(|key| key.eq_ignore_ascii_case(b"ActionID"));
    let line = said.message.lines().find(|line| is_it(line.text));
    line.is_some_and(|line| line.ending == b"\r\n" && line.text.get(8..10) == Some(b": ")) && id.trim_ascii() == id
}
