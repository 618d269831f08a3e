//! Messages as JSON, one object a line.

use std::io::{self, Write};

use ami_wire::{Error, Message, Record};
use serde::Serialize;

use crate::finding::Sender;

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
    let mut record = Record::new(*message).direction(sender.direction());
    if let Some(connection) = connection {
        record = record.connection(connection.into());
    }
    serde_json::to_writer(&mut out, &record)?;
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
    struct Defect {
        code: &'static str,
        offset: u64,
    }
    #[derive(Serialize)]
    struct Skipped {
        offset: u64,
        length: u64,
        direction: &'static str,
        kind: &'static str,
        headers: [(); 0],
        defects: [Defect; 1],
        #[serde(skip_serializing_if = "Option::is_none")]
        connection: Option<u32>,
    }
    let skipped = Skipped {
        offset: error.message,
        length: next.saturating_sub(error.message),
        direction: sender.as_str(),
        kind: "unknown",
        headers: [],
        defects: [Defect { code: error.code.as_str(), offset: error.offset }],
        connection,
    };
    serde_json::to_writer(&mut out, &skipped)?;
    out.write_all(b"\n")
}
