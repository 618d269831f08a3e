//! The schema at run time: every event and action that any release has, with classes, headers and lists, as constant
//! tables. Generic tools and checkers ask here; nothing is allocated.
//!
//! ```
//! use ami_types::schema::{self, EventId, Presence, Release};
//!
//! let hangup = schema::event(b"hangup").unwrap();
//! assert_eq!(hangup.id, EventId::Hangup);
//! let cause = hangup.field(b"Cause").unwrap();
//! assert_eq!(cause.presence(Release::R22), Presence::Always);
//! assert!(cause.kind.accepts(b"16"));
//! assert!(!cause.kind.accepts(b"sixteen"));
//! assert!(schema::event(b"NoSuchEvent").is_none());
//! ```

use core::fmt;

pub use crate::generated::ids::{ActionId, EventId};
pub use crate::release::{Release, ReleaseRange, ReleaseSet};

use crate::generated::tables::{ACTION_INDEX, ACTIONS, COMMON, EVENT_INDEX, EVENTS};
use crate::hash;
use crate::values;

/// A class of events, as `Privilege` names it, and of what a user may read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the protocol's")]
#[non_exhaustive]
pub enum Class {
    System,
    Call,
    Log,
    Verbose,
    Command,
    Agent,
    User,
    Config,
    Dtmf,
    Reporting,
    Cdr,
    Dialplan,
    Originate,
    Agi,
    Cc,
    Aoc,
    Test,
    Security,
    Message,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::System,
        Self::Call,
        Self::Log,
        Self::Verbose,
        Self::Command,
        Self::Agent,
        Self::User,
        Self::Config,
        Self::Dtmf,
        Self::Reporting,
        Self::Cdr,
        Self::Dialplan,
        Self::Originate,
        Self::Agi,
        Self::Cc,
        Self::Aoc,
        Self::Test,
        Self::Security,
        Self::Message,
    ];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Call => "call",
            Self::Log => "log",
            Self::Verbose => "verbose",
            Self::Command => "command",
            Self::Agent => "agent",
            Self::User => "user",
            Self::Config => "config",
            Self::Dtmf => "dtmf",
            Self::Reporting => "reporting",
            Self::Cdr => "cdr",
            Self::Dialplan => "dialplan",
            Self::Originate => "originate",
            Self::Agi => "agi",
            Self::Cc => "cc",
            Self::Aoc => "aoc",
            Self::Test => "test",
            Self::Security => "security",
            Self::Message => "message",
        }
    }

    /// The class of this name, without regard to case.
    pub fn from_bytes(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.is(name))
    }

    /// Whether this is its name, without regard to case.
    ///
    /// ```
    /// # use ami_types::schema::Class;
    /// assert!(Class::Call.is(b"call") && Class::Call.is(b"Call"));
    /// ```
    #[inline]
    pub fn is(self, name: &[u8]) -> bool {
        is(self.as_str(), name)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Type of a header's value.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// Any text.
    Text,
    /// Name of a channel.
    Channel,
    /// Identifies a channel: `epoch.serial`, with the system's name before it where there is one.
    Uniqueid,
    /// Identifies a bridge.
    BridgeId,
    /// Text that must not be shown: a password, or what is as good as one.
    Secret,
    /// Words separated by commas.
    List,
    /// A whole number.
    Int,
    /// A whole number from 0 up.
    Uint,
    /// A number.
    Float,
    /// A share of a hundred.
    Percent,
    /// `Yes` or `No`, `true` or `false`, `on` or `off`, `1` or `0`, `enabled` or `disabled`, `Y` or `N`.
    Bool,
    /// A Q.850 cause.
    Cause,
    /// State of a channel, 0 to 10.
    ChannelState,
    /// A time that has passed: `00:01:07`.
    Elapsed,
    /// Seconds since 1970, often with microseconds.
    Epoch,
    /// `2026-11-24 10:42:17`.
    DateTime,
    /// `2026-11-24T10:43:16.349+0000`.
    IsoTime,
    /// Seconds since 1900 and a fraction, as NTP counts.
    Ntp,
    /// `192.0.2.1:5060`.
    Address,
    /// `IPV4/UDP/192.0.2.1/5060`.
    SecurityAddress,
    /// Source of an RTP stream, in hexadecimal (`0x1a2b3c4d`) or, in old releases, in decimal.
    Ssrc,
    /// One of the values of an enumeration.
    Enum(&'static EnumDef),
}

impl Kind {
    /// Whether every value is of this type.
    ///
    /// ```
    /// # use ami_types::schema::Kind;
    /// assert!(Kind::Text.accepts_all() && !Kind::Uint.accepts_all());
    /// ```
    pub const fn accepts_all(&self) -> bool {
        matches!(self, Self::Text | Self::Channel | Self::Uniqueid | Self::BridgeId | Self::Secret | Self::List)
    }

    /// Whether a value is of this type. The empty value is of every type: it stands for "not known".
    pub fn accepts(&self, value: &[u8]) -> bool {
        value.is_empty()
            || match self {
                Self::Text | Self::Channel | Self::Uniqueid | Self::BridgeId | Self::Secret | Self::List => true,
                Self::Enum(def) => def.value(value).is_some(),
                Self::Int => values::parses::<i64>(value),
                Self::Uint => values::parses::<u64>(value),
                Self::Float => values::parses::<f64>(value),
                Self::Percent => values::parses::<values::Percent>(value),
                Self::Bool => values::parses::<bool>(value),
                Self::Cause => values::parses::<values::Cause>(value),
                Self::ChannelState => values::parses::<values::ChannelState>(value),
                Self::Elapsed => values::parses::<values::Elapsed>(value),
                Self::Epoch => values::parses::<values::Epoch>(value),
                Self::DateTime => values::parses::<values::DateTime>(value),
                Self::IsoTime => values::parses::<values::IsoTime>(value),
                Self::Ntp => values::parses::<values::Ntp>(value),
                Self::Address => values::parses::<values::Address<'_>>(value),
                Self::SecurityAddress => values::parses::<values::SecurityAddress<'_>>(value),
                Self::Ssrc => values::parses::<values::Ssrc>(value),
            }
    }

    /// Its name in the schema.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Channel => "channel",
            Self::Uniqueid => "uniqueid",
            Self::BridgeId => "bridge-id",
            Self::Secret => "secret",
            Self::List => "list",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Float => "float",
            Self::Percent => "percent",
            Self::Bool => "bool",
            Self::Cause => "cause",
            Self::ChannelState => "channel-state",
            Self::Elapsed => "elapsed",
            Self::Epoch => "epoch",
            Self::DateTime => "datetime",
            Self::IsoTime => "iso-time",
            Self::Ntp => "ntp",
            Self::Address => "address",
            Self::SecurityAddress => "security-address",
            Self::Ssrc => "ssrc",
            Self::Enum(def) => def.name,
        }
    }
}

