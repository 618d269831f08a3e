//! What the schema says of an event in the releases that the server can be, prepared for a quick look at each message.
//!
//! The tables of the schema cover all releases. Here they are cut down to the releases at hand, one table an event, made
//! when the event is first met. Servers send the headers of an event in the same order nearly always, so that each key is
//! compared with the one that followed the last time; nothing is allocated while all is well.

use std::cell::Cell;

use ami_types::schema::{self, EventDef, FieldDef, Kind, Release, ReleaseRange};
use ami_wire::{Header, Message};
use smallvec::SmallVec;

use crate::release::Releases;

/// How many headers of one message are reported for one reason.
const REPORTED: usize = 8;

/// What the schema rules ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Is the event known at all?
    Known,
    /// Does the release still have it?
    NotRemoved,
    /// Does the release have it?
    Released,
    /// Are the headers there that always are?
    Complete,
    /// Are all headers known?
    HeadersKnown,
    /// Do the values fit their types?
    ValuesFit,
}

/// How the schema answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    /// The schema or the trace can't tell.
    Unknown,
}

/// What is odd about one event; empty where all is well.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
pub(crate) struct Look<'a> {
    /// Its definition.
    pub(crate) def: Option<&'static EventDef>,
    /// Whether any of the releases that the server can be has it.
    pub(crate) is_released: bool,
    /// Whether all releases that had it are older.
    pub(crate) is_removed: bool,
    /// Whether the releases are known, by a banner or an option.
    pub(crate) knows_release: bool,
    /// Whether any header is promised in all of these releases.
    pub(crate) promises: bool,
    /// Headers that are always there and are not.
    pub(crate) missing: SmallVec<[&'static FieldDef; 0]>,
    /// Headers that the schema doesn't know.
    pub(crate) unknown: SmallVec<[Header<'a>; 0]>,
    /// Values that are not of their type.
    pub(crate) bad: SmallVec<[(Header<'a>, &'static FieldDef); 0]>,
}

impl Look<'_> {
    /// The answer to a question.
    pub(crate) fn answer(&self, question: Question) -> Answer {
        let yes = |yes: bool| if yes { Answer::Yes } else { Answer::No };
        match question {
            Question::Known => yes(self.def.is_some()),
            _ if self.def.is_none() => Answer::Unknown,
            Question::NotRemoved | Question::Released if !self.knows_release => Answer::Unknown,
            Question::NotRemoved => yes(!self.is_removed),
            // What was removed has a rule of its own.
            Question::Released => yes(self.is_released || self.is_removed),
            _ if !self.is_released => Answer::Unknown,
            Question::Complete if !self.promises => Answer::Unknown,
            Question::Complete => yes(self.missing.is_empty()),
            Question::HeadersKnown => yes(self.unknown.is_empty()),
            Question::ValuesFit => yes(self.bad.is_empty()),
        }
    }
}

/// The schema of one server.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    releases: ReleaseRange,
    knows_release: bool,
    /// By number of the event, where it was met.
    tables: Vec<Option<Box<Table>>>,
}

/// The headers of one event in the releases at hand.
#[derive(Debug)]
struct Table {
    keys: Box<[Key]>,
    /// Where families of headers stand among the keys.
    families: Box<[u16]>,
    /// Bits of the keys that are always there.
    always: Bits,
    is_open: bool,
}

#[derive(Debug)]
struct Key {
    field: &'static FieldDef,
    /// Whether one of the releases has it.
    is_here: bool,
    /// Whether not every value is of its type.
    is_checked: bool,
    /// The key that followed the last time.
    next: Cell<u16>,
}

/// A set of keys by their places; no event has more than these bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bits([u64; 4]);

impl Bits {
    fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    fn contains(self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn contains_all(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(mine, other)| mine & other == other)
    }
}

