//! A message that owns its bytes.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::iter::FusedIterator;

use smallvec::SmallVec;

use crate::header::key_eq;
use crate::line::LineKind;
use crate::{Defects, EncodeError, Header, Kind, Lines, Message, Sink};

/// A message that owns its bytes, for those who keep it longer than the buffer it came from.
///
/// It has the accessors of [`Message`]. Where its headers are is known from the start, so that look-up compares keys and
/// searches nothing. Bytes and positions lie in one piece of memory: a message costs one allocation, a very small one none.
///
/// Two are equal when they are the same message on the wire, wherever in a stream they were found.
///
/// ```
/// use ami_wire::OwnedMessage;
///
/// let kept: Vec<OwnedMessage> = ami_wire::messages(b"Event: Hangup\r\nCause: 16\r\n\r\nEvent: Hangup\r\nCause: 17\r\n\r\n")
///     .filter_map(Result::ok)
///     .map(|message| message.to_owned())
///     .filter(|message| message.get("Cause") == Some(b"17"))
///     .collect();
/// assert_eq!((kept.len(), kept[0].offset()), (1, 28));
/// ```
#[derive(Clone)]
pub struct OwnedMessage {
    /// The message's bytes, then the positions of its headers.
    store: SmallVec<[u8; INLINE]>,
    /// The message without its bytes.
    meta: Message<'static>,
    /// How many of the stored bytes are the message's.
    length: u32,
}

/// A message with its positions that is no longer than this needs no allocation: `Ping` and its `Pong`.
const INLINE: usize = 64;

/// A position of a header as it is stored: where its line starts, how long the key is, where the value ends.
const POSITION: usize = 12;

impl Message<'_> {
    /// The message with its own copy of the bytes.
    ///
    /// ```
    /// let owned = ami_wire::messages(b"Event: A\r\n\r\n").next().unwrap().unwrap().to_owned();
    /// assert_eq!(owned.name(), Some(&b"A"[..]));
    /// ```
    pub fn to_owned(&self) -> OwnedMessage {
        let headers = || {
            self.lines().filter_map(|line| match line.kind {
                LineKind::Header(header) => Some([line.start, header.key.len(), line.start + line.text.len()]),
                _ => None,
            })
        };
        let mut store = SmallVec::with_capacity(self.len() + headers().count() * POSITION);
        store.extend_from_slice(self.as_bytes());
        for position in headers() {
            for part in position {
                store.extend_from_slice(&(part as u32).to_le_bytes());
            }
        }
        OwnedMessage { store, meta: self.detached(), length: self.len() as u32 }
    }
}

impl From<Message<'_>> for OwnedMessage {
    fn from(message: Message<'_>) -> Self {
        message.to_owned()
    }
}

impl From<&Message<'_>> for OwnedMessage {
    fn from(message: &Message<'_>) -> Self {
        message.to_owned()
    }
}

