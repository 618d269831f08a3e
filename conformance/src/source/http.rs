//! AMI over HTTP: bodies of `/mxml`, and whole requests and responses as they were recorded.
//!
//! HTTP inside of packets is taken apart in [`exchange`](super::exchange).
//!
//! What is left when HTTP is taken off is a text like any other: headers of HTTP, XML and percent-encoding are gone, and the
//! bodies of one file follow each other. Offsets count bytes of that text. For `/rawman` it has the bytes of the body; for
//! `/mxml` and requests it is what `ami-http` decodes: the bytes that the same message has over TCP, with keys as they were
//! sent, in lower case mostly.

use std::borrow::Cow;
use std::io::Read;

use ami_types::schema;
use ami_wire::{Kind, LineKind};
use httparse::{EMPTY_HEADER, Header, Status};

use super::input::Form;

/// The longest file of HTTP or XML that is read: it is held in memory, which streams and packets are not.
const LONGEST: u64 = 256 << 20;

/// The most headers that a head can have.
pub(super) const HEADERS: usize = 100;

/// Whether this is a head of HTTP, a request or a response.
pub(super) fn is_exchange(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let is_response = line.starts_with(b"HTTP/1.");
    let is_request = line.starts_with(b"GET /") || line.starts_with(b"POST /");
    is_response || (is_request && (line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")))
}

/// Whether this is XML that can be a body of `/mxml`.
pub(super) fn is_mxml(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    text.starts_with(b"<ajax-response")
        || (text.starts_with(b"<?xml") && memchr::memmem::find(text, b"<ajax-response").is_some())
}

/// Whether this is XML or HTML of another kind, in which there are no messages: a page of `/manager` for one.
pub(super) fn is_markup(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    let begins = |tag: &&[u8]| text.get(..tag.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(tag));
    let tags: [&[u8]; 6] = [b"<?xml", b"<!doctype", b"<html", b"<head", b"<title", b"<body"];
    tags.iter().any(begins)
}

/// The messages of an input of this form as text, and what hindered at its end.
pub(super) fn decode(form: Form, input: impl Read) -> std::io::Result<(Vec<u8>, Result<(), String>)> {
    let mut bytes = Vec::new();
    input.take(LONGEST + 1).read_to_end(&mut bytes)?;
    let mut text = Vec::new();
    if bytes.len() as u64 > LONGEST {
        return Ok((text, Err(format!("HTTP and XML are read up to {} MiB only", LONGEST >> 20))));
    }
    let result = match form {
        Form::Http => exchanges(&bytes, &mut text),
        _ => body(&bytes, &mut text),
    };
    Ok((text, result))
}

/// Requests or responses, one behind the other.
fn exchanges(bytes: &[u8], text: &mut Vec<u8>) -> Result<(), String> {
    let mut rest = bytes.trim_ascii_start();
    while !rest.is_empty() {
        let at = bytes.len() - rest.len();
        rest =
            exchange(rest, text).map_err(|reason| format!("{reason} (HTTP message at byte {at})"))?.trim_ascii_start();
    }
    Ok(())
}

/// One request or response; what stands behind it is handed back.
pub(super) fn exchange<'a>(bytes: &'a [u8], text: &mut Vec<u8>) -> Result<&'a [u8], String> {
    let mut headers = [EMPTY_HEADER; HEADERS];
    let malformed = |reason: &dyn std::fmt::Display| format!("no well-formed HTTP: {reason}");
    if !bytes.starts_with(b"HTTP/") {
        let mut request = httparse::Request::new(&mut headers);
        let Status::Complete(length) = request.parse(bytes).map_err(|error| malformed(&error))? else {
            return Err(malformed(&"the file ends inside a head"));
        };
        let (content, rest) = content(bytes.get(length..).unwrap_or_default(), request.headers, false)?;
        let path = request.path.unwrap_or_default();
        let query = path.split_once('?').map(|(_, query)| query.as_bytes());
        // A form that is posted says it all.
        let query = if content.is_empty() { query.unwrap_or_default() } else { &content };
        let action =
            ami_http::action_from_query(query).map_err(|error| format!("no action in this request: {error}"))?;
        text.extend(action);
        return Ok(rest);
    }
    let mut response = httparse::Response::new(&mut headers);
    let Status::Complete(length) = response.parse(bytes).map_err(|error| malformed(&error))? else {
        return Err(malformed(&"the file ends inside a head"));
    };
    let (content, rest) = content(bytes.get(length..).unwrap_or_default(), response.headers, true)?;
    match response.code {
        Some(200) => body(&content, text)?,
        code => {
            let (code, reason) = (code.unwrap_or_default(), response.reason.unwrap_or_default());
            return Err(format!("no messages: the HTTP server answered {code} {reason}"));
        }
    }
    Ok(rest)
}

/// How long a body is.
pub(super) enum Extent {
    /// So many bytes.
    Length(usize),
    /// Its chunks tell.
    Chunked,
    /// The head says nothing.
    Unsaid,
}

impl Extent {
    /// What a head says.
    pub(super) fn of(headers: &[Header<'_>]) -> Result<Self, String> {
        let value =
            |name: &str| headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|it| it.value);
        if value("Transfer-Encoding").is_some_and(|coding| coding.to_ascii_lowercase().ends_with(b"chunked")) {
            return Ok(Self::Chunked);
        }
        let Some(length) = value("Content-Length") else { return Ok(Self::Unsaid) };
        let number = std::str::from_utf8(length).ok().and_then(|length| length.trim().parse::<usize>().ok());
        number.map(Self::Length).ok_or_else(|| "no well-formed HTTP: Content-Length is no number".to_owned())
    }
}

