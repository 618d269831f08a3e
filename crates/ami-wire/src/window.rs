//! What is known of the bytes ahead: where lines and keys end, and where messages do.

use core::ops::Range;

use crate::index::{self, BLOCK, Carry, PAIRS};
use crate::work;

/// Marks and ends of messages that were found from the front of the buffer on.
///
/// What is found depends on the bytes alone and not on what they mean, so that it stays true whatever is consumed. No
/// byte is looked at twice: where a message is cut by the end of what there is room for, its marks are kept. The exception
/// are messages with more marks than that: they go without, and of what comes behind them little is looked at again.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// Where keys and lines end, from `base`.
    marks: [u16; MARKS + PAIRS],
    /// Which marks are so near to another that they can be those of blank lines; or, when not `marking`, where blank
    /// lines end.
    ends: [u16; MARKS],
    /// The first mark that is not before the front of the buffer, if the front is where it is expected.
    next_mark: usize,
    mark_count: usize,
    /// The first end that was not handed out.
    next_end: usize,
    end_count: usize,
    /// What positions count from, from the front of the buffer, below which it can be: then it has wrapped around.
    base: usize,
    /// Up to where the buffer was searched, from its front.
    searched: usize,
    /// Whether the line under way has had no colon yet.
    searching: bool,
    /// When not `marking`: what the last bytes were.
    carry: Carry,
    /// Whether the message at the front has all its marks so far. Otherwise only blank lines are searched.
    marking: bool,
    given: Given,
}

/// What is known of a whole message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// Where its first line ends.
    pub(crate) line_end: usize,
    pub(crate) length: usize,
    given: Given,
}

/// The marks of the message that was handed out last.
#[derive(Clone, Copy, Debug)]
struct Given {
    first: usize,
    behind: usize,
    base: u16,
}

/// Room for the marks of some five kilobytes of messages.
const MARKS: usize = 512;

/// Where marks are not wanted, so much is looked at in one go: what is ahead must be looked at again for them.
const UNMARKED: usize = 4096;

/// Fewer bytes than this are looked at one by one: what arrives byte by byte.
const FEW: usize = 16;

/// The highest position from which on a block can be looked at.
const LAST: usize = (1 << 16) - 2 * BLOCK;

const NONE: Given = Given { first: 0, behind: 0, base: 0 };

impl Window {
    pub(crate) const fn new() -> Self {
        Self {
            marks: [0; MARKS + PAIRS],
            ends: [0; MARKS],
            next_mark: 0,
            mark_count: 0,
            next_end: 0,
            end_count: 0,
            base: 0,
            searched: 0,
            searching: true,
            carry: Carry { lf: false, line_start: false },
            marking: true,
            given: NONE,
        }
    }

    /// Begins anew at the front of the buffer.
    fn reset(&mut self) {
        self.next_mark = 0;
        self.mark_count = 0;
        self.next_end = 0;
        self.end_count = 0;
        self.base = 0;
        self.searched = 0;
        self.searching = true;
        self.marking = true;
    }

