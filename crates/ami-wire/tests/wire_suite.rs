//! The wire suite of `corpus/wire`: each input gives exactly what its expectation says, however it arrives.
//!
//! `corpus/wire/README.md` defines the form of the cases.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ami_wire::{
    Defect, DefectCode, Direction, Error, FixedStream, Limits, Message, Parser, ReadError, Reader, Record, Stream,
};
use serde_json::{Map, Value, json};

struct Case {
    name: String,
    input: Vec<u8>,
    parser: Parser,
    direction: Direction,
    messages: Vec<Value>,
    errors: Vec<Value>,
    stream: Vec<Value>,
    strict: Value,
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files(&entry, found);
        } else {
            found.push(entry);
        }
    }
}

fn list(object: &mut Map<String, Value>, field: &str) -> Vec<Value> {
    match object.remove(field) {
        Some(Value::Array(list)) => list,
        None => Vec::new(),
        Some(other) => panic!("{field} is no list: {other}"),
    }
}

fn cases() -> Vec<Case> {
    let root = common::corpus().join("wire");
    let mut all = Vec::new();
    let mut found = Vec::new();
    files(&root, &mut found);
    let has = |suffix: &str| found.iter().filter(|file| file.extension().is_some_and(|other| other == suffix)).count();
    assert_eq!(has("in"), has("json"), "an input or an expectation stands alone");
    for file in found.iter().filter(|file| file.extension().is_some_and(|suffix| suffix == "json")) {
        let name = file.strip_prefix(&root).unwrap().with_extension("").display().to_string();
        let input = fs::read(file.with_extension("in")).unwrap();
        let Ok(Value::Object(mut object)) = serde_json::from_slice(&fs::read(file).unwrap()) else {
            panic!("{name}: no object");
        };
        let direction = match object.remove("direction").unwrap().as_str().unwrap() {
            "server" => Direction::Server,
            "client" => Direction::Client,
            "any" => Direction::Any,
            other => panic!("{name}: direction {other}"),
        };
        let mut limits = Limits::default();
        if let Some(Value::Object(set)) = object.remove("limits") {
            for (limit, value) in set {
                let value = value.as_u64().unwrap() as usize;
                match limit.as_str() {
                    "line" => limits.line = value,
                    "message" => limits.message = value,
                    "headers" => limits.headers = value,
                    other => panic!("{name}: limit {other}"),
                }
            }
        }
        let mut parser = Parser::new().direction(direction).limits(limits);
        if let Some(marker) = object.remove("end_marker") {
            // A marker is a constant of the program that parses.
            const SMS: &str = "--END SMS EVENT--";
            assert_eq!(marker, SMS, "{name}: a marker that is not known here");
            parser = parser.end_marker(SMS.as_bytes());
        }
        assert!(object.remove("about").is_some_and(|about| about.as_str().unwrap().len() > 10), "{name}: about");
        assert!(object.remove("source").is_some(), "{name}: source");
        object.remove("peer");
        all.push(Case {
            messages: list(&mut object, "messages"),
            errors: list(&mut object, "errors"),
            stream: list(&mut object, "stream"),
            strict: object.remove("strict").unwrap(),
            name,
            input,
            parser,
            direction,
        });
        assert!(object.is_empty(), "fields that mean nothing: {object:?}");
    }
    assert!(all.len() >= 150, "{} cases", all.len());
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// What came out of one run.
#[derive(Debug, Default, PartialEq)]
struct Run {
    messages: Vec<Value>,
    errors: Vec<Value>,
    stream: Vec<Value>,
}

fn defect(code: DefectCode, offset: u64) -> Value {
    json!({"code": code.as_str(), "offset": offset})
}

impl Run {
    fn push(&mut self, direction: Direction, next: Result<Message<'_>, Error>) {
        match next {
            Ok(message) => {
                self.messages.push(serde_json::to_value(Record::new(message).direction(direction)).unwrap());
            }
            Err(error) => self.errors.push(defect(error.code, error.offset)),
        }
    }

    fn end(mut self, trailing: Option<Defect>) -> Self {
        self.stream.extend(trailing.map(|found| defect(found.code, found.offset)));
        self
    }
}

fn whole(parser: Parser, case: &Case) -> Run {
    let mut run = Run::default();
    let mut messages = parser.messages(&case.input);
    for next in messages.by_ref() {
        run.push(case.direction, next);
    }
    run.end(messages.trailing_blank())
}

fn chunked(parser: Parser, case: &Case, mut size: impl FnMut() -> usize) -> Run {
    let mut run = Run::default();
    let mut stream = Stream::new(parser);
    let mut rest = &case.input[..];
    loop {
        while let Some(next) = stream.next() {
            run.push(case.direction, next);
        }
        if rest.is_empty() {
            break;
        }
        let (chunk, behind) = rest.split_at(size().clamp(1, rest.len()));
        stream.feed(chunk);
        rest = behind;
    }
    stream.end();
    while let Some(next) = stream.next() {
        run.push(case.direction, next);
    }
    run.end(stream.trailing_blank())
}

fn fixed(parser: Parser, case: &Case) -> Run {
    let mut run = Run::default();
    let mut memory = vec![0; case.input.len() + 64];
    let mut stream = FixedStream::new(parser, &mut memory);
    for chunk in case.input.chunks(13) {
        assert_eq!(stream.feed(chunk), chunk.len());
        while let Some(next) = stream.next() {
            run.push(case.direction, next);
        }
    }
    stream.end();
    while let Some(next) = stream.next() {
        run.push(case.direction, next);
    }
    run.end(stream.trailing_blank())
}

fn read(parser: Parser, case: &Case) -> Run {
    let mut run = Run::default();
    let mut reader = Reader::new(parser, &case.input[..]);
    while let Some(next) = reader.next() {
        run.push(
            case.direction,
            next.map_err(|error| match error {
                ReadError::Wire(error) => error,
                other => panic!("{other}"),
            }),
        );
    }
    run.end(reader.trailing_blank())
}

/// Numbers that are random enough, and the same in every run of the test.
fn random(seed: u64) -> impl FnMut() -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Mostly small, sometimes large.
        let size = (state >> 33) as usize;
        if size.is_multiple_of(4) { size % 97 } else { size % 7 }
    }
}

