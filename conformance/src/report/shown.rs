//! The lines of a message that a report shows, and the one that matters.

use std::ops::Range;

use ami_wire::{LineKind, Message};

use crate::finding::Place;
use crate::source::{Excerpt, Excerpts};

/// A message as a report shows it.
pub(super) struct Shown<'a> {
    pub(super) excerpt: &'a Excerpt,
    /// Its lines, without what a terminal or a viewer would act on.
    pub(super) text: String,
    /// The header that matters, as a range of `text`.
    pub(super) span: Range<usize>,
    /// On which line of the message it stands, counted from 0.
    pub(super) line: u64,
    /// Where it stands: bytes from the start of the message, and its length.
    pub(super) bytes: Range<u64>,
}

impl<'a> Shown<'a> {
    /// The message at a place; what matters is the header that names `entity`, by its value or its key.
    pub(super) fn new(excerpts: &'a Excerpts, place: Place, entity: Option<&str>) -> Option<Self> {
        /// Lines of a message to show.
        const LINES: usize = 64;
        let excerpt = excerpts.get(&(place.connection, place.direction, place.offset))?;
        let message = ami_wire::messages(&excerpt.bytes).find_map(Result::ok)?;
        let concerned = entity.and_then(|entity| header_about(&message, entity));
        let mut shown = Self { excerpt, text: String::new(), span: 0..0, line: 0, bytes: 0..0 };
        let lines = message.lines().filter(|line| line.kind != LineKind::Blank).take(LINES);
        for (number, line) in lines.enumerate() {
            let start = shown.text.len();
            // One line of the file is one line here, whatever bytes it holds.
            shown.text.extend(String::from_utf8_lossy(line.text).chars().filter(|c| !c.is_control()));
            if number == 0 || concerned == Some(number) {
                shown.span = start..shown.text.len();
                shown.line = number as u64;
                shown.bytes = line.start as u64..(line.start + line.text.len()) as u64;
            }
            shown.text.push('\n');
        }
        Some(shown)
    }

    /// The line of the file on which the header stands, counted from 1.
    pub(super) fn line_in_file(&self) -> u64 {
        self.excerpt.line + self.line
    }
}

/// The line of the header that is about an entity: best one whose value it is, else one whose key it is, else one that
/// mentions it.
fn header_about(message: &Message<'_>, entity: &str) -> Option<usize> {
    let entity = entity.as_bytes();
    let fits = |line: LineKind<'_>| {
        let LineKind::Header(header) = line else { return None };
        if header.value == entity {
            Some(3)
        } else if header.trimmed_key().eq_ignore_ascii_case(entity) {
            Some(2)
        } else {
            (!entity.is_empty() && memchr::memmem::find(header.value, entity).is_some()).then_some(1)
        }
    };
    let lines = message.lines().filter(|line| line.kind != LineKind::Blank).enumerate();
    // The first of the best.
    lines
        .filter_map(|(number, line)| Some((fits(line.kind)?, number)))
        .max_by_key(|(fit, number)| (*fit, std::cmp::Reverse(*number)))
        .map(|(_, number)| number)
}
