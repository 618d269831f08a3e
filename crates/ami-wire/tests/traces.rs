//! Every recorded session, byte for byte.

mod common;

use std::collections::BTreeMap;
use std::fs;

use ami_wire::{Direction, Kind, LineKind, Message, Parser};

/// How many messages a stream has, counted by hand: blank lines separate messages, a banner is its first line alone, and
/// `Response: Follows` reaches to the end of its command.
fn naive_count(bytes: &[u8], direction: Direction) -> usize {
    let text: Vec<String> = bytes
        .split(|&byte| byte == b'\n')
        .map(|line| line.iter().map(|&byte| char::from(byte)).collect::<String>())
        .map(|line| line.strip_suffix('\r').unwrap_or(&line).to_owned())
        .collect();
    let mut lines = text.iter().map(String::as_str).peekable();
    let mut count = 0;
    if direction == Direction::Server && lines.peek().is_some_and(|line| line.starts_with("Asterisk Call Manager/")) {
        lines.next();
        count += 1;
    }
    while let Some(first) = lines.next() {
        if first.is_empty() {
            continue;
        }
        count += 1;
        let mut line = first;
        let mut follows = false;
        loop {
            let lower = line.to_lowercase();
            if lower == "response: follows" {
                follows = true;
            } else if follows && !lower.starts_with("privilege:") && !lower.starts_with("actionid:") {
                // In output: to its end line, then to the blank line behind it.
                while !line.ends_with("--END COMMAND--") {
                    line = lines.next().expect("output without an end");
                }
                assert_eq!(lines.next(), Some(""));
                break;
            }
            match lines.next() {
                None => break,
                Some("") if !follows => break,
                Some(next) => line = next,
            }
        }
    }
    count
}

#[test]
fn messages_are_as_many_as_a_naive_count_says() {
    let (mut total, mut follows) = (0, 0);
    for trace in common::traces() {
        let messages = Parser::new().direction(trace.direction).messages(&trace.bytes).map(Result::unwrap);
        let count = messages.inspect(|message| follows += usize::from(message.has_output())).count();
        assert_eq!(count, naive_count(&trace.bytes, trace.direction), "{}", trace.name);
        total += count;
    }
    assert!(total > 50_000 && follows > 50, "{total} messages, {follows} with output");
}

/// The byte ranges of what the parser found in a message, by what they are.
fn account(message: &Message<'_>, covered: &mut [bool]) {
    let base = message.as_bytes().as_ptr() as usize;
    let mut cover = |part: &[u8]| {
        let start = part.as_ptr() as usize - base;
        for byte in &mut covered[start..start + part.len()] {
            assert!(!*byte, "a byte is in two parts of {message:?}");
            *byte = true;
        }
    };
    // Headers, raw lines and output, as they are handed out one by one …
    for header in message.headers() {
        cover(header.key);
        cover(header.value);
    }
    message.raw_lines().for_each(&mut cover);
    message.output().for_each(&mut cover);
    if message.kind() == Kind::Banner {
        cover(message.name().unwrap());
    }
    // … and between them nothing but what separates: a colon, one space, line endings, an end marker.
    for line in message.lines() {
        cover(line.ending);
        match line.kind {
            LineKind::Header(header) => {
                let between = &line.text[header.key.len()..line.text.len() - header.value.len()];
                assert!(matches!(between, b": " | b":"), "{message:?}");
                cover(between);
            }
            LineKind::EndMarker => {
                assert_eq!(line.text, ami_wire::END_COMMAND);
                cover(line.text);
            }
            LineKind::Blank => assert!(line.text.is_empty()),
            LineKind::Banner | LineKind::Raw | LineKind::Output => {}
        }
    }
}

#[test]
fn every_byte_is_accounted_for() {
    let mut bytes = 0;
    for trace in common::traces() {
        let mut end = 0;
        let mut messages = Parser::new().direction(trace.direction).messages(&trace.bytes);
        for message in messages.by_ref() {
            let message = message.unwrap();
            let start = message.offset() as usize;
            // What stands before a message is blank lines, and it says so.
            let before = &trace.bytes[end..start];
            assert!(before.iter().all(|byte| matches!(byte, b'\r' | b'\n')), "{}", trace.name);
            let reported = message.defects().find(|defect| defect.code.as_str() == "blank-before-message");
            assert_eq!(reported.map(|defect| defect.offset as usize), (!before.is_empty()).then_some(end));
            assert_eq!(message.as_bytes(), &trace.bytes[start..start + message.len()]);
            let mut covered = vec![false; message.len()];
            account(&message, &mut covered);
            assert!(covered.iter().all(|&byte| byte), "{}: {message:?}", trace.name);
            // What ends without its blank line is cut off, and says so.
            let terminated = message.kind() == Kind::Banner || message.lines().last().unwrap().kind == LineKind::Blank;
            let truncated = message.defects().any(|defect| defect.code.as_str() == "truncated");
            assert_eq!(terminated, !truncated, "{}: {message:?}", trace.name);
            end = start + message.len();
        }
        let behind = &trace.bytes[end..];
        assert!(behind.iter().all(|byte| matches!(byte, b'\r' | b'\n')));
        assert_eq!(messages.trailing_blank().is_some(), !behind.is_empty(), "{}", trace.name);
        bytes += trace.bytes.len();
    }
    assert!(bytes > 15_000_000, "{bytes}");
}

