//! Where in a message the headers of its event are.

use core::fmt;

use ami_wire::{Header, Headers, Message, Usual};

use crate::Text;
use crate::schema::{ByName, EventDef, FieldDef, common_fields, family_matches};
use crate::values::{Field, FromValue};

/// Where a value is in its message. A start of 0 means that the header is absent: a key is always before the value.
#[derive(Clone, Copy, Default)]
pub(crate) struct Span {
    start: u16,
    length: u16,
}

impl Span {
    /// Too far behind for 16 bits: whoever asks for the value looks for it by its key.
    const FAR: Self = Self { start: u16::MAX, length: u16::MAX };
}

/// A message, and where in it the first `N` headers that the schema lists for its event are.
///
/// All are found in one pass when the event is decoded. Fields are listed in the order of the wire, so the next header
/// is nearly always the next field. Events with more fields than places find the rest by their keys.
#[derive(Clone, Copy)]
pub(crate) struct Located<'a, const N: usize> {
    message: Message<'a>,
    fields: &'static [FieldDef],
    spans: [Span; N],
}

impl<'a, const N: usize> Located<'a, N> {
    #[inline]
    pub(crate) fn new(message: &Message<'a>, by_name: ByName) -> Self {
        let mut located = Self { message: *message, fields: by_name.fields, spans: [Span::default(); N] };
        locate(message, by_name, &mut located.spans);
        located
    }

    #[inline]
    pub(crate) fn message(&self) -> &Message<'a> {
        &self.message
    }

    #[inline]
    pub(crate) fn view(&self) -> View<'_, 'a> {
        View { message: &self.message, fields: self.fields, spans: &self.spans, first: 0 }
    }

    /// The part that begins with a field: a snapshot.
    #[inline]
    pub(crate) fn view_from(&self, first: usize) -> View<'_, 'a> {
        View { first, ..self.view() }
    }

    #[inline]
    pub(crate) fn text(&self, index: usize) -> Option<Text<'a>> {
        self.view().text(index)
    }

    #[inline]
    pub(crate) fn field<T: FromValue<'a>>(&self, index: usize) -> Field<'a, T> {
        self.view().field(index)
    }
}

impl<const N: usize> fmt::Debug for Located<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

/// Fields of an event from a certain one on.
#[derive(Clone, Copy)]
pub(crate) struct View<'e, 'a> {
    message: &'e Message<'a>,
    fields: &'static [FieldDef],
    spans: &'e [Span],
    first: usize,
}

impl<'a> View<'_, 'a> {
    #[inline]
    fn raw(&self, index: usize) -> Option<&'a [u8]> {
        let index = self.first + index;
        match self.spans.get(index) {
            Some(Span { start: 0, .. }) => None,
            Some(Span { start: u16::MAX, .. }) | None => by_key(self.message, self.fields.get(index)?.name),
            Some(&Span { start, length }) => {
                let start = usize::from(start);
                self.message.as_bytes().get(start..start + usize::from(length))
            }
        }
    }

    #[inline]
    pub(crate) fn text(&self, index: usize) -> Option<Text<'a>> {
        self.raw(index).map(Text::new)
    }

    #[inline]
    pub(crate) fn field<T: FromValue<'a>>(&self, index: usize) -> Field<'a, T> {
        Field::new(self.raw(index))
    }

    /// All values of a header that can be repeated.
    pub(crate) fn all(&self, index: usize) -> impl Iterator<Item = Text<'a>> + use<'a> {
        let name = self.fields.get(self.first + index).map_or("", |field| field.name);
        self.message.get_all(name).map(Text::new)
    }

    /// All headers of a family: keys and values.
    pub(crate) fn family(&self, index: usize) -> impl Iterator<Item = (Text<'a>, Text<'a>)> + use<'a> {
        let name = self.fields.get(self.first + index).map_or("", |field| field.name);
        let headers = self.message.headers().map(|header| (header.key.trim_ascii(), header.value));
        headers
            .filter(move |(key, _)| family_matches(name.as_bytes(), key))
            .map(|(key, value)| (Text::new(key), Text::new(value)))
    }

    /// The header of a family with this number.
    pub(crate) fn numbered<T: FromValue<'a>>(&self, index: usize, number: u32) -> Field<'a, T> {
        let name = self.fields.get(self.first + index).map_or("", |field| field.name);
        let fits = |key: &[u8]| number_in(name.as_bytes(), key) == Some(number);
        Field::new(self.message.headers().find(|header| fits(header.key.trim_ascii())).map(|header| header.value))
    }
}

