//! The keys of each event: what they mean to the checker, and what the schema says of them in the releases that the
//! server can be. All that is read off a message is read here, in one pass over its headers.
//!
//! The tables of the schema cover all releases. Here they are cut down to the releases at hand, one table an event, made
//! when the event is first met. Servers send the headers of an event in the same order nearly always, so that each key is
//! compared with the one that followed the last time; nothing is allocated while all is well.

use ami_types::schema::{self, EventDef, FieldDef, Release, ReleaseRange};
use ami_wire::{Header, Headers, Message};
use smallvec::SmallVec;

use crate::facts::{Facts, Introduced};
use crate::finding::Sender;
use crate::meaning::{Meaning, Prefix};
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
    /// The roles of channels, as they stand before the keys; a role's number is its place.
    roles: Vec<Box<[u8]>>,
    /// Where the key stands with which a message began the last time.
    first: u16,
}

/// How many spellings of the keys of an event are remembered beside those of the schema: members of families, unknown
/// keys, keys with blanks. The last place serves all for which there is no other.
const SPELLINGS: usize = 64;

/// How many roles of an event are numbered; no event of the schema has more than a few.
const ROLES: usize = 32;

#[derive(Debug)]
struct Key {
    /// The key as it stands on the wire.
    spelled: Box<[u8]>,
    meaning: Meaning,
    is_token: bool,
    /// Whether more is to be known of a header than that it is there: always, or where it is empty.
    tells: bool,
    tells_if_empty: bool,
    /// The number of the role of the channel that it tells of, if there was one left for it.
    role: Option<u8>,
    /// Where the key stands that followed the last time.
    next: u16,
    /// The bit of the field, where it is always there.
    promised: Bit,
    demand: Demand,
    /// What the schema says of it in these releases.
    field: Option<&'static FieldDef>,
}

/// How far a message was read.
#[derive(Clone, Copy)]
struct Progress {
    /// Whether all keys are words.
    tokens: bool,
    /// Where the key of the last header stands.
    before: Option<u16>,
    /// Where the key stands that followed it the last time.
    next: u16,
}

/// What was read of a message besides what it says.
struct Notes<'a> {
    /// Whether values are compared with their types.
    judged: bool,
    /// The fields that came.
    seen: Bits,
    introduced: Introduced<'a>,
}

/// What the schema demands of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    Nothing,
    /// A value of the type of its field.
    Type,
    /// That it is not there.
    Absence,
}

/// A set of fields; no event has more than these bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bits([u64; 4]);

/// One of them, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bit {
    word: u8,
    mask: u64,
}

impl Bit {
    /// That of the field at a place.
    fn of(place: u16) -> Self {
        u8::try_from(place / 64).map_or_else(|_| Self::default(), |word| Self { word, mask: 1 << (place % 64) })
    }
}

impl Bits {
    #[inline]
    fn add(&mut self, bit: Bit) {
        if let Some(word) = self.0.get_mut(usize::from(bit.word)) {
            *word |= bit.mask;
        }
    }

    fn contains(self, bit: Bit) -> bool {
        self.0.get(usize::from(bit.word)).is_some_and(|word| word & bit.mask != 0)
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
    #[inline]
    pub(crate) fn read(&mut self, reading: &mut Reading<'_>, judged: bool) {
        let Reading { said, look, .. } = reading;
        look.knows_release = self.knows_release;
        look.def = said.def;
        let Some(table) = said.def.and_then(|def| {
            look.is_released = def.releases.contains_any(self.releases);
            look.is_removed = !look.is_released && def.releases.iter().all(|release| release < self.releases.first());
            let table = self.tables.get_mut(def.id as usize)?;
            Some(table.get_or_insert_with(|| Box::new(Table::new(def, self.releases))))
        }) else {
            reading.read();
            return;
        };
        table.read(reading, judged);
    }
}

/// What one message says: to its connection, of channels and bridges, and to the schema.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) said: Said<'a>,
    pub(crate) facts: Facts<'a>,
    pub(crate) look: Look<'a>,
}

impl<'a> Reading<'a> {
    /// What is known before the headers are read.
    #[inline]
    pub(crate) fn begin(message: Message<'a>, sender: Sender) -> Self {
        let said = Said::begin(message, sender);
        Self { facts: Facts::begin(message, Event::Other, said.name), said, look: Look::default() }
    }

