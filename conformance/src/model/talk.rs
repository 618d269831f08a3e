//! The conversation of client and server: login, actions, responses, lists.

use std::cell::Cell;

use ami_types::schema::EventId;
use ami_wire::Kind;

use super::actions::Actions;
use super::lists::Lists;
use crate::deviations;
use crate::finding::{Reference, Sender};
use crate::rules::RuleSet;
use crate::said::Said;

/// The conversation of a connection, as far as its messages tell.
#[derive(Debug, Default)]
pub struct Talk {
    /// The actions of the client.
    pub actions: Actions,
    /// The lists under way.
    pub lists: Lists,
    /// The first message of the server.
    pub first: Option<Reference>,
    /// The banner, where the server's stream begins with it.
    pub banner: Option<Reference>,
    /// The first `Response: Success` that is no challenge.
    pub login: Option<Reference>,
    /// The successful response to the client's `Login`.
    pub logged_in: Option<Reference>,
    /// The `Response: Goodbye`.
    pub goodbye: Option<Reference>,
    /// The last response.
    pub response: Option<Reference>,
    /// The first unsolicited event with a `Timestamp`, and the first without.
    pub stamped: Option<Reference>,
    /// The first unsolicited event without a `Timestamp`.
    pub unstamped: Option<Reference>,
    /// The first text without a kind since the last response: some actions are answered by that.
    pub bare_text: Option<Box<[u8]>>,
    /// Whether extra blank lines came since the last response: some actions are answered by that.
    pub blank: bool,
    /// Whether something of what the server sent is missing before the next message.
    pub is_midway: bool,
    /// The last message of each sender.
    pub(crate) last: [Option<Reference>; 2],
    /// Where the server's last message ends.
    end: u64,
    /// What it was, as far as that explains what stands behind it.
    pub(crate) behind: Behind,
    /// The rules that were reported broken for the connection: each is reported once.
    pub(crate) reported: Cell<RuleSet>,
}

/// A message of the server behind which stands what no well-formed message begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behind {
    /// A message like any other.
    #[default]
    Message,
    /// A response whose `Message` ends with a line break of its own.
    MessageLineBreak,
    /// A message whose last value is free text that ends with a line break, or is cut off by an empty line in it.
    Value,
    /// A table without any header.
    Table,
    /// The description of a SIP peer, or the answer that there is no such peer.
    Peer,
    /// `ParkedCallGiveUp`.
    ParkedCallGiveUp,
    /// The response without a word to `MuteAudio` or `QueueRule`.
    Wordless,
}

impl Behind {
    fn of(said: &Said<'_>, actions: &Actions) -> Self {
        let bytes = said.message.as_bytes();
        let is_well_ended = bytes.last_chunk() == Some(b"\r\n\r\n");
        match said.kind {
            Kind::Unknown if deviations::is_table(bytes) => Self::Table,
            Kind::Response if said.message_breaks_its_line() => Self::MessageLineBreak,
            // A well-formed message ends with two times CR LF: this is looked up for those that don't.
            _ if !is_well_ended && deviations::ends_in_text(said) => Self::Value,
            Kind::Response if deviations::is_peer(said) => Self::Peer,
            Kind::Response if said.text.is_none() && said.message.headers().nth(2).is_none() => {
                let action = actions.answered_by(said).map(|action| &*action.at.event);
                let is = |name: &str| action.is_some_and(|action| action.eq_ignore_ascii_case(name));
                if is("MuteAudio") || is("QueueRule") { Self::Wordless } else { Self::Message }
            }
            Kind::Event if said.def.is_some_and(|def| def.id == EventId::ParkedCallGiveUp) => Self::ParkedCallGiveUp,
            _ => Self::Message,
        }
    }
}

/// How much of a text without a kind is kept.
const KEPT: usize = 256;

fn end_of(said: &Said<'_>) -> u64 {
    said.message.offset() + said.message.as_bytes().len() as u64
}

impl Talk {
    /// How many bytes of extra blank lines stand before a message.
    pub(crate) fn blank_before(&self, said: &Said<'_>) -> u64 {
        if self.end > 0 { said.message.offset().saturating_sub(self.end) } else { 0 }
    }

    /// Whether extra blank lines stand between the server's last message and this one.
    pub(crate) fn is_behind_blank(&self, said: &Said<'_>) -> bool {
        self.blank_before(said) > 0
    }

    /// Takes a message in.
    pub(crate) fn apply(&mut self, said: &Said<'_>, at: &Reference) {
        if let Some(last) = self.last.get_mut(said.sender as usize) {
            *last = Some(at.clone());
        }
        if said.sender == Sender::Client {
            // A message without a kind is an action that names none: the server answers it. One that is cut off was
            // never read whole.
            if said.message.is_complete() {
                self.actions.sent(said, at);
            }
            return;
        }
        let is_first = self.first.is_none();
        if is_first {
            self.first = Some(at.clone());
        }
        self.blank |= self.is_behind_blank(said);
        self.end = end_of(said);
        self.behind = Behind::of(said, &self.actions);
        match said.kind {
            Kind::Banner if is_first && !self.is_midway => {
                self.banner = Some(at.clone());
                self.actions.begin();
            }
            Kind::Response => self.response(said, at),
            Kind::Event => self.event(said, at),
            Kind::Unknown => {
                self.lists.tail(said);
                if self.bare_text.is_none() {
                    let bytes = said.message.as_bytes();
                    self.bare_text = Some(bytes.get(..KEPT).unwrap_or(bytes).into());
                }
            }
            _ => {}
        }
    }

    fn response(&mut self, said: &Said<'_>, at: &Reference) {
        if said.starts_list() {
            let action = self.actions.answered_by(said).map(|action| (*action.at.event).into());
            self.lists.start(said, action, at);
        }
        // Where no action is known for it, it may be the one to Login.
        let logs_in = self.actions.answered_by(said).is_none_or(|action| action.at.event.eq_ignore_ascii_case("Login"));
        if self.logged_in.is_none() && logs_in && said.is_response("Success") {
            self.logged_in = Some(at.clone());
        }
        self.actions.answered(said, at);
        if self.login.is_none() && said.is_response("Success") && !said.is_challenge {
            self.login = Some(at.clone());
        }
        if self.goodbye.is_none() && said.is_response("Goodbye") {
            self.goodbye = Some(at.clone());
            self.lists.close();
        }
        self.response = Some(at.clone());
        self.bare_text = None;
        self.blank = false;
    }

    fn event(&mut self, said: &Said<'_>, at: &Reference) {
        self.lists.event(said, at);
        if said.is_unsolicited() && !said.name.eq_ignore_ascii_case(b"FullyBooted") {
            let first = if said.is_stamped { &mut self.stamped } else { &mut self.unstamped };
            if first.is_none() {
                *first = Some(at.clone());
            }
        }
    }

    /// Messages of a sender are missing here.
    ///
    /// Behind a gap in what the server sent, the stream is as if captured from the middle: what began before may have
    /// ended, and what ends may have begun. A login, a Goodbye and the form of events are known still.
    pub(crate) fn gap(&mut self, sender: Sender) {
        if sender == Sender::Client {
            self.actions.client_gap();
            return;
        }
        self.is_midway = true;
        self.banner = None;
        self.response = None;
        self.bare_text = None;
        self.blank = false;
        self.end = u64::MAX;
        self.actions.server_gap();
        self.lists.gap();
    }
}
