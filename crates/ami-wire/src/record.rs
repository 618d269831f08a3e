//! A message as JSON and other formats of serde.

use core::fmt;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use crate::{Direction, Message};

/// A message as the object that `ami dump --format jsonl` prints, for any format of serde. Nothing is allocated here.
///
/// Fields: `offset`, `length`, `direction` (`server` or `client`), `kind`, `name`, `headers` (pairs), `lines` (without a
/// colon), `output`, `defects` (`code` and `offset`), `connection`. `name` is left out for an unknown message, `lines`,
/// `output` and `defects` where they are empty, `connection` where there is none. What is not UTF-8 is an object with
/// `base64` in it. All offsets count from the start of the stream.
///
/// ```
/// use ami_wire::Record;
///
/// let message = ami_wire::messages(b"Event: A\r\nName: J\xfcrgen\nraw\r\n\r\n").next().unwrap().unwrap();
/// let json = serde_json::to_string(&Record::new(message)).unwrap();
/// assert_eq!(
///     json,
///     r#"{"offset":0,"length":30,"direction":"server","kind":"event","name":"A","#.to_owned()
///         + r#""headers":[["Event","A"],["Name",{"base64":"SvxyZ2Vu"}]],"lines":["raw"],"#
///         + r#""defects":[{"code":"non-utf8","offset":17},{"code":"bare-lf","offset":22},{"code":"no-colon","offset":23}]}"#
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    message: Message<'a>,
    direction: Direction,
    offset: u64,
    connection: Option<u64>,
}

impl<'a> Record<'a> {
    /// With the direction that the message itself tells, and its own offset.
    pub fn new(message: Message<'a>) -> Self {
        Self { message, direction: message.direction(), offset: message.offset(), connection: None }
    }

    /// Sets who sent it. [`Direction::Any`] changes nothing.
    #[must_use]
    pub fn direction(self, direction: Direction) -> Self {
        if direction == Direction::Any { self } else { Self { direction, ..self } }
    }

    /// Sets where the message starts, where that is not what the parser counted: in a text of both directions. The
    /// offsets of its defects move with it.
    #[must_use]
    pub fn offset(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    /// Sets the number of the connection, where there are several.
    #[must_use]
    pub fn connection(self, connection: u64) -> Self {
        Self { connection: Some(connection), ..self }
    }
}

/// Bytes as text where they are, as an object with base64 where not.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = core::str::from_utf8(self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("base64", &Shown(Base64Display::new(self.0, &STANDARD)))?;
        map.end()
    }
}

/// What can be displayed, as a string.
struct Shown<T>(T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An iterator as a sequence of known length.
struct Sequence<I, F>(I, F, usize);

impl<I: Iterator + Clone, T: Serialize, F: Fn(I::Item) -> T> Serialize for Sequence<I, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.2))?;
        for item in self.0.clone() {
            sequence.serialize_element(&self.1(item))?;
        }
        sequence.end()
    }
}

fn pair(header: crate::Header<'_>) -> (Bytes<'_>, Bytes<'_>) {
    (Bytes(header.key), Bytes(header.value))
}

struct Defect {
    code: &'static str,
    offset: u64,
}

impl Serialize for Defect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut defect = serializer.serialize_struct("Defect", 2)?;
        defect.serialize_field("code", self.code)?;
        defect.serialize_field("offset", &self.offset)?;
        defect.end()
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { message, direction, offset, connection } = *self;
        let name = message.name();
        let headers = message.headers().count();
        // Headers and a blank line are nearly always all that there is: counting line ends tells, for little.
        let plain = message.is_complete()
            && !message.has_output()
            && memchr::memchr_iter(b'\n', message.as_bytes()).count() == headers + 1;
        let lines = Texts(message, |kind| matches!(kind, crate::LineKind::Raw));
        let output = Texts(message, |kind| matches!(kind, crate::LineKind::Output));
        let (has_lines, has_output) = (!plain && !lines.is_empty(), message.has_output() && !output.is_empty());
        let defects = message.defects();
        let has_defects = message.defects().next().is_some();
        let optional = [name.is_some(), has_lines, has_output, has_defects, connection.is_some()];
        let fields = 5 + optional.into_iter().filter(|&there| there).count();

        let mut object = serializer.serialize_struct("Message", fields)?;
        object.serialize_field("offset", &offset)?;
        object.serialize_field("length", &(message.len() as u64))?;
        object.serialize_field("direction", direction.as_str())?;
        object.serialize_field("kind", message.kind().as_str())?;
        match name {
            Some(name) => object.serialize_field("name", &Bytes(name))?,
            None => object.skip_field("name")?,
        }
        object.serialize_field("headers", &Sequence(message.headers(), pair, headers))?;
        if has_lines {
            object.serialize_field("lines", &lines)?;
        } else {
            object.skip_field("lines")?;
        }
        if has_output {
            object.serialize_field("output", &output)?;
        } else {
            object.skip_field("output")?;
        }
        if has_defects {
            let moved = |defect: crate::Defect| Defect {
                code: defect.code.as_str(),
                offset: defect.offset.wrapping_sub(message.offset()).wrapping_add(offset),
            };
            object.serialize_field("defects", &Sequence(defects.clone(), moved, defects.count()))?;
        } else {
            object.skip_field("defects")?;
        }
        match connection {
            Some(connection) => object.serialize_field("connection", &connection)?,
            None => object.skip_field("connection")?,
        }
        object.end()
    }
}

/// The texts of the lines of one kind.
struct Texts<'a>(Message<'a>, fn(&crate::LineKind<'_>) -> bool);

impl<'a> Texts<'a> {
    fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        let of_kind = self.1;
        self.0.lines().filter(move |line| of_kind(&line.kind)).map(|line| line.text)
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.iter().count()))?;
        for text in self.iter() {
            sequence.serialize_element(&Bytes(text))?;
        }
        sequence.end()
    }
}

impl Serialize for Message<'_> {
    /// As [`Record::new`] makes it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Record::new(*self).serialize(serializer)
    }
}

#[cfg(feature = "alloc")]
impl Serialize for crate::OwnedMessage {
    /// As [`Record::new`] makes it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_message().serialize(serializer)
    }
}
