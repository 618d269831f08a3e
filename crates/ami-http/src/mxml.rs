//! Bodies of `/mxml`.

use std::borrow::Cow;
use std::fmt;

use ami_wire::{EncodeError, Encoder};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

/// Why a body of `/mxml` could not be decoded.
#[derive(Debug)]
#[non_exhaustive]
pub enum MxmlError {
    /// It is no well-formed XML, or it ends too early.
    Xml {
        /// Where: bytes from the start of the body.
        position: u64,
        /// What the XML parser says.
        reason: String,
    },
    /// It is XML, but the root element is not `ajax-response`.
    OtherDocument,
    /// A message in it cannot be written as one: a line break or NUL in a value, or no header at all.
    Message {
        /// Where its element ends: bytes from the start of the body.
        position: u64,
        /// What is in the way.
        reason: EncodeError,
    },
}

impl fmt::Display for MxmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xml { position, reason } => write!(f, "no well-formed XML at byte {position}: {reason}"),
            Self::OtherDocument => f.write_str("the root element is not ajax-response"),
            Self::Message { position, reason } => write!(f, "message that ends at byte {position}: {reason}"),
        }
    }
}

impl std::error::Error for MxmlError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Message { reason, .. } => Some(reason),
            Self::Xml { .. } | Self::OtherDocument => None,
        }
    }
}

/// Decodes a body of `/mxml` into messages in wire form, to be read with [`messages`](crate::messages).
///
/// The server writes keys in lower case and replaces bytes that XML does not allow in a name by `_` (`Cause-txt` becomes
/// `cause_txt`); neither can be undone here, and look-up ignores the former. The number that it appends to a key that occurs
/// again is removed. Lines without a colon, which it gathers under `opaque_data`, come behind the headers.
///
/// Bytes that are not UTF-8 are kept, although XML forbids them: the server does not care.
///
/// ```
/// let body = b"<ajax-response>
/// <response type='object' id='unknown'><generic event='VarSet' channel='SIP/a-1' value='&lt;x&gt;' /></response>
/// </ajax-response>";
/// assert_eq!(ami_http::mxml(body)?, b"event: VarSet\r\nchannel: SIP/a-1\r\nvalue: <x>\r\n\r\n");
/// # Ok::<(), ami_http::MxmlError>(())
/// ```
///
/// # Errors
///
/// The body is no such document, or a message in it cannot be written. With [`mxml_into`] the messages before it are there.
pub fn mxml(body: &[u8]) -> Result<Vec<u8>, MxmlError> {
    let mut out = Vec::with_capacity(body.len());
    mxml_into(body, &mut out)?;
    Ok(out)
}

/// As [`mxml`], appending to `out`. After an error it holds the messages before the place.
///
/// ```
/// let mut out = Vec::new();
/// let cut = b"<ajax-response><response><generic event='A' /></response><response><generic ev";
/// assert!(ami_http::mxml_into(cut, &mut out).is_err());
/// assert_eq!(out, b"event: A\r\n\r\n");
/// ```
///
/// # Errors
///
/// As for [`mxml`].
pub fn mxml_into(body: &[u8], out: &mut Vec<u8>) -> Result<(), MxmlError> {
    let text = to_text(body);
    // Positions count characters' bytes in `text`, which has more of them where the body is not UTF-8.
    let position = |at: u64| {
        let before = usize::try_from(at).ok().and_then(|at| text.get(..at)).unwrap_or(&text);
        before.chars().map(|one| from_text(one).len() as u64).sum()
    };
    let mut reader = Reader::from_str(&text);
    let mut path: Vec<String> = Vec::new();
    let mut seen_root = false;
    loop {
        let event = reader.read_event().map_err(|error| MxmlError::Xml {
            position: position(reader.error_position()),
            reason: error.to_string(),
        })?;
        let (element, is_empty) = match event {
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(_) => {
                path.pop();
                continue;
            }
            Event::Eof if path.is_empty() && seen_root => return Ok(()),
            Event::Eof if !seen_root => return Err(MxmlError::OtherDocument),
            Event::Eof => {
                return Err(MxmlError::Xml {
                    position: body.len() as u64,
                    reason: "the body ends inside an element".into(),
                });
            }
            _ => continue,
        };
        if path.is_empty() {
            if element.name().0 != "ajax-response" || seen_root {
                return Err(MxmlError::OtherDocument);
            }
            seen_root = true;
        } else if path.len() == 2 && path.last().is_some_and(|parent| parent == "response") {
            // The element's own name is `generic`, unless the client asked for another one.
            let at = out.len();
            write(&element, out).map_err(|reason| {
                out.truncate(at);
                let position = position(reader.buffer_position());
                match reason {
                    Reason::Xml(reason) => MxmlError::Xml { position, reason },
                    Reason::Encode(reason) => MxmlError::Message { position, reason },
                }
            })?;
        }
        if !is_empty {
            path.push(element.name().0.to_owned());
        }
    }
}

enum Reason {
    Xml(String),
    Encode(EncodeError),
}

impl From<EncodeError> for Reason {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

/// Writes the message that one element is.
fn write(element: &BytesStart<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    let mut message = Encoder::message(out);
    let mut seen: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    // A key that occurs twice is numbered by the server; where it is not, that is no reason to refuse it.
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| Reason::Xml(error.to_string()))?;
        // Not normalised: the server means its line breaks.
        let value = unescape(&attribute.value).map_err(|error| Reason::Xml(error.to_string()))?;
        let value: Vec<u8> = value.chars().flat_map(from_text).collect();
        let key = attribute.key.0;
        if key == "opaque_data" {
            lines = value;
        } else {
            let key = without_number(key, &seen);
            seen.push(key);
            // A colon can be in a name of XML; the server never writes one.
            message.header(key.replace(':', "_"), value)?;
        }
    }
    let lines = lines.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty());
    let count = lines.clone().count();
    for line in lines {
        message.raw_line(line)?;
    }
    if seen.is_empty() && count == 0 {
        return Err(EncodeError::Empty.into());
    }
    message.end()?;
    Ok(())
}

/// The key without the number that the server appends from the second occurrence on: `variable-2`.
fn without_number<'a>(key: &'a str, seen: &[&str]) -> &'a str {
    match key.rsplit_once('-') {
        Some((stem, number)) if number.parse::<u32>().is_ok_and(|number| number > 1) && seen.contains(&stem) => stem,
        _ => key,
    }
}

/// Where bytes go that are not UTF-8, while an XML parser of text looks at them: characters of a private plane.
const PRIVATE: u32 = 0xF_0000;

/// The body as text.
fn to_text(body: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(body) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(body.len() + body.len() / 8);
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|&byte| char::from_u32(PRIVATE + u32::from(byte))));
    }
    Cow::Owned(text)
}

/// The bytes of a character of that text.
fn from_text(one: char) -> Bytes {
    let mut bytes = [0; 4];
    let length = match u32::from(one).checked_sub(PRIVATE) {
        // Only bytes that cannot be UTF-8 alone were moved there.
        Some(byte @ 0x80..=0xFF) => {
            bytes = [byte as u8, 0, 0, 0];
            1
        }
        _ => one.encode_utf8(&mut bytes).len(),
    };
    Bytes { bytes, range: 0..length }
}

/// Up to four bytes.
struct Bytes {
    bytes: [u8; 4],
    range: std::ops::Range<usize>,
}

impl Iterator for Bytes {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.bytes.get(self.range.next()?).copied()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl ExactSizeIterator for Bytes {}
