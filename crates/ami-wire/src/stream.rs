//! A stream with a buffer of its own.

use alloc::vec::Vec;

use crate::window::to_start;
use crate::{Defect, Error, Framer, Message, Parser};

/// A stream with a buffer of its own: feed it what arrives, take out messages.
///
/// The buffer holds the message under way and what was fed behind it; [`Limits`](crate::Limits) bound the former.
/// Take out all messages before the next feed, and memory stays that of the longest message.
///
/// ```
/// use ami_wire::Stream;
///
/// let mut stream = Stream::default();
/// for chunk in [&b"Event: Newch"[..], b"annel\r\n\r\nEvent: Hang", b"up\r\n\r\n"] {
///     stream.feed(chunk);
///     while let Some(message) = stream.next() {
///         println!("{:?}", message?);
///     }
/// }
/// # Ok::<(), ami_wire::Error>(())
/// ```
#[derive(Clone)]
pub struct Stream {
    framer: Framer,
    buffer: Vec<u8>,
    /// Where the bytes begin that are not done with.
    front: usize,
    /// Where the bytes end that were received; behind it is room that [`room`](Self::room) handed out.
    back: usize,
    ended: bool,
}

// Not what it holds: that can be megabytes, and a password.
impl core::fmt::Debug for Stream {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Stream")
            .field("framer", &self.framer)
            .field("held", &self.held())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl Default for Stream {
    fn default() -> Self {
        Self::new(Parser::new())
    }
}

impl Stream {
    /// At the start of a stream.
    pub const fn new(parser: Parser) -> Self {
        Self::with_framer(Framer::new(parser))
    }

    /// Goes on where a framer is.
    pub const fn with_framer(framer: Framer) -> Self {
        Self { framer, buffer: Vec::new(), front: 0, back: 0, ended: false }
    }

    /// Appends bytes that arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        if let Some(room) = self.buffer.get_mut(self.back..self.back + bytes.len()) {
            room.copy_from_slice(bytes);
            self.back += bytes.len();
        }
    }

    /// At least `least` bytes of memory to read into, for instance with `std::io::Read::read`; then tell with
    /// [`filled`](Self::filled) how many came.
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// let mut input = &b"Event: A\r\n\r\n"[..];
    /// let mut stream = ami_wire::Stream::default();
    /// let count = input.read(stream.room(4096))?;
    /// stream.filled(count);
    /// assert_eq!(stream.next().unwrap().unwrap().name(), Some(&b"A"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn room(&mut self, least: usize) -> &mut [u8] {
        self.make_room(least);
        self.buffer.get_mut(self.back..).unwrap_or_default()
    }

    /// Tells that the first `count` bytes of the last [`room`](Self::room) were filled.
    pub fn filled(&mut self, count: usize) {
        self.back = self.buffer.len().min(self.back.saturating_add(count));
    }

    fn make_room(&mut self, least: usize) {
        if self.front == self.back {
            self.front = 0;
            self.back = 0;
        }
        if self.buffer.len() - self.back >= least {
            return;
        }
        // Moving costs what is held, so it is done only when at least as much was consumed since the last time.
        let held = self.back - self.front;
        if self.front >= held {
            to_start(&mut self.buffer, self.front..self.back);
            self.front = 0;
            self.back = held;
        }
        if self.buffer.len() - self.back < least {
            let length = (self.back + least).max(self.buffer.len() * 2);
            self.buffer.resize(length, 0);
        }
    }

    /// Tells that nothing will follow: a message under way then comes out as
    /// [truncated](crate::DefectCode::Truncated).
    pub const fn end(&mut self) {
        self.ended = true;
    }

    /// The next message; `None` when more bytes are needed.
    ///
    /// # Errors
    ///
    /// A limit was exceeded, or the parser is strict and the message has a defect. Call again to go on behind it.
    #[allow(clippy::should_implement_trait, reason = "the message borrows from the stream")]
    #[inline]
    pub fn next(&mut self) -> Option<Result<Message<'_>, Error>> {
        let mut rest = self.buffer.get(self.front..self.back).unwrap_or(&[]);
        let next = self.framer.lend(&mut rest, self.ended);
        self.front = self.back - rest.len();
        next
    }

    /// Takes the next message out without borrowing, to be shown later, but before the next feed.
    #[cfg(feature = "std")]
    pub(crate) fn take(&mut self) -> Option<Result<Taken, Error>> {
        let start = self.front;
        let before = self.framer.offset();
        let next = self.next()?;
        Some(next.map(|message| {
            let start = start + (message.offset() - before) as usize;
            Taken { message: message.detached(), range: start..start + message.len() }
        }))
    }

    /// The message that was taken out.
    #[cfg(feature = "std")]
    pub(crate) fn show(&self, taken: &Taken) -> Message<'_> {
        self.framer.mark(taken.message.attached(self.buffer.get(taken.range.clone()).unwrap_or(&[])))
    }

    /// Bytes that are held and belong to no message yet.
    pub const fn held(&self) -> usize {
        self.back - self.front
    }

    /// Where the stream is: bytes that are done with.
    pub const fn offset(&self) -> u64 {
        self.framer.offset()
    }

    /// Blank lines behind the last message, once everything was read.
    pub fn trailing_blank(&self) -> Option<Defect> {
        self.framer.trailing_blank()
    }
}

/// A message that was taken out of a [`Stream`] and still lies in its buffer.
#[cfg(feature = "std")]
pub(crate) struct Taken {
    message: Message<'static>,
    range: core::ops::Range<usize>,
}