/// A header by its key: one look-up for all events, which keeps builds short. The first header `Event` is the event's
/// own name; a field of that name is the second.
#[cold]
#[inline(never)]
fn by_key<'a>(message: &Message<'a>, key: &str) -> Option<&'a [u8]> {
    if key == NAME { message.get_all(key).nth(1) } else { message.get(key) }
}

/// The key of an event's own name.
const NAME: &str = "Event";

/// The number that stands for `#` in a key of a family with one `#`.
fn number_in(pattern: &[u8], key: &[u8]) -> Option<u32> {
    let at = pattern.iter().position(|&byte| byte == b'#')?;
    let (before, after) = (pattern.get(..at)?, pattern.get(at + 1..)?);
    let digits = key.get(at..key.len().checked_sub(after.len())?)?;
    let fits = key.get(..at)?.eq_ignore_ascii_case(before) && key.ends_with_ignore_case(after);
    if !fits || digits.is_empty() {
        return None;
    }
    core::str::from_utf8(digits).ok()?.parse().ok()
}

trait EndsWithIgnoreCase {
    fn ends_with_ignore_case(&self, end: &[u8]) -> bool;
}

impl EndsWithIgnoreCase for [u8] {
    fn ends_with_ignore_case(&self, end: &[u8]) -> bool {
        let start = self.len().checked_sub(end.len());
        start.and_then(|start| self.get(start..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    }
}

/// Finds the fields of a message.
fn locate(message: &Message<'_>, by_name: ByName, spans: &mut [Span]) {
    let mut next = 0;
    let mut usual = message.headers().usual();
    for header in usual.by_ref() {
        next = step(message, by_name, spans, next, header);
    }
    locate_rest(message, by_name, spans, next, usual.rest());
}

/// The same for headers that are not written as usual.
#[inline(never)]
fn locate_rest(message: &Message<'_>, by_name: ByName, spans: &mut [Span], mut next: usize, headers: Headers<'_>) {
    for header in headers {
        next = step(message, by_name, spans, next, header);
    }
}

/// Finds which field a header is, if `next` is the one that is expected; the answer is the one to be expected behind it.
#[inline(always)]
#[allow(clippy::inline_always, reason = "it is the whole of a loop over headers")]
fn step(message: &Message<'_>, by_name: ByName, spans: &mut [Span], next: usize, header: Header<'_>) -> usize {
    // What every event starts with need not be looked for.
    let base = message.as_bytes().as_ptr().addr();
    let first = header.key.as_ptr().addr() == base;
    let index = if (first && header.key == NAME.as_bytes()) || (next == 0 && header.key == b"Privilege") {
        return next;
    } else if expected(by_name.fields, next, header) {
        next
    } else if let Some(index) = find(message, by_name, next, header) {
        index
    } else {
        return next;
    };
    note(spans, index, header.value.as_ptr().addr() - base, header.value);
    index + 1
}

/// Whether a header is the field with this number, spelled as it should be.
#[inline]
fn expected(fields: &[FieldDef], next: usize, header: Header<'_>) -> bool {
    fields.get(next).is_some_and(|field| header.is_spelled(field.name.as_bytes()))
}

/// Notes where a field's value is; the first of several headers counts.
#[inline]
fn note(spans: &mut [Span], index: usize, start: usize, value: &[u8]) {
    if let Some(span) = spans.get_mut(index)
        && span.start == 0
    {
        *span = match (u16::try_from(start), u16::try_from(value.len())) {
            (Ok(start), Ok(length)) if start < u16::MAX => Span { start, length },
            _ => Span::FAR,
        };
    }
}

/// The field that a header is which did not come where it was expected; none for the one that names the event.
#[cold]
#[inline(never)]
fn find(message: &Message<'_>, by_name: ByName, next: usize, header: Header<'_>) -> Option<usize> {
    let index = search(by_name, next, header)?;
    let names = by_name.fields.get(index).is_some_and(|field| field.name == NAME)
        && message.name().is_some_and(|name| header.value.as_ptr_range().contains(&name.as_ptr()));
    (!names).then_some(index)
}

/// Looks for a field that did not come where it was expected.
fn search(by_name: ByName, next: usize, header: Header<'_>) -> Option<usize> {
    // What a release does not have is left out of the order; nothing else is changed, nearly always.
    let near = (next..next + NEAR).find(|index| expected(by_name.fields, *index, header));
    near.or_else(|| by_name.position(header.key))
}

/// How many of the fields behind the expected one are compared before the key is hashed.
const NEAR: usize = 8;

/// A header of an event with what the schema says about it.
#[derive(Clone, Copy)]
pub struct EventField<'a> {
    /// What the schema says; `None` for a header that it does not know.
    pub def: Option<&'static FieldDef>,
    /// The key as it was sent.
    pub key: Text<'a>,
    /// The value.
    pub value: Text<'a>,
}

// As a header, which knows what must not be shown.
impl fmt::Debug for EventField<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ami_wire::Header { key: self.key.as_bytes(), value: self.value.as_bytes() };
        f.debug_struct("EventField").field("header", &header).field("def", &self.def).finish()
    }
}

