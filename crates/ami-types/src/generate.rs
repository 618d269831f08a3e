//! Messages as the schema has them, for tests and fuzzing of what reads them.

use std::format;
use std::string::{String, ToString as _};
use std::vec::Vec;

use ami_wire::Encoder;

use crate::schema::{ActionDef, EventDef, FieldDef, Kind};

/// Where choices come from.
pub(crate) trait Choices {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64;
}

/// An event as bytes: any of its headers, in the order of the schema, with values of their types.
pub(crate) fn event(def: &EventDef, choices: &mut impl Choices) -> Vec<u8> {
    let mut out = Vec::new();
    let mut headers = Vec::new();
    if choices.below(8) > 0
        && let Some(class) = def.class()
    {
        headers.push(("Privilege".to_string(), format!("{class},all")));
    }
    headers.extend(fields(def.fields, choices));
    write(Encoder::event(&mut out, def.name), &headers);
    out
}

/// An action as bytes: what it needs, and any of the rest.
pub(crate) fn action(def: &ActionDef, choices: &mut impl Choices) -> Vec<u8> {
    let mut out = Vec::new();
    let mut headers = Vec::new();
    if choices.below(2) == 0 {
        headers.push(("ActionID".to_string(), text(choices)));
    }
    headers.extend(fields(def.params, choices));
    write(Encoder::action(&mut out, def.name), &headers);
    out
}

fn write(encoder: Result<Encoder<&mut Vec<u8>>, ami_wire::EncodeError>, headers: &[(String, String)]) {
    // Nothing here has a byte that the encoder refuses, and a vector takes everything.
    if let Ok(mut encoder) = encoder {
        for (key, value) in headers {
            let _ = encoder.header(key, value);
        }
        let _ = encoder.end();
    }
}

fn fields(fields: &[FieldDef], choices: &mut impl Choices) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for field in fields {
        let times = match choices.below(8) {
            0 | 1 if !field.required => 0,
            2 if field.repeated || field.is_family() => 3,
            _ => 1,
        };
        for n in 0..times {
            let number = n.to_string();
            let key = field.name.replace('#', &number).replace('*', &format!("Extra{number}"));
            headers.push((key, value(field.kind, choices)));
        }
    }
    headers
}

fn value(kind: Kind, choices: &mut impl Choices) -> String {
    if choices.below(16) == 0 {
        return String::new();
    }
    if choices.below(16) == 0 {
        return text(choices);
    }
    if let Kind::Text | Kind::Secret | Kind::List = kind {
        return text(choices);
    }
    let mut n = |end| choices.below(end);
    match kind {
        Kind::Text | Kind::Secret | Kind::List => String::new(),
        Kind::Channel => format!("PJSIP/{}-{:08x}", n(1000), n(1 << 32)),
        Kind::Uniqueid => format!("{}.{}", 1_500_000_000 + n(500_000_000), n(100_000)),
        Kind::BridgeId => format!("{:08x}-{:04x}-4000-8000-{:012x}", n(1 << 32), n(1 << 16), n(1 << 48)),
        Kind::Int => format!("-{}", n(1 << 40)),
        Kind::Uint => n(1 << 40).to_string(),
        Kind::Float | Kind::Percent => format!("{}.{:04}", n(100), n(10_000)),
        Kind::Bool => ["Yes", "No", "true", "false", "on", "off", "1", "0"].choice(n(8)).to_string(),
        Kind::Cause => n(128).to_string(),
        Kind::ChannelState => n(11).to_string(),
        Kind::Elapsed => format!("{:02}:{:02}:{:02}", n(200), n(60), n(60)),
        Kind::Epoch => format!("{}.{:06}", n(1 << 32), n(1_000_000)),
        Kind::DateTime => {
            format!("20{:02}-{:02}-{:02} {:02}:{:02}:{:02}", n(100), 1 + n(12), 1 + n(28), n(24), n(60), n(60))
        }
        Kind::IsoTime => format!(
            "20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+{:02}00",
            n(100),
            1 + n(12),
            1 + n(28),
            n(24),
            n(60),
            n(60),
            n(1000),
            n(12)
        ),
        Kind::Ntp => format!("{}.{}", n(1 << 32), n(1 << 32)),
        Kind::Address => format!("192.0.2.{}:{}", n(256), n(65536)),
        Kind::SecurityAddress => format!("IPV4/UDP/192.0.2.{}/{}", n(256), n(65536)),
        Kind::Ssrc => format!("0x{:08x}", n(1 << 32)),
        Kind::Enum(def) => def.values.choice(n(def.values.len() as u64)).to_string(),
    }
}