/// The body that a head announces, and what stands behind it.
fn content<'a>(bytes: &'a [u8], headers: &[Header<'_>], until_end: bool) -> Result<(Cow<'a, [u8]>, &'a [u8]), String> {
    let length = match Extent::of(headers)? {
        Extent::Chunked => return chunks(bytes),
        Extent::Length(length) => length,
        Extent::Unsaid if until_end => bytes.len(),
        Extent::Unsaid => 0,
    };
    let (body, rest) = bytes.split_at(length.min(bytes.len()));
    Ok((body.into(), rest))
}

/// A body that came in chunks.
pub(super) fn chunks(mut bytes: &[u8]) -> Result<(Cow<'_, [u8]>, &[u8]), String> {
    let mut body = Vec::new();
    loop {
        let damaged = || "no well-formed HTTP: a damaged chunk".to_owned();
        let Status::Complete((from, size)) = httparse::parse_chunk_size(bytes).map_err(|_| damaged())? else {
            return Err(damaged());
        };
        let size = usize::try_from(size).map_err(|_| damaged())?;
        let chunk = bytes.get(from..).and_then(|rest| rest.get(..size)).ok_or_else(damaged)?;
        body.extend_from_slice(chunk);
        bytes = bytes.get(from + size..).unwrap_or_default();
        bytes = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
        if size == 0 {
            return Ok((body.into(), bytes));
        }
    }
}

/// A body of `/rawman` or `/mxml`.
fn body(bytes: &[u8], text: &mut Vec<u8>) -> Result<(), String> {
    if !is_mxml(bytes) {
        if is_markup(bytes) {
            return Err("no messages: the body is a page for people; /rawman and /mxml have them".to_owned());
        }
        text.extend_from_slice(bytes);
        return Ok(());
    }
    let mut decoded = Vec::new();
    let result = ami_http::mxml_into(bytes, &mut decoded);
    spell(&decoded, text);
    result.map_err(|error| error.to_string())
}

/// Gives events the names of headers that XML cannot spell: `cause_txt` is `Cause-txt` where the schema has no other that is
/// written so.
fn spell(decoded: &[u8], text: &mut Vec<u8>) {
    for message in ami_wire::messages(decoded).filter_map(Result::ok) {
        let def = if message.kind() == Kind::Event { schema::event(message.name().unwrap_or_default()) } else { None };
        for line in message.lines() {
            let known = match (line.kind, def) {
                (LineKind::Header(header), Some(def))
                    if header.key.contains(&b'_') && def.field(header.key).is_none() =>
                {
                    def.fields.iter().find(|field| is_spelled(field.name, header.key)).map(|field| field.name)
                }
                _ => None,
            };
            match known {
                // As long as before, so that nothing else moves.
                Some(name) => {
                    text.extend_from_slice(name.as_bytes());
                    text.extend_from_slice(line.text.get(name.len()..).unwrap_or_default());
                }
                None => text.extend_from_slice(line.text),
            }
            text.extend_from_slice(b"\r\n");
        }
    }
}

/// Whether the server writes the name like this in XML.
fn is_spelled(name: &str, key: &[u8]) -> bool {
    let spelled = name.bytes().map(|byte| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'_' });
    spelled.eq(key.iter().map(u8::to_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(form: Form, input: &[u8]) -> (String, Result<(), String>) {
        let (text, result) = decode(form, input).unwrap();
        (String::from_utf8(text).unwrap(), result)
    }

    #[test]
    fn bodies_follow_each_other() {
        let file = b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nResponse: Success\r\n\r\n\
            HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nResponse:\r\na\r\n Error\r\n\r\n\r\n1\r\n\n\r\n0\r\n\r\n\
            HTTP/1.0 200 OK\r\n\r\n<ajax-response><response><generic event='A'/></response></ajax-response>";
        let expected = "Response: Success\r\n\r\nResponse: Error\r\n\r\n\nevent: A\r\n\r\n";
        assert_eq!(text(Form::Http, file), (expected.to_owned(), Ok(())));
    }

    #[test]
    fn requests_are_actions() {
        let file = b"GET /rawman?action=Ping&ActionID=a%20b HTTP/1.1\r\nHost: x\r\n\r\n\
            POST /mxml HTTP/1.1\r\nContent-Length: 11\r\n\r\naction=ping";
        let expected = "action: Ping\r\nActionID: a b\r\n\r\naction: ping\r\n\r\n";
        assert_eq!(text(Form::Http, file), (expected.to_owned(), Ok(())));
    }

    #[test]
    fn what_hinders_is_told_with_what_came_before() {
        let first = "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nResponse: Success\r\n\r\n";
        for (second, expected) in [
            ("HTTP/1.1 404 Not Found\r\n\r\n<html>", "answered 404 Not Found"),
            ("HTTP/1.1 200 OK\r\n\r\n<title>Asterisk</title>", "a page for people"),
            ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "Content-Length is no number"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz", "a damaged chunk"),
            ("HTTP/1.1 200 OK\r\nContent-Le", "ends inside a head"),
            ("GET /index.html HTTP/1.1\r\n\r\n", "no action in this request"),
        ] {
            let (before, result) = text(Form::Http, format!("{first}{second}").as_bytes());
            assert_eq!(before, "Response: Success\r\n\r\n");
            let reason = result.unwrap_err();
            assert!(reason.contains(expected) && reason.ends_with("(HTTP message at byte 60)"), "{reason}");
        }
    }

    #[test]
    fn names_that_xml_cannot_spell() {
        let file = b"<ajax-response><response><generic event='Hangup' cause_txt='x' new_thing='y' /></response></ajax-response>";
        let expected = "event: Hangup\r\nCause-txt: x\r\nnew_thing: y\r\n\r\n";
        assert_eq!(text(Form::Mxml, file), (expected.to_owned(), Ok(())));
    }
}
