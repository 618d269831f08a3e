//! One message, borrowed from the bytes that hold it.

use core::fmt;
use core::iter::FusedIterator;

use crate::header::key_eq;
use crate::line::{Line, LineKind, Lines};
use crate::{Defects, Header, Kind};

/// One message, borrowed from the bytes that hold it: it costs nothing to copy and owns nothing.
///
/// Only the message's kind and its bounds are known when the parser hands it out. Headers, raw lines, output and
/// defects are found when they are asked for.
///
/// ```
/// let bytes = b"Event: Newstate\r\nChannel: PJSIP/100-00000001\r\nChannelState: 6\r\n\r\n";
/// let message = ami_wire::messages(bytes).next().unwrap().unwrap();
/// assert_eq!(message.kind(), ami_wire::Kind::Event);
/// assert_eq!(message.name(), Some(&b"Newstate"[..]));
/// assert_eq!(message.get("CHANNEL"), Some(&b"PJSIP/100-00000001"[..]));
/// assert_eq!(message.headers().count(), 3);
/// ```
#[derive(Clone, Copy)]
pub struct Message<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) offset: u64,
    /// Where the value of the deciding key is: start and length.
    pub(crate) name: (u32, u32),
    /// Where command output begins, and where its end marker begins (or would).
    pub(crate) output: (u32, u32),
    /// How many bytes of blank lines stood before the message.
    pub(crate) blank_before: u32,
    pub(crate) kind: Kind,
    pub(crate) flags: Flags,
}

/// What the framer knows about a message besides its bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub(crate) struct Flags {
    pub(crate) truncated: bool,
    pub(crate) unterminated_output: bool,
    pub(crate) banner_malformed: bool,
}

/// Marks a message without command output.
pub(crate) const NO_OUTPUT: (u32, u32) = (u32::MAX, u32::MAX);

impl<'a> Message<'a> {
    /// What the message is.
    #[inline]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The value of the key that decides the kind: the name of an event or action, `Success` and the like for a
    /// response. For a banner the whole line; `None` for an unknown message.
    #[inline]
    pub fn name(&self) -> Option<&'a [u8]> {
        if self.kind == Kind::Unknown {
            return None;
        }
        let (start, length) = (self.name.0 as usize, self.name.1 as usize);
        self.bytes.get(start..start + length)
    }

    /// Where the message starts: bytes from the start of the stream.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The message's bytes, from its first line to its blank line, both included.
    #[inline]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many bytes it has. Blank lines that stood before it do not count.
    #[inline]
    #[allow(clippy::len_without_is_empty, reason = "a message has at least one byte")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether its end was seen; `false` where the stream ended inside it.
    #[inline]
    pub fn is_complete(&self) -> bool {
        !self.flags.truncated
    }

    /// Whether it carries command output in the old form (`Response: Follows`, up to release 13).
    #[inline]
    pub fn has_output(&self) -> bool {
        self.output.0 != u32::MAX
    }

    /// Its headers in wire order, equal keys repeated as they are.
    #[inline]
    pub fn headers(&self) -> Headers<'a> {
        let end = if self.kind == Kind::Banner { 0 } else { self.bytes.len().min(self.output.0 as usize) };
        Headers::new(self.bytes.get(..end).unwrap_or(self.bytes))
    }

    /// The value of the first header with this key, without regard to case.
    ///
    /// ```
    /// let bytes = b"Event: X\r\nVariable: a=1\r\nvariable: b=2\r\n\r\n";
    /// let message = ami_wire::messages(bytes).next().unwrap().unwrap();
    /// assert_eq!(message.get("Variable"), Some(&b"a=1"[..]));
    /// assert_eq!(message.get("Channel"), None);
    /// ```
    #[inline]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&'a [u8]> {
        let key = key.as_ref();
        self.headers().find(|header| key_eq(header.key, key)).map(|header| header.value)
    }

    /// The values of all headers with this key, in wire order.
    ///
    /// ```
    /// let bytes = b"Event: X\r\nVariable: a=1\r\nvariable: b=2\r\n\r\n";
    /// let message = ami_wire::messages(bytes).next().unwrap().unwrap();
    /// assert!(message.get_all("Variable").eq([b"a=1", b"b=2"]));
    /// ```
    #[inline]
    pub fn get_all<K: AsRef<[u8]>>(&self, key: K) -> GetAll<'a, K> {
        GetAll { headers: self.headers(), key }
    }

    /// The first header with this key as text; `None` where it is absent or not UTF-8.
    #[inline]
    pub fn get_str(&self, key: impl AsRef<[u8]>) -> Option<&'a str> {
        core::str::from_utf8(self.get(key)?).ok()
    }

    /// All its lines with what they are.
    pub fn lines(&self) -> Lines<'a> {
        let output = self.has_output().then_some((self.output.0 as usize, self.output.1 as usize));
        Lines { bytes: self.bytes, pos: 0, banner: self.kind == Kind::Banner, output }
    }

    /// The lines without a colon, in wire order, line endings removed.
    pub fn raw_lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.lines().filter(|line| line.kind == LineKind::Raw).map(|line| line.text)
    }

    /// The lines of command output in the old form, in wire order, line endings removed. For the `Output` headers of
    /// release 14 and later ask [`get_all`](Self::get_all), or [`command_output`](Self::command_output) for both.
    ///
    /// ```
    /// let bytes = b"Response: Follows\r\nPrivilege: Command\r\nUptime: 3\n\nok\n--END COMMAND--\r\n\r\n";
    /// let message = ami_wire::messages(bytes).next().unwrap().unwrap();
    /// assert!(message.output().eq([&b"Uptime: 3"[..], b"", b"ok"]));
    /// assert_eq!(message.get("Uptime"), None);
    /// ```
    pub fn output(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let lines = self.has_output().then(|| self.lines());
        lines.into_iter().flatten().filter(|line| line.kind == LineKind::Output).map(|line| line.text)
    }

    /// Command output whatever the release: the old form up to 13, the repeated `Output` headers from 14 on.
    pub fn command_output(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.output().chain(self.get_all("Output"))
    }

    /// The same without its bytes, for those who keep the bytes themselves.
    #[cfg(feature = "alloc")]
    pub(crate) fn detached(&self) -> Message<'static> {
        let Self { offset, name, output, blank_before, kind, flags, .. } = *self;
        Message { bytes: &[], offset, name, output, blank_before, kind, flags }
    }

    /// A message that was detached, with its bytes again.
    #[cfg(feature = "alloc")]
    pub(crate) fn attached<'b>(&self, bytes: &'b [u8]) -> Message<'b> {
        let Self { offset, name, output, blank_before, kind, flags, .. } = *self;
        Message { bytes, offset, name, output, blank_before, kind, flags }
    }

    /// Whether two are the same message, wherever in a stream they are.
    #[cfg(feature = "alloc")]
    pub(crate) fn same_on_the_wire(&self, other: &Message<'_>) -> bool {
        self.bytes == other.bytes && self.kind == other.kind && (self.output, self.flags) == (other.output, other.flags)
    }

    /// What is wrong with it, in order of offset. Looks at every byte, so it is paid for only when it is asked.
    ///
    /// ```
    /// use ami_wire::{Defect, DefectCode};
    /// let message = ami_wire::messages(b"Event: X\nA:b\r\n\r\n").next().unwrap().unwrap();
    /// let found: Vec<_> = message.defects().map(|defect| (defect.code.as_str(), defect.offset)).collect();
    /// assert_eq!(found, [("bare-lf", 8), ("no-space-after-colon", 11)]);
    /// ```
    pub fn defects(&self) -> Defects<'a> {
        Defects::new(*self)
    }
}

