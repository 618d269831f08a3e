//! A stream over memory of the caller's.

use crate::window::to_start;
use crate::{Defect, Error, Framer, Limits, Message, Parser};

/// A stream over memory of the caller's: feed it what arrives, take out messages. It allocates nothing.
///
/// A message that does not fit is [`OversizeMessage`](crate::DefectCode::OversizeMessage); parsing resumes after the next
/// blank line. Up to 14 bytes of the memory are needed to tell where a message ends.
///
/// ```
/// use ami_wire::{FixedStream, Parser};
///
/// let mut memory = [0; 256];
/// let mut stream = FixedStream::new(Parser::new(), &mut memory);
/// let mut names = 0;
/// let mut input = &b"Event: Newchannel\r\n\r\nEvent: Hangup\r\n\r\n"[..];
/// while !input.is_empty() {
///     // What does not fit yet is fed again, after the messages were taken out.
///     let taken = stream.feed(input);
///     input = &input[taken..];
///     while let Some(message) = stream.next() {
///         names += message?.name().map_or(0, <[u8]>::len);
///     }
/// }
/// assert_eq!(names, 16);
/// # Ok::<(), ami_wire::Error>(())
/// ```
pub struct FixedStream<'b> {
    framer: Framer,
    memory: &'b mut [u8],
    /// Where the bytes begin that are not done with.
    front: usize,
    /// Where the bytes end that were received.
    back: usize,
    ended: bool,
}

// Not what it holds: that can be megabytes, and a password.
impl core::fmt::Debug for FixedStream<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FixedStream")
            .field("framer", &self.framer)
            .field("held", &self.held())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Behind the last line of a message: its line ending, a blank line, and in command output as many bytes as tell
/// whether another message follows.
const BEHIND: usize = 2 + 2 + b"Response: ".len();

impl<'b> FixedStream<'b> {
    /// At the start of a stream. The limit on the size of a message becomes what the memory can hold, if it is not lower.
    pub fn new(parser: Parser, memory: &'b mut [u8]) -> Self {
        let limits = parser.limits;
        let message = limits.message.min(memory.len().saturating_sub(BEHIND));
        let parser = parser.limits(Limits { message, ..limits });
        Self { framer: Framer::new(parser), memory, front: 0, back: 0, ended: false }
    }

    /// Takes bytes that arrived, as many as there is room for; the answer is how many. When all messages are taken out
    /// before, at least one is taken.
    #[must_use = "what was not taken must be fed again"]
    pub fn feed(&mut self, bytes: &[u8]) -> usize {
        let room = self.room();
        let count = room.len().min(bytes.len());
        if let (Some(room), Some(bytes)) = (room.get_mut(..count), bytes.get(..count)) {
            room.copy_from_slice(bytes);
        }
        self.filled(count);
        count
    }

    /// The memory to read into; then tell with [`filled`](Self::filled) how many bytes came.
    pub fn room(&mut self) -> &mut [u8] {
        // Bytes are moved only where the end of the memory is reached, and never twice for the same message.
        if self.front != 0 && (self.back == self.memory.len() || self.front == self.back) {
            to_start(self.memory, self.front..self.back);
            self.back -= self.front;
            self.front = 0;
        }
        self.memory.get_mut(self.back..).unwrap_or_default()
    }

    /// Tells that the first `count` bytes of the last [`room`](Self::room) were filled.
    pub fn filled(&mut self, count: usize) {
        self.back = self.memory.len().min(self.back.saturating_add(count));
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
    pub fn next(&mut self) -> Option<Result<Message<'_>, Error>> {
        let mut rest = self.memory.get(self.front..self.back).unwrap_or(&[]);
        let next = self.framer.lend(&mut rest, self.ended);
        self.front = self.back - rest.len();
        next
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
