//! The keys of each event: what they mean to the checker, and what the schema says of them in the releases that the
//! server can be. All that is read off a message is read here, in one pass over its headers.
//!
//! The tables of the schema cover all releases. Here they are cut down to the releases at hand, one table an event, made
//! when the event is first met. Servers send the headers of an event in the same order nearly always, so that each key is
//! compared with the one that followed the last time; nothing is allocated while all is well.

use ami_types::schema::{self, EventDef, FieldDef, Kind, Release, ReleaseRange};
use ami_wire::{Header, Message};
use smallvec::SmallVec;

use crate::facts::{Facts, Introduced};
use crate::finding::Sender;
use crate::meaning::Meaning;
use crate::model::Event;
use crate::release::Releases;
use crate::said::Said;

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

/// The keys of one event in the releases at hand.
#[derive(Debug)]
struct Table {
    event: Event,
    /// Those of the schema, and behind them other spellings as they are met.
    keys: Vec<Key>,
    /// How many keys of the schema there are.
    known: usize,
    /// Bits of the fields that are always there.
    always: Bits,
    /// Whether any other header may stand in the event.
    is_open: bool,
    /// Where the key stands with which a message began the last time.
    first: u16,
}

/// How many spellings of the keys of an event are remembered beside those of the schema: members of families, unknown
/// keys, keys with blanks. The last place serves all for which there is no other.
const SPELLINGS: usize = 64;

#[derive(Debug)]
struct Key {
    /// The key as it stands on the wire.
    spelled: Box<[u8]>,
    meaning: Meaning,
    /// What the schema says of it in these releases.
    field: Option<&'static FieldDef>,
    /// The bit of the field.
    bit: u16,
    /// Where the key stands that followed the last time.
    next: u16,
    /// Whether not every value is of its type.
    is_checked: bool,
}

/// A set of keys by their places; no event has more than these bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bits([u64; 4]);

impl Bits {
    fn insert(&mut self, place: u16) {
        if let Some(word) = self.0.get_mut(usize::from(place / 64)) {
            *word |= 1 << (place % 64);
        }
    }

    fn contains(self, place: u16) -> bool {
        self.0.get(usize::from(place / 64)).is_some_and(|word| word >> (place % 64) & 1 == 1)
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

    /// Reads a message. Values are compared with their types if they are `judged`.
    pub(crate) fn read<'a>(&mut self, message: Message<'a>, sender: Sender, judged: bool) -> Reading<'a> {
        let mut said = Said::begin(message, sender);
        let mut look = Look { def: said.def, knows_release: self.knows_release, ..Look::default() };
        let Some(table) = said.def.and_then(|def| {
            look.is_released = def.releases.contains_any(self.releases);
            look.is_removed = !look.is_released && def.releases.iter().all(|release| release < self.releases.first());
            let table = self.tables.get_mut(def.id as usize)?;
            Some(table.get_or_insert_with(|| Box::new(Table::new(def, self.releases))))
        }) else {
            let event = if said.kind == ami_wire::Kind::Event { Event::from_name(said.name) } else { Event::Other };
            let mut facts = Facts::begin(message, event, said.name);
            let mut introduced = Introduced::new();
            for header in message.headers() {
                let key = header.trimmed_key();
                let meaning = Meaning::of(key, event);
                said.take(meaning, header.value);
                facts.take(meaning, key, header.value, &mut introduced);
            }
            return Reading { said, facts, look };
        };
        let mut facts = Facts::begin(message, table.event, said.name);
        let mut introduced = Introduced::new();
        let mut seen = Bits::default();
        let mut behind = None;
        for header in message.headers() {
            let Some(key) = table.step(&mut behind, &header) else { continue };
            said.take(key.meaning, header.value);
            facts.take(key.meaning, header.trimmed_key(), header.value, &mut introduced);
            if let Some(field) = key.field {
                seen.insert(key.bit);
                if key.is_checked && judged && !field.kind.accepts(header.value) && look.bad.len() < REPORTED {
                    look.bad.push((header, field));
                }
            } else if !table.is_open && look.unknown.len() < REPORTED {
                look.unknown.push(header);
            }
        }
        look.promises = table.always != Bits::default();
        if !seen.contains_all(table.always) {
            look.missing.extend(table.missing(seen).take(REPORTED));
        }
        Reading { said, facts, look }
    }
}

