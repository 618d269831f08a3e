//! Laws of the HTTP bodies.

use std::fmt::Write as _;

use ami_wire::{Direction, Encoder, Kind, Parser};
use arbitrary::{Arbitrary, Unstructured};

/// No body of `/mxml` breaks the reader: what comes out is well-formed, and what comes out before an error is the start
/// of what would have come out.
pub fn mxml_any(input: &[u8]) {
    let mut out = Vec::new();
    let result = ami_http::mxml_into(input, &mut out);
    for message in ami_http::messages(&out) {
        let message = message.expect("no limit is near");
        // Only an old command's output has an end of its own, and the server may have failed to write it.
        let follows = message.get("Response").is_some_and(|value| value.eq_ignore_ascii_case(b"Follows"));
        assert!(message.is_complete() || follows, "{}", out.escape_ascii());
    }
    match result {
        Ok(()) => assert_eq!(ami_http::mxml(input).expect("it was read before"), out),
        Err(_) => assert!(ami_http::mxml(input).is_err()),
    }
}

/// A message as a server may have it.
#[derive(Debug, Arbitrary)]
struct Sent {
    headers: Vec<(u8, String)>,
}

/// The keys in the order of the numbers that stand for them. All are in lower case: `/mxml` knows no other.
const KEYS: [&str; 6] = ["event", "channel", "variable", "value", "cause_txt", "uniqueid"];

/// Messages that are written as the server writes them come out as they went in, repeated keys included.
pub fn mxml_written(input: &[u8]) {
    let Ok(sent) = Vec::<Sent>::arbitrary(&mut Unstructured::new(input)) else { return };
    let mut body = String::from("<ajax-response>\n");
    let mut expected = Vec::new();
    for message in &sent {
        let mut attributes = String::new();
        let mut wire = Vec::new();
        let mut encoder = Encoder::message(&mut wire);
        let mut counts = [0_u32; KEYS.len()];
        for (key, value) in &message.headers {
            let which = usize::from(*key) % KEYS.len();
            // XML has no such characters at all; and the private plane stands for bytes that are no text.
            let allowed = |one: char| !one.is_control() && !('\u{F0000}'..='\u{F00FF}').contains(&one);
            let value: String = value.chars().filter(|one| allowed(*one)).collect();
            if encoder.header(KEYS[which], &value).is_err() {
                continue;
            }
            counts[which] += 1;
            let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&apos;");
            let number = if counts[which] > 1 { format!("-{}", counts[which]) } else { String::new() };
            write!(attributes, " {}{number}='{escaped}'", KEYS[which]).expect("a string takes everything");
        }
        encoder.end().expect("a vector takes everything");
        if counts == [0; KEYS.len()] {
            continue;
        }
        expected.extend(wire);
        writeln!(body, "<response type='object' id='unknown'><generic{attributes} /></response>")
            .expect("a string takes everything");
    }
    body.push_str("</ajax-response>\n");
    let out = ami_http::mxml(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"));
    assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{body}");
}

/// An action that was written as a query comes back as it was.
pub fn query(input: &[u8]) {
    // Any text can be taken for a query.
    if let Ok(action) = ami_http::action_from_query(input) {
        // A client sends no banner: a key that looks like one is a key.
        let messages: Vec<_> = Parser::new().direction(Direction::Client).messages(&action).collect();
        let [Ok(action)] = messages[..] else { panic!("one message, not {messages:?}") };
        assert_eq!(action.kind(), Kind::Action);
        let query = ami_http::Query::from_message(&action).expect("it came from one");
        let again = ami_http::action_from_query(query.as_str()).expect("it was written");
        assert_eq!(again, action.as_bytes());
    }
}
