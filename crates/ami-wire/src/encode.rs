//! Writes messages.

use core::fmt;

use crate::line::LineKind;
use crate::{END_COMMAND, Kind, Message};

/// Why a message could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// CR, LF or NUL in a key, value or line, or a colon in a key: the receiver would read something else than was
    /// meant. This is what makes header injection impossible.
    ForbiddenByte {
        /// The byte.
        byte: u8,
        /// Where in the key, value or line it stands.
        position: usize,
    },
    /// A key or a line is empty; an empty line would end the message.
    Empty,
    /// The sink has no room left.
    Full,
    /// A byte that is not UTF-8, for a sink that takes text only.
    NotText,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForbiddenByte { byte, position } => {
                write!(f, "byte '{}' at position {position} must not occur here", byte.escape_ascii())
            }
            Self::Empty => f.write_str("a key or a line is empty"),
            Self::Full => f.write_str("the buffer is full"),
            Self::NotText => f.write_str("bytes that are not UTF-8 cannot be written as text"),
        }
    }
}

impl core::error::Error for EncodeError {}

/// Where an [`Encoder`] writes to.
pub trait Sink {
    /// Takes all of `bytes`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Full`] when they do not fit, [`EncodeError::NotText`] when they are not what the sink takes.
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError>;
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        (**self).put(bytes)
    }
}

#[cfg(feature = "alloc")]
impl Sink for alloc::vec::Vec<u8> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// A sink over memory of the caller's.
///
/// ```
/// use ami_wire::{Encoder, SliceSink};
///
/// let mut memory = [0; 64];
/// let mut sink = SliceSink::new(&mut memory);
/// Encoder::action(&mut sink, "Ping").unwrap().end().unwrap();
/// assert_eq!(sink.written(), b"Action: Ping\r\n\r\n");
/// ```
pub struct SliceSink<'a> {
    memory: &'a mut [u8],
    length: usize,
}

// Not what it holds: that can be a password.
impl core::fmt::Debug for SliceSink<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SliceSink")
            .field("length", &self.length)
            .field("size", &self.memory.len())
            .finish_non_exhaustive()
    }
}

impl<'a> SliceSink<'a> {
    /// An empty sink.
    pub const fn new(memory: &'a mut [u8]) -> Self {
        Self { memory, length: 0 }
    }

    /// What was written.
    pub fn written(&self) -> &[u8] {
        self.memory.get(..self.length).unwrap_or(&[])
    }

    /// Forgets what was written.
    pub const fn clear(&mut self) {
        self.length = 0;
    }
}

impl Sink for SliceSink<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let end = self.length + bytes.len();
        self.memory.get_mut(self.length..end).ok_or(EncodeError::Full)?.copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }
}

/// A sink over anything that takes formatted text.
///
/// ```
/// use ami_wire::{Encoder, FmtSink};
///
/// let mut sink = FmtSink(String::new());
/// Encoder::action(&mut sink, "Logoff").unwrap().end().unwrap();
/// assert_eq!(sink.0, "Action: Logoff\r\n\r\n");
/// ```
#[derive(Clone, Debug, Default)]
pub struct FmtSink<W>(pub W);

impl<W: fmt::Write> Sink for FmtSink<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let text = core::str::from_utf8(bytes).map_err(|_| EncodeError::NotText)?;
        self.0.write_str(text).map_err(|_| EncodeError::Full)
    }
}

/// A sink over anything that takes bytes in the manner of the crate `bytes`.
///
/// ```
/// use ami_wire::{BufSink, Encoder};
/// use bytes::BytesMut;
///
/// let mut out = BytesMut::new();
/// Encoder::action(BufSink(&mut out), "Ping").unwrap().end().unwrap();
/// assert_eq!(&out[..], b"Action: Ping\r\n\r\n");
/// ```
#[cfg(feature = "bytes")]
#[derive(Clone, Debug, Default)]
pub struct BufSink<B>(pub B);

#[cfg(feature = "bytes")]
impl<B: bytes::BufMut> Sink for BufSink<B> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        if self.0.remaining_mut() < bytes.len() {
            return Err(EncodeError::Full);
        }
        self.0.put_slice(bytes);
        Ok(())
    }
}