/// All headers of an event in wire order, with what the schema says about each. Made by
/// [`Event::fields`](crate::Event::fields).
#[derive(Clone)]
pub struct EventFields<'a> {
    headers: Usual<'a>,
    listed: ByName,
    next: usize,
    /// Whether the header that names the event has come: the next one of that key is a field.
    named: bool,
}

impl<'a> EventFields<'a> {
    pub(crate) fn new(message: &Message<'a>, def: Option<&'static EventDef>) -> Self {
        Self {
            headers: message.headers().usual(),
            listed: def.map_or(ByName::NONE, EventDef::by_name),
            next: 0,
            named: false,
        }
    }

    /// A header that was not the one expected.
    fn found(&mut self, header: Header<'a>) -> EventField<'a> {
        let exact = |field: &&FieldDef| field.name.as_bytes() == header.key;
        let common = if !self.named && header.key.trim_ascii().eq_ignore_ascii_case(NAME.as_bytes()) {
            self.named = true;
            common_fields().iter().find(|field| field.name == NAME)
        } else if self.next == 0 {
            common_fields().iter().find(exact)
        } else {
            None
        };
        let def = common.or_else(|| {
            if let Some(index) = search(self.listed, self.next, header) {
                self.next = index + 1;
                return self.listed.fields.get(index);
            }
            let families = self.listed.fields.iter().filter(|field| field.is_family());
            common_fields().iter().chain(families).find(|field| field.matches(header.key))
        });
        EventField { def, key: Text::new(header.key), value: Text::new(header.value) }
    }
}

impl fmt::Debug for EventFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a> Iterator for EventFields<'a> {
    type Item = EventField<'a>;

    #[inline]
    fn next(&mut self) -> Option<EventField<'a>> {
        let header = if let Some(header) = self.headers.next() {
            header
        } else {
            let (headers, header) = unusual(self.headers.clone());
            self.headers = headers;
            header?
        };
        if let Some(def) = self.listed.fields.get(self.next)
            && expected(self.listed.fields, self.next, header)
        {
            self.next += 1;
            return Some(EventField { def: Some(def), key: Text::new(header.key), value: Text::new(header.value) });
        }
        Some(self.found(header))
    }
}

/// The next header where it is not written as usual, and those behind it.
// What is passed by reference can't be held in registers afterwards.
#[cold]
#[inline(never)]
fn unusual(headers: Usual<'_>) -> (Usual<'_>, Option<Header<'_>>) {
    let mut headers = headers.rest();
    let header = headers.next();
    (headers.usual(), header)
}

impl core::iter::FusedIterator for EventFields<'_> {}

#[cfg(all(test, feature = "proptest"))]
mod tests {
    use std::format;
    use std::vec::Vec;

    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::schema;