/// What one message says: to its connection, of channels and bridges, and to the schema.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) said: Said<'a>,
    pub(crate) facts: Facts<'a>,
    pub(crate) look: Look<'a>,
}

impl Table {
    fn new(def: &'static EventDef, releases: ReleaseRange) -> Self {
        let event = Event::from_name(def.name.as_bytes());
        let mut always = Bits::default();
        let mut keys = Vec::new();
        for (place, field) in (0..u16::MAX).zip(def.fields.iter().chain(schema::common_fields())) {
            if field.always.contains_all(releases) {
                always.insert(place);
            }
            let key = field.name.as_bytes();
            let field = Some(field).filter(|field| field.releases.contains_any(releases));
            keys.push(Key::new(key, Meaning::of(key, event), field, place, place + 1));
        }
        // `Event`, the first of those that all events have, begins most messages.
        let first = u16::try_from(keys.len().saturating_sub(schema::common_fields().len())).unwrap_or(0);
        Self { event, known: keys.len(), keys, always, is_open: def.open, first }
    }

    /// The key of a header, which stands `behind` that of the header before.
    #[inline]
    fn step(&mut self, behind: &mut Option<u16>, header: &Header<'_>) -> Option<&Key> {
        let predicted = match behind.and_then(|behind| self.keys.get(usize::from(behind))) {
            Some(key) => key.next,
            None => self.first,
        };
        let is_next = self.keys.get(usize::from(predicted)).is_some_and(|key| same(&key.spelled, header.key));
        let place = if is_next { predicted } else { self.turn(*behind, header) };
        *behind = Some(place);
        self.keys.get(usize::from(place))
    }

    /// Where the key of a header stands that comes in another order than the last time.
    #[cold]
    #[inline(never)]
    fn turn(&mut self, behind: Option<u16>, header: &Header<'_>) -> u16 {
        let place = (0..u16::MAX).zip(&self.keys).find(|(_, key)| *key.spelled == *header.key).map(|(place, _)| place);
        let place = place.unwrap_or_else(|| self.learn(header));
        match behind.and_then(|behind| self.keys.get_mut(usize::from(behind))) {
            Some(key) => key.next = place,
            None => self.first = place,
        }
        place
    }

    /// Where a key stands from now on that was never spelled like that.
    fn learn(&mut self, header: &Header<'_>) -> u16 {
        let trimmed = header.trimmed_key();
        let fields = self.keys.get(..self.known).unwrap_or_default();
        let same = |key: &&Key| key.spelled.eq_ignore_ascii_case(trimmed);
        let family = |key: &&Key| key.field.is_some_and(|field| field.is_family() && field.matches(trimmed));
        let field = fields.iter().find(same).or_else(|| fields.iter().find(family)).map(|key| (key.field, key.bit));
        let (field, bit) = field.unwrap_or((None, 0));
        let place = self.keys.len().min(self.known + SPELLINGS - 1);
        let number = u16::try_from(place).unwrap_or(0);
        let key = Key::new(header.key, Meaning::of(trimmed, self.event), field, bit, number);
        match self.keys.get_mut(place) {
            Some(last) => *last = key,
            None => self.keys.push(key),
        }
        number
    }

    /// The fields that are always there, without those that were seen.
    fn missing(&self, seen: Bits) -> impl Iterator<Item = &'static FieldDef> + '_ {
        let keys = self.keys.iter().take(self.known);
        keys.filter(move |key| self.always.contains(key.bit) && !seen.contains(key.bit)).filter_map(|key| key.field)
    }
}

impl Key {
    fn new(spelled: &[u8], meaning: Meaning, field: Option<&'static FieldDef>, bit: u16, next: u16) -> Self {
        let is_checked = field.is_some_and(|field| {
            !matches!(
                field.kind,
                Kind::Text | Kind::Channel | Kind::Uniqueid | Kind::BridgeId | Kind::Secret | Kind::List
            )
        });
        Self { spelled: spelled.into(), meaning, field, bit, next, is_checked }
    }
}

/// Whether two keys are the same: without a call, which would cost more than what it compares.
#[inline]
fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match (one.last_chunk::<8>(), other.last_chunk::<8>()) {
        (Some(end), Some(other_end)) => {
            end == other_end && one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0).all(|(a, b)| a == b)
        }
        _ => one.iter().zip(other).all(|(a, b)| a == b),
    }
}
