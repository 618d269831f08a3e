//! Messages as JSON, one object a line.

use std::io::{self, Write};

use ami_wire::{Error, Header, LineKind, Message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::finding::Sender;

/// Bytes as a JSON string where they are UTF-8, else as `{"base64":"…"}`.
struct Text<'a>(&'a [u8]);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("base64", &STANDARD.encode(self.0))?;
        map.end()
    }
}

/// An array of what an iterator yields.
struct Array<F>(F);

impl<F, I> Serialize for Array<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(None)?;
        for item in (self.0)() {
            array.serialize_element(&item)?;
        }
        array.end()
    }
}

/// A header as an array of key and value.
#[derive(Serialize)]
struct Pair<'a>(Text<'a>, Text<'a>);

impl<'a> From<Header<'a>> for Pair<'a> {
    fn from(header: Header<'a>) -> Self {
        Self(Text(header.key), Text(header.value))
    }
}

#[derive(Serialize)]
struct DefectObject {
    code: &'static str,
    offset: u64,
}

struct Object<'a> {
    connection: Option<u32>,
    sender: Sender,
    message: &'a Message<'a>,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self.message;
        let mut map = serializer.serialize_map(None)?;
        if let Some(connection) = self.connection {
            map.serialize_entry("connection", &connection)?;
        }
        map.serialize_entry("offset", &message.offset())?;
        map.serialize_entry("length", &message.len())?;
        map.serialize_entry("direction", self.sender.as_str())?;
        map.serialize_entry("kind", message.kind().as_str())?;
        if let Some(name) = message.name() {
            map.serialize_entry("name", &Text(name))?;
        }
        map.serialize_entry("headers", &Array(|| message.headers().map(Pair::from)))?;
        if message.lines().any(|line| line.kind == LineKind::Raw) {
            map.serialize_entry("lines", &Array(|| message.raw_lines().map(Text)))?;
        }
        if message.output().next().is_some() {
            map.serialize_entry("output", &Array(|| message.output().map(Text)))?;
        }
        if message.defects().next().is_some() {
            let object = |defect: ami_wire::Defect| DefectObject { code: defect.code.as_str(), offset: defect.offset };
            map.serialize_entry("defects", &Array(|| message.defects().map(object)))?;
        }
        map.end()
    }
}

/// Writes a message as one line of JSON.
///
/// # Errors
///
/// What the output says.
pub fn write(
    connection: Option<u32>,
    sender: Sender,
    message: &Message<'_>,
    mut out: &mut impl Write,
) -> io::Result<()> {
    serde_json::to_writer(&mut out, &Object { connection, sender, message })?;
    out.write_all(b"\n")
}

/// Writes the place of a message that could not be had: an unknown one without headers, with the limit as its defect.
/// `next` is where parsing went on.
///
/// # Errors
///
/// What the output says.
pub fn write_skipped(
    connection: Option<u32>,
    sender: Sender,
    error: Error,
    next: u64,
    mut out: &mut impl Write,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct Skipped {
        #[serde(skip_serializing_if = "Option::is_none")]
        connection: Option<u32>,
        offset: u64,
        length: u64,
        direction: &'static str,
        kind: &'static str,
        headers: [(); 0],
        defects: [DefectObject; 1],
    }
    let skipped = Skipped {
        connection,
        offset: error.message,
        length: next.saturating_sub(error.message),
        direction: sender.as_str(),
        kind: "unknown",
        headers: [],
        defects: [DefectObject { code: error.code.as_str(), offset: error.offset }],
    };
    serde_json::to_writer(&mut out, &skipped)?;
    out.write_all(b"\n")
}
