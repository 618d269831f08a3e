//! One message, borrowed from the bytes that hold it.

use core::fmt;
use core::iter::FusedIterator;

use crate::header::key_eq;
use crate::index::{self, BLOCK};
use crate::line::{Line, LineKind, Lines};
use crate::work;
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
    /// Where keys and lines end, as the framer found them: a colon and an LF for a header, an LF alone for another line.
    /// Either of all lines, or there are none.
    pub(crate) marks: &'a [u16],
    /// What the marks count from: where the message starts among what they were found in.
    pub(crate) base: u16,
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

    /// The same message where it stands in another stream, for those who take streams apart: `offset` is where it starts there,
    /// and its defects move along. Blank lines that stood before it have to be counted.
    ///
    /// ```
    /// let message = ami_wire::messages(b"Event:A\r\n\r\n").next().unwrap().unwrap().with_offset(100);
    /// assert_eq!((message.offset(), message.defects().next().unwrap().offset), (100, 106));
    /// ```
    #[must_use]
    pub const fn with_offset(self, offset: u64) -> Self {
        Self { offset, ..self }
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
        Headers::new(self.bytes.get(..end).unwrap_or(self.bytes), self.marks, self.base)
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

    /// The same with marks of its own.
    #[inline]
    pub(crate) fn marked<'b>(self, marks: &'b [u16], base: u16) -> Message<'b>
    where
        'a: 'b,
    {
        Message { marks, base, ..self }
    }

    /// The same without its bytes, for those who keep the bytes themselves.
    #[cfg(feature = "alloc")]
    pub(crate) fn detached(&self) -> Message<'static> {
        let Self { offset, name, output, blank_before, kind, flags, .. } = *self;
        Message { bytes: &[], offset, name, output, blank_before, kind, flags, marks: &[], base: 0 }
    }

    /// A message that was detached, with its bytes again.
    #[cfg(feature = "alloc")]
    pub(crate) fn attached<'b>(&self, bytes: &'b [u8]) -> Message<'b> {
        let Self { offset, name, output, blank_before, kind, flags, .. } = *self;
        Message { bytes, offset, name, output, blank_before, kind, flags, marks: &[], base: 0 }
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

    /// Whether nothing is wrong with any line for itself, and the message is whole: then only its keys can be amiss, one
    /// with a blank in it, one that is repeated or one that comes too late. It takes all headers to have been read, and is for
    /// those who do that anyway and judge the keys themselves: one quick look at the bytes is all that is left.
    ///
    /// `false` means that [`defects`](Self::defects) has to be asked: there need not be one.
    ///
    /// ```
    /// let has_plain_lines = |bytes: &[u8]| {
    ///     let message = ami_wire::messages(bytes).next().unwrap().unwrap();
    ///     let mut headers = message.headers();
    ///     for header in headers.by_ref() {
    ///         assert_eq!(header.value, b"1");
    ///     }
    ///     message.has_plain_lines(&headers)
    /// };
    /// assert!(has_plain_lines(b"Event: 1\r\nA: 1\r\nEvent: 1\r\n\r\n"));
    /// assert!(!has_plain_lines(b"Event: 1\r\nA:1\r\n\r\n"));
    /// ```
    #[inline]
    pub fn has_plain_lines(&self, headers: &Headers<'_>) -> bool {
        self.blank_before == 0 && self.flags == Flags::default() && self.lines_are_plain_behind(headers)
    }

    #[inline]
    fn lines_are_plain_behind(&self, headers: &Headers<'_>) -> bool {
        if self.marks.is_empty() || headers.marks.len() != 1 {
            return self.lines_are_plain();
        }
        // There is a mark for each colon and for each end of a line. Each line has its CR and its LF, and the last one
        // nothing else: any other control byte is one too many.
        headers.is_usual
            && self.bytes.last_chunk() == Some(b"\r\n\r\n")
            && index::unusual(self.bytes) == self.marks.len() + 1
    }

    /// The same without regard to what stands before the message and whether it is whole.
    #[inline]
    pub(crate) fn lines_are_plain(&self) -> bool {
        !matches!(self.kind, Kind::Banner | Kind::Unknown) && !self.has_output() && index::plain(self.bytes)
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
    /// The lines that can be headers.
    bytes: &'a [u8],
    /// Where the next line starts.
    start: usize,
    /// Marks that were found while the message was framed, and are still to come.
    marks: &'a [u16],
    /// What those count from: where the message starts among what they were found in.
    base: u16,
    /// Where there are none: the marks of a block that are still to come.
    found: u64,
    /// Where that block starts.
    block: usize,
    /// Whether a line goes on behind it that has had no colon yet.
    searching: bool,
    /// Whether each line so far was a key, a colon, one blank, a value, CR and LF.
    is_usual: bool,
}