/// An enumeration.
#[derive(Debug)]
pub struct EnumDef {
    /// Its name.
    pub name: &'static str,
    /// Its values as they are on the wire; `*` at the end of one stands for any text: `GOTO:*`.
    pub values: &'static [&'static str],
}

impl EnumDef {
    /// The listed value that these bytes are, without regard to case.
    pub fn value(&self, bytes: &[u8]) -> Option<&'static str> {
        // Nearly all are spelled as they are listed.
        if let Some(value) = self.values.iter().find(|value| value.as_bytes() == bytes) {
            return Some(value);
        }
        self.values.iter().copied().find(|value| match value.strip_suffix('*') {
            Some(word) => values::Labelled::new(bytes, word.as_bytes()).is_some(),
            None => value.as_bytes().eq_ignore_ascii_case(bytes),
        })
    }
}

/// Unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub enum Unit {
    None,
    Seconds,
    Milliseconds,
    Microseconds,
    Minutes,
    Packets,
    Octets,
    Pages,
    Messages,
    BitsPerSecond,
}

/// Whether a header is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// In every recorded message of the release.
    Always,
    /// In some messages, or nobody knows: the release was not recorded, or the event was not.
    Sometimes,
    /// Not in this release.
    Never,
}

/// A header of an event or of a response, or a parameter of an action.
#[derive(Clone, Copy, Debug)]
pub struct FieldDef {
    /// Its key; in a family of headers `#` stands for a number and `*` for any text.
    pub name: &'static str,
    /// Type of its value.
    pub kind: Kind,
    /// Unit of its value.
    pub unit: Unit,
    /// Whether it can occur several times in a message.
    pub repeated: bool,
    /// Whether an action needs it.
    pub required: bool,
    /// Releases that have it.
    pub releases: ReleaseSet,
    /// Releases in whose recorded sessions it is always there.
    pub always: ReleaseSet,
    /// The role that it belongs to: an index into [`EventDef::roles`].
    pub role: Option<u8>,
    /// What it means; empty where its name says it.
    pub doc: &'static str,
}

