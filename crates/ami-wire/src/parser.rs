//! The options of parsing, and messages of a whole slice.

use crate::{Defect, Direction, Error, Framer, Limits, Message};

/// The end line of command output up to release 13.
pub const END_COMMAND: &[u8] = b"--END COMMAND--";

/// How to parse: lenient or strict, limits, direction. Cheap to copy.
///
/// ```
/// use ami_wire::{Direction, Parser};
///
/// let parser = Parser::new().direction(Direction::Client);
/// let names: Vec<_> = parser
///     .messages(b"Action: Ping\r\n\r\naction: logoff\n\n")
///     .map(|message| message.unwrap().name().unwrap())
///     .collect();
/// assert_eq!(names, [b"Ping".as_slice(), b"logoff"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parser {
    pub(crate) strict: bool,
    pub(crate) limits: Limits,
    pub(crate) direction: Direction,
    pub(crate) end_marker: &'static [u8],
}

impl Parser {
    /// Lenient, with the default limits, for a stream of unknown direction.
    pub const fn new() -> Self {
        Self { strict: false, limits: Limits::DEFAULT, direction: Direction::Any, end_marker: END_COMMAND }
    }

    /// Whether a message with a defect is an error. Off by default: defects are then told by
    /// [`Message::defects`] to those who ask.
    #[must_use]
    pub const fn strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    /// How much one message may hold.
    #[must_use]
    pub const fn limits(self, limits: Limits) -> Self {
        Self { limits: limits.clamped(), ..self }
    }

    /// Who sent the stream.
    #[must_use]
    pub const fn direction(self, direction: Direction) -> Self {
        Self { direction, ..self }
    }

    /// The line that ends the output of `Response: Follows`, [`END_COMMAND`] by default. Third-party modules have
    /// their own, such as `--END SMS EVENT--`.
    ///
    /// ```
    /// use ami_wire::Parser;
    /// let bytes = b"Response: Follows\r\none\ntwo\n--END SMS EVENT--\r\n\r\n";
    /// let message = Parser::new().end_marker(b"--END SMS EVENT--").messages(bytes).next().unwrap().unwrap();
    /// assert!(message.output().eq([b"one", b"two"]));
    /// ```
    #[must_use]
    pub const fn end_marker(self, end_marker: &'static [u8]) -> Self {
        Self { end_marker, ..self }
    }

    /// The messages of a whole stream that lies in memory.
    pub const fn messages(self, bytes: &[u8]) -> Messages<'_> {
        Messages { framer: Framer::new(self), rest: bytes }
    }
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

/// The messages of a whole stream that lies in memory, with default options: lenient, of unknown direction.
///
/// ```
/// let trace = b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n";
/// let kinds: Vec<_> = ami_wire::messages(trace).map(|message| message.unwrap().kind().as_str()).collect();
/// assert_eq!(kinds, ["banner", "response"]);
/// ```
pub const fn messages(bytes: &[u8]) -> Messages<'_> {
    Parser::new().messages(bytes)
}

/// An iterator over the messages of a slice. Made by [`messages`] and [`Parser::messages`].
///
/// An `Err` is one message that is not available; the iterator goes on behind it.
#[derive(Clone)]
pub struct Messages<'a> {
    framer: Framer,
    rest: &'a [u8],
}

// Not what it holds: that can be megabytes, and a password.
impl core::fmt::Debug for Messages<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Messages").field("framer", &self.framer).field("rest", &self.rest.len()).finish_non_exhaustive()
    }
}

impl Messages<'_> {
    /// The next message, which borrows from the iterator as well: the fastest way to look at headers, because where they
    /// are was found on the way.
    ///
    /// ```
    /// let mut messages = ami_wire::messages(b"Event: A\r\nB: 1\r\n\r\nEvent: C\r\nD: 2\r\n\r\n");
    /// let mut headers = 0;
    /// while let Some(message) = messages.lend() {
    ///     headers += message?.headers().count();
    /// }
    /// assert_eq!(headers, 4);
    /// # Ok::<(), ami_wire::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As the iterator: one message that is not available.
    #[inline]
    pub fn lend(&mut self) -> Option<Result<Message<'_>, Error>> {
        self.framer.lend(&mut self.rest, true)
    }

    /// Where the iterator is: bytes from the start of the stream.
    pub const fn offset(&self) -> u64 {
        self.framer.offset()
    }

    /// Blank lines behind the last message; to be asked when the iterator is exhausted.
    ///
    /// ```
    /// let mut messages = ami_wire::messages(b"Event: A\r\n\r\n\r\n");
    /// messages.by_ref().for_each(drop);
    /// assert_eq!(messages.trailing_blank().unwrap().offset, 12);
    /// ```
    pub fn trailing_blank(&self) -> Option<Defect> {
        self.framer.trailing_blank()
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.framer.next(&mut self.rest, true)
    }
}

impl core::iter::FusedIterator for Messages<'_> {}
