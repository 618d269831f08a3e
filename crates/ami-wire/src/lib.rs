//! The Asterisk Manager Interface on the wire: a borrowed-slice parser and encoder without allocation.
//!
//! ```
//! // Count the calls that ended busy (Q.850 cause 17) in a captured stream.
//! let capture = b"Asterisk Call Manager/11.0.0\r\n\
//!     Event: Hangup\r\nChannel: PJSIP/100-00000001\r\nCause: 17\r\n\r\n\
//!     Event: Hangup\r\nChannel: PJSIP/101-00000002\r\nCause: 16\r\n\r\n";
//! let busy = ami_wire::messages(capture)
//!     .filter_map(Result::ok)
//!     .filter(|message| message.name() == Some(b"Hangup") && message.get("Cause") == Some(b"17"))
//!     .count();
//! assert_eq!(busy, 1);
//! ```
//!
//! # What it promises
//!
//! - Messages, headers and lines are slices of your bytes. Nothing is copied, nothing is allocated, nothing is text
//!   unless you ask: [`Message::get`] gives `&[u8]`, [`Message::get_str`] a `&str` where the bytes are UTF-8.
//! - Nothing on the wire breaks it. Bare LF, latin-1, repeated keys, lines without a colon, command output, answers
//!   without a header: each has a meaning, and each departure from the protocol has a [`DefectCode`] that
//!   [`Message::defects`] reports with its offset. A [strict](Parser::strict) parser refuses them instead.
//! - Memory is bounded by [`Limits`], work is linear in the bytes, whatever comes.
//! - Chunk boundaries never change the result: a [`Framer`] fed byte by byte gives what [`messages`] gives.
//!
//! The module `guide` has a page each on lenient and strict parsing, streaming, limits and `no_std`, and a table of what is on
//! the wire and what you get.
//!
//! # Layers
//!
//! | you have | use |
//! |---|---|
//! | a whole capture in memory | [`messages`] |
//! | a log in which both directions are mixed | [`mixed`] |
//! | a connection, a file, and a buffer of your own | [`Framer`] |
//! | a connection, and memory of a fixed size | [`FixedStream`] |
//! | a connection | `Stream` (feature `alloc`) |
//! | anything that is `std::io::Read` | `Reader` (feature `std`) |
//! | a message to keep | `OwnedMessage` (feature `alloc`) |
//! | something to send | [`Encoder`], [`ActionIds`] |
//!
//! # Features
//!
//! None is on by default: then there is no `std`, no allocator, and one dependency, `memchr`.
//!
//! | feature | adds |
//! |---|---|
//! | `std` | `alloc`, and `Reader` |
//! | `alloc` | `Stream`, `OwnedMessage`, and encoding into a `Vec` |
//! | `values` | the module `values`: grammars for what stands in values |
//! | `md5` | `ChallengeKey`, for logins with a challenge |
//! | `serde` | messages as JSON and in other formats: `Record` |
//! | `bytes` | `BufSink`: encoding into the buffers of the crate `bytes` |
#![no_std]
// The vector code of `index` is the one exception.
#![deny(unsafe_code)]
// No input makes library code panic; tests may. See docs/assurance.md.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::exit,
        clippy::mem_forget
    )
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod action_id;
#[cfg(feature = "md5")]
mod challenge;
mod defect;
mod defects;
mod direction;
mod encode;
mod error;
mod fixed;
mod frame;
#[cfg(any(doc, doctest))]
pub mod guide;
mod header;
pub mod index;
mod kind;
mod limits;
mod line;
mod message;
#[cfg(feature = "alloc")]
mod owned;
mod parser;
#[cfg(feature = "std")]
mod reader;
#[cfg(feature = "serde")]
mod record;
#[cfg(feature = "alloc")]
mod stream;
#[cfg(feature = "values")]
pub mod values;
mod window;
#[doc(hidden)]
pub mod work;

pub use action_id::{ActionId, ActionIds};
#[cfg(feature = "md5")]
pub use challenge::ChallengeKey;
pub use defect::{Defect, DefectCode};
pub use defects::Defects;
pub use direction::{Directed, Mixed, mixed};
#[cfg(feature = "bytes")]
pub use encode::BufSink;
pub use encode::{EncodeError, Encoder, FmtSink, Sink, SliceSink};
pub use error::Error;
pub use fixed::FixedStream;
pub use frame::Framer;
pub use header::Header;
pub use kind::{Direction, Kind};
pub use limits::Limits;
pub use line::{Line, LineKind, Lines};
pub use message::{GetAll, Headers, Message, Usual};
#[cfg(feature = "alloc")]
pub use owned::{OwnedHeaders, OwnedMessage};
pub use parser::{END_COMMAND, Messages, Parser, messages};
#[cfg(feature = "std")]
pub use reader::{OwnedMessages, ReadError, Reader};
#[cfg(feature = "serde")]
pub use record::Record;
#[cfg(feature = "alloc")]
pub use stream::Stream;
