//! What the fields of actions hold.

use core::fmt::{self, Write as _};

use ami_wire::Message;

use crate::Text;
use crate::schema::{ActionId, family_matches};
use crate::values::{FromValue, Microseconds, Milliseconds, Seconds};

/// A parameter with a type, or what was sent in its place.
///
/// ```
/// use ami_types::Value;
/// assert_eq!(Value::<u64>::from_bytes(b"30"), Value::Known(30));
/// assert_eq!(Value::<u64>::from_bytes(b"soon"), Value::Raw("soon".into()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value<'a, T> {
    /// A value of the type.
    Known(T),
    /// Anything else, the empty value included.
    Raw(Text<'a>),
}

impl<'a, T: FromValue<'a>> Value<'a, T> {
    /// The value that these bytes are.
    pub fn from_bytes(bytes: &'a [u8]) -> Self {
        match T::from_value(bytes) {
            Some(value) if !bytes.is_empty() => Self::Known(value),
            _ => Self::Raw(Text::new(bytes)),
        }
    }
}

impl<T: Copy> Value<'_, T> {
    /// The value, if it is of the type.
    pub fn get(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Raw(_) => None,
        }
    }
}

impl<T> From<T> for Value<'_, T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

/// A type that a parameter can have.
pub(crate) trait Encode {
    /// Gives what is to be written.
    fn with_bytes<R>(&self, take: impl FnOnce(&[u8]) -> R) -> R;
}

macro_rules! numbers {
    ($($ty:ty),+) => {$(
        impl Encode for $ty {
            fn with_bytes<R>(&self, take: impl FnOnce(&[u8]) -> R) -> R {
                let mut buffer = Buffer { bytes: [0; 20], length: 0 };
                // No 64-bit number is longer than the buffer.
                let _ = write!(buffer, "{self}");
                take(buffer.bytes.get(..buffer.length).unwrap_or_default())
            }
        }
    )+};
}
numbers!(u64, i64, Seconds, Milliseconds, Microseconds);

impl Encode for bool {
    fn with_bytes<R>(&self, take: impl FnOnce(&[u8]) -> R) -> R {
        take(if *self { b"true" } else { b"false" })
    }
}

/// A parameter by its key: one look-up for all types of actions, which keeps builds short.
#[inline(never)]
pub(crate) fn read<'a>(message: &Message<'a>, key: &str) -> Option<&'a [u8]> {
    message.get(key)
}

/// A parameter that is text.
pub(crate) fn read_text<'a>(message: &Message<'a>, key: &str) -> Option<Text<'a>> {
    read(message, key).map(Text::new)
}

/// A parameter that has a type of its own.
pub(crate) fn read_value<'a, T: FromValue<'a>>(message: &Message<'a>, key: &str) -> Option<Value<'a, T>> {
    read(message, key).map(Value::from_bytes)
}

pub(crate) fn put_text<E>(
    put: &mut impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    key: &str,
    value: Option<Text<'_>>,
) -> Result<(), E> {
    value.map_or(Ok(()), |value| put(key.as_bytes(), &value))
}

pub(crate) fn put_value<E, T: Encode>(
    put: &mut impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    key: &str,
    value: Option<Value<'_, T>>,
) -> Result<(), E> {
    match value {
        None => Ok(()),
        Some(Value::Known(value)) => value.with_bytes(|bytes| put(key.as_bytes(), bytes)),
        Some(Value::Raw(text)) => put(key.as_bytes(), &text),
    }
}

pub(crate) fn put_repeated<E>(
    put: &mut impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    key: &str,
    values: Repeated<'_>,
) -> Result<(), E> {
    values.iter().try_for_each(|value| put(key.as_bytes(), &value))
}

pub(crate) fn put_headers<E>(
    put: &mut impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    headers: Headers<'_>,
) -> Result<(), E> {
    headers.iter().try_for_each(|(key, value)| put(&key, &value))
}

/// Room for any 64-bit number.
struct Buffer {
    bytes: [u8; 20],
    length: usize,
}

impl fmt::Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// A parameter that can be given several times.
///
/// ```
/// use ami_types::Repeated;
/// let variables: Repeated<'_> = (&["A=1", "B=2"]).into();
/// assert_eq!(variables.iter().count(), 2);
/// ```
#[derive(Clone, Copy)]
pub struct Repeated<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Values(&'a [&'a str]),
    Message(Message<'a>, &'static str),
}

impl<'a> Repeated<'a> {
    /// No value.
    pub const NONE: Self = Self(Source::Values(&[]));

    pub(crate) fn of(message: &Message<'a>, key: &'static str) -> Self {
        Self(Source::Message(*message, key))
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = Text<'a>> + use<'a> {
        let (values, message) = match self.0 {
            Source::Values(values) => (values, None),
            Source::Message(message, key) => (&[][..], Some(message.get_all(key))),
        };
        values.iter().map(|value| Text::from(*value)).chain(message.into_iter().flatten().map(Text::new))
    }
}

impl<'a, const N: usize> From<&'a [&'a str; N]> for Repeated<'a> {
    fn from(values: &'a [&'a str; N]) -> Self {
        Self(Source::Values(values))
    }
}

impl<'a> From<&'a [&'a str]> for Repeated<'a> {
    fn from(values: &'a [&'a str]) -> Self {
        Self(Source::Values(values))
    }
}

impl PartialEq for Repeated<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Repeated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Parameters of a numbered family, like `Action-000000`, or of names that are free.
#[derive(Clone, Copy)]
pub struct Headers<'a>(HeaderSource<'a>);

#[derive(Clone, Copy)]
enum HeaderSource<'a> {
    Pairs(&'a [(&'a str, &'a str)]),
    Message(Message<'a>, &'static str, ActionId),
}

impl<'a> Headers<'a> {
    /// No header.
    pub const NONE: Self = Self(HeaderSource::Pairs(&[]));

    pub(crate) fn of(message: &Message<'a>, pattern: &'static str, action: ActionId) -> Self {
        Self(HeaderSource::Message(*message, pattern, action))
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (Text<'a>, Text<'a>)> + use<'a> {
        let (pairs, message) = match self.0 {
            HeaderSource::Pairs(pairs) => (pairs, None),
            HeaderSource::Message(message, pattern, action) => (&[][..], Some((message, pattern, action))),
        };
        let sent = message.into_iter().flat_map(|(message, pattern, action)| {
            message.headers().map(|header| (header.key.trim_ascii(), header.value)).filter(move |(key, _)| {
                let named = |name: &&str| name.as_bytes().eq_ignore_ascii_case(key);
                // What stands for any name leaves out the names that have a field of their own.
                let own = pattern.starts_with('*')
                    && (["Action", "ActionID"].iter().any(named)
                        || action.def().params.iter().any(|param| named(&param.name)));
                family_matches(pattern.as_bytes(), key) && !own
            })
        });
        let pairs = pairs.iter().map(|(key, value)| (Text::from(*key), Text::from(*value)));
        pairs.chain(sent.map(|(key, value)| (Text::new(key), Text::new(value))))
    }
}

impl<'a, const N: usize> From<&'a [(&'a str, &'a str); N]> for Headers<'a> {
    fn from(pairs: &'a [(&'a str, &'a str); N]) -> Self {
        Self(HeaderSource::Pairs(pairs))
    }
}

impl<'a> From<&'a [(&'a str, &'a str)]> for Headers<'a> {
    fn from(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(HeaderSource::Pairs(pairs))
    }
}

impl PartialEq for Headers<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
