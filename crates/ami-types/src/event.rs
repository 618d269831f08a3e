//! What all events, and all actions, have in common.

use ami_wire::{EncodeError, Encoder, Kind, Message, Sink};

use crate::located::EventFields;
use crate::schema::{self, ActionDef, ActionId, Class, EventDef, EventId};
use crate::values::{Epoch, Field, List};
use crate::{Event, Text};

/// An event that has a type of its own.
pub trait TypedEvent<'a>: Sized {
    /// Its number.
    const ID: EventId;

    /// Takes a message for this event, whatever its name is.
    fn locate(message: &Message<'a>) -> Self;

    /// The message with all its headers.
    fn message(&self) -> &Message<'a>;

    /// The event that a message is; `None` if it is another, or no event.
    fn decode(message: &Message<'a>) -> Option<Self> {
        let name = if message.kind() == Kind::Event { message.name() } else { None };
        name?.eq_ignore_ascii_case(Self::ID.def().name.as_bytes()).then(|| Self::locate(message))
    }

    /// What the schema says about it.
    fn def(&self) -> &'static EventDef {
        Self::ID.def()
    }

    /// The first header with this key as it is on the wire.
    fn raw(&self, key: &str) -> Option<Text<'a>> {
        self.message().get(key).map(Text::new)
    }

    /// All headers in wire order, with what the schema says about each.
    fn fields(&self) -> EventFields<'a> {
        EventFields::new(self.message(), Some(Self::ID.def()))
    }

    /// The action that it answers. `ActionID`
    fn action_id(&self) -> Option<Text<'a>> {
        self.raw("ActionID")
    }

    /// Its classes, which an event that was not asked for has. `Privilege`
    fn privilege(&self) -> Field<'a, List<'a>> {
        Field::new(self.message().get("Privilege"))
    }

    /// When it was made, where the server's configuration asks for it. `Timestamp`
    fn timestamp(&self) -> Field<'a, Epoch> {
        Field::new(self.message().get("Timestamp"))
    }
}

impl<'a> Event<'a> {
    /// What the schema says about it; `None` for [`Unknown`](Self::Unknown).
    pub fn def(&self) -> Option<&'static EventDef> {
        self.id().map(EventId::def)
    }

    /// Its name as the schema spells it; for [`Unknown`](Self::Unknown) as it was sent, if it was sent as UTF-8.
    pub fn name(&self) -> Option<&'a str> {
        match self.def() {
            Some(def) => Some(def.name),
            None => self.message().name().and_then(|name| core::str::from_utf8(name).ok()),
        }
    }

    /// The class that the schema gives it; `None` for items of lists, and for [`Unknown`](Self::Unknown).
    pub fn class(&self) -> Option<Class> {
        self.def()?.class()
    }

    /// All headers in wire order, with what the schema says about each.
    pub fn fields(&self) -> EventFields<'a> {
        EventFields::new(self.message(), self.def())
    }

    /// Writes it in clean form, as a server sends it: what it says is not changed.
    ///
    /// # Errors
    ///
    /// What the sink says.
    pub fn encode(&self, sink: &mut impl Sink) -> Result<(), EncodeError> {
        self.message().encode(sink)
    }

    /// The action that it answers. `ActionID`
    pub fn action_id(&self) -> Option<Text<'a>> {
        self.message().get("ActionID").map(Text::new)
    }
}

/// An action that has a type of its own.
pub trait TypedAction<'a>: Sized {
    /// Its number.
    const ID: ActionId;

    /// The action that a message is; `None` if it is another, or no action. A required parameter that is not there is
    /// empty.
    fn decode(message: &Message<'a>) -> Option<Self>;

    /// Gives each header after `Action` to `put`, in the order in which they are written, until one fails.
    ///
    /// # Errors
    ///
    /// What `put` says.
    fn headers<E>(&self, put: &mut impl FnMut(&[u8], &[u8]) -> Result<(), E>) -> Result<(), E>;

    /// Writes it.
    ///
    /// # Errors
    ///
    /// CR, LF or NUL in a value, or what the sink says.
    fn encode<S: Sink>(&self, sink: S) -> Result<S, EncodeError> {
        let mut encoder = Encoder::action(sink, Self::ID.def().name)?;
        self.headers(&mut |key, value| encoder.header(key, value))?;
        encoder.end()
    }

    /// What the schema says about it.
    fn def(&self) -> &'static ActionDef {
        Self::ID.def()
    }

    /// Whether a message is this action.
    fn is(message: &Message<'a>) -> bool {
        is_action(message, Self::ID)
    }
}

/// Whether a message is a certain action: one function for all types, which keeps builds short.
pub(crate) fn is_action(message: &Message<'_>, id: ActionId) -> bool {
    let name = if message.kind() == Kind::Action { message.name() } else { None };
    name.and_then(schema::action).is_some_and(|def| def.id == id)
}