/// Writes one message, header by header.
///
/// Keys and values are checked as they come; nothing that is written can be read as another header or message.
/// What is refused is not written, and the message can go on without it. When the sink fails, what it holds is an
/// unfinished message: every later call fails in the same way, so that nothing is taken for the rest of a torn line. Throw
/// it away.
///
/// ```
/// use ami_wire::{EncodeError, Encoder};
///
/// let mut out = Vec::new();
/// let mut action = Encoder::action(&mut out, "Originate")?;
/// action.header("ActionID", "1")?;
/// action.header("Channel", "PJSIP/100")?;
/// action.header("Variable", b"NAME=Andr\xe9")?;
/// let injected = action.header("Exten", "100\r\nAction: Command");
/// assert_eq!(injected, Err(EncodeError::ForbiddenByte { byte: b'\r', position: 3 }));
/// action.end()?;
/// assert!(out.starts_with(b"Action: Originate\r\nActionID: 1\r\nChannel: PJSIP/100\r\n"));
/// # Ok::<(), EncodeError>(())
/// ```
#[must_use = "a message without its end is not complete"]
pub struct Encoder<S> {
    sink: S,
    /// What the sink said when it took a part of a line, or nothing.
    failed: Option<EncodeError>,
}

// Not the sink, which holds what was written.
impl<S> core::fmt::Debug for Encoder<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Encoder").field("failed", &self.failed).finish_non_exhaustive()
    }
}

impl<S: Sink> Encoder<S> {
    /// Begins an action, as a client sends it.
    ///
    /// # Errors
    ///
    /// As for [`header`](Self::header).
    pub fn action(sink: S, name: impl AsRef<[u8]>) -> Result<Self, EncodeError> {
        Self::begin(sink, "Action", name.as_ref())
    }

    /// Begins an event, as a server sends it.
    ///
    /// # Errors
    ///
    /// As for [`header`](Self::header).
    pub fn event(sink: S, name: impl AsRef<[u8]>) -> Result<Self, EncodeError> {
        Self::begin(sink, "Event", name.as_ref())
    }

    /// Begins a response, as a server sends it: `Success`, `Error`, `Goodbye`.
    ///
    /// # Errors
    ///
    /// As for [`header`](Self::header).
    pub fn response(sink: S, value: impl AsRef<[u8]>) -> Result<Self, EncodeError> {
        Self::begin(sink, "Response", value.as_ref())
    }

    /// Begins a message of which nothing is written yet, for those who write its deciding key themselves: in another case,
    /// at another place, or not at all.
    ///
    /// ```
    /// use ami_wire::Encoder;
    ///
    /// let mut message = Encoder::message(Vec::new());
    /// message.header("event", "Hangup")?;
    /// assert_eq!(message.end()?, b"event: Hangup\r\n\r\n");
    /// # Ok::<(), ami_wire::EncodeError>(())
    /// ```
    pub const fn message(sink: S) -> Self {
        Self { sink, failed: None }
    }

    fn begin(sink: S, key: &str, value: &[u8]) -> Result<Self, EncodeError> {
        let mut encoder = Self::message(sink);
        encoder.header(key, value)?;
        Ok(encoder)
    }