    /// What is known of the message at the front of the buffer, if its end is there and its first key ends at `colon`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is done for every message, and is nearly nothing")]
    pub(crate) fn message(&mut self, colon: usize, bytes: &[u8]) -> Option<Known> {
        if let Some(known) = self.known(colon, bytes) {
            return Some(known);
        }
        self.end(bytes)?;
        self.known(colon, bytes)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is done for every message, and is nearly nothing")]
    fn known(&self, colon: usize, bytes: &[u8]) -> Option<Known> {
        if self.next_end >= self.end_count || !self.marking {
            return None;
        }
        let (first, last) = (self.next_mark, usize::from(*self.ends.get(self.next_end)?));
        let marks = self.marks.get(first..=last)?;
        let ([key_end, line_end, ..], [.., before, end]) = (marks, marks) else { return None };
        let end = self.place(*end);
        if self.place(*key_end) != colon || !is_blank_line(bytes, self.place(*before), end) {
            return None;
        }
        let given = Given { first, behind: last + 1, base: self.front() };
        Some(Known { line_end: self.place(*line_end), length: end + 1, given })
    }

    /// Where a mark is, from the front of the buffer.
    #[inline]
    const fn place(&self, mark: u16) -> usize {
        self.base.wrapping_add(mark as usize)
    }

    /// Hands out the message at the front.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is done for every message, and is nearly nothing")]
    pub(crate) fn take(&mut self, known: &Known) {
        self.given = known.given;
        self.next_mark = known.given.behind;
        self.next_end += 1;
    }

    /// The front of the buffer, as marks count.
    #[inline]
    const fn front(&self) -> u16 {
        0usize.wrapping_sub(self.base) as u16
    }

    /// Where the message at the front of the buffer ends, if its end is there and nothing in its lines ends it before.
    #[inline(never)]
    pub(crate) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        loop {
            while self.next_end < self.end_count {
                if let Some(length) = self.next(bytes) {
                    return Some(length);
                }
                self.next_end += 1;
            }
            let rest = bytes.get(self.searched..).filter(|rest| !rest.is_empty())?;
            if self.marking {
                self.make_room(bytes);
            }
            self.next_end = 0;
            self.searched += if self.marking { self.search(rest) } else { self.search_ends(rest) };
        }
    }

    /// Where the message ends, if it is at the next end: which can be before the front of the buffer, or none.
    fn next(&mut self, bytes: &[u8]) -> Option<usize> {
        let last = *self.ends.get(self.next_end)?;
        if !self.marking {
            let length = self.place(last);
            // What is before the front has wrapped around.
            return (length.cast_signed() > 0 && length <= bytes.len()).then_some(length);
        }
        let last = usize::from(last);
        let before = self.place(*self.marks.get(last.checked_sub(1)?)?);
        let end = self.place(*self.marks.get(last)?);
        if !is_blank_line(bytes, before, end) {
            return None;
        }
        self.pass_marks();
        self.given = Given { first: self.next_mark, behind: last + 1, base: self.front() };
        Some(end + 1)
    }

    /// Passes marks before the front of the buffer.
    fn pass_marks(&mut self) {
        let left = self.marks.get(self.next_mark..self.mark_count).unwrap_or_default();
        let before = |mark: &&u16| self.place(**mark).cast_signed() < 0;
        self.next_mark += left.iter().take_while(before).count();
    }

    /// Makes room for the marks of a block, and of positions for it: those of the message at the front are moved to the
    /// start.
    fn make_room(&mut self, bytes: &[u8]) {
        let position = self.searched.wrapping_sub(self.base);
        if self.mark_count + BLOCK <= MARKS && position <= LAST {
            return;
        }
        self.pass_marks();
        let shift = self.front();
        to_start(&mut self.marks, self.next_mark..self.mark_count);
        self.mark_count -= self.next_mark;
        self.next_mark = 0;
        for mark in self.marks.iter_mut().take(self.mark_count) {
            *mark = mark.wrapping_sub(shift);
        }
        self.base = 0;
        if self.mark_count + BLOCK > MARKS || self.searched > LAST {
            self.marking = false;
            let done = bytes.get(..self.searched).unwrap_or(bytes);
            let lf = done.ends_with(b"\n");
            self.carry = Carry { lf, line_start: lf || done.ends_with(b"\n\r") };
        }
    }

    /// Looks for marks, and for ends among them; the answer is how many bytes were looked at.
    fn search(&mut self, rest: &[u8]) -> usize {
        let from = self.searched.wrapping_sub(self.base) as u16;
        if rest.len() < FEW {
            return self.search_few(rest, from);
        }
        let before = self.mark_count;
        let room = self.marks.get_mut(..MARKS).unwrap_or_default();
        let bytes = index::scan(rest, from, &mut self.searching, room, &mut self.mark_count);
        self.end_count = index::close(&self.marks, before, self.mark_count, &mut self.ends);
        bytes
    }

