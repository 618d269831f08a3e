//! Which way a message travels, told by the message alone.

use core::iter::FusedIterator;

use crate::{Direction, Error, Kind, Message, Messages, Parser};

impl Message<'_> {
    /// Who sent it: an action comes from a client, anything else from the server. Text without any of the deciding keys is
    /// taken for the server's, which is the one that answers in bare text.
    ///
    /// ```
    /// use ami_wire::Direction;
    /// let message = ami_wire::messages(b"Action: Ping\r\n\r\n").next().unwrap().unwrap();
    /// assert_eq!(message.direction(), Direction::Client);
    /// ```
    pub fn direction(&self) -> Direction {
        match self.kind() {
            Kind::Action => Direction::Client,
            Kind::Banner | Kind::Response | Kind::Event | Kind::Unknown => Direction::Server,
        }
    }
}

/// A message of a text in which both directions are mixed. Made by [`mixed`].
#[derive(Clone, Copy, Debug)]
pub struct Directed<'a> {
    /// Who sent it, as [`Message::direction`] tells.
    pub direction: Direction,
    /// Bytes from the start of the stream of that direction. [`Message::offset`] counts from the start of the mixed text.
    pub offset: u64,
    /// The message.
    pub message: Message<'a>,
}

/// The messages of a text in which both directions are mixed and nothing says which is which: a log, a debug console.
///
/// Whole messages must take turns; the text itself is parsed as [`Parser::messages`] does with
/// [`Direction::Any`].
///
/// ```
/// use ami_wire::{Direction, Parser, mixed};
///
/// let log = b"Action: Ping\r\nActionID: 1\r\n\r\nResponse: Success\r\nActionID: 1\r\nPing: Pong\r\n\r\nAction: Logoff\r\n\r\n";
/// let all: Vec<_> = mixed(Parser::new(), log).map(Result::unwrap).map(|one| (one.direction, one.offset)).collect();
/// assert_eq!(all, [(Direction::Client, 0), (Direction::Server, 0), (Direction::Client, 29)]);
/// ```
pub const fn mixed(parser: Parser, text: &[u8]) -> Mixed<'_> {
    Mixed { messages: parser.direction(Direction::Any).messages(text), before: [0, 0] }
}

/// An iterator over messages of both directions. Made by [`mixed`].
///
/// An `Err` is one message that is not available. Who sent it is not known, so its bytes count for neither direction.
#[derive(Clone, Debug)]
pub struct Mixed<'a> {
    messages: Messages<'a>,
    /// Bytes of the client and of the server so far.
    before: [u64; 2],
}

impl<'a> Mixed<'a> {
    /// The messages as they stand in the text, for [`Messages::trailing_blank`] and the like.
    pub const fn messages(&self) -> &Messages<'a> {
        &self.messages
    }
}

impl<'a> Iterator for Mixed<'a> {
    type Item = Result<Directed<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let message = match self.messages.next()? {
            Ok(message) => message,
            Err(error) => return Some(Err(error)),
        };
        let direction = message.direction();
        let [client, server] = &mut self.before;
        let before = match direction {
            Direction::Client => client,
            _ => server,
        };
        // Blank lines before a message belong to it.
        let offset = *before + u64::from(message.blank_before);
        *before = offset + message.len() as u64;
        Some(Ok(Directed { direction, offset, message }))
    }
}

impl FusedIterator for Mixed<'_> {}
