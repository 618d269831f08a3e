//! What the feature `serde` does: messages as maps with the protocol's names.
//!
//! A number, truth value or percentage becomes a number or `true`/`false`, everything else text; what is not UTF-8
//! becomes `{"base64": "…"}`. A header that comes several times, or that the schema lets come several times, becomes
//! a list.

use core::fmt;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::schema::{FieldDef, Kind};
use crate::values::{Cause, ChannelState, Field, FromValue, Percent};
use crate::{Event, EventField, Text, TypedAction, TypedEvent};

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(text) = self.to_str() {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("base64", &Base64(self.as_bytes()))?;
        map.end()
    }
}

/// Bytes in base64, with padding.
struct Base64<'a>(&'a [u8]);

impl fmt::Display for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LETTERS: [char; 64] = {
            let bytes = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let mut letters = ['A'; 64];
            let mut i = 0;
            while i < 64 {
                letters[i] = bytes[i] as char;
                i += 1;
            }
            letters
        };
        use fmt::Write as _;
        for chunk in self.0.chunks(3) {
            let byte = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
            let word = byte(0) << 16 | byte(1) << 8 | byte(2);
            for n in 0..4 {
                #[expect(clippy::indexing_slicing, reason = "six bits, and 64 letters")]
                let letter = LETTERS[(word >> (18 - 6 * n) & 63) as usize];
                f.write_char(if n <= chunk.len() { letter } else { '=' })?;
            }
        }
        Ok(())
    }
}

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A value by its type.
struct Typed<'a>(Option<&'static FieldDef>, Text<'a>);

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.1.as_bytes();
        let kind = self.0.map_or(Kind::Text, |def| def.kind);
        match kind {
            Kind::Uint => {
                if let Some(number) = u64::from_value(value) {
                    return serializer.serialize_u64(number);
                }
            }
            Kind::Int => {
                if let Some(number) = i64::from_value(value) {
                    return serializer.serialize_i64(number);
                }
            }
            Kind::Cause => {
                if let Some(cause) = Cause::from_value(value) {
                    return serializer.serialize_u16(cause.0);
                }
            }
            Kind::ChannelState => {
                if let Some(state) = ChannelState::from_value(value) {
                    return serializer.serialize_u8(state.number());
                }
            }
            Kind::Float | Kind::Percent => {
                if let Some(Percent(number)) = Percent::from_value(value) {
                    return serializer.serialize_f64(number);
                }
            }
            Kind::Bool => {
                if let Some(truth) = bool::from_value(value) {
                    return serializer.serialize_bool(truth);
                }
            }
            _ => {}
        }
        self.1.serialize(serializer)
    }
}

/// A key. One that is not UTF-8 is shown with replacement characters: maps have text for keys.
struct Key<'a>(Text<'a>);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// All values of one key.
struct Values<I>(I);

impl<'a, I: Iterator<Item = EventField<'a>> + Clone> Serialize for Values<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for field in self.0.clone() {
            list.serialize_element(&Typed(field.def, field.value))?;
        }
        list.end()
    }
}

/// Headers as a map, each key once, in the order in which they come first.
fn map<'a, S: Serializer>(
    fields: &(impl Iterator<Item = EventField<'a>> + Clone),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (index, field) in fields.clone().enumerate() {
        let same = move |other: &EventField<'a>| other.key.eq_ignore_ascii_case(&field.key);
        if fields.clone().take(index).any(|other| same(&other)) {
            continue;
        }
        let repeated = field.def.is_some_and(|def| def.repeated);
        if repeated || fields.clone().skip(index + 1).any(|other| same(&other)) {
            map.serialize_entry(&Key(field.key), &Values(fields.clone().filter(same)))?;
        } else {
            map.serialize_entry(&Key(field.key), &Typed(field.def, field.value))?;
        }
    }
    map.end()
}

pub(crate) fn event<'a, S: Serializer>(event: &impl TypedEvent<'a>, serializer: S) -> Result<S::Ok, S::Error> {
    map(&event.fields(), serializer)
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        map(&self.fields(), serializer)
    }
}

/// An action as a map that begins with `Action`. A parameter that can be repeated is a list.
pub(crate) fn action<'a, S: Serializer>(action: &impl TypedAction<'a>, serializer: S) -> Result<S::Ok, S::Error> {
    let def = action.def();
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("Action", def.name)?;
    // A list is written when the first of its values comes; the others are passed over.
    let mut listed: Option<&'static str> = None;
    action.headers(&mut |key, value| {
        let param = def.param(key);
        match param {
            Some(param) if param.repeated => {
                if listed != Some(param.name) {
                    listed = Some(param.name);
                    map.serialize_entry(param.name, &ActionValues(action, param))?;
                }
                Ok(())
            }
            _ => map.serialize_entry(&Key(Text::new(key)), &Typed(param, Text::new(value))),
        }
    })?;
    map.end()
}

struct ActionValues<'x, A>(&'x A, &'static FieldDef);

impl<'a, A: TypedAction<'a>> Serialize for ActionValues<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        self.0.headers(&mut |key, value| {
            if self.1.matches(key) { list.serialize_element(&Typed(Some(self.1), Text::new(value))) } else { Ok(()) }
        })?;
        list.end()
    }
}

impl<'a, T: FromValue<'a>> Serialize for Field<'a, T> {
    /// The text on the wire, or nothing.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw().serialize(serializer)
    }
}