impl<'a> Headers<'a> {
    #[inline]
    fn new(bytes: &'a [u8], marks: &'a [u16], base: u16) -> Self {
        // The block before the first has no marks.
        Self {
            bytes,
            start: 0,
            marks,
            base,
            found: 0,
            block: 0usize.wrapping_sub(BLOCK),
            searching: true,
            is_usual: true,
        }
    }

    /// The next mark in blocks that are looked at now; `None` at the end of the bytes.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is the whole of a loop over headers")]
    fn mark(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.block = self.block.wrapping_add(BLOCK);
            let rest = self.bytes.get(self.block..).filter(|rest| !rest.is_empty())?;
            (self.found, self.searching) = look_at(rest, self.searching);
        }
        let at = self.block + self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(at)
    }

    /// The header whose key and line end there; `None` where that is no colon, but the end of a line without one.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is the whole of a loop over headers")]
    fn cut(&mut self, key_end: usize, line_end: usize) -> Option<Header<'a>> {
        let header = if let Some(header) = cut_usual(self.bytes, self.start, key_end, line_end) {
            header
        } else {
            self.is_usual = false;
            cut_unusual(self.bytes.get(self.start..line_end)?, key_end.wrapping_sub(self.start))?
        };
        self.start = line_end + 1;
        Some(header)
    }

    /// Those of the headers that are left which are written as nearly all are: one blank behind the colon, CR LF at the
    /// end, and their ends known since the message was framed. It ends before the first that is not, and is quicker than a loop
    /// over all of them; [`rest`](Usual::rest) are the others. [`fold`](Iterator::fold) and what is built on it, like
    /// [`for_each`](Iterator::for_each), do that by themselves.
    ///
    /// ```
    /// let message = ami_wire::messages(b"Event: A\r\nB:1\r\n\r\n").next().unwrap().unwrap();
    /// let mut usual = message.headers().usual();
    /// let mut length = 0;
    /// for header in usual.by_ref() {
    ///     length += header.value.len();
    /// }
    /// for header in usual.rest() {
    ///     length += header.value.len();
    /// }
    /// assert_eq!(length, 2);
    /// ```
    #[inline]
    pub fn usual(self) -> Usual<'a> {
        Usual { headers: self }
    }

    /// Whether none is left.
    #[inline]
    fn is_finished(&self) -> bool {
        matches!(self.marks, [_])
    }

    /// What [`fold`](Iterator::fold) does where headers are not as usual, or have no marks.
    #[cold]
    #[inline(never)]
    fn fold_rest<B>(self, init: B, mut step: impl FnMut(B, Header<'a>) -> B) -> B {
        work::detour();
        let mut all = init;
        for header in self {
            all = step(all, header);
        }
        all
    }

    /// The next header without help: behind lines without colon, or at the end of bytes that end inside a line.
    #[cold]
    #[inline(never)]
    fn search(mut self) -> Found<'a> {
        work::detour();
        let mut header = None;
        self.is_usual = false;
        while let Some(rest) = self.bytes.get(self.start..).filter(|rest| !rest.is_empty())
            && header.is_none()
        {
            let (line, length) = crate::line::split(rest);
            header = Header::from_line(line);
            self.start += length;
        }
        // Marks of lines that were passed are of no use any more.
        let start = self.start;
        let passed = self.marks.iter().take_while(|mark| usize::from(mark.wrapping_sub(self.base)) < start).count();
        self.marks = self.marks.get(passed..).unwrap_or_default();
        if self.marks.is_empty() {
            self.found = 0;
            self.searching = true;
            self.block = start.wrapping_sub(BLOCK);
        }
        Found { headers: self, header }
    }
}

/// What [`Headers::search`] found, and where to go on.
// What is passed by reference can't be held in registers afterwards.
struct Found<'a> {
    headers: Headers<'a>,
    header: Option<Header<'a>>,
}

/// The header from `start` on, whose key and line end there, if it has one blank behind its colon and CR LF at its end.
#[inline(always)]
#[allow(clippy::inline_always, reason = "it is the whole of a loop over headers")]
fn cut_usual(bytes: &[u8], start: usize, key_end: usize, line_end: usize) -> Option<Header<'_>> {
    let line = bytes.get(start..line_end)?;
    let (key, rest) = line.split_at_checked(key_end.wrapping_sub(start))?;
    match rest {
        [b':', b' ', value @ .., b'\r'] => Some(Header { key, value }),
        _ => None,
    }
}

