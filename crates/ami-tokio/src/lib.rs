//! AMI over Tokio: a codec for [`tokio_util::codec::Framed`].
//!
//! ```
//! use ami_tokio::{AmiCodec, Outgoing};
//! use futures_util::{SinkExt, StreamExt};
//! use tokio_util::codec::Framed;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! // A connection: here both ends of one in memory; outside a `tokio::net::TcpStream`.
//! let (near, far) = tokio::io::duplex(1024);
//! let mut server = Framed::new(far, AmiCodec::server());
//! let mut client = Framed::new(near, AmiCodec::client());
//!
//! client.send(Outgoing::action("Ping", |action| action.header("ActionID", "1"))?).await?;
//! let action = server.next().await.unwrap()?.unwrap();
//! let answer = Outgoing::response("Success", |response| {
//!     response.header("ActionID", action.get("ActionID").unwrap_or_default())?;
//!     response.header("Ping", "Pong")
//! })?;
//! server.send(answer).await?;
//! let answer = client.next().await.unwrap()?.unwrap();
//! assert_eq!(answer.get("Ping"), Some(&b"Pong"[..]));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
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

use std::fmt;
use std::io;

use ami_wire::{BufSink, Direction, EncodeError, Encoder, Error, Framer, Message, OwnedMessage, Parser};
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Messages out of bytes, and bytes out of messages.
///
/// What it decodes is `Result<OwnedMessage, ami_wire::Error>`: a message that is not available (a limit was exceeded, or
/// the parser is strict) is an item like any other, and the stream goes on behind it. The outer error is the transport's, and
/// ends the stream.
///
/// What it encodes is [`Outgoing`], or any message, which goes out byte for byte as it came in.
///
/// Memory is bounded by the [limits](ami_wire::Limits) of the parser, which the default of 16 MiB a message makes generous:
/// a server that talks to clients before their login sets them lower.
#[derive(Clone, Debug)]
pub struct AmiCodec {
    framer: Framer,
}

impl AmiCodec {
    /// For a parser of your own: strict, with limits, with another end marker.
    ///
    /// ```
    /// use ami_tokio::AmiCodec;
    /// use ami_wire::{Direction, Limits, Parser};
    ///
    /// let limits = Limits { line: 4096, message: 65_536, headers: 256 };
    /// let codec = AmiCodec::new(Parser::new().direction(Direction::Client).limits(limits));
    /// assert_eq!(codec.offset(), 0);
    /// ```
    pub const fn new(parser: Parser) -> Self {
        Self { framer: Framer::new(parser) }
    }

    /// For a client: what is decoded comes from the server, its banner first.
    pub const fn client() -> Self {
        Self::new(Parser::new().direction(Direction::Server))
    }

    /// For a server: what is decoded comes from a client.
    pub const fn server() -> Self {
        Self::new(Parser::new().direction(Direction::Client))
    }

    /// How many bytes of the stream were decoded.
    pub const fn offset(&self) -> u64 {
        self.framer.offset()
    }

    fn next(&mut self, buffer: &mut BytesMut, end: bool) -> Option<Result<OwnedMessage, Error>> {
        let mut rest = &buffer[..];
        let next = self.framer.next(&mut rest, end).map(|next| next.map(OwnedMessage::from));
        let done = buffer.len() - rest.len();
        buffer.advance(done);
        next
    }
}

impl tokio_util::codec::Decoder for AmiCodec {
    type Item = Result<OwnedMessage, Error>;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        Ok(self.next(buffer, false))
    }

    /// A message that the end of the stream cuts off is an item too, with its defect.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        Ok(self.next(buffer, true))
    }
}

/// A message that was written and is ready to go out.
///
/// It is checked when it is made, so that sending cannot fail for what is in it. Its [`Debug`](fmt::Debug) hides passwords and
/// login digests.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    bytes: Bytes,
}

/// What an [`Outgoing`] is written with.
pub type Writer<'a> = Encoder<BufSink<&'a mut BytesMut>>;