    /// The same byte by byte, which for a few costs less than a block.
    fn search_few(&mut self, rest: &[u8], from: u16) -> usize {
        work::looked_at(rest.len());
        self.end_count = 0;
        for (at, byte) in (from..).zip(rest) {
            if *byte == b'\n' || (*byte == b':' && self.searching) {
                self.searching = *byte == b'\n';
                let before = self.mark_count.checked_sub(1).and_then(|before| self.marks.get(before));
                if before.is_some_and(|before| at.wrapping_sub(*before) < 3)
                    && let Some(end) = self.ends.get_mut(self.end_count)
                {
                    *end = self.mark_count as u16;
                    self.end_count += 1;
                }
                if let Some(mark) = self.marks.get_mut(self.mark_count) {
                    *mark = at;
                    self.mark_count += 1;
                }
            }
        }
        rest.len()
    }

    /// Looks for ends alone.
    fn search_ends(&mut self, rest: &[u8]) -> usize {
        let rest = rest.get(..UNMARKED).unwrap_or(rest);
        let (count, bytes) = index::ends(rest, &mut self.carry, &mut self.ends);
        self.base = self.searched;
        self.end_count = count;
        bytes
    }

    /// No message is handed out, or one without marks.
    #[inline]
    pub(crate) const fn give_none(&mut self) {
        self.given = NONE;
    }

    /// The marks of the message that was handed out last, and what they count from.
    #[inline]
    pub(crate) fn given(&self) -> (&[u16], u16) {
        let Given { first, behind, base } = self.given;
        (self.marks.get(first..behind).unwrap_or_default(), base)
    }

    /// The front of the buffer moves.
    #[inline]
    pub(crate) fn consume(&mut self, length: usize) {
        self.base = self.base.wrapping_sub(length);
        match self.searched.checked_sub(length) {
            Some(searched) if self.marking => self.searched = searched,
            _ => self.reset(),
        }
    }
}

/// Whether there is an LF at `before`, and another at `end`, with nothing but perhaps a CR between them.
#[inline(always)]
#[allow(clippy::inline_always, reason = "it is done for every message, and is nearly nothing")]
fn is_blank_line(bytes: &[u8], before: usize, end: usize) -> bool {
    // What is before the front of the buffer is beyond its end.
    matches!(bytes.get(before..=end), Some([b'\n', b'\r', b'\n'] | [b'\n', b'\n']))
}