    /// Takes in what a header tells, and how it fits the schema.
    #[inline]
    fn hear(&mut self, key: &Key, before: Option<Meaning>, header: Header<'a>, notes: &mut Notes<'a>) {
        if key.meaning != Meaning::Other {
            self.said.take(key.meaning, before, header.value);
            let (facts, introduced, name) = (&mut self.facts, &mut notes.introduced, header.trimmed_key());
            match key.role {
                Some(role) => facts.take(key.meaning, usize::from(role), name, header.value, introduced),
                None => facts.take_unnumbered(key.meaning, name, header.value, introduced, ROLES),
            }
        }
        match (key.demand, key.field) {
            (Demand::Type, Some(field)) => {
                if notes.judged && !field.kind.accepts(header.value) && self.look.bad.len() < REPORTED {
                    self.look.bad.push((header, field));
                }
            }
            (Demand::Nothing | Demand::Type, _) => {}
            (Demand::Absence, _) => {
                if self.look.unknown.len() < REPORTED {
                    self.look.unknown.push(header);
                }
            }
        }
    }

    /// Reads what is no event of the schema.
    fn read(&mut self) {
        let Self { said, facts, .. } = self;
        if said.kind == ami_wire::Kind::Event {
            facts.event = Event::from_name(said.name);
        }
        let mut introduced = Introduced::default();
        let (mut headers, mut tokens, mut before) = (said.message.headers(), true, None);
        for header in headers.by_ref() {
            let key = header.trimmed_key();
            let meaning = Meaning::of(key, facts.event);
            said.take(meaning, before, header.value);
            facts.take_unnumbered(meaning, key, header.value, &mut introduced, 0);
            tokens &= is_token(header.key);
            before = Some(meaning);
        }
        said.end(&headers, tokens);
    }
}

impl Table {
    fn new(def: &'static EventDef, releases: ReleaseRange) -> Self {
        let fields = def.fields.iter().chain(schema::common_fields());
        // `Event`, the first of those that all events have, begins most messages.
        let first = u16::try_from(def.fields.len()).unwrap_or(0);
        let event = Event::from_name(def.name.as_bytes());
        let (keys, roles, always) = (Vec::new(), Vec::new(), Bits::default());
        let mut table = Self { event, known: 0, keys, always, is_open: def.open, roles, first };
        for (place, field) in (0..u16::MAX).zip(fields) {
            let mut promised = Bit::default();
            if field.always.contains_all(releases) {
                promised = Bit::of(place);
                table.always.add(promised);
            }
            let key = field.name.as_bytes();
            let field = Some(field).filter(|field| field.releases.contains_any(releases));
            let key = table.key(key, field, promised, place + 1);
            table.keys.push(key);
        }
        table.known = table.keys.len();
        table
    }

    /// Reads a message of this event.
    // Neither a part of its caller nor with `hear` as a part of it: the loop would run out of registers.
    #[inline(never)]
    fn read(&mut self, reading: &mut Reading<'_>, judged: bool) {
        reading.facts.event = self.event;
        let mut notes = Notes { judged, seen: Bits::default(), introduced: Introduced::default() };
        let mut progress = Progress { tokens: true, before: None, next: self.first };
        let mut usual = reading.said.message.headers().usual();
        for header in usual.by_ref() {
            progress = self.step(progress, header, reading, &mut notes);
        }
        let mut headers = usual.rest();
        // By value: what a function can change through a reference is not held in registers before.
        let progress = self.read_rest(progress, &mut headers, reading, &mut notes);
        reading.said.end(&headers, progress.tokens);
        reading.look.promises = self.always != Bits::default();
        if !notes.seen.contains_all(self.always) {
            reading.look.missing.extend(self.missing(notes.seen).take(REPORTED));
        }
    }

