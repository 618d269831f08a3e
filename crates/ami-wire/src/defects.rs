//! Finds what is wrong with a message, on request.

use crate::header::trim;
use crate::line::{Line, LineKind, Lines};
use crate::{Defect, DefectCode, Header, Kind, Message};

/// Most defects that one line can have: one of each code that a line can meet.
const PER_LINE: usize = 12;

/// The defects of a message in order of offset. Made by [`Message::defects`].
///
/// At most one defect of a code is reported per line.
#[derive(Clone, Debug)]
pub struct Defects<'a> {
    message: Message<'a>,
    lines: Lines<'a>,
    seen: Seen,
    found: [Option<Defect>; PER_LINE],
    next: usize,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Before,
    Lines,
    After,
    Done,
}

/// What the headers so far held.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "one flag per key")]
struct Seen {
    header: bool,
    action: bool,
    response: bool,
    /// It came before any `Event`; behind one it is an ordinary field.
    response_first: bool,
    event: bool,
    action_id: bool,
    privilege: bool,
}

impl<'a> Defects<'a> {
    pub(crate) fn new(message: Message<'a>) -> Self {
        Self {
            message,
            lines: message.lines(),
            seen: Seen::default(),
            found: [None; PER_LINE],
            next: 0,
            stage: Stage::Before,
        }
    }

    /// Adds a defect at `at` bytes from the message's start, keeping the line's defects in order of offset.
    fn add(&mut self, code: DefectCode, at: usize) {
        let new = Defect { code, offset: self.message.offset + at as u64 };
        let mut slot = Some(new);
        for found in &mut self.found {
            match (*found, slot) {
                (None, _) => {
                    *found = slot;
                    return;
                }
                (Some(old), Some(moved)) if (old.offset, old.code) > (moved.offset, moved.code) => {
                    slot = found.replace(moved);
                }
                _ => {}
            }
        }
        debug_assert!(slot.is_none(), "PER_LINE is too small");
    }

    fn line(&mut self, line: &Line<'a>) {
        let first = line.start == 0;
        if first && self.message.kind == Kind::Unknown {
            self.add(DefectCode::KindMissing, 0);
        }
        match line.kind {
            LineKind::Output => return,
            LineKind::Header(header) => {
                self.header(line, header);
                self.value(line, header.value);
            }
            LineKind::Raw => {
                let malformed = first && self.message.flags.banner_malformed;
                self.add(if malformed { DefectCode::BannerMalformed } else { DefectCode::NoColon }, line.start);
                self.value(line, line.text);
            }
            LineKind::Banner => self.value(line, line.text),
            LineKind::EndMarker | LineKind::Blank => {}
        }
        if line.ending == b"\n" {
            self.add(DefectCode::BareLf, line.start + line.text.len());
        }
    }

    fn header(&mut self, line: &Line<'a>, header: Header<'a>) {
        if header.key.is_empty() {
            self.add(DefectCode::EmptyKey, line.start);
        } else if let Some(at) = header.key.iter().position(|byte| !byte.is_ascii_graphic()) {
            self.add(DefectCode::KeyNotToken, line.start + at);
        }
        let after_colon = header.key.len() + 1;
        if line.text.get(after_colon) != Some(&b' ') {
            self.add(DefectCode::NoSpaceAfterColon, line.start + after_colon);
        }
        let seen = self.seen;
        self.seen.header = true;
        let key = trim(header.key);
        let (mut duplicate, mut conflict) = (false, false);
        match Kind::decided_by(key) {
            Some(Kind::Action) => {
                duplicate = core::mem::replace(&mut self.seen.action, true);
                conflict = seen.response || seen.event;
            }
            Some(Kind::Response) => {
                duplicate = core::mem::replace(&mut self.seen.response, true);
                conflict = seen.action;
                self.seen.response_first |= !seen.event;
            }
            Some(Kind::Event) => {
                duplicate = core::mem::replace(&mut self.seen.event, true);
                conflict = seen.action || seen.response_first;
            }
            _ if key.eq_ignore_ascii_case(b"ActionID") => {
                duplicate = core::mem::replace(&mut self.seen.action_id, true);
            }
            _ if key.eq_ignore_ascii_case(b"Privilege") => {
                duplicate = core::mem::replace(&mut self.seen.privilege, true);
            }
            _ => {}
        }
        if duplicate {
            self.add(DefectCode::DuplicateKindKey, line.start);
        }
        if conflict {
            self.add(DefectCode::KindConflict, line.start);
        }
        let decides = Kind::decided_by(key).is_some() && !(seen.action || seen.response || seen.event);
        if decides && seen.header {
            self.add(DefectCode::KindNotFirst, line.start);
        }
    }

    fn value(&mut self, line: &Line<'a>, value: &'a [u8]) {
        let at = line.start + line.text.len() - value.len();
        if let Some(cr) = crate::work::memchr(b'\r', value) {
            self.add(DefectCode::BareCr, at + cr);
        }
        let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\r');
        if let Some(position) = value.iter().position(control) {
            self.add(DefectCode::ControlByte, at + position);
        }
        if let Err(error) = core::str::from_utf8(value) {
            self.add(DefectCode::NonUtf8, at + error.valid_up_to());
        }
    }
}