/// Moves a part of a slice to the start; what is no part of it is left where it is. Unlike `copy_within` alone, it has no
/// way to panic.
pub(crate) fn to_start<T: Copy>(slice: &mut [T], part: Range<usize>) {
    if slice.get(part.clone()).is_some() {
        slice.copy_within(part, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::Window;
    use crate::line::LineKind;
    use crate::{Header, Message, Parser, Stream};

    type Owned = (u64, usize, Vec<(Vec<u8>, Vec<u8>)>);

    /// The headers of a message, found in three ways that must agree.
    fn headers(lent: &Message<'_>, free: &Message<'_>) -> Owned {
        let own = |header: Header<'_>| (header.key.to_vec(), header.value.to_vec());
        let of_lines = |line: crate::Line<'_>| match line.kind {
            LineKind::Header(header) => Some(own(header)),
            _ => None,
        };
        let expected: Vec<_> = free.lines().filter_map(of_lines).collect();
        assert_eq!(lent.headers().map(own).collect::<Vec<_>>(), expected, "{}", lent.as_bytes().escape_ascii());
        assert_eq!(free.headers().map(own).collect::<Vec<_>>(), expected, "{}", free.as_bytes().escape_ascii());
        (lent.offset(), lent.len(), expected)
    }

    /// Whatever the pieces, lent messages are those of the slice, with the same headers; the answer is how many had
    /// marks.
    fn check(bytes: &[u8], sizes: &[usize]) -> usize {
        let free: Vec<_> = Parser::new().messages(bytes).collect();
        let mut all = Vec::new();
        let mut messages = Parser::new().messages(bytes);
        let mut marked = 0;
        while let Some(lent) = messages.lend() {
            match (lent, &free[all.len()]) {
                (Ok(lent), Ok(free)) => {
                    marked += usize::from(!lent.marks.is_empty());
                    all.push(Some(headers(&lent, free)));
                }
                (Err(lent), Err(free)) if lent == *free => all.push(None),
                (lent, free) => panic!("{lent:?} {free:?}"),
            }
        }
        assert_eq!(all.len(), free.len());
        let (mut stream, mut sizes) = (Stream::default(), sizes.iter().cycle());
        let (mut rest, mut count) = (bytes, 0);
        loop {
            while let Some(lent) = stream.next() {
                let found = match (lent, &free[count]) {
                    (Ok(lent), Ok(free)) => Some(headers(&lent, free)),
                    (Err(lent), Err(free)) if lent == *free => None,
                    (lent, free) => panic!("{lent:?} {free:?}"),
                };
                assert_eq!(found, all[count]);
                count += 1;
            }
            if rest.is_empty() {
                break;
            }
            let (piece, behind) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            stream.feed(piece);
            rest = behind;
            if rest.is_empty() {
                stream.end();
            }
        }
        assert_eq!(count, all.len());
        marked
    }

    fn line() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            8 => "[A-Za-z]{1,12}: [ -~]{0,40}\r\n".prop_map(String::into_bytes),
            1 => "[A-Za-z]{1,12}:? ?[ -9;-~]{0,90}\r?\n".prop_map(String::into_bytes),
            1 => prop::sample::select(vec![&b"\r\n"[..], b"\n", b":\r\n", b": \n", b"a:\r\n", b"\r\r\n", b"Response: Follows\r\n"])
                .prop_map(<[u8]>::to_vec),
        ]
    }

    use std::string::String;
    use std::vec;

    /// So many of each list of inputs at most: under Miri, which takes a thousand times as long, two.
    const INPUTS: usize = if cfg!(miri) { 2 } else { 100 };

    proptest! {
        #[test]
        fn lent_messages_have_the_same_headers(
            messages in prop::collection::vec(prop::collection::vec(line(), 0..20), 0..INPUTS.min(40)),
            sizes in prop::collection::vec(1..2000usize, 1..4),
        ) {
            let mut bytes = Vec::new();
            for lines in &messages {
                bytes.extend_from_slice(b"Event: X\r\n");
                bytes.extend(lines.concat());
                bytes.extend_from_slice(b"\r\n");
            }
            check(&bytes, &sizes);
            bytes.truncate(bytes.len().saturating_sub(5));
            check(&bytes, &sizes);
        }
    }

    #[test]
    fn usual_messages_have_marks() {
        for (headers, value) in [(1, 1), (3, 20), (20, 20), (200, 2), (5, 2000), (2, 20_000)] {
            let line = std::format!("Key: {}\r\n", "v".repeat(value));
            let message = std::format!("Event: X\r\n{}\r\n", line.repeat(headers));
            let bytes = message.repeat(1 + INPUTS * 1000 / message.len()).into_bytes();
            let count = bytes.len() / message.len();
            // The first message is looked at line by line: it could be a banner.
            assert!(check(&bytes, &[1500, 64, 65_536]) >= count - 1, "{headers} {value}");
        }
    }

    #[test]
    fn larger_messages_do_without_and_others_do_not() {
        let small = "Event: X\r\nKey: value\r\n\r\n".repeat(INPUTS.min(50));
        let all = [(223, 2), (221, 1), (222, 1), (224, 3), (255, 1), (256, 1), (257, 1), (5000, 5), (2, 70_000)];
        for (headers, value) in all.into_iter().take(INPUTS) {
            let line = std::format!("Key: {}\r\n", "v".repeat(value));
            let large = std::format!("Event: X\r\n{}\r\n", line.repeat(headers));
            let bytes = std::format!("{small}{large}{small}{large}{large}{small}").into_bytes();
            for sizes in [&[5000][..], &[63, 64, 65], &[1]].into_iter().take(INPUTS) {
                assert!(check(&bytes, sizes) >= 3 * INPUTS.min(50) - 1, "{headers} {value}");
            }
        }
    }

    /// The marks that were handed out last, from the front of the buffer.
    fn given(window: &Window) -> Vec<usize> {
        let (marks, base) = window.given();
        marks.iter().map(|mark| usize::from(mark.wrapping_sub(base))).collect()
    }

    /// What the first search found serves for all messages that it passed.
    #[test]
    fn messages_behind_the_first_are_known_without_a_search() {
        let bytes = "Event: X\r\nKey: value\r\n\r\n".repeat(20).into_bytes();
        let (mut window, mut front) = (Window::new(), &bytes[..]);
        assert!(window.known(5, front).is_none());
        assert!(window.message(5, front).is_some());
        for _ in 0..20 {
            assert!(window.known(4, front).is_none(), "the key ends elsewhere");
            let known = window.known(5, front).unwrap();
            assert_eq!((known.line_end, known.length), (9, 24));
            window.take(&known);
            assert_eq!(given(&window), [5, 9, 13, 21, 23]);
            window.consume(24);
            front = &front[24..];
        }
        assert!(window.known(5, front).is_none() && window.message(5, front).is_none());
        window.give_none();
        assert_eq!(given(&window), [0; 0]);
    }

    /// What was found before the window began anew says nothing of what comes then, even where it would fit.
    #[test]
    fn nothing_is_known_of_what_was_not_searched() {
        let bytes = "Event: X\r\nKey: value\r\n\r\n".repeat(20).into_bytes();
        let mut window = Window::new();
        assert_eq!(window.message(5, &bytes).map(|known| known.length), Some(24));
        window.consume(bytes.len() + 1);
        let other = b"Event: X\r\n\r\nBBBB: ue\r\n\r\n";
        assert!(window.known(5, other).is_none());
        assert_eq!(window.message(5, other).map(|known| known.length), Some(12));
    }

    /// Marks of what was consumed otherwise are passed, and one at the very front is not.
    #[test]
    fn marks_before_the_front_are_not_given() {
        let bytes = "Event: X\r\nKey: value\r\n\r\n: a\r\n\r\n".repeat(9).into_bytes();
        let (mut window, mut front) = (Window::new(), &bytes[..]);
        for _ in 0..9 {
            for (length, marks) in [(24, &[5, 9, 13, 21, 23][..]), (7, &[0, 4, 6])] {
                assert_eq!(window.end(front), Some(length));
                assert_eq!(given(&window), marks);
                window.consume(length);
                front = &front[length..];
            }
        }
        assert_eq!(window.end(front), None);
    }

    /// Where marks give out, wherever in the lines that is, and however the message arrives, its end is found.
    #[test]
    fn a_message_of_too_many_marks_has_its_end() {
        for before in 0..if cfg!(miri) { 1 } else { 64 } {
            for (line, ending) in [("K:v\n", "\n"), ("K:v\n", "\r\n"), ("K:v\r\n", "\r\n")] {
                for lines in [223, 224, 250, 256, 257, 300] {
                    let message = std::format!("Event: {}\n{}{ending}", "x".repeat(before), line.repeat(lines));
                    let bytes = std::format!("{message}Event: Y\r\n\r\n").into_bytes();
                    let mut whole = Window::new();
                    assert_eq!(whole.end(&bytes), Some(message.len()));
                    let mut pieces = Window::new();
                    for cut in [700, message.len() - 2, message.len() - 1] {
                        assert_eq!(pieces.end(&bytes[..cut]), None, "{before} {lines} {line:?} {cut}");
                    }
                    assert_eq!(pieces.end(&bytes[..message.len()]), Some(message.len()));
                    pieces.consume(message.len());
                    assert_eq!(pieces.end(&bytes[message.len()..]), Some(12));
                    assert_eq!(given(&pieces), [5, 9, 11]);
                }
            }
        }
    }
}
