//! The two HTTP forms of recorded answers, and recorded requests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ami_http::{MxmlError, Query, action_from_query, messages, mxml, mxml_into};
use ami_wire::{Direction, Kind, Message, Parser};
use proptest::prelude::*;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/traces")
}

/// The body of a recorded answer: whole HTTP exchanges up to 13, bodies alone in 22.
fn body(file: &Path) -> Vec<u8> {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    if file.extension().is_some_and(|suffix| suffix == "txt") {
        return bytes;
    }
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    bytes[end + 4..].to_vec()
}

/// Pairs of answers to the same request: release, number, rawman, mxml.
fn pairs() -> Vec<(String, usize, Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    for release in ["1.8", "11", "13"] {
        for number in 0..6 {
            let file = |form| corpus().join(format!("asterisk-{release}/http-{form}-{number:02}.response"));
            all.push((release.to_owned(), number, body(&file("rawman")), body(&file("mxml"))));
        }
    }
    for number in 0..8 {
        let file = |form| corpus().join(format!("asterisk-22/http-{form}-{number}.txt"));
        all.push(("22".to_owned(), number, body(&file("rawman")), body(&file("mxml"))));
    }
    all
}

/// A name as `mxml` writes it.
fn name(key: &[u8]) -> String {
    let lower = key.iter().map(u8::to_ascii_lowercase);
    lower.map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '_' }).collect()
}

type Headers = Vec<(String, Vec<u8>)>;

/// A message up to case and `_`.
fn headers(message: &Message<'_>) -> Headers {
    message.headers().map(|header| (name(header.key), header.value.to_vec())).collect()
}

/// What differs between two requests a moment apart: times, counters, what was up at the moment.
const CHANGES: [&str; 3] = ["timestamp", "coreprocessedcalls", "corecurrentcalls"];

#[test]
fn both_forms_give_the_same_messages() {
    let mut compared = 0;
    for (release, number, rawman, xml) in pairs() {
        let decoded = mxml(&xml).unwrap();
        let theirs: Vec<_> = messages(&decoded).map(Result::unwrap).collect();
        let ours: Vec<_> = messages(&rawman).map(Result::unwrap).collect();
        let place = format!("{release}, {number}");
        assert!(theirs.iter().all(|message| message.kind() != Kind::Unknown && message.is_complete()), "{place}");
        // The answer comes first. Behind it, in `WaitEvent`, events of one moment: two requests get different ones.
        let waits = ours.last().unwrap().name() == Some(b"WaitEventComplete");
        assert_eq!(theirs.last().unwrap().name(), ours.last().unwrap().name(), "{place}");
        if !waits {
            assert_eq!(theirs.len(), ours.len(), "{place}");
        }
        for (theirs, ours) in theirs.iter().zip(&ours).take(if waits { 1 } else { usize::MAX }) {
            assert_eq!((theirs.kind(), theirs.name()), (ours.kind(), ours.name()), "{place}");
            let (theirs_headers, ours_headers) = (headers(theirs), headers(ours));
            assert_eq!(theirs_headers.len(), ours_headers.len(), "{place}");
            for (theirs, ours) in theirs_headers.iter().zip(&ours_headers) {
                assert_eq!(theirs.0, ours.0, "{place}");
                assert!(theirs.1 == ours.1 || CHANGES.contains(&theirs.0.as_str()), "{place}: {theirs:?} {ours:?}");
            }
            // Of command output in the old form mxml makes names and values, at each line's first colon.
            for (theirs, ours) in theirs.output().zip(ours.output()) {
                let at = ours.iter().position(|&byte| byte == b':').unwrap();
                assert_eq!(theirs, [name(&ours[..at]).as_bytes(), b": ", &ours[at + 1..]].concat(), "{place}");
            }
            assert_eq!(theirs.output().count(), ours.output().count(), "{place}");
            compared += 1;
        }
    }
    assert!(compared > 28, "{compared}");
}