    /// Writes a header.
    ///
    /// # Errors
    ///
    /// [`EncodeError::ForbiddenByte`] for CR, LF or NUL, or a colon in the key; [`EncodeError::Empty`] for an empty
    /// key; what the sink says. Nothing was written in the first two cases.
    pub fn header(&mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<(), EncodeError> {
        let (key, value) = (key.as_ref(), value.as_ref());
        refuse(key, |byte| matches!(byte, b'\r' | b'\n' | 0 | b':'))?;
        refuse(value, |byte| matches!(byte, b'\r' | b'\n' | 0))?;
        if key.is_empty() {
            return Err(EncodeError::Empty);
        }
        self.put(|sink| put_header(sink, key, value))
    }

    /// Writes a line without a colon, for those who imitate an old server.
    ///
    /// # Errors
    ///
    /// As for [`header`](Self::header); a colon is refused, as the line would be a header.
    pub fn raw_line(&mut self, text: impl AsRef<[u8]>) -> Result<(), EncodeError> {
        let text = text.as_ref();
        refuse(text, |byte| matches!(byte, b'\r' | b'\n' | 0 | b':'))?;
        if text.is_empty() {
            return Err(EncodeError::Empty);
        }
        self.put(|sink| {
            sink.put(text)?;
            sink.put(b"\r\n")
        })
    }

    /// Ends the message with its empty line and gives the sink back.
    ///
    /// # Errors
    ///
    /// What the sink says, or has said before.
    ///
    /// ```
    /// use ami_wire::{EncodeError, Encoder, SliceSink};
    ///
    /// let mut memory = [0; 24];
    /// let mut action = Encoder::action(SliceSink::new(&mut memory), "Ping")?;
    /// assert_eq!(action.header("ActionID", "1234567890"), Err(EncodeError::Full));
    /// assert_eq!(action.end().err(), Some(EncodeError::Full));
    /// # Ok::<(), EncodeError>(())
    /// ```
    pub fn end(mut self) -> Result<S, EncodeError> {
        self.put(|sink| sink.put(b"\r\n"))?;
        Ok(self.sink)
    }

    fn put(&mut self, write: impl FnOnce(&mut S) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = write(&mut self.sink);
        self.failed = result.err();
        result
    }
}

fn refuse(bytes: &[u8], forbidden: impl Fn(u8) -> bool) -> Result<(), EncodeError> {
    match bytes.iter().enumerate().find(|&(_, &byte)| forbidden(byte)) {
        Some((position, &byte)) => Err(EncodeError::ForbiddenByte { byte, position }),
        None => Ok(()),
    }
}

fn put_header(sink: &mut impl Sink, key: &[u8], value: &[u8]) -> Result<(), EncodeError> {
    sink.put(key)?;
    sink.put(b": ")?;
    sink.put(value)?;
    sink.put(b"\r\n")
}

impl Message<'_> {
    /// Writes the message again in clean form: CR LF, one space after each colon, an end marker on its own line, a
    /// blank line at the end. Parsed again it has the same kind, headers, raw lines and output, in the same order.
    ///
    /// Bare CR and NUL inside values stay as they are: what came in as one value goes out as one value. To pass a
    /// message on untouched, write [`as_bytes`](Self::as_bytes).
    ///
    /// ```
    /// let message = ami_wire::messages(b"event:A\nB:\n\n").next().unwrap().unwrap();
    /// let mut out = Vec::new();
    /// message.encode(&mut out).unwrap();
    /// assert_eq!(out, b"event: A\r\nB: \r\n\r\n");
    /// ```
    ///
    /// # Errors
    ///
    /// What the sink says.
    pub fn encode(&self, sink: &mut impl Sink) -> Result<(), EncodeError> {
        let follows =
            self.kind() == Kind::Response && self.name().is_some_and(|value| value.eq_ignore_ascii_case(b"Follows"));
        let mut end_marker = follows.then_some(END_COMMAND);
        let mut lines = self.lines();
        while let Some(line) = lines.next() {
            match line.kind {
                LineKind::Header(header) => put_header(sink, header.key, header.value)?,
                LineKind::Raw | LineKind::Banner => {
                    sink.put(line.text)?;
                    sink.put(b"\r\n")?;
                }
                LineKind::Output if line.ending.is_empty() && lines.clone().next().is_some() => {
                    // Glued to its end marker. It stays so: the text alone could be taken for an end marker itself.
                    sink.put(line.text)?;
                }
                LineKind::Output => {
                    sink.put(line.text)?;
                    // A CR at the end of the text would otherwise be taken for half of the ending.
                    sink.put(if line.text.ends_with(b"\r") { b"\r\n" } else { b"\n" })?;
                }
                LineKind::EndMarker => {
                    sink.put(line.text)?;
                    sink.put(b"\r\n")?;
                    end_marker = None;
                }
                LineKind::Blank => {}
            }
        }
        if let Some(marker) = end_marker {
            sink.put(marker)?;
            sink.put(b"\r\n")?;
        }
        if self.kind() == Kind::Banner { Ok(()) } else { sink.put(b"\r\n") }
    }
}