impl Outgoing {
    /// An action, as a client sends it.
    ///
    /// ```
    /// use ami_tokio::Outgoing;
    /// let ping = Outgoing::action("Ping", |action| action.header("ActionID", "1"))?;
    /// assert_eq!(ping.as_bytes(), b"Action: Ping\r\nActionID: 1\r\n\r\n");
    /// assert!(Outgoing::action("Ping", |action| action.header("ActionID", "1\r\n")).is_err());
    /// # Ok::<(), ami_tokio::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// CR, LF or NUL in a key or value, an empty key, or a colon in one.
    pub fn action(
        name: impl AsRef<[u8]>,
        headers: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<Self, Refused> {
        Self::write(|sink| Encoder::action(sink, name), headers)
    }

    /// An event, as a server sends it.
    ///
    /// # Errors
    ///
    /// As for [`action`](Self::action).
    pub fn event(
        name: impl AsRef<[u8]>,
        headers: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<Self, Refused> {
        Self::write(|sink| Encoder::event(sink, name), headers)
    }

    /// A response, as a server sends it.
    ///
    /// # Errors
    ///
    /// As for [`action`](Self::action).
    pub fn response(
        value: impl AsRef<[u8]>,
        headers: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<Self, Refused> {
        Self::write(|sink| Encoder::response(sink, value), headers)
    }

    /// The banner of a server, such as `Asterisk Call Manager/11.0.0`.
    ///
    /// ```
    /// use ami_tokio::Outgoing;
    /// let banner = Outgoing::banner("11.0.0")?;
    /// assert_eq!(banner.as_bytes(), b"Asterisk Call Manager/11.0.0\r\n");
    /// # Ok::<(), ami_tokio::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// CR, LF or NUL in the version, or none at all.
    pub fn banner(version: impl AsRef<[u8]>) -> Result<Self, Refused> {
        let version = version.as_ref();
        if version.is_empty() {
            return Err(Refused(EncodeError::Empty));
        }
        if let Some(position) = version.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            let byte = version.get(position).copied().unwrap_or_default();
            return Err(Refused(EncodeError::ForbiddenByte { byte, position }));
        }
        Ok(Self { bytes: Bytes::from([b"Asterisk Call Manager/", version, b"\r\n"].concat()) })
    }

    fn write(
        begin: impl FnOnce(BufSink<&mut BytesMut>) -> Result<Writer<'_>, EncodeError>,
        headers: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<Self, Refused> {
        let mut bytes = BytesMut::with_capacity(256);
        let mut writer = begin(BufSink(&mut bytes))?;
        headers(&mut writer)?;
        writer.end()?;
        Ok(Self { bytes: bytes.freeze() })
    }

    /// The message as it goes out.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The wire crate knows which values must not be shown.
        match ami_wire::messages(&self.bytes).next() {
            Some(Ok(message)) => message.fmt(f),
            _ => f.write_str("Outgoing"),
        }
    }
}

/// Why a message was not written: see [`EncodeError`]. It converts into the error of the transport, for `?` beside `send`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub EncodeError);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}

impl From<EncodeError> for Refused {
    fn from(error: EncodeError) -> Self {
        Self(error)
    }
}

impl From<Refused> for io::Error {
    fn from(error: Refused) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

impl tokio_util::codec::Encoder<Outgoing> for AmiCodec {
    type Error = io::Error;

    fn encode(&mut self, message: Outgoing, buffer: &mut BytesMut) -> io::Result<()> {
        buffer.put(message.bytes);
        Ok(())
    }
}

impl tokio_util::codec::Encoder<Message<'_>> for AmiCodec {
    type Error = io::Error;

    /// The message as it came in, untouched.
    fn encode(&mut self, message: Message<'_>, buffer: &mut BytesMut) -> io::Result<()> {
        buffer.extend_from_slice(message.as_bytes());
        Ok(())
    }
}

impl tokio_util::codec::Encoder<OwnedMessage> for AmiCodec {
    type Error = io::Error;

    /// The message as it came in, untouched.
    fn encode(&mut self, message: OwnedMessage, buffer: &mut BytesMut) -> io::Result<()> {
        buffer.extend_from_slice(message.as_bytes());
        Ok(())
    }
}

impl tokio_util::codec::Encoder<&OwnedMessage> for AmiCodec {
    type Error = io::Error;

    /// The message as it came in, untouched.
    fn encode(&mut self, message: &OwnedMessage, buffer: &mut BytesMut) -> io::Result<()> {
        buffer.extend_from_slice(message.as_bytes());
        Ok(())
    }
}