/// An event in mxml has the headers that the same event has in rawman and on the wire, in the same order.
#[test]
fn events_have_the_same_headers_in_both_forms() {
    let mut known: BTreeMap<(String, Vec<u8>), Vec<Vec<String>>> = BTreeMap::new();
    let keys = |message: &Message<'_>| -> Vec<String> { headers(message).into_iter().map(|(key, _)| key).collect() };
    for (release, _, rawman, _) in pairs() {
        for message in messages(&rawman).map(Result::unwrap).filter(|message| message.kind() == Kind::Event) {
            let event = (release.clone(), message.name().unwrap().to_vec());
            known.entry(event).or_default().push(keys(&message));
        }
    }
    let mut compared = 0;
    for (release, number, _, xml) in pairs() {
        let decoded = mxml(&xml).unwrap();
        for message in messages(&decoded).map(Result::unwrap).filter(|message| message.kind() == Kind::Event) {
            // `TestEvent` has what its test wants to tell.
            if message.name() == Some(b"TestEvent") {
                continue;
            }
            // Some events happened in one of the two windows only.
            if let Some(forms) = known.get(&(release.clone(), message.name().unwrap().to_vec())) {
                assert!(forms.contains(&keys(&message)), "{release}, {number}: {message:?} {forms:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 30, "{compared}");
}

/// The server numbers a key that occurs again (`state-2`); decoded it is the same key twice.
#[test]
fn a_key_that_occurs_twice_was_recorded() {
    let xml = body(&corpus().join("asterisk-22/http-mxml-5.txt"));
    let decoded = mxml(&xml).unwrap();
    let twice = messages(&decoded).map(Result::unwrap).find(|message| message.get_all("State").count() == 2).unwrap();
    assert!(twice.get_all("State").eq([b"CallIDChange", b"CallIDChange"]));
}

/// Escapes as the server does.
fn escape(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'\'' => out.extend_from_slice(b"&apos;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            _ => out.push(byte),
        }
    }
}

/// Messages as a server would write them in mxml.
fn to_mxml<'a>(all: impl Iterator<Item = Message<'a>>) -> Vec<u8> {
    let mut out = b"<ajax-response>\n".to_vec();
    for message in all {
        out.extend_from_slice(b"<response type='object' id='unknown'><generic");
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (key, value) in headers(&message) {
            let count = counts.entry(key.clone()).or_default();
            *count += 1;
            let number = if *count > 1 { format!("-{count}") } else { String::new() };
            out.extend_from_slice(format!(" {key}{number}='").as_bytes());
            escape(&value, &mut out);
            out.push(b'\'');
        }
        let lines: Vec<&[u8]> = message.raw_lines().collect();
        if !lines.is_empty() {
            out.extend_from_slice(b" opaque_data='");
            escape(&lines.join(&b"\n"[..]), &mut out);
            out.push(b'\'');
        }
        out.extend_from_slice(b" /></response>\n");
    }
    out.extend_from_slice(b"</ajax-response>\n");
    out
}

/// Whether a server could write a message in mxml at all.
fn fits(message: &Message<'_>) -> bool {
    let starts = |key: &[u8]| key.first().is_some_and(u8::is_ascii_alphabetic);
    let plain = |bytes: &[u8]| !bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    message.kind() != Kind::Banner
        && !message.has_output()
        && message.headers().all(|header| starts(header.key) && plain(header.value))
        && message.raw_lines().all(plain)
}

#[test]
fn recorded_sessions_survive_the_way_through_mxml() {
    let (mut count, mut with_lines, mut not_text, mut repeated) = (0, 0, 0, 0);
    for session in [
        "asterisk-22/simple",
        "asterisk-22/queries",
        "asterisk-13/oddnames",
        "asterisk-13/multiline",
        "asterisk-11/queries",
        "asterisk-1.8/queue",
        "asterisk-1.4/oddnames",
        "asterisk-23/multiline",
    ] {
        let file = corpus().join(format!("{session}.s2c"));
        let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parser = Parser::new().direction(Direction::Server);
        let all: Vec<_> = parser.messages(&bytes).map(Result::unwrap).filter(fits).collect();
        let decoded = mxml(&to_mxml(all.iter().copied())).unwrap();
        let again: Vec<_> = messages(&decoded).map(Result::unwrap).collect();
        assert_eq!(again.len(), all.len(), "{session}");
        for (again, message) in again.iter().zip(&all) {
            assert_eq!(headers(again), headers(message), "{session}");
            assert!(again.raw_lines().eq(message.raw_lines()), "{session}: {message:?}");
            assert_eq!(again.kind(), message.kind(), "{session}");
            count += 1;
            with_lines += usize::from(message.raw_lines().next().is_some());
            not_text += usize::from(std::str::from_utf8(message.as_bytes()).is_err());
            let mut keys: Vec<_> = headers(message).into_iter().map(|(key, _)| key).collect();
            keys.sort();
            repeated += usize::from(keys.windows(2).any(|pair| pair[0] == pair[1]));
        }
    }
    assert!(
        count > 1500 && with_lines > 0 && not_text > 10 && repeated > 0,
        "{count} {with_lines} {not_text} {repeated}"
    );
}

#[test]
fn recorded_requests_are_the_actions_that_were_meant() {
    let mut seen = Vec::new();
    for number in 0..6 {
        let file = corpus().join(format!("asterisk-13/http-mxml-{number:02}.request"));
        let request = String::from_utf8(fs::read(&file).unwrap()).unwrap();
        let query = request.split(['?', ' ']).nth(2).unwrap();
        let action = action_from_query(query).unwrap();
        let message = messages(&action).next().unwrap().unwrap();
        // Turned into a query and back it is the same action.
        let again = action_from_query(Query::from_message(&message).unwrap().as_str()).unwrap();
        assert_eq!(again, action);
        seen.push(headers(&message));
    }
    let pair = |key: &str, value: &str| (key.to_owned(), value.as_bytes().to_vec());
    assert_eq!(seen[0], [pair("action", "login"), pair("username", "admin"), pair("secret", "labsecret")]);
    assert_eq!(seen[3], [pair("action", "command"), pair("command", "core show version")]);
    assert_eq!(seen[4][1], pair("channel", "SIP/200@loop"));
}

#[test]
fn what_is_no_answer_is_an_error() {
    let other = |body: &[u8]| matches!(mxml(body), Err(MxmlError::OtherDocument));
    assert!(other(b"") && other(b"<html></html>") && other(b"Response: Success\r\n\r\n"));
    assert!(other(b"<ajax-response></ajax-response><ajax-response></ajax-response>"));
    assert!(matches!(mxml(b"<ajax-response><response>"), Err(MxmlError::Xml { position: 25, .. })));
    assert!(matches!(mxml(b"<ajax-response></response>"), Err(MxmlError::Xml { .. })));
    let entity = b"<ajax-response><response><generic event='&unknown;'/></response></ajax-response>";
    assert!(matches!(mxml(entity), Err(MxmlError::Xml { position: 53, .. })), "{:?}", mxml(entity));
    assert_eq!(mxml(b"<ajax-response/>").unwrap(), b"");
}

/// A line break in a value, escaped or plain, would be read as a header of its own.
#[test]
fn injection_is_refused() {
    for value in ["a&#13;&#10;Injected: yes", "a\nInjected: yes", "a&#10;", "&#x0A;"] {
        let body = format!(
            "<ajax-response><response><generic event='A'/></response><response><generic event='{value}'/></response></ajax-response>"
        );
        let mut out = Vec::new();
        let error = mxml_into(body.as_bytes(), &mut out).unwrap_err();
        assert!(matches!(error, MxmlError::Message { .. }), "{error}");
        assert_eq!(out, b"event: A\r\n\r\n");
    }
}

/// Positions are those of the body, also where it is not UTF-8.
#[test]
fn positions_count_bytes_of_the_body() {
    let body =
        b"<ajax-response><response><generic event='\xe9\xe9'/></response><response><generic event='&x;'/></response>";
    let end = body.windows(5).position(|window| window == b"&x;'/").unwrap() + 6;
    let error = mxml(body).unwrap_err();
    assert!(matches!(error, MxmlError::Xml { position, .. } if position == end as u64), "{error}, {end}");
}

const PIECES: &[&[u8]] = &[
    b"<ajax-response>",
    b"<response>",
    b"</response>",
    b"<generic ",
    b"/>",
    b"event='",
    b"'",
    b"&lt;",
    b"&#10;",
    b"\xff",
    b"opaque_data='x",
    b"\n",
    b"</ajax-response>",
    b"<!--",
    b"\xf3\xb0\x83\xa9",
    b"<generic event='A'/>",
];

proptest! {
    #[test]
    fn queries_come_back(pairs in prop::collection::vec(
        ("[A-Za-z][A-Za-z0-9()_-]{0,8}", prop::collection::vec(any::<u8>(), 0..12)), 0..6,
    )) {
        let clean: Vec<(String, Vec<u8>)> = pairs
            .into_iter()
            .map(|(key, value)| (key, value.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect()))
            .collect();
        let query = clean.iter().try_fold(Query::new("Test").unwrap(), |query, (key, value)| query.header(key, value));
        let query = query.unwrap();
        prop_assert!(query.as_str().is_ascii());
        let action = action_from_query(query.as_str()).unwrap();
        let message = messages(&action).next().unwrap().unwrap();
        let found: Vec<_> = message.headers().skip(1)
            .map(|header| (String::from_utf8(header.key.to_vec()).unwrap(), header.value.to_vec()))
            .collect();
        prop_assert_eq!(found, clean);
    }

    #[test]
    fn nothing_makes_it_panic(body in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        let body = body.concat();
        let mut out = Vec::new();
        let error = mxml_into(&body, &mut out).err();
        if let Some(MxmlError::Xml { position, .. } | MxmlError::Message { position, .. }) = error {
            prop_assert!(position <= body.len() as u64);
        }
        // What is there is whole messages.
        for message in messages(&out) {
            prop_assert!(message.unwrap().is_complete());
        }
        let _ = action_from_query(&body);
    }
}
