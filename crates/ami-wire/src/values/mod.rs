//! What stands in values and keys: small grammars for the forms that AMI uses again and again.
//!
//! Each takes a value as [`Message::get`](crate::Message::get) hands it out, borrows from it, and allocates nothing.
//! A value that does not fit is a [`ValueError`] with the position of the first byte that does not; nothing is guessed.
//!
//! ```
//! use ami_wire::values::{ChannelName, UniqueId, boolean};
//!
//! let bytes = b"Event: Status\r\nChannel: PJSIP/100-0000001a\r\nUniqueid: 1795516943.398\r\nPaused: no\r\n\r\n";
//! let message = ami_wire::messages(bytes).next().unwrap().unwrap();
//! let channel = ChannelName::parse(message.get("Channel").unwrap())?;
//! assert_eq!((channel.technology, channel.peer), (&b"PJSIP"[..], &b"100"[..]));
//! assert_eq!(UniqueId::parse(message.get("Uniqueid").unwrap())?.serial, 398);
//! assert!(!boolean(message.get("Paused").unwrap())?);
//! # Ok::<(), ami_wire::values::ValueError>(())
//! ```
//!
//! | form | example | parsed by |
//! |---|---|---|
//! | boolean | `Yes`, `0`, `Enabled` | [`boolean`] |
//! | number | `17`, `-1`, `0x5f3a` | [`unsigned`], [`signed`], [`hexadecimal`] |
//! | event classes | `call,all` | [`Privileges`] |
//! | variable | `NAME=value` | [`Assignment`], [`assignments`] |
//! | time of an event | `1795516800.123456` | [`EpochTime`] |
//! | time of an RTCP report | `1795519564.0843759616` | [`NtpTime`] |
//! | date and time | `2026-11-24T10:40:00.890+0000` | [`DateTime`] |
//! | address of a security event | `IPV4/TCP/127.0.0.1/5038` | [`PeerAddress`] |
//! | address of an RTCP report | `127.0.0.1:10001` | [`socket_address`] |
//! | caller | `"Kermit" <100>` | [`CallerId`] |
//! | channel | `Local/100@ctx-00000001;2` | [`ChannelName`] |
//! | channel's id | `1795516943.398` | [`UniqueId`] |
//! | key of a family | `Line-000001-000002` | [`KeyFamily`] |

use core::fmt;

use nom::error::{ContextError, ErrorKind, ParseError};
use nom::{IResult, Parser};

mod address;
mod assignment;
mod caller;
mod channel;
mod family;
mod privilege;
mod scalar;
mod time;
mod unique;

pub use address::{PeerAddress, socket_address};
pub use assignment::{Assignment, Assignments, assignments};
pub use caller::CallerId;
pub use channel::{ChannelName, Half};
pub use family::KeyFamily;
pub use privilege::Privileges;
pub use scalar::{boolean, hexadecimal, signed, unsigned};
pub use time::{DateTime, EpochTime, NtpTime};
pub use unique::UniqueId;

/// A value that does not have the form that was asked for.
///
/// ```
/// let error = ami_wire::values::unsigned(b"12x").unwrap_err();
/// assert_eq!((error.position, error.expected), (2, "the end"));
/// assert_eq!(error.to_string(), "expected the end at byte 2 of the value");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueError {
    /// Where: bytes from the start of the value.
    pub position: usize,
    /// What should stand there.
    pub expected: &'static str,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {} of the value", self.expected, self.position)
    }
}

impl core::error::Error for ValueError {}

/// An error inside a grammar: what is left of the value, and what was expected.
#[derive(Debug)]
struct Fault<'a> {
    rest: &'a [u8],
    expected: &'static str,
}

impl<'a> ParseError<&'a [u8]> for Fault<'a> {
    fn from_error_kind(rest: &'a [u8], kind: ErrorKind) -> Self {
        Self { rest, expected: if kind == ErrorKind::Eof { "the end" } else { "" } }
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two alternatives the one that got further tells more.
    fn or(self, other: Self) -> Self {
        if self.rest.len() < other.rest.len() { self } else { other }
    }
}

impl<'a> ContextError<&'a [u8]> for Fault<'a> {
    fn add_context(_: &'a [u8], expected: &'static str, other: Self) -> Self {
        if other.expected.is_empty() { Self { expected, ..other } } else { other }
    }
}

type Step<'a, T> = IResult<&'a [u8], T, Fault<'a>>;

/// Applies a grammar to a whole value.
fn whole<'a, T>(
    value: &'a [u8],
    grammar: impl Parser<&'a [u8], Output = T, Error = Fault<'a>>,
) -> Result<T, ValueError> {
    match nom::combinator::all_consuming(grammar).parse(value) {
        Ok((_, parsed)) => Ok(parsed),
        Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
            let expected = if fault.expected.is_empty() { "another byte" } else { fault.expected };
            Err(ValueError { position: value.len() - fault.rest.len(), expected })
        }
        // The grammars know the whole value and never ask for more.
        Err(nom::Err::Incomplete(_)) => Err(ValueError { position: value.len(), expected: "more" }),
    }
}

/// Bytes as text in `Display`: what is not UTF-8 is replaced.
fn lossy(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        f.write_str(chunk.valid())?;
        if !chunk.invalid().is_empty() {
            f.write_str("\u{fffd}")?;
        }
    }
    Ok(())
}

/// Blanks around a value.
fn trim(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}