impl fmt::Debug for Message<'_> {
    /// Kind, position and lines; the values of passwords and login digests are replaced by `***`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Shown<'a>(Line<'a>);
        impl fmt::Debug for Shown<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0.kind {
                    LineKind::Header(header) => header.fmt(f),
                    _ => write!(f, "{}", self.0.text.escape_ascii()),
                }
            }
        }
        struct All<'a>(Lines<'a>);
        impl fmt::Debug for All<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.0.clone().filter(|l| l.kind != LineKind::Blank).map(Shown)).finish()
            }
        }
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .field("offset", &self.offset)
            .field("len", &self.len())
            .field("lines", &All(self.lines()))
            .finish()
    }
}

/// The headers of a message. Made by [`Message::headers`].
#[derive(Clone)]
pub struct Headers<'a> {
    at: Place<'a>,
    /// Where keys and lines end: a colon and an LF for a header, an LF alone for another line.
    marks: [u16; MARKS],
}

/// Enough for a message of some 30 headers at once. A power of two, so that an index can be masked.
const MARKS: usize = 128;

/// Where in a message and its marks an iterator is. Apart from the marks, so that it can be held in registers.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// What is left; all positions count from its start.
    bytes: &'a [u8],
    /// Where the next line starts.
    start: usize,
    /// The next mark, and how many there are.
    next: usize,
    count: usize,
}

