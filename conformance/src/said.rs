//! What one message says as a part of the conversation, whoever sent it: its kind, and the headers that tie actions,
//! responses and lists together.

use std::borrow::Cow;

use ami_types::schema::{self, EventDef};
use ami_wire::{Headers, Kind, Message};

use crate::finding::Sender;
use crate::meaning::Meaning;
use crate::model::Event;

/// A message as a part of the conversation.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The message itself.
    pub message: Message<'a>,
    /// Who sent it.
    pub sender: Sender,
    /// What it is.
    pub kind: Kind,
    /// The name of an event or action, the value of a response, the line of a banner; empty for an unknown message.
    pub name: &'a [u8],
    /// Its `ActionID`, where it has one that is not empty.
    pub action_id: Option<&'a [u8]>,
    /// Its `Privilege`: an event that has one was not asked for.
    pub privilege: Option<&'a [u8]>,
    /// Whether the server put a `Timestamp` behind the `Privilege`.
    pub is_stamped: bool,
    /// Its `EventList`.
    pub event_list: Option<&'a [u8]>,
    /// Its `ListItems`.
    pub list_items: Option<&'a [u8]>,
    /// Its `Message`.
    pub text: Option<&'a [u8]>,
    /// Whether it carries a `Challenge`.
    pub is_challenge: bool,
    /// What the schema knows of the event.
    pub def: Option<&'static EventDef>,
    seen: Seen,
}

/// What the headers so far held.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Seen {
    action_id: bool,
    /// The first header decides the kind.
    kind_first: bool,
    /// A key is repeated that stands once, or the kind is decided by another header than the first, too.
    odd: bool,
    /// There is surely nothing wrong with any line for itself.
    plain: bool,
}

impl<'a> Said<'a> {
    /// Reads a message.
    pub fn read(message: Message<'a>, sender: Sender) -> Self {
        let mut said = Self::begin(message, sender);
        let mut before = None;
        for header in message.headers() {
            let meaning = Meaning::of(header.trimmed_key(), Event::Other);
            said.take(meaning, before, header.value);
            before = Some(meaning);
        }
        said
    }

    /// What is known before the headers are read.
    #[inline]
    pub(crate) fn begin(message: Message<'a>, sender: Sender) -> Self {
        let kind = message.kind();
        let name = message.name().unwrap_or_default();
        Self {
            message,
            sender,
            kind,
            name,
            action_id: None,
            privilege: None,
            is_stamped: false,
            event_list: None,
            list_items: None,
            text: None,
            is_challenge: false,
            def: if kind == Kind::Event { schema::event(name) } else { None },
            seen: Seen::default(),
        }
    }

    /// Takes a header in, with what the one before it means. Those of no meaning can be left out.
    #[inline]
    pub(crate) fn take(&mut self, meaning: Meaning, before: Option<Meaning>, value: &'a [u8]) {
        let seen = &mut self.seen;
        match meaning {
            // The key that decides the kind comes first, and once.
            Meaning::Kind if before.is_none() => seen.kind_first = true,
            Meaning::Kind => seen.odd = true,
            Meaning::ActionId if seen.action_id => seen.odd = true,
            Meaning::ActionId => {
                seen.action_id = true;
                self.action_id = Some(value).filter(|id| !id.is_empty());
            }
            Meaning::Privilege if self.privilege.is_some() => seen.odd = true,
            Meaning::Privilege => self.privilege = Some(value),
            Meaning::Timestamp => self.is_stamped |= before == Some(Meaning::Privilege),
            Meaning::EventList => {
                self.event_list.get_or_insert(value);
            }
            Meaning::ListItems => {
                self.list_items.get_or_insert(value);
            }
            Meaning::Text => {
                self.text.get_or_insert(value);
            }
            Meaning::Challenge => self.is_challenge = true,
            _ => {}
        }
    }

    /// All headers were read, and all their keys are tokens, or not.
    #[inline]
    pub(crate) fn end(&mut self, headers: &Headers<'_>, tokens: bool) {
        self.seen.plain = tokens && self.message.has_plain_lines(headers);
    }

    /// Whether there is surely no defect in the message: nearly always, and told by what is known of the headers.
    pub(crate) fn is_flawless(&self) -> bool {
        self.seen.kind_first && !self.seen.odd && self.seen.plain
    }

    /// Whether it is an event that nobody asked for.
    pub fn is_unsolicited(&self) -> bool {
        self.kind == Kind::Event && self.privilege.is_some()
    }

    /// Whether it is an event of a list, or one that answers an action: it has no `Privilege`.
    pub fn is_answer(&self) -> bool {
        self.kind == Kind::Event && self.privilege.is_none()
    }

    /// Whether it is a response with this value, without regard to case.
    pub fn is_response(&self, value: &str) -> bool {
        self.kind == Kind::Response && self.name.eq_ignore_ascii_case(value.as_bytes())
    }

    /// Whether it begins a list.
    pub fn starts_list(&self) -> bool {
        self.kind == Kind::Response && self.event_list.is_some_and(|value| value.eq_ignore_ascii_case(b"start"))
    }

    /// How it ends a list, if it does.
    pub fn ends_list(&self) -> Option<ListEnd> {
        let value = self.event_list.filter(|_| self.kind == Kind::Event)?;
        let is = |word: &str| value.eq_ignore_ascii_case(word.as_bytes());
        if is("Complete") || is("End") {
            Some(ListEnd::Complete)
        } else if is("Cancelled") || is("Canceled") {
            Some(ListEnd::Cancelled)
        } else {
            None
        }
    }

    /// Whether it is a response whose last header is a `Message` that ends with a line break of its own, so that an
    /// empty line follows that belongs to no message.
    pub(crate) fn message_breaks_its_line(&self) -> bool {
        if self.kind != Kind::Response {
            return false;
        }
        let Some(text) = self.message.as_bytes().strip_suffix(b"\n\r\n") else { return false };
        let last = text.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let bare = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        last.starts_with(b"Message: ") && !last.ends_with(b"\r") && bare.into_iter().all(|line| line.ends_with(b"\r\n"))
    }

    /// Its name for a report.
    pub fn label(&self) -> Cow<'static, str> {
        match (self.kind, self.def) {
            (Kind::Event, Some(def)) if def.name.as_bytes() == self.name => Cow::Borrowed(def.name),
            (Kind::Banner, _) => Cow::Borrowed("banner"),
            (Kind::Response, _) if self.name == b"Success" => Cow::Borrowed("Success"),
            (Kind::Response, _) if self.name == b"Error" => Cow::Borrowed("Error"),
            _ => Cow::Owned(String::from_utf8_lossy(self.name).into_owned()),
        }
    }
}

/// How a list ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListEnd {
    /// With all its items.
    Complete,
    /// Half-way.
    Cancelled,
}

/// Bytes of the wire in a sentence.
pub(crate) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An `ActionID` in a sentence.
pub(crate) fn shown_id(id: Option<&[u8]>) -> String {
    id.map_or_else(|| "no ActionID".to_owned(), |id| format!("ActionID '{}'", shown(id)))
}