/// Parsing, writing and parsing again gives the same message; and what was clean comes back byte for byte.
#[test]
fn parse_encode_parse_is_the_identity() {
    let (mut clean, mut total) = (0, 0);
    for trace in common::traces() {
        let parser = Parser::new().direction(trace.direction);
        for message in parser.messages(&trace.bytes).map(Result::unwrap) {
            let mut out = Vec::new();
            message.encode(&mut out).unwrap();
            let again: Vec<_> = parser.messages(&out).map(Result::unwrap).collect();
            assert_eq!(again.len(), 1, "{}: {message:?}", trace.name);
            assert_eq!(again[0].kind(), message.kind());
            assert_eq!(again[0].name(), message.name());
            assert!(again[0].headers().eq(message.headers()), "{}: {message:?}", trace.name);
            assert!(again[0].raw_lines().eq(message.raw_lines()), "{}: {message:?}", trace.name);
            assert!(again[0].output().eq(message.output()), "{}: {message:?}", trace.name);
            total += 1;
            if message.defects().next().is_none() && !message.has_output() {
                assert_eq!(out, message.as_bytes(), "{}", trace.name);
                clean += 1;
            }
        }
    }
    assert!(clean > 50_000 && clean < total, "{clean} of {total}");
}

/// One cell of the tables in the corpus: how many messages of a direction, and how many defects of each code.
#[derive(Debug, Default, PartialEq)]
struct Row {
    messages: usize,
    defects: BTreeMap<String, usize>,
}

/// The tables of the `README.md` of each folder: they were counted by another program, in another language.
fn rows() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for folder in fs::read_dir(common::corpus().join("traces")).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(text) = fs::read_to_string(folder.join("README.md")) else { continue };
        let folder = folder.file_name().unwrap().to_str().unwrap();
        let table = text.lines().skip_while(|line| !line.starts_with("|---"));
        for line in table.skip(1).take_while(|line| line.starts_with('|')) {
            let line = line.replace("\\|", "/");
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [scenario, server, client, _, wire] = cells[..] else { panic!("{folder}: {line}") };
            let scenario = scenario.split('`').nth(1).unwrap();
            let (of_server, of_client) = match wire.split_once("c:") {
                Some((server, client)) => (server, client),
                None => (wire, ""),
            };
            for (suffix, messages, defects) in [("s2c", server, of_server), ("c2s", client, of_client)] {
                let Some(messages) = messages.split(',').next().and_then(|number| number.trim().parse().ok()) else {
                    continue;
                };
                let defects = defects
                    .split([',', ';'])
                    .filter_map(|pair| pair.trim().rsplit_once(' '))
                    .map(|(code, count)| (code.to_owned(), count.parse().unwrap()))
                    .collect();
                rows.insert(format!("{folder}/{scenario}.{suffix}"), Row { messages, defects });
            }
        }
    }
    rows
}

#[test]
fn the_tables_of_the_corpus_agree() {
    let mut rows = rows();
    assert!(rows.len() > 300, "{} rows", rows.len());
    let mut failures = Vec::new();
    for trace in common::traces() {
        let mut found = Row::default();
        let mut messages = Parser::new().direction(trace.direction).messages(&trace.bytes);
        for message in messages.by_ref() {
            found.messages += 1;
            for defect in message.unwrap().defects() {
                *found.defects.entry(defect.code.as_str().to_owned()).or_default() += 1;
            }
        }
        if let Some(defect) = messages.trailing_blank() {
            *found.defects.entry(defect.code.as_str().to_owned()).or_default() += 1;
        }
        let expected = rows.remove(&trace.name);
        if expected.as_ref() != Some(&found) {
            failures.push(format!("{}: found {found:?}, the table says {expected:?}", trace.name));
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    assert!(rows.is_empty(), "sessions that are not there: {:?}", rows.keys());
}
