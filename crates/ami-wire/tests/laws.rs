//! Laws that hold for every input, whatever it is.

use ami_wire::{DefectCode, Direction, Error, Framer, Kind, Limits, LineKind, Message, Parser, Stream};
use proptest::prelude::*;

/// Everything that can be known of a message, owned.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    offset: u64,
    bytes: Vec<u8>,
    kind: Kind,
    name: Option<Vec<u8>>,
    lines: Vec<(String, Vec<u8>)>,
    defects: Vec<(DefectCode, u64)>,
}

fn seen(message: Result<Message<'_>, Error>) -> Result<Seen, Error> {
    message.map(|message| Seen {
        offset: message.offset(),
        bytes: message.as_bytes().to_vec(),
        kind: message.kind(),
        name: message.name().map(<[u8]>::to_vec),
        lines: message.lines().map(|line| (kind_name(line.kind).to_owned(), line.text.to_vec())).collect(),
        defects: message.defects().map(|defect| (defect.code, defect.offset)).collect(),
    })
}

fn kind_name(kind: LineKind<'_>) -> &'static str {
    match kind {
        LineKind::Banner => "banner",
        LineKind::Header(_) => "header",
        LineKind::Raw => "raw",
        LineKind::Output => "output",
        LineKind::EndMarker => "end",
        LineKind::Blank => "blank",
    }
}

fn whole(parser: Parser, bytes: &[u8]) -> Vec<Result<Seen, Error>> {
    parser.messages(bytes).map(seen).collect()
}

fn chunked(parser: Parser, bytes: &[u8], sizes: &[usize]) -> Vec<Result<Seen, Error>> {
    let mut stream = Stream::new(parser);
    let mut all = Vec::new();
    let mut sizes = sizes.iter().copied().cycle();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(sizes.next().unwrap_or(1).clamp(1, rest.len()));
        rest = behind;
        stream.feed(chunk);
        while let Some(message) = stream.next() {
            all.push(seen(message));
        }
    }
    stream.end();
    while let Some(message) = stream.next() {
        all.push(seen(message));
    }
    all
}