    fn parse(bytes: &[u8]) -> Message<'_> {
        ami_wire::messages(bytes).next().expect("a message").expect("well-formed")
    }

    /// Whatever is found by prediction is what a look-up by key finds.
    fn agrees<const N: usize>(bytes: &[u8], def: &EventDef) {
        let message = parse(bytes);
        let located = Located::<N>::new(&message, def.by_name());
        for (index, field) in def.fields.iter().enumerate().filter(|(_, field)| !field.is_family()) {
            assert_eq!(
                located.text(index).map(|text| text.as_bytes()),
                by_key(&message, field.name),
                "{}.{}: {message:?}",
                def.name,
                field.name
            );
        }
    }

    #[test]
    fn prediction_agrees_with_look_up_in_any_order() {
        for def in schema::events() {
            let strategy = (crate::generate::event_of(def), any::<u64>());
            let outcome = TestRunner::new(ProptestConfig::with_cases(16)).run(&strategy, |(bytes, seed)| {
                agrees::<128>(&bytes, def);
                // Fewer places than fields: the rest is looked up.
                agrees::<3>(&bytes, def);
                // Other orders, other case, blanks around keys, repeated headers.
                let mut lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').filter(|line| line.len() > 1).collect();
                let tail = lines.split_off(1);
                let turn = usize::try_from(seed % (tail.len() as u64 + 1)).unwrap_or(0);
                let mut shuffled: Vec<u8> = lines.concat();
                shuffled.push(b'\n');
                for line in tail.iter().skip(turn).chain(&tail) {
                    let mut line = line.to_vec();
                    if seed % 3 == 0 {
                        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(0);
                        line.get_mut(..colon).unwrap_or_default().make_ascii_lowercase();
                        line.insert(colon, b' ');
                    }
                    shuffled.extend_from_slice(&line);
                    shuffled.push(b'\n');
                }
                shuffled.extend_from_slice(b"\r\n");
                agrees::<128>(&shuffled, def);
                Ok(())
            });
            outcome.unwrap_or_else(|error| panic!("{}: {error}", def.name));
        }
    }

    /// A list of resources says the event package under the key that events have their names under.
    #[test]
    fn the_second_event_header_is_a_field() {
        for (start, end) in [
            ("Event: ResourceListDetail\r\n", "Event: presence\r\n"),
            ("event:ResourceListDetail\r\n", "EVENT: presence\r\n"),
            ("ActionID: 1\r\nEvent: ResourceListDetail\r\nObjectName: a\r\n", "Event:presence\r\nListItem: b\r\n"),
        ] {
            let text = format!("{start}FullState: false\r\n{end}\r\n");
            let message = parse(text.as_bytes());
            let crate::Event::ResourceListDetail(event) = crate::Event::decode(&message) else { panic!("{text}") };
            assert_eq!(event.event_package().expect("there"), "presence");
            let fields = crate::Event::decode(&message).fields();
            let packages = fields.filter(|field| field.key.eq_ignore_ascii_case(b"Event"));
            let docs: Vec<_> = packages.map(|field| field.def.expect("known").doc).collect();
            assert!(docs.len() == 2 && docs.first() != docs.last(), "{docs:?}");
        }
        let message = parse(b"Event: ResourceListDetail\r\nFullState: false\r\n\r\n");
        let crate::Event::ResourceListDetail(event) = crate::Event::decode(&message) else { panic!() };
        assert_eq!(event.event_package(), None);
    }

    #[test]
    fn values_far_behind_are_found() {
        let long = "x".repeat(70_000);
        let text = format!("Event: Hangup\r\nAccountCode: {long}\r\nCause: 16\r\nCause-txt: {long}\r\n\r\n");
        let def = schema::event(b"Hangup").expect("known");
        agrees::<32>(text.as_bytes(), def);
        let text = format!("Event: Hangup\r\nAccountCode: {}\r\nCause: 16\r\n\r\n", "y".repeat(65_484));
        agrees::<32>(text.as_bytes(), def);
    }

    #[test]
    fn nothing_on_the_wire_breaks_decoding() {
        let outcome = TestRunner::default().run(&proptest::collection::vec(any::<u8>(), 0..600), |noise| {
            for name in ["Hangup", "EndpointDetail", "RTCPSent", "UserEvent"] {
                let mut bytes = format!("Event: {name}\r\n").into_bytes();
                bytes.extend_from_slice(&noise);
                bytes.extend_from_slice(b"\r\n\r\n");
                for message in ami_wire::messages(&bytes).filter_map(Result::ok) {
                    let event = crate::Event::decode(&message);
                    let same = event.fields().map(|field| (field.key.as_bytes(), field.value.as_bytes()));
                    prop_assert!(same.eq(message.headers().map(|header| (header.key, header.value))));
                    let known = event.fields().filter(|field| field.def.is_some()).count();
                    prop_assert!(known <= message.headers().count());
                    let shown = format!("{event:?}");
                    prop_assert!(!shown.is_empty());
                }
            }
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
    }
}