impl Vocabulary {
    /// The schema for a server of these releases; without them, of any.
    pub(crate) fn new(releases: Option<Releases>) -> Self {
        let range = releases.map_or(ReleaseRange::new(Release::R1_0, Release::Master), Releases::range);
        Self {
            releases: range,
            knows_release: releases.is_some(),
            tables: schema::events().iter().map(|_| None).collect(),
        }
    }

    /// Looks at an event of which the name is known or not.
    pub(crate) fn look<'a>(&mut self, def: Option<&'static EventDef>, message: &Message<'a>) -> Look<'a> {
        let mut look = Look { def, knows_release: self.knows_release, ..Look::default() };
        let Some(def) = def else { return look };
        look.is_released = def.releases.contains_any(self.releases);
        if !look.is_released {
            look.is_removed = def.releases.iter().all(|release| release < self.releases.first());
            return look;
        }
        let Some(place) = self.tables.get_mut(def.id as usize) else { return look };
        let table = place.get_or_insert_with(|| Box::new(Table::new(def, self.releases)));
        table.look(message, &mut look);
        look
    }
}

impl Table {
    fn new(def: &'static EventDef, releases: ReleaseRange) -> Self {
        let mut always = Bits::default();
        let fields = def.fields.iter().chain(schema::common_fields());
        let keys: Box<[Key]> = fields
            .enumerate()
            .map(|(place, field)| {
                if field.always.contains_all(releases) {
                    always.insert(place);
                }
                Key {
                    field,
                    is_here: field.releases.contains_any(releases),
                    is_checked: !matches!(
                        field.kind,
                        Kind::Text | Kind::Channel | Kind::Uniqueid | Kind::BridgeId | Kind::Secret | Kind::List
                    ),
                    next: Cell::new(u16::try_from(place + 1).unwrap_or(0)),
                }
            })
            .collect();
        let families = keys.iter().enumerate().filter(|(_, key)| key.field.is_family());
        let families = families.filter_map(|(place, _)| u16::try_from(place).ok()).collect();
        Self { keys, families, always, is_open: def.open }
    }

    fn look<'a>(&self, message: &Message<'a>, look: &mut Look<'a>) {
        look.promises = self.always != Bits::default();
        let mut seen = Bits::default();
        // `Event`, the first of those that all events have, begins most messages.
        let start =
            Cell::new(u16::try_from(self.keys.len() - schema::common_fields().len().min(self.keys.len())).unwrap_or(0));
        let mut last: &Cell<u16> = &start;
        for header in message.headers() {
            let predicted = usize::from(last.get());
            let place = match self.keys.get(predicted) {
                Some(key) if key.field.name.as_bytes() == header.key => predicted,
                _ => {
                    let Some(place) = self.find(header.trimmed_key()) else {
                        if !self.is_open && look.unknown.len() < REPORTED {
                            look.unknown.push(header);
                        }
                        continue;
                    };
                    last.set(u16::try_from(place).unwrap_or(0));
                    place
                }
            };
            let Some(key) = self.keys.get(place) else { continue };
            last = &key.next;
            seen.insert(place);
            if !key.is_here {
                if !self.is_open && look.unknown.len() < REPORTED {
                    look.unknown.push(header);
                }
            } else if key.is_checked && !key.field.kind.accepts(header.value) && look.bad.len() < REPORTED {
                look.bad.push((header, key.field));
            }
        }
        if !seen.contains_all(self.always) {
            let missing = self.keys.iter().enumerate();
            let missing = missing.filter(|(place, _)| self.always.contains(*place) && !seen.contains(*place));
            look.missing.extend(missing.map(|(_, key)| key.field).take(REPORTED));
        }
    }

    /// The key's place, without regard to case.
    fn find(&self, key: &[u8]) -> Option<usize> {
        let same = |place: &Key| place.field.name.as_bytes().eq_ignore_ascii_case(key);
        let families = self.families.iter().map(|place| usize::from(*place));
        self.keys.iter().position(same).or_else(|| {
            families.into_iter().find(|place| self.keys.get(*place).is_some_and(|family| family.field.matches(key)))
        })
    }
}