/// Whether there is surely nothing to find in the lines: nearly always, and told without a look at single bytes.
fn is_plain(message: &Message<'_>) -> bool {
    if !message.lines_are_plain() {
        return false;
    }
    let (mut first, mut action_id, mut privilege) = (true, false, false);
    message.headers().all(|Header { key, .. }| {
        // Others that decide are rare, and not always wrong: whoever looks closely may judge.
        let decides = match key.len() {
            5 | 6 | 8 => Kind::decided_by(key),
            _ => None,
        };
        let fine = if core::mem::replace(&mut first, false) { decides.is_some() } else { decides.is_none() };
        fine && match key.len() {
            8 if key.eq_ignore_ascii_case(b"ActionID") => !core::mem::replace(&mut action_id, true),
            9 if key.eq_ignore_ascii_case(b"Privilege") => !core::mem::replace(&mut privilege, true),
            _ => true,
        }
    })
}

impl Iterator for Defects<'_> {
    type Item = Defect;

    fn next(&mut self) -> Option<Defect> {
        loop {
            if let Some(defect) = self.found.get_mut(self.next).and_then(Option::take) {
                self.next += 1;
                return Some(defect);
            }
            self.next = 0;
            let flags = self.message.flags;
            match self.stage {
                Stage::Before => {
                    self.stage = if is_plain(&self.message) {
                        Stage::After
                    } else {
                        crate::work::detour();
                        Stage::Lines
                    };
                    let before = u64::from(self.message.blank_before);
                    if before > 0 {
                        let offset = self.message.offset - before;
                        return Some(Defect { code: DefectCode::BlankBeforeMessage, offset });
                    }
                }
                Stage::Lines => match self.lines.next() {
                    Some(line) => self.line(&line),
                    None => self.stage = Stage::After,
                },
                Stage::After => {
                    self.stage = Stage::Done;
                    if flags.unterminated_output {
                        self.add(DefectCode::UnterminatedOutput, self.message.len());
                    }
                    if flags.truncated {
                        self.add(DefectCode::Truncated, self.message.len());
                    }
                }
                Stage::Done => return None,
            }
        }
    }
}

impl core::iter::FusedIterator for Defects<'_> {}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::Stage;
    use crate::index::tests::nearly_plain;
    use crate::messages;

    proptest! {
        #[test]
        fn looking_at_single_bytes_finds_the_same(bytes in nearly_plain(), kind in 0..5usize, again in 0..9usize) {
            let keys = ["Event", "Action", "Response", "ActionID", "Privilege", "event", "actioniD", "X", "Y"];
            let text = std::format!("{}: A\r\n{}: B\r\n", keys[kind], keys[again]);
            let bytes = [text.as_bytes(), &bytes].concat();
            for message in messages(&bytes).map(Result::unwrap) {
                let mut closely = message.defects();
                closely.stage = Stage::Lines;
                let mut quickly = message.defects();
                if message.blank_before > 0 {
                    quickly.next();
                }
                prop_assert!(quickly.eq(closely), "{}", bytes.escape_ascii());
            }
        }
    }

    fn codes(bytes: &[u8]) -> Vec<(&'static str, u64)> {
        let mut messages = messages(bytes);
        let defects = messages.by_ref().flat_map(|message| message.unwrap().defects());
        let mut all: Vec<_> = defects.map(|defect| (defect.code.as_str(), defect.offset)).collect();
        all.extend(messages.trailing_blank().map(|defect| (defect.code.as_str(), defect.offset)));
        all
    }

    #[test]
    fn a_line_can_both_repeat_and_contradict() {
        let found = codes(b"Event: A\r\nAction: B\r\nEvent: C\r\nAction: D\r\n\r\n");
        let both = ["kind-conflict", "kind-conflict", "duplicate-kind-key", "kind-conflict", "duplicate-kind-key"];
        assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), both);
        assert_eq!(found.iter().map(|(_, offset)| *offset).collect::<Vec<_>>(), [10, 21, 21, 31, 31]);
    }

    #[test]
    fn a_cr_at_the_very_end_is_half_a_line_ending() {
        assert_eq!(codes(b"Event: A\r\nB: c\r"), [("truncated", 15)]);
        assert_eq!(codes(b"Event: A\r\nB: c\r\n\r"), [("truncated", 17)]);
        assert_eq!(codes(b"Event: A\r\n\r\n\r"), [("blank-before-message", 12)]);
        assert_eq!(codes(b"Response: Follows\r\na\n--END COMMAND--\r\n\r"), [("truncated", 39)]);
        let message = messages(b"Event: A\r").next().unwrap().unwrap();
        let line = message.lines().next().unwrap();
        assert_eq!((message.name(), line.text, line.ending), (Some(&b"A"[..]), &b"Event: A"[..], &b"\r"[..]));
        assert_eq!(messages(b"Event: A\r\nraw\r").next().unwrap().unwrap().raw_lines().next(), Some(&b"raw"[..]));
    }
}