impl<'a> Place<'a> {
    /// The next header if its line is marked, comes next, and has the usual form.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is the whole of a loop over headers")]
    fn usual(&mut self, marks: &[u16; MARKS]) -> Option<Header<'a>> {
        if self.next + 1 >= self.count {
            return None;
        }
        let key_end = usize::from(marks[self.next % MARKS]);
        let line_end = usize::from(marks[(self.next + 1) % MARKS]);
        let (key, rest) = self.bytes.get(self.start..)?.split_at_checked(key_end.wrapping_sub(self.start))?;
        let [b':', b' ', value @ .., b'\r'] = rest.get(..line_end.wrapping_sub(key_end))? else { return None };
        self.start = line_end + 1;
        self.next += 2;
        Some(Header { key, value })
    }

    /// Goes on behind the marks that were used up; `false` where there is nothing more.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is passed through memory costs more than what it does")]
    fn go_on(&mut self, marks: &mut [u16; MARKS]) -> bool {
        // What is left is the LF of a line without colon, or the colon of a line that must be looked at again.
        if self.next < self.count {
            let at = usize::from(marks[self.next % MARKS]);
            if self.bytes.get(at) != Some(&b':') {
                self.start = at + 1;
            }
        }
        self.bytes = self.bytes.get(self.start..).unwrap_or(&[]);
        self.start = 0;
        self.next = 0;
        self.count = if self.bytes.is_empty() { 0 } else { mark(self.bytes, marks) };
        self.count != 0
    }

    /// The next header where a line of another form comes next: without colon, space or CR, or longer than the marks
    /// reach.
    #[cold]
    #[inline(never)]
    fn unusual(mut self, marks: &mut [u16; MARKS]) -> (Self, Option<Header<'a>>) {
        loop {
            let mut left = marks.get(self.next..self.count).unwrap_or(&[]).iter().map(|mark| usize::from(*mark));
            match (left.next(), left.next()) {
                (Some(key_end), line_end) if self.bytes.get(key_end) == Some(&b':') => {
                    // Where the marks end inside the line they are no help.
                    let rest = self.bytes.get(self.start..).unwrap_or(&[]);
                    let (line, length) = match line_end {
                        Some(line_end) if line_end >= self.start => {
                            let line = rest.get(..line_end - self.start).unwrap_or(rest);
                            (line.strip_suffix(b"\r").unwrap_or(line), line_end - self.start + 1)
                        }
                        _ => crate::line::split(rest),
                    };
                    let header = Header::cut(line, key_end.saturating_sub(self.start));
                    self.start += length;
                    self.next = if line_end.is_some() { self.next + 2 } else { self.count };
                    if header.is_some() {
                        return (self, header);
                    }
                }
                // The end of a line without colon.
                (Some(line_end), _) => {
                    self.start = line_end + 1;
                    self.next += 1;
                }
                (None, _) => {
                    self.bytes = self.bytes.get(self.start..).unwrap_or(&[]);
                    self.start = 0;
                    self.next = 0;
                    self.count = 0;
                    if self.bytes.is_empty() {
                        return (self, None);
                    }
                    self.count = mark(self.bytes, marks);
                    if self.count == 0 {
                        // A line without colon that is longer than the marks reach.
                        let (line, length) = crate::line::split(self.bytes);
                        self.start = length;
                        if let Some(header) = Header::from_line(line) {
                            return (self, Some(header));
                        }
                    }
                }
            }
        }
    }
}

/// Marks lines at the start of `bytes`. The input can end inside a line: that is its end as well.
#[inline]
fn mark(bytes: &[u8], marks: &mut [u16; MARKS]) -> usize {
    let (count, looked_at) = crate::index::fill(bytes, marks);
    if looked_at == bytes.len()
        && bytes.last() != Some(&b'\n')
        && let (Some(mark), Ok(end)) = (marks.get_mut(count), u16::try_from(looked_at))
    {
        *mark = end;
        return count + 1;
    }
    count
}

impl<'a> Headers<'a> {
    #[inline]
    fn new(bytes: &'a [u8]) -> Self {
        Self { at: Place { bytes, start: 0, next: 0, count: 0 }, marks: [0; MARKS] }
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is passed through memory costs more than what it does")]
    fn next(&mut self) -> Option<Header<'a>> {
        if let Some(header) = self.at.usual(&self.marks) {
            return Some(header);
        }
        if self.at.next + 1 >= self.at.count {
            if !self.at.go_on(&mut self.marks) && self.at.bytes.is_empty() {
                return None;
            }
            if let Some(header) = self.at.usual(&self.marks) {
                return Some(header);
            }
        }
        let (at, header) = self.at.unusual(&mut self.marks);
        self.at = at;
        header
    }

    // The place is held in registers here, which it can't be while it lies beside the marks.
    #[inline]
    fn fold<B, F: FnMut(B, Header<'a>) -> B>(self, init: B, mut f: F) -> B {
        let Self { mut at, mut marks } = self;
        let mut folded = init;
        loop {
            while let Some(header) = at.usual(&marks) {
                folded = f(folded, header);
            }
            if at.next + 1 >= at.count {
                if !at.go_on(&mut marks) && at.bytes.is_empty() {
                    return folded;
                }
                if let Some(header) = at.usual(&marks) {
                    folded = f(folded, header);
                    continue;
                }
            }
            let (behind, header) = at.unusual(&mut marks);
            at = behind;
            let Some(header) = header else { return folded };
            folded = f(folded, header);
        }
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl FusedIterator for Headers<'_> {}

/// The values of the headers with one key. Made by [`Message::get_all`].
#[derive(Clone, Debug)]
pub struct GetAll<'a, K> {
    headers: Headers<'a>,
    key: K,
}

impl<'a, K: AsRef<[u8]>> Iterator for GetAll<'a, K> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let key = self.key.as_ref();
        self.headers.find(|header| key_eq(header.key, key)).map(|header| header.value)
    }
}

impl<K: AsRef<[u8]>> FusedIterator for GetAll<'_, K> {}
