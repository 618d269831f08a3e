//! What the checker reports, and where.

use std::borrow::Cow;
use std::fmt;

use ami_wire::Direction;
use serde::Serialize;

use crate::rules::Rule;

/// How grave a broken promise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; off by default.
    Note,
    /// Clients may be misled.
    Warning,
    /// The promise is part of the protocol, and the trace alone proves that it was broken.
    Error,
}

impl Severity {
    /// `"note"`, `"warning"` or `"error"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How an obligation came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Seen and satisfied.
    Held,
    /// The trace alone proves that the promise was broken.
    Violated,
    /// Still pending where the trace ends.
    Open,
    /// The trace can't tell: the entity was born before the window, or what is needed is not in the trace.
    Unobservable,
}

/// How the obligations of one rule came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Seen and satisfied.
    pub held: u64,
    /// Proven to be broken.
    pub violated: u64,
    /// Pending at the end.
    pub open: u64,
    /// Not to be told from the trace.
    pub unobservable: u64,
}

impl Counts {
    /// Counts one obligation.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Held => self.held += 1,
            Verdict::Violated => self.violated += 1,
            Verdict::Open => self.open += 1,
            Verdict::Unobservable => self.unobservable += 1,
        }
    }

    /// Adds another count.
    pub fn merge(&mut self, other: Self) {
        self.held += other.held;
        self.violated += other.violated;
        self.open += other.open;
        self.unobservable += other.unobservable;
    }
}

/// Which message of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The connection, counted from 0 in a trace.
    pub connection: u32,
    /// Who sent the message.
    pub direction: Sender,
    /// The message, counted from 0 per connection and direction, the banner included.
    pub message: u64,
    /// Where it starts: bytes of the stream of that direction.
    pub offset: u64,
}

/// Who sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sender {
    /// The Asterisk, or what stands in its place.
    Server,
    /// Its client.
    Client,
}

impl Sender {
    /// `"server"` or `"client"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }

    /// The direction as the parser knows it.
    pub const fn direction(self) -> Direction {
        match self {
            Self::Server => Direction::Server,
            Self::Client => Direction::Client,
        }
    }
}

/// A message that a finding or the model refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where it is.
    pub place: Place,
    /// Its event name.
    pub event: Cow<'static, str>,
}

/// A broken promise.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How grave it is here.
    pub severity: Severity,
    /// The message at which the promise is broken.
    pub place: Place,
    /// The name of that message: event, action or response value.
    pub event: Option<String>,
    /// The channel (its Uniqueid), bridge, list or header that it is about.
    pub entity: Option<String>,
    /// One plain sentence: what was promised and what came instead.
    pub explanation: String,
    /// The messages that it contradicts.
    pub related: Vec<Reference>,
    /// The known deviation of stock servers that this is.
    pub known: Option<&'static str>,
    /// Whether a [`Baseline`](crate::Baseline) excuses it.
    pub baselined: bool,
}

impl Finding {
    /// Whether it is expected, and does not count: a known deviation, or one that a baseline excuses.
    pub fn is_excused(&self) -> bool {
        self.known.is_some() || self.baselined
    }

    /// The order in which findings are printed: that of the messages.
    pub fn order(&self) -> (u32, u64, Sender, &'static str) {
        (self.place.connection, self.place.message, self.place.direction, self.rule.name)
    }
}
