//! Responses to actions, and the lists that follow them.

use ami_wire::{Kind, Message};

use crate::schema::{self, ActionId};
use crate::values::FromValue;
use crate::{Event, Text};

/// What a response says in its first header. (Source: wire; the last three up to 1.4.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status<'a> {
    /// It worked, or has begun.
    Success,
    /// It did not work: `Message` says why.
    Error,
    /// The session ends.
    Goodbye,
    /// Command output follows in the old form.
    Follows,
    /// The answer to `Ping`.
    Pong,
    /// Events are on.
    EventsOn,
    /// Events are off.
    EventsOff,
    /// Anything else.
    Other(Text<'a>),
}

impl<'a> Status<'a> {
    const LISTED: [(&'static str, Status<'static>); 7] = [
        ("Success", Status::Success),
        ("Error", Status::Error),
        ("Goodbye", Status::Goodbye),
        ("Follows", Status::Follows),
        ("Pong", Status::Pong),
        ("Events On", Status::EventsOn),
        ("Events Off", Status::EventsOff),
    ];

    /// The status that these bytes are, without regard to case.
    pub fn from_bytes(value: &'a [u8]) -> Self {
        let listed = Self::LISTED.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(value));
        listed.map_or(Self::Other(Text::new(value)), |(_, status)| *status)
    }

    /// Whether the action failed.
    pub fn is_error(self) -> bool {
        self == Self::Error
    }
}

/// Any response.
///
/// ```
/// use ami_types::{Response, Status};
/// let bytes = b"Response: Error\r\nActionID: 7\r\nMessage: No such channel\r\n\r\n";
/// let message = ami_wire::messages(bytes).next().unwrap().unwrap();
/// let response = Response::decode(&message).unwrap();
/// assert_eq!(response.status(), Status::Error);
/// assert_eq!(response.message_text().unwrap(), "No such channel");
/// assert_eq!(response.action_id().unwrap(), "7");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Response<'a>(Message<'a>);

impl<'a> Response<'a> {
    /// The response that a message is; `None` if it is none.
    pub fn decode(message: &Message<'a>) -> Option<Self> {
        (message.kind() == Kind::Response).then_some(Self(*message))
    }

    /// The message with all its headers and lines.
    pub fn message(&self) -> &Message<'a> {
        &self.0
    }

    /// How it went. `Response`
    pub fn status(&self) -> Status<'a> {
        Status::from_bytes(self.0.name().unwrap_or_default())
    }

    /// The action that it answers. `ActionID`
    pub fn action_id(&self) -> Option<Text<'a>> {
        self.0.get("ActionID").map(Text::new)
    }

    /// What the server says in words. `Message`
    pub fn message_text(&self) -> Option<Text<'a>> {
        self.0.get("Message").map(Text::new)
    }

    /// Whether a list of events follows. `EventList: start`; servers before release 13 do not always say so.
    pub fn starts_list(&self) -> bool {
        self.0.get("EventList").is_some_and(|value| value.eq_ignore_ascii_case(b"start"))
    }

    /// As the response to a certain action.
    pub fn typed<T: TypedResponse<'a>>(&self) -> T {
        T::locate(&self.0)
    }
}

/// A response that has a type of its own, because it says more than `Message`.
pub trait TypedResponse<'a>: Sized {
    /// The action that it answers.
    const ACTION: ActionId;

    /// Takes a message for this response. Nothing in a response tells which action it answers: who sent the action
    /// knows, by its `ActionID`.
    fn locate(message: &Message<'a>) -> Self;

    /// The message with all its headers.
    fn message(&self) -> &Message<'a>;

    /// How it went. `Response`
    fn status(&self) -> Status<'a> {
        Status::from_bytes(self.message().name().unwrap_or_default())
    }
}

/// What a message is to a list.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant, reason = "nothing is allocated")]
pub enum Step<'a> {
    /// The response that begins it.
    Start(Response<'a>),
    /// The action failed: there is no list.
    Failed(Response<'a>),
    /// One of its items.
    Item(Event<'a>),
    /// Its end.
    Complete(Event<'a>),
    /// Its end, half-way. `EventList: Cancelled`
    Cancelled(Event<'a>),
    /// Not part of it.
    Other,
}

/// Collects the list of events that answers an action: start, items, completion.
///
/// Knows from the schema which events are items of the action's list and which one ends it. Give it every message of
/// the connection after the action; those that are not part of the list are [`Step::Other`].
#[derive(Clone, Copy, Debug)]
pub struct List<'k> {
    action: ActionId,
    action_id: Option<&'k str>,
    started: bool,
    over: bool,
    items: u64,
    announced: Option<u64>,
}

impl<'k> List<'k> {
    /// The list of an action that was sent with this `ActionID`. Without one, events without `Privilege` count.
    pub fn new(action: ActionId, action_id: Option<&'k str>) -> Self {
        Self { action, action_id, started: false, over: false, items: 0, announced: None }
    }

    /// Items so far.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// How many items the server said there were. `ListItems`
    pub fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// Whether its end was seen, or the action failed.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Takes the next message of the connection.
    pub fn step<'a>(&mut self, message: &Message<'a>) -> Step<'a> {
        if self.over {
            return Step::Other;
        }
        let id = message.get("ActionID");
        let mine = match self.action_id {
            Some(own) => id == Some(own.as_bytes()),
            None => id.is_none(),
        };
        match message.kind() {
            Kind::Response if mine && !self.started => {
                let response = Response(*message);
                if response.status().is_error() {
                    self.over = true;
                    return Step::Failed(response);
                }
                self.started = true;
                Step::Start(response)
            }
            Kind::Event if mine && (self.action_id.is_some() || message.get("Privilege").is_none()) => {
                self.event(message)
            }
            _ => Step::Other,
        }
    }

    fn event<'a>(&mut self, message: &Message<'a>) -> Step<'a> {
        let def = self.action.def();
        let Some(event) = message.name().and_then(schema::event) else { return Step::Other };
        if def.completes == Some(event.id) {
            self.over = true;
            self.announced = message.get("ListItems").and_then(u64::from_value);
            let state = message.get("EventList").unwrap_or_default();
            let cancelled = state.eq_ignore_ascii_case(b"Cancelled");
            let event = Event::decode(message);
            return if cancelled { Step::Cancelled(event) } else { Step::Complete(event) };
        }
        if def.items.contains(&event.id) {
            self.items += 1;
            return Step::Item(Event::decode(message));
        }
        Step::Other
    }
}
