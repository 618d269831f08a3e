//! The lines of one message, each with what it is.

use crate::work::memchr;

use crate::Header;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind<'a> {
    /// The banner of a server.
    Banner,
    /// A key and a value.
    Header(Header<'a>),
    /// A line without a colon.
    Raw,
    /// A line of command output (`Response: Follows`).
    Output,
    /// The end marker of command output, without the output that may stand before it on its line.
    EndMarker,
    /// The empty line that ends the message.
    Blank,
}

/// A line of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line<'a> {
    /// What it is.
    pub kind: LineKind<'a>,
    /// Where it starts: bytes from the start of the message.
    pub start: usize,
    /// Its bytes without the line ending.
    pub text: &'a [u8],
    /// The line ending: CR LF, LF, CR where the input ends between the two, or nothing where it ends inside the line or an
    /// end marker follows.
    pub ending: &'a [u8],
}

// The text of a header can hold a secret; its kind shows the header without.
impl core::fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Line")
            .field("kind", &self.kind)
            .field("start", &self.start)
            .field("length", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// Splits `bytes` behind its first LF: text without the ending, and the length of both together.
///
/// One CR before the LF belongs to the ending. Without an LF the input ends here: a CR at its very end is half an ending
/// and no text.
#[inline]
pub(crate) fn split(bytes: &[u8]) -> (&[u8], usize) {
    match memchr(b'\n', bytes) {
        Some(lf) => {
            let text = bytes.get(..lf).unwrap_or(bytes);
            (text.strip_suffix(b"\r").unwrap_or(text), lf + 1)
        }
        None => (bytes.strip_suffix(b"\r").unwrap_or(bytes), bytes.len()),
    }
}

/// The lines of a message in wire order. Made by [`Message::lines`](crate::Message::lines).
///
/// Every byte of the message is in exactly one line: in its text or in its ending.
#[derive(Clone)]
pub struct Lines<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) pos: usize,
    pub(crate) banner: bool,
    /// Where command output begins and where its end marker begins.
    pub(crate) output: Option<(usize, usize)>,
}

impl core::fmt::Debug for Lines<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.bytes.get(self.pos..).filter(|rest| !rest.is_empty())?;
        let start = self.pos;
        let in_output = self.output.is_some_and(|(from, to)| start >= from && start < to);
        let (mut text, mut length) = split(rest);
        if let Some((_, to)) = self.output.filter(|_| in_output) {
            // An end marker can be glued to the last line of the output.
            if start + text.len() > to {
                length = to - start;
                text = rest.get(..length).unwrap_or(rest);
            }
        }
        let ending = rest.get(text.len()..length).unwrap_or(&[]);
        self.pos = start + length;
        let kind = if in_output {
            LineKind::Output
        } else if self.output.is_some_and(|(_, to)| start == to) && !text.is_empty() {
            LineKind::EndMarker
        } else if text.is_empty() {
            LineKind::Blank
        } else if self.banner {
            LineKind::Banner
        } else {
            match Header::from_line(text) {
                Some(header) => LineKind::Header(header),
                None => LineKind::Raw,
            }
        };
        Some(Line { kind, start, text, ending })
    }
}

impl core::iter::FusedIterator for Lines<'_> {}