impl FieldDef {
    /// Whether it is there in a release.
    pub fn presence(&self, release: Release) -> Presence {
        if self.always.contains(release) {
            Presence::Always
        } else if self.releases.contains(release) {
            Presence::Sometimes
        } else {
            Presence::Never
        }
    }

    /// Whether it stands for a family of keys, like `Report#SourceSSRC`.
    pub fn is_family(&self) -> bool {
        self.name.bytes().any(|byte| byte == b'#' || byte == b'*')
    }

    /// Whether a key is this header's, without regard to case.
    #[inline]
    pub fn matches(&self, key: &[u8]) -> bool {
        let key = key.trim_ascii();
        key.eq_ignore_ascii_case(self.name.as_bytes())
            || (self.is_family() && family_matches(self.name.as_bytes(), key))
    }
}

/// Whether a key is of a family: `#` is one digit or more, `*` anything.
pub(crate) fn family_matches(pattern: &[u8], key: &[u8]) -> bool {
    match (pattern.split_first(), key.split_first()) {
        (None, None) => true,
        (Some((b'#', rest)), _) => {
            let digits = key.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (1..=digits).any(|n| key.get(n..).is_some_and(|key| family_matches(rest, key)))
        }
        (Some((b'*', rest)), _) => (0..=key.len()).any(|n| key.get(n..).is_some_and(|key| family_matches(rest, key))),
        (Some((p, rest)), Some((k, key))) => p.eq_ignore_ascii_case(k) && family_matches(rest, key),
        _ => false,
    }
}

/// What a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoleKind {
    /// A channel.
    Channel,
    /// A bridge.
    Bridge,
}

/// A snapshot of a channel or bridge that an event carries.
#[derive(Clone, Copy, Debug)]
pub struct RoleDef {
    /// What it is of.
    pub kind: RoleKind,
    /// What is before the names of its headers: `Dest` in `DestUniqueid`.
    pub prefix: &'static str,
}

/// Whether an event belongs to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListRole {
    /// It does not.
    None,
    /// It is an item of the list that each of these actions starts. Many such events are sent for themselves, too.
    Item {
        /// The actions.
        actions: &'static [ActionId],
    },
    /// It ends the list that each of these actions starts.
    Completes {
        /// The actions.
        actions: &'static [ActionId],
    },
}

/// A header that was seen and is no field.
#[derive(Clone, Copy, Debug)]
pub struct StrayDef {
    /// Its key.
    pub name: &'static str,
    /// Releases where it was seen.
    pub releases: ReleaseSet,
    /// Where it comes from.
    pub why: &'static str,
}

/// An event.
#[derive(Debug)]
pub struct EventDef {
    /// Its number.
    pub id: EventId,
    /// Its name on the wire.
    pub name: &'static str,
    /// Its name in [`Event`](crate::Event).
    pub variant: &'static str,
    /// The topic it belongs to, which is also the crate's feature that its type needs.
    pub topic: &'static str,
    /// What the first word of `Privilege` can be, the newest first; empty for events that are items of lists alone.
    pub classes: &'static [Class],
    /// Releases that have it.
    pub releases: ReleaseSet,
    /// Its headers, without those that every event can have ([`common_fields`]), in the order of the wire.
    pub fields: &'static [FieldDef],
    /// The snapshots it carries.
    pub roles: &'static [RoleDef],
    /// Its place in lists.
    pub list: ListRole,
    /// Whether it carries headers that no schema can list.
    pub open: bool,
    /// Headers that were seen and are no fields.
    pub strays: &'static [StrayDef],
    /// What it means.
    pub doc: &'static str,
    /// Where its fields are, by name.
    pub(crate) index: &'static Index,
}

impl EventDef {
    /// The definition of a header of this event, families and headers common to all events included.
    pub fn field(&self, key: &[u8]) -> Option<&'static FieldDef> {
        let fields = self.by_name();
        if let Some(at) = fields.position(key) {
            return self.fields.get(at);
        }
        self.fields.iter().filter(|field| field.is_family()).chain(COMMON).find(|field| field.matches(key))
    }

    /// Its fields, to be found by their names.
    #[inline]
    pub(crate) fn by_name(&self) -> ByName {
        ByName { fields: self.fields, index: self.index }
    }

    /// The class that it has in the newest release.
    pub fn class(&self) -> Option<Class> {
        self.classes.first().copied()
    }
}

