//! Messages of anything that can be read.

use std::fmt;
use std::io::{self, Read};

use crate::{Defect, Error, Message, OwnedMessage, Parser, Stream};

/// The messages of a `std::io::Read`: a socket, a file, a pipe.
///
/// ```
/// use ami_wire::{Parser, Reader};
///
/// let mut reader = Reader::new(Parser::new(), &b"Event: A\r\n\r\nEvent: B\r\n\r\n"[..]);
/// let mut names = Vec::new();
/// while let Some(message) = reader.next() {
///     names.extend(message?.name().map(<[u8]>::to_vec));
/// }
/// assert_eq!(names, [b"A", b"B"]);
/// # Ok::<(), ami_wire::ReadError>(())
/// ```
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    stream: Stream,
    ended: bool,
}

/// Bytes asked for at a time.
const BLOCK: usize = 16 * 1024;

impl<R: Read> Reader<R> {
    /// At the start of a stream. What is read is buffered here, so `input` needs no buffer of its own.
    pub const fn new(parser: Parser, input: R) -> Self {
        Self { input, stream: Stream::new(parser), ended: false }
    }

    /// The next message, borrowed until the next call; `None` at the end of the input.
    ///
    /// # Errors
    ///
    /// [`ReadError::Wire`] for a message that is not available; call again to go on behind it. [`ReadError::Io`] for what
    /// the input says; a time-out leaves everything in place, so call again too. An interrupted read is tried again here.
    #[allow(clippy::should_implement_trait, reason = "the message borrows from the reader")]
    pub fn next(&mut self) -> Option<Result<Message<'_>, ReadError>> {
        loop {
            // The message is put together from its parts behind the loop: the borrow would not end otherwise.
            match self.stream.take() {
                Some(Ok(taken)) => return Some(Ok(self.stream.show(&taken))),
                Some(Err(error)) => return Some(Err(error.into())),
                None if self.ended => return None,
                None => {}
            }
            match self.input.read(self.stream.room(BLOCK)) {
                Ok(0) => {
                    self.ended = true;
                    self.stream.end();
                }
                Ok(count) => self.stream.filled(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Some(Err(error.into())),
            }
        }
    }

    /// The messages as an iterator of owned ones.
    ///
    /// ```
    /// # use ami_wire::{Parser, Reader};
    /// let reader = Reader::new(Parser::new(), &b"Event: A\r\n\r\nEvent: B\r\n\r\n"[..]);
    /// let messages: Vec<_> = reader.owned().collect::<Result<_, _>>()?;
    /// assert_eq!(messages.len(), 2);
    /// # Ok::<(), ami_wire::ReadError>(())
    /// ```
    pub const fn owned(self) -> OwnedMessages<R> {
        OwnedMessages { reader: self }
    }

    /// What is read from.
    pub const fn get_ref(&self) -> &R {
        &self.input
    }

    /// What is read from, to write to a socket for instance. Reading from it loses messages.
    pub const fn get_mut(&mut self) -> &mut R {
        &mut self.input
    }

    /// Where the reader is: bytes that are done with.
    pub const fn offset(&self) -> u64 {
        self.stream.offset()
    }

    /// Blank lines behind the last message, once everything was read.
    pub fn trailing_blank(&self) -> Option<Defect> {
        self.stream.trailing_blank()
    }
}

/// An iterator of owned messages. Made by [`Reader::owned`].
#[derive(Debug)]
pub struct OwnedMessages<R> {
    reader: Reader<R>,
}

impl<R: Read> OwnedMessages<R> {
    /// The reader, where the iterator is.
    pub const fn reader(&self) -> &Reader<R> {
        &self.reader
    }
}

impl<R: Read> Iterator for OwnedMessages<R> {
    type Item = Result<OwnedMessage, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.reader.next()?.map(|message| message.to_owned()))
    }
}

/// Why a [`Reader`] could not give a message.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// What the input says.
    Io(io::Error),
    /// A limit was exceeded, or the parser is strict and the message has a defect.
    Wire(Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Wire(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            Self::Wire(_) => None,
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Wire(error)
    }
}