    /// Reads the headers that are not written as usual.
    #[inline(never)]
    fn read_rest<'a>(
        &mut self,
        mut progress: Progress,
        headers: &mut Headers<'a>,
        reading: &mut Reading<'a>,
        notes: &mut Notes<'a>,
    ) -> Progress {
        for header in headers.by_ref() {
            progress = self.step(progress, header, reading, notes);
        }
        progress
    }

    /// Reads a header.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is the whole of a loop over headers")]
    fn step<'a>(
        &mut self,
        progress: Progress,
        header: Header<'a>,
        reading: &mut Reading<'a>,
        notes: &mut Notes<'a>,
    ) -> Progress {
        let Progress { tokens, before, mut next } = progress;
        let key = match self.keys.get(usize::from(next)) {
            Some(key) if header.is_spelled(&key.spelled) => key,
            _ => {
                next = self.turn(before, &header);
                let Some(key) = self.keys.get(usize::from(next)) else { return progress };
                key
            }
        };
        notes.seen.add(key.promised);
        if key.tells || key.tells_if_empty && header.value.is_empty() {
            let before = before.and_then(|before| self.keys.get(usize::from(before)));
            reading.hear(key, before.map(|key| key.meaning), header, notes);
        }
        Progress { tokens: tokens && key.is_token, before: Some(next), next: key.next }
    }

    fn key(&mut self, spelled: &[u8], field: Option<&'static FieldDef>, promised: Bit, next: u16) -> Key {
        let trimmed = spelled.trim_ascii();
        let meaning = Meaning::of(trimmed, self.event);
        let demand = match field {
            Some(field) if field.kind.accepts_all() => Demand::Nothing,
            Some(_) => Demand::Type,
            None if self.is_open => Demand::Nothing,
            None => Demand::Absence,
        };
        let role = meaning.role().map_or(Some(0), |role| self.role(role, trimmed));
        let tells = demand != Demand::Nothing || !matches!(meaning, Meaning::Other | Meaning::Party);
        let tells_if_empty = tells || meaning == Meaning::Party;
        let is_token = is_token(spelled);
        Key { spelled: spelled.into(), meaning, is_token, tells, tells_if_empty, role, next, promised, demand, field }
    }

    /// The number of a role, if it has one or there is one left.
    fn role(&mut self, role: Prefix, key: &[u8]) -> Option<u8> {
        let role = role.of(key);
        let number = self.roles.iter().position(|known| known.eq_ignore_ascii_case(role)).or_else(|| {
            let next = self.roles.len();
            (next < ROLES).then(|| {
                self.roles.push(role.into());
                next
            })
        });
        u8::try_from(number?).ok()
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
        let field = fields.iter().find(same).or_else(|| fields.iter().find(family));
        let (field, promised) = field.map_or((None, Bit::default()), |key| (key.field, key.promised));
        let place = self.keys.len().min(self.known + SPELLINGS - 1);
        let number = u16::try_from(place).unwrap_or(0);
        let key = self.key(header.key, field, promised, number);
        match self.keys.get_mut(place) {
            Some(last) => *last = key,
            None => self.keys.push(key),
        }
        number
    }

    /// The fields that are always there, without those that were seen.
    fn missing(&self, seen: Bits) -> impl Iterator<Item = &'static FieldDef> + '_ {
        let keys = self.keys.iter().take(self.known);
        keys.filter(move |key| self.always.contains(key.promised) && !seen.contains(key.promised))
            .filter_map(|key| key.field)
    }
}

/// Whether a key is a word, as far as its printable bytes tell.
fn is_token(key: &[u8]) -> bool {
    !key.is_empty() && !key.contains(&b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read with a table is what is read without, whatever the roles, and the table stays small.
    #[test]
    fn more_roles_than_have_numbers() {
        let mut vocabulary = Vocabulary::new(None);
        for round in 0..3 {
            let lines = (0..100).map(|n| {
                // Some roles are known, some come twice, and some names come behind.
                let role = match n % 7 {
                    0 => String::new(),
                    1 => "Dest".to_owned(),
                    2 => "dest".to_owned(),
                    _ => format!("R{round}x{}", n % 60),
                };
                format!(
                    "{role}ChannelState: {n}\r\n{role}Channel: A/{n}\r\n{role}Uniqueid: 1.{n}\r\n{role}Channel: B/{n}\r\n"
                )
            });
            let message = format!("Event: Newstate\r\n{}\r\n", lines.collect::<String>());
            let message = ami_wire::messages(message.as_bytes()).next().unwrap().unwrap();
            let mut reading = Reading::begin(message, Sender::Server);
            vocabulary.read(&mut reading, true);
            let expected = Facts::read(message, b"Newstate");
            assert_eq!(format!("{:?}", reading.facts.roles), format!("{:?}", expected.roles));
            assert_eq!(expected.roles.len(), 100);
        }
        let table = vocabulary.tables.iter().flatten().next().unwrap();
        assert!(table.roles.len() <= ROLES && table.keys.len() <= table.known + SPELLINGS);
    }
}