/// A header without space or CR; none where there is no colon.
#[cold]
#[inline(never)]
fn cut_unusual(line: &[u8], key: usize) -> Option<Header<'_>> {
    work::detour();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Header::cut(line, key).filter(|_| line.get(key) == Some(&b':'))
}

/// The marks of a block. Out of the loop over headers, which is small without it.
#[inline(never)]
fn look_at(bytes: &[u8], searching: bool) -> (u64, bool) {
    index::block(bytes, searching)
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is passed through memory costs more than what it does")]
    fn next(&mut self) -> Option<Header<'a>> {
        let header = match self.marks {
            [key_end, line_end, rest @ ..] => {
                let place = |mark: u16| usize::from(mark.wrapping_sub(self.base));
                let header = self.cut(place(*key_end), place(*line_end));
                if header.is_some() {
                    self.marks = rest;
                }
                header
            }
            // The blank line.
            [_] => return None,
            [] => match (self.mark(), self.mark()) {
                (Some(key_end), Some(line_end)) => self.cut(key_end, line_end),
                // The last line, if it is whole and has no colon.
                (Some(line_end), None) if line_end + 1 == self.bytes.len() && self.bytes.ends_with(b"\n") => {
                    self.start = line_end + 1;
                    return None;
                }
                _ => None,
            },
        };
        if header.is_some() || self.start == self.bytes.len() {
            return header;
        }
        let Found { headers, header } = self.clone().search();
        *self = headers;
        header
    }

    #[inline]
    fn fold<B, F: FnMut(B, Header<'a>) -> B>(self, init: B, mut step: F) -> B {
        let (mut all, mut usual) = (init, self.usual());
        for header in usual.by_ref() {
            all = step(all, header);
        }
        let rest = usual.rest();
        if rest.is_finished() { all } else { rest.fold_rest(all, step) }
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl FusedIterator for Headers<'_> {}

/// The headers of a message up to the first that is not written as usual. Made by [`Headers::usual`].
#[derive(Clone, Debug)]
pub struct Usual<'a> {
    headers: Headers<'a>,
}

impl<'a> Usual<'a> {
    /// The headers that are left: none, nearly always.
    #[inline]
    pub fn rest(self) -> Headers<'a> {
        self.headers
    }
}

impl<'a> Iterator for Usual<'a> {
    type Item = Header<'a>;

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is the whole of a loop over headers")]
    fn next(&mut self) -> Option<Header<'a>> {
        let Headers { bytes, start, marks, base, .. } = &mut self.headers;
        let [key_end, line_end, rest @ ..] = *marks else { return None };
        let place = |mark: u16| usize::from(mark.wrapping_sub(*base));
        let line_end = place(*line_end);
        let header = cut_usual(bytes, *start, place(*key_end), line_end)?;
        *start = line_end + 1;
        *marks = rest;
        Some(header)
    }
}

impl FusedIterator for Usual<'_> {}

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

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use crate::index::tests::{naive_plain, nearly_plain};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 8 } else { 2000 }))]

        /// With marks and without: what is told behind the headers is what a look at every byte tells, but for the keys.
        #[test]
        fn plain_lines_are_told_behind_the_headers(bytes in nearly_plain()) {
            let stream = [&b"Event: First\r\n\r\nEvent: Second\r\n"[..], &bytes].concat();
            let mut messages = crate::messages(&stream);
            let mut free = crate::messages(&stream);
            while let Some(Ok(message)) = messages.lend() {
                let Some(Ok(unmarked)) = free.next() else { break };
                for message in [message, unmarked] {
                    let mut headers = message.headers();
                    let mut tokens = true;
                    for header in headers.by_ref() {
                        tokens &= !header.key.is_empty() && !header.key.contains(&b' ');
                    }
                    let surely = message.blank_before == 0 && message.is_complete() && !message.has_output();
                    let expected = surely && message.kind() != crate::Kind::Unknown && naive_plain(message.as_bytes());
                    prop_assert_eq!(tokens && message.has_plain_lines(&headers), expected);
                }
            }
        }
    }

    /// Headers that were not read to the end tell nothing; then every byte is looked at.
    #[test]
    fn headers_half_read_are_not_relied_on() {
        let stream = b"Event: A\r\n\r\nEvent: B\r\nC:1\r\n\r\nEvent: D\r\nE: 1\r\n\r\n";
        let mut messages = crate::messages(stream);
        let mut told = Vec::new();
        while let Some(Ok(message)) = messages.lend() {
            told.push(message.has_plain_lines(&message.headers()));
        }
        assert_eq!(told, [true, false, true]);
    }
}
