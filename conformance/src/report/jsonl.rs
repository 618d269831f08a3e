//! Messages as JSON, one object a line.

use std::io::{self, Write};

use ami_wire::{Error, Message, Record};
use serde::Serialize;

use crate::finding::Sender;

/// Writes a message as one line of JSON: its [`Record`].
///
/// # Errors
///
/// What the output says.
pub fn write(connection: Option<u32>, sender: Sender, message: &Message<'_>, out: &mut impl Write) -> io::Result<()> {
    if message.defects().next().is_none() && !message.has_output() {
        return write_plain(connection, sender, message, out);
    }
    let mut record = Record::new(*message).direction(sender.direction());
    if let Some(connection) = connection {
        record = record.connection(connection.into());
    }
    serde_json::to_writer(&mut *out, &record)?;
    out.write_all(b"\n")
}

/// The same for a message without defects and without output in the old form: nearly all are. So all lines are headers and
/// all is UTF-8, and where there is no quote in it nothing needs to be escaped.
fn write_plain(connection: Option<u32>, sender: Sender, message: &Message<'_>, out: &mut impl Write) -> io::Result<()> {
    /// What it takes without keys and values, at most.
    const AROUND: usize = 200;
    let bytes = message.as_bytes();
    let escape = memchr::memchr3(b'"', b'\\', b'\t', bytes).is_some();
    let text = |line: &mut Vec<u8>, text: &[u8]| -> io::Result<()> {
        if escape && memchr::memchr3(b'"', b'\\', b'\t', text).is_some() {
            serde_json::to_writer(line, &String::from_utf8_lossy(text))?;
            return Ok(());
        }
        line.push(b'"');
        line.extend_from_slice(text);
        line.push(b'"');
        Ok(())
    };
    let mut line = Vec::with_capacity(AROUND + 2 * bytes.len());
    write!(line, "{{\"offset\":{},\"length\":{}", message.offset(), message.len())?;
    write!(line, ",\"direction\":\"{}\",\"kind\":\"{}\"", sender.as_str(), message.kind())?;
    if let Some(name) = message.name() {
        line.extend_from_slice(b",\"name\":");
        text(&mut line, name)?;
    }
    line.extend_from_slice(b",\"headers\":[");
    let mut between: &[u8] = b"[";
    for header in message.headers() {
        line.extend_from_slice(between);
        between = b",[";
        text(&mut line, header.key)?;
        line.push(b',');
        text(&mut line, header.value)?;
        line.push(b']');
    }
    line.push(b']');
    if let Some(connection) = connection {
        write!(line, ",\"connection\":{connection}")?;
    }
    line.extend_from_slice(b"}\n");
    out.write_all(&line)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is written here is what the record of the message says.
    fn check(bytes: &[u8]) {
        for message in ami_wire::messages(bytes).filter_map(Result::ok) {
            for (connection, sender) in [(None, Sender::Server), (Some(3), Sender::Client)] {
                let mut written = Vec::new();
                write(connection, sender, &message, &mut written).unwrap();
                let mut record = Record::new(message).direction(sender.direction());
                if let Some(connection) = connection {
                    record = record.connection(connection.into());
                }
                let mut expected = serde_json::to_vec(&record).unwrap();
                expected.push(b'\n');
                assert_eq!(written, expected, "{} {}", written.escape_ascii(), expected.escape_ascii());
            }
        }
    }

    #[test]
    fn every_byte_is_written_as_the_record_has_it() {
        for byte in 0..=255u8 {
            for before in [&b"Event: A"[..], b"Event: A\r\nKey", b"Event: A\r\nKey: ", b"Event: A\r\nKey: \xc3"] {
                check(&[before, &[byte], b": x\r\nB: c\r\n\r\n"].concat());
            }
        }
        check(
            b"Asterisk Call Manager/1.0\r\nResponse: Follows\r\nPrivilege: Command\r\na \"b\"\n--END COMMAND--\r\n\r\n",
        );
        check("Event: A\r\nCallerIDName: \"Jürgen\" \\o/\t\u{7f}\r\nB:\r\n\r\n".as_bytes());
    }

    proptest! {
        #[test]
        fn any_message_is_written_as_the_record_has_it(
            lines in prop::collection::vec(("[A-Za-z]{1,8}", ": ?", "[ -~\"\\\\]{0,12}|\\PC{0,6}"), 0..8),
        ) {
            let lines: Vec<_> = lines.iter().map(|(key, colon, value)| format!("{key}{colon}{value}\r\n")).collect();
            check(format!("Event: X\r\n{}\r\n", lines.concat()).as_bytes());
        }
    }
}