/// Pieces of which interesting streams are made.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const FIXED: &[&[u8]] = &[
        b"\r\n",
        b"\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\n\n",
        b":",
        b": ",
        b" ",
        b"\t",
        b"\0",
        b"\xe9",
        b"Event: A",
        b"event:B",
        b"Response: Success",
        b"Response: Follows\r\n",
        b"response: follows",
        b"Action: Ping",
        b"ActionID: 7",
        b"Privilege: Command",
        b"Message: x",
        b"Key : v",
        b"Output: o",
        b"raw",
        b"--END COMMAND--",
        b"text--END COMMAND--\r\n\r\n",
        b"Asterisk Call Manager/1.1\r\n",
        b"Asterisk Call Manager/",
        b"Ev",
        b"Resp",
        b"R",
        b"E",
        b": v",
        b"V\xc3\xa4rde: \xc3\xb6",
    ];
    prop_oneof![
        8 => prop::sample::select(FIXED).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

fn parser() -> impl Strategy<Value = Parser> {
    let limits = prop_oneof![
        2 => Just(Limits::DEFAULT),
        1 => (1..24usize, 1..64usize, 0..4usize)
            .prop_map(|(line, message, headers)| Limits { line, message, headers }),
    ];
    let direction = prop::sample::select(&[Direction::Any, Direction::Server, Direction::Client]);
    (limits, direction, any::<bool>())
        .prop_map(|(limits, direction, strict)| Parser::new().limits(limits).direction(direction).strict(strict))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 8 } else { 4000 }))]

    #[test]
    fn chunks_change_nothing(bytes in stream(), parser in parser(), sizes in prop::collection::vec(1..9usize, 1..6)) {
        let expected = whole(parser, &bytes);
        prop_assert_eq!(&chunked(parser, &bytes, &[1]), &expected);
        prop_assert_eq!(&chunked(parser, &bytes, &sizes), &expected);
    }

    #[test]
    fn every_byte_is_in_a_line_or_a_blank_line_between(bytes in stream()) {
        let mut end = 0;
        let mut messages = ami_wire::messages(&bytes);
        for message in messages.by_ref() {
            let message = message.unwrap();
            let start = message.offset() as usize;
            prop_assert_eq!(message.as_bytes(), &bytes[start..start + message.len()]);
            prop_assert!(bytes[end..start].iter().all(|byte| matches!(byte, b'\r' | b'\n')));
            let before = message.defects().any(|defect| defect.code == DefectCode::BlankBeforeMessage);
            prop_assert_eq!(before, end < start);
            let lines: Vec<u8> = message.lines().flat_map(|line| [line.text, line.ending].concat()).collect();
            prop_assert_eq!(&lines, message.as_bytes());
            end = start + message.len();
        }
        prop_assert!(bytes[end..].iter().all(|byte| matches!(byte, b'\r' | b'\n')));
        prop_assert_eq!(messages.trailing_blank().is_some(), end < bytes.len());
    }

    #[test]
    fn lines_headers_and_raw_lines_agree(bytes in stream()) {
        for message in ami_wire::messages(&bytes).map(Result::unwrap) {
            let of_lines: Vec<_> = message.lines().filter_map(|line| match line.kind {
                LineKind::Header(header) => Some(header),
                _ => None,
            }).collect();
            prop_assert_eq!(message.headers().collect::<Vec<_>>(), of_lines.clone());
            for header in of_lines {
                prop_assert!(message.get_all(header.trimmed_key()).any(|value| value == header.value));
            }
        }
    }

    #[test]
    fn parse_encode_parse_is_the_identity(bytes in stream()) {
        for message in ami_wire::messages(&bytes).map(Result::unwrap) {
            let mut out = Vec::new();
            message.encode(&mut out).unwrap();
            let again: Vec<_> = ami_wire::messages(&out).map(Result::unwrap).collect();
            prop_assert_eq!(again.len(), 1, "{:?}", out.escape_ascii().to_string());
            prop_assert_eq!(again[0].kind(), message.kind());
            prop_assert_eq!(again[0].name(), message.name());
            prop_assert!(again[0].headers().eq(message.headers()));
            prop_assert!(again[0].raw_lines().eq(message.raw_lines()));
            prop_assert!(again[0].output().eq(message.output()), "{} -> {}", bytes.escape_ascii(), out.escape_ascii());
        }
    }

    #[test]
    fn strict_is_lenient_without_defects(bytes in stream()) {
        let lenient = whole(Parser::new(), &bytes);
        let mut strict = whole(Parser::new().strict(true), &bytes);
        // Blank lines at the end belong to no message: lenient tells of them on request, strict has an error for them.
        let mut messages = ami_wire::messages(&bytes);
        messages.by_ref().for_each(drop);
        if let Some(trailing) = messages.trailing_blank() {
            let last = strict.pop().and_then(Result::err).map(|error| (error.code, error.offset));
            prop_assert_eq!(last, Some((trailing.code, trailing.offset)));
        }
        prop_assert_eq!(lenient.len(), strict.len());
        for (lenient, strict) in lenient.into_iter().zip(strict) {
            let lenient = lenient.unwrap();
            let first = lenient.defects.iter().find(|(code, _)| code.is_strict_error()).copied();
            match strict {
                Ok(message) => {
                    prop_assert_eq!(first, None);
                    prop_assert_eq!(message, lenient);
                }
                Err(error) => prop_assert_eq!(Some((error.code, error.offset)), first),
            }
        }
    }

    #[test]
    fn defects_come_in_order_and_once_per_line(bytes in stream()) {
        for message in ami_wire::messages(&bytes).map(Result::unwrap) {
            let defects: Vec<_> = message.defects().collect();
            prop_assert!(defects.is_sorted_by_key(|defect| (defect.offset, defect.code)));
            for line in message.lines() {
                let from = message.offset() + line.start as u64;
                let to = from + (line.text.len() + line.ending.len()) as u64;
                for code in DefectCode::ALL {
                    let count = defects.iter().filter(|d| d.code == *code && (from..to).contains(&d.offset)).count();
                    prop_assert!(count <= 1);
                }
            }
        }
    }

    #[test]
    fn a_framer_resumes_anywhere(bytes in stream(), at in any::<prop::sample::Index>()) {
        let all = whole(Parser::new(), &bytes);
        if !all.is_empty() {
            let from = at.index(all.len());
            let start = all[from].as_ref().unwrap().offset;
            let mut framer = Framer::resume_at(Parser::new(), start);
            let mut rest = &bytes[start as usize..];
            let mut resumed = Vec::new();
            while let Some(message) = framer.next(&mut rest, true) {
                resumed.push(seen(message).unwrap().bytes);
            }
            let expected: Vec<_> = all[from..].iter().map(|message| message.as_ref().unwrap().bytes.clone()).collect();
            prop_assert_eq!(resumed, expected);
        }
    }
}