/// Text with what makes parsers stumble: colons, blanks, commas, equals signs, letters beyond ASCII.
fn text(choices: &mut impl Choices) -> String {
    const PARTS: [&str; 12] = ["a", "Z", "0", ": ", " ", ",", "=", "\t", "\u{e9}", "\u{4e2d}", "Event", "<unknown>"];
    let length = choices.below(6);
    (0..length).map(|_| PARTS.choice(choices.below(12))).collect()
}

trait Choice {
    fn choice(&self, n: u64) -> &'static str;
}

impl Choice for [&'static str] {
    fn choice(&self, n: u64) -> &'static str {
        usize::try_from(n).ok().and_then(|n| self.get(n)).copied().unwrap_or("")
    }
}

#[cfg(feature = "arbitrary")]
mod with_arbitrary {
    use std::vec::Vec;

    use arbitrary::{Arbitrary, Result, Unstructured};

    use super::Choices;
    use crate::schema;

    impl Choices for Unstructured<'_> {
        fn below(&mut self, end: u64) -> u64 {
            self.int_in_range(0..=end.saturating_sub(1)).unwrap_or(0)
        }
    }

    /// The bytes of an event that the schema allows.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EventBytes(pub Vec<u8>);

    impl<'a> Arbitrary<'a> for EventBytes {
        fn arbitrary(choices: &mut Unstructured<'a>) -> Result<Self> {
            Ok(Self(super::event(choices.choose(schema::events())?, choices)))
        }
    }

    /// The bytes of an action that the schema allows.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ActionBytes(pub Vec<u8>);

    impl<'a> Arbitrary<'a> for ActionBytes {
        fn arbitrary(choices: &mut Unstructured<'a>) -> Result<Self> {
            Ok(Self(super::action(choices.choose(schema::actions())?, choices)))
        }
    }
}
#[cfg(feature = "arbitrary")]
pub use with_arbitrary::{ActionBytes, EventBytes};

#[cfg(feature = "proptest")]
mod with_proptest {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::Choices;
    use crate::schema::{self, ActionDef, EventDef};

    /// Choices that proptest made and can shrink: numbers used one after the other, then 0.
    struct Numbers(std::vec::IntoIter<u64>);

    impl Choices for Numbers {
        fn below(&mut self, end: u64) -> u64 {
            self.0.next().unwrap_or(0) % end.max(1)
        }
    }

    fn numbers() -> impl Strategy<Value = Vec<u64>> {
        proptest::collection::vec(any::<u64>(), 0..400)
    }

    /// An event of this definition, as bytes.
    pub fn event_of(def: &'static EventDef) -> impl Strategy<Value = Vec<u8>> {
        numbers().prop_map(move |numbers| super::event(def, &mut Numbers(numbers.into_iter())))
    }

    /// Any event, as bytes.
    pub fn any_event() -> impl Strategy<Value = Vec<u8>> {
        proptest::sample::select(schema::events()).prop_flat_map(event_of)
    }

    /// An action of this definition, as bytes.
    pub fn action_of(def: &'static ActionDef) -> impl Strategy<Value = Vec<u8>> {
        numbers().prop_map(move |numbers| super::action(def, &mut Numbers(numbers.into_iter())))
    }

    /// Any action, as bytes.
    pub fn any_action() -> impl Strategy<Value = Vec<u8>> {
        proptest::sample::select(schema::actions()).prop_flat_map(action_of)
    }
}
#[cfg(feature = "proptest")]
pub use with_proptest::{action_of, any_action, any_event, event_of};