/// Every way in which a case can arrive, with its name.
fn ways(parser: Parser, case: &Case) -> Vec<(String, Run)> {
    let mut all = vec![
        ("whole".to_owned(), whole(parser, case)),
        ("one byte at a time".to_owned(), chunked(parser, case, || 1)),
        ("fixed memory".to_owned(), fixed(parser, case)),
        ("reader".to_owned(), read(parser, case)),
    ];
    for seed in 0..if cfg!(miri) { 1 } else { 8 } {
        all.push((format!("random chunks {seed}"), chunked(parser, case, random(seed))));
    }
    all
}

#[test]
fn lenient() {
    let mut failures = Vec::new();
    for case in cases() {
        for (way, run) in ways(case.parser, &case) {
            for (what, found, expected) in [
                ("messages", &run.messages, &case.messages),
                ("errors", &run.errors, &case.errors),
                ("stream", &run.stream, &case.stream),
            ] {
                if found != expected {
                    let show =
                        |list: &[Value]| list.iter().map(|value| format!("\n    {value}")).collect::<Vec<_>>().concat();
                    failures.push(format!(
                        "{}: {what}, {way}\n  found:{}\n  expected:{}",
                        case.name,
                        show(found),
                        show(expected)
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn strict() {
    let mut failures = Vec::new();
    for case in cases() {
        let parser = case.parser.strict(true);
        let expected = whole(parser, &case);
        // Errors come message by message; the first is the one that a strict reader stops at.
        let first = expected.errors.first().cloned().unwrap_or(Value::Null);
        if first != case.strict {
            failures.push(format!("{}: found {first}, expected {}", case.name, case.strict));
        }
        for (way, run) in ways(parser, &case) {
            if run != expected {
                failures.push(format!("{}: {way}: {run:?}, whole: {expected:?}", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

/// Each code and each limit has its cases, so that nothing of the above is empty.
#[test]
fn every_code_occurs() {
    let mut counts: BTreeMap<String, usize> =
        DefectCode::ALL.iter().map(|code| (code.as_str().to_owned(), 0)).collect();
    for case in cases() {
        let of_messages =
            case.messages.iter().flat_map(|message| message["defects"].as_array().cloned().unwrap_or_default());
        for defect in of_messages.chain(case.errors).chain(case.stream) {
            *counts.get_mut(defect["code"].as_str().unwrap()).expect("a code that does not exist") += 1;
        }
    }
    for (code, count) in counts {
        assert!(count >= 2, "{code} occurs {count} times");
    }
}