impl OwnedMessage {
    /// The message, borrowed from this one.
    pub fn as_message(&self) -> Message<'_> {
        self.meta.attached(self.as_bytes())
    }

    /// What the message is.
    pub fn kind(&self) -> Kind {
        self.meta.kind()
    }

    /// As [`Message::name`].
    pub fn name(&self) -> Option<&[u8]> {
        self.as_message().name()
    }

    /// Where the message started: bytes from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.meta.offset()
    }

    /// The message's bytes, its blank line included.
    pub fn as_bytes(&self) -> &[u8] {
        self.store.get(..self.length as usize).unwrap_or(&[])
    }

    /// How many bytes it has on the wire.
    #[allow(clippy::len_without_is_empty, reason = "a message has at least one byte")]
    pub fn len(&self) -> usize {
        self.length as usize
    }

    /// As [`Message::is_complete`].
    pub fn is_complete(&self) -> bool {
        self.meta.is_complete()
    }

    /// As [`Message::has_output`].
    pub fn has_output(&self) -> bool {
        self.meta.has_output()
    }

    /// Its headers in wire order; their number is known.
    ///
    /// ```
    /// let owned = ami_wire::messages(b"Event: A\r\nB: 1\r\nC: 2\r\n\r\n").next().unwrap().unwrap().to_owned();
    /// assert_eq!(owned.headers().len(), 3);
    /// assert_eq!(owned.headers().next_back().unwrap().value, b"2");
    /// ```
    pub fn headers(&self) -> OwnedHeaders<'_> {
        let (bytes, positions) = self.store.split_at_checked(self.length as usize).unwrap_or((&[], &[]));
        OwnedHeaders { bytes, positions: positions.chunks_exact(POSITION) }
    }

    /// The value of the first header with this key, without regard to case.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&[u8]> {
        let key = key.as_ref();
        self.headers().find(|header| key_eq(header.key, key)).map(|header| header.value)
    }

    /// The values of all headers with this key, in wire order.
    pub fn get_all<'a, K: AsRef<[u8]> + 'a>(&'a self, key: K) -> impl Iterator<Item = &'a [u8]> {
        self.headers().filter(move |header| key_eq(header.key, key.as_ref())).map(|header| header.value)
    }

    /// The first header with this key as text; `None` where it is absent or not UTF-8.
    pub fn get_str(&self, key: impl AsRef<[u8]>) -> Option<&str> {
        core::str::from_utf8(self.get(key)?).ok()
    }

    /// All its lines with what they are.
    pub fn lines(&self) -> Lines<'_> {
        self.as_message().lines()
    }

    /// The lines without a colon, in wire order.
    pub fn raw_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.as_message().raw_lines()
    }

    /// The lines of command output in the old form, see [`Message::output`].
    pub fn output(&self) -> impl Iterator<Item = &[u8]> {
        self.as_message().output()
    }

    /// Command output whatever the release.
    pub fn command_output(&self) -> impl Iterator<Item = &[u8]> {
        self.as_message().command_output()
    }

    /// What is wrong with it, in order of offset.
    pub fn defects(&self) -> Defects<'_> {
        self.as_message().defects()
    }

    /// As [`Message::encode`].
    ///
    /// # Errors
    ///
    /// What the sink says.
    pub fn encode(&self, sink: &mut impl Sink) -> Result<(), EncodeError> {
        self.as_message().encode(sink)
    }
}

impl PartialEq for OwnedMessage {
    fn eq(&self, other: &Self) -> bool {
        *self == other.as_message()
    }
}

impl Eq for OwnedMessage {}

impl PartialEq<Message<'_>> for OwnedMessage {
    fn eq(&self, other: &Message<'_>) -> bool {
        // The bytes alone do not tell: an end marker of one's own makes another message of them.
        self.as_message().same_on_the_wire(other)
    }
}

impl Hash for OwnedMessage {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for OwnedMessage {
    /// As [`Message`]: passwords and login digests are replaced by `***`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_message().fmt(f)
    }
}

/// The headers of an owned message. Made by [`OwnedMessage::headers`].
#[derive(Clone)]
pub struct OwnedHeaders<'a> {
    bytes: &'a [u8],
    positions: core::slice::ChunksExact<'a, u8>,
}

impl core::fmt::Debug for OwnedHeaders<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a> OwnedHeaders<'a> {
    fn header(&self, position: &[u8]) -> Option<Header<'a>> {
        let (start, rest) = position.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (end, _) = rest.split_first_chunk()?;
        let number = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) as usize;
        let line = self.bytes.get(number(start)..number(end))?;
        let (key, rest) = line.split_at_checked(number(key))?;
        let value = match rest {
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            _ => rest,
        };
        Some(Header { key, value })
    }
}

impl<'a> Iterator for OwnedHeaders<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        let position = self.positions.next()?;
        self.header(position)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.positions.size_hint()
    }
}

impl DoubleEndedIterator for OwnedHeaders<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let position = self.positions.next_back()?;
        self.header(position)
    }
}

impl ExactSizeIterator for OwnedHeaders<'_> {}
impl FusedIterator for OwnedHeaders<'_> {}
