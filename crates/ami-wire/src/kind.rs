//! What a message is, and which way it travels.

use core::fmt;

/// What a message is.
///
/// The first of the keys `Action`, `Response` and `Event` in a message decides (source: AMI 1.4, Message Layout).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The first line that a server sends: `Asterisk Call Manager/<version>`. It ends with its line.
    Banner,
    /// A command from a client, decided by `Action`.
    Action,
    /// A server's answer to an action, decided by `Response`.
    Response,
    /// Something that happened, decided by `Event`.
    Event,
    /// None of the three keys: a torn message, or one of the old answers in bare text.
    Unknown,
}

impl Kind {
    /// The name in lower case, as reports and JSON write it.
    ///
    /// ```
    /// assert_eq!(ami_wire::Kind::Response.as_str(), "response");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Banner => "banner",
            Self::Action => "action",
            Self::Response => "response",
            Self::Event => "event",
            Self::Unknown => "unknown",
        }
    }

    /// The key that decides for this kind; `None` for a banner and for an unknown message.
    pub const fn key(self) -> Option<&'static str> {
        match self {
            Self::Action => Some("Action"),
            Self::Response => Some("Response"),
            Self::Event => Some("Event"),
            Self::Banner | Self::Unknown => None,
        }
    }

    /// The kind that `key` decides for, without regard to case; the key comes without blanks around it.
    pub(crate) fn decided_by(key: &[u8]) -> Option<Self> {
        match key.len() {
            5 if key.eq_ignore_ascii_case(b"Event") => Some(Self::Event),
            6 if key.eq_ignore_ascii_case(b"Action") => Some(Self::Action),
            8 if key.eq_ignore_ascii_case(b"Response") => Some(Self::Response),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who sent a stream.
///
/// It matters in one place only: the first line of a server's stream is the banner, so that a first line which is
/// neither a banner nor a header is [`BannerMalformed`](crate::DefectCode::BannerMalformed) there and an ordinary
/// raw line elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Not known, or both mixed: a banner is recognised, its absence or damage is not judged.
    #[default]
    Any,
    /// From the server to a client.
    Server,
    /// From a client to the server.
    Client,
}

impl Direction {
    /// `"server"`, `"client"` or `"any"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