/// An action.
#[derive(Debug)]
pub struct ActionDef {
    /// Its number.
    pub id: ActionId,
    /// Its name on the wire.
    pub name: &'static str,
    /// Name of its type.
    pub type_name: &'static str,
    /// The topic it belongs to.
    pub topic: &'static str,
    /// Classes, one of which the user must be allowed to write; empty if everybody may.
    pub privileges: &'static [Class],
    /// Releases that have it.
    pub releases: ReleaseSet,
    /// Headers that it takes besides `Action` and `ActionID`.
    pub params: &'static [FieldDef],
    /// Headers of its response besides `Response`, `ActionID`, `Message` and `EventList`.
    pub response: &'static [FieldDef],
    /// Events that answer it, one for each item of its list.
    pub items: &'static [EventId],
    /// The event that ends its list.
    pub completes: Option<EventId>,
    /// What it does.
    pub doc: &'static str,
    /// Where the headers of its response are, by name.
    pub(crate) response_index: &'static Index,
}

impl ActionDef {
    /// The headers of its response, to be found by their names.
    #[inline]
    pub(crate) fn response_by_name(&self) -> ByName {
        ByName { fields: self.response, index: self.response_index }
    }

    /// The definition of a parameter.
    pub fn param(&self, key: &[u8]) -> Option<&'static FieldDef> {
        self.params.iter().find(|field| field.matches(key))
    }
}

/// The headers that every event can have: `Event`, `Privilege`, `ActionID`, `Timestamp` and others.
pub fn common_fields() -> &'static [FieldDef] {
    COMMON
}

/// Every event, in the order of [`EventId`].
pub fn events() -> &'static [&'static EventDef] {
    EVENTS
}

/// Every action, in the order of [`ActionId`].
pub fn actions() -> &'static [&'static ActionDef] {
    ACTIONS
}

/// The event of this name, without regard to case.
#[inline]
pub fn event(name: &[u8]) -> Option<&'static EventDef> {
    let def = *EVENTS.get(usize::from(EVENT_INDEX.candidate(name)))?;
    is(def.name, name).then_some(def)
}

/// The action of this name, without regard to case.
#[inline]
pub fn action(name: &[u8]) -> Option<&'static ActionDef> {
    let def = *ACTIONS.get(usize::from(ACTION_INDEX.candidate(name)))?;
    is(def.name, name).then_some(def)
}

/// Whether a name is this one, without regard to case. Nearly all are spelled as they should be.
#[inline]
fn is(name: &str, spelled: &[u8]) -> bool {
    name.as_bytes() == spelled || name.as_bytes().eq_ignore_ascii_case(spelled)
}

/// Headers that are found by their names: one comparison, whatever their number.
#[derive(Clone, Copy)]
pub(crate) struct ByName {
    pub(crate) fields: &'static [FieldDef],
    index: &'static Index,
}

impl ByName {
    /// Of nothing.
    pub(crate) const NONE: Self = Self { fields: &[], index: &Index::NONE };

    /// Where the header with this key is, without regard to case and to blanks around it. Families are not among them.
    #[inline]
    pub(crate) fn position(self, key: &[u8]) -> Option<usize> {
        let key = key.trim_ascii();
        let at = usize::from(self.index.candidate(key));
        is(self.fields.get(at)?.name, key).then_some(at)
    }
}

/// A perfect hash: each name has a place of its own.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) displacements: &'static [u16],
    pub(crate) places: &'static [u16],
}

impl Index {
    /// Of no names.
    pub(crate) const NONE: Self = Self { displacements: &[0], places: &[u16::MAX] };

    /// The number of the only name that this one can be.
    #[inline]
    fn candidate(&self, name: &[u8]) -> u16 {
        let hash = hash::hash(name);
        let displacement = self.displacements.get(hash::bucket(hash, self.displacements.len().wrapping_sub(1)));
        let place = hash::place(hash, displacement.copied().unwrap_or(0), self.places.len().wrapping_sub(1));
        self.places.get(place).copied().unwrap_or(u16::MAX)
    }
}

impl EventId {
    /// Its definition.
    pub fn def(self) -> &'static EventDef {
        #[expect(clippy::indexing_slicing, reason = "generated together: a place in the table for every number")]
        EVENTS[self as usize]
    }
}

impl ActionId {
    /// Its definition.
    pub fn def(self) -> &'static ActionDef {
        #[expect(clippy::indexing_slicing, reason = "generated together: a place in the table for every number")]
        ACTIONS[self as usize]
    }
}
