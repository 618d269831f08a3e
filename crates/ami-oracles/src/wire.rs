//! Laws of the parser.

use ami_wire::{DefectCode, Direction, Error, Limits, Message, Parser, Stream};

use crate::naive;

/// Everything that can be known of a message.
fn all_of(message: Result<Message<'_>, Error>) -> Result<String, Error> {
    message.map(|message| {
        let lines: Vec<_> = message.lines().collect();
        let defects: Vec<_> = message.defects().collect();
        format!("{} {:?} {:?} {lines:?} {defects:?}", message.offset(), message.kind(), message.name())
    })
}

/// Options from the first bytes of an input, and the rest of it.
fn options(input: &[u8]) -> (Parser, &[u8]) {
    let Some((head, rest)) = input.split_at_checked(4) else { return (Parser::new(), input) };
    let direction = [Direction::Any, Direction::Server, Direction::Client][usize::from(head[0] % 3)];
    let small = |byte: u8| usize::from(byte) + 1;
    let limits = if head[0] & 4 == 0 {
        Limits::DEFAULT
    } else {
        Limits { line: small(head[1]), message: small(head[2]), headers: small(head[3] % 16) }
    };
    (Parser::new().direction(direction).strict(head[0] & 8 != 0).limits(limits), rest)
}

fn fed(parser: Parser, input: &[u8], mut size: impl FnMut() -> usize) -> Vec<Result<String, Error>> {
    let mut stream = Stream::new(parser);
    let mut seen = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(size().clamp(1, rest.len()));
        rest = behind;
        stream.feed(chunk);
        while let Some(message) = stream.next() {
            seen.push(all_of(message));
        }
    }
    stream.end();
    while let Some(message) = stream.next() {
        seen.push(all_of(message));
    }
    assert_eq!(stream.offset(), input.len() as u64, "everything is consumed");
    seen
}

/// Chunk boundaries never change the result. The first four bytes are options, the last is the seed of the chunks.
pub fn slice_vs_stream(input: &[u8]) {
    let (parser, input) = options(input);
    let whole: Vec<_> = parser.messages(input).map(all_of).collect();
    assert_eq!(fed(parser, input, || 1), whole, "byte by byte");
    let mut state = u32::from(input.last().copied().unwrap_or(1)) | 1;
    let random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as usize % 19 + 1
    };
    assert_eq!(fed(parser, input, random), whole, "in chunks");
}

/// Every byte of the input is in exactly one line of one message, or in a blank line between messages.
pub fn lenient_never_loses(input: &[u8]) {
    let mut end = 0;
    let mut messages = ami_wire::messages(input);
    for message in messages.by_ref() {
        let Ok(message) = message else { return }; // a limit was exceeded: megabytes
        let start = message.offset() as usize;
        let gap = &input[end..start];
        assert!(gap.iter().all(|byte| matches!(byte, b'\r' | b'\n')), "only blank lines lie between messages");
        let told = message.defects().any(|defect| defect.code == DefectCode::BlankBeforeMessage);
        assert_eq!(told, !gap.is_empty());
        let lines: Vec<u8> = message.lines().flat_map(|line| [line.text, line.ending].concat()).collect();
        assert_eq!(lines, message.as_bytes());
        end = start + message.len();
        assert_eq!(message.as_bytes(), &input[start..end]);
    }
    assert!(input[end..].iter().all(|byte| matches!(byte, b'\r' | b'\n')));
    assert_eq!(messages.trailing_blank().is_some(), end < input.len());
}

/// What the strict parser accepts is what the lenient one yields without a defect, and its errors are the lenient
/// one's first defects.
pub fn strict_in_lenient(input: &[u8]) {
    let lenient = ami_wire::messages(input);
    let mut strict = Parser::new().strict(true).messages(input);
    for message in lenient {
        let other = strict.next().expect("both see the same messages");
        let Ok(message) = message else { continue };
        let defect = message.defects().find(|defect| defect.code.is_strict_error());
        match (defect, other) {
            (None, Ok(strict)) => assert_eq!(all_of(Ok(strict)), all_of(Ok(message))),
            (Some(defect), Err(error)) => assert_eq!((defect.code, defect.offset), (error.code, error.offset)),
            other => panic!("{other:?}"),
        }
    }
    // Blank lines behind the last message belong to none; the strict parser may refuse them.
    if let Some(rest) = strict.next() {
        assert_eq!(rest.expect_err("no message is left").code, DefectCode::BlankBeforeMessage);
    }
}

/// Parsing what was encoded gives the same message.
pub fn parse_encode(input: &[u8]) {
    for message in ami_wire::messages(input).flatten() {
        let mut out = Vec::new();
        message.encode(&mut out).expect("a vector takes everything");
        let again: Vec<_> = ami_wire::messages(&out).collect();
        let [Ok(again)] = again[..] else { panic!("one message, not {again:?}") };
        assert_eq!((again.kind(), again.name()), (message.kind(), message.name()));
        assert!(again.headers().eq(message.headers()));
        assert!(again.raw_lines().eq(message.raw_lines()));
        assert!(again.output().eq(message.output()));
        assert!(again.is_complete());
    }
}

/// The parser agrees with the reference parser. The first byte tells the direction.
pub fn as_naive(input: &[u8]) {
    let (first, input) = input.split_first().map_or((0, input), |(first, rest)| (*first, rest));
    let direction = [Direction::Any, Direction::Server, Direction::Client][usize::from(first % 3)];
    same_as_naive(input, direction);
}

/// The parser agrees with the reference parser.
pub fn same_as_naive(input: &[u8], direction: Direction) {
    let (expected, blank) = naive::parse(input, direction);
    let mut messages = Parser::new().direction(direction).messages(input);
    let found: Vec<naive::Message> = messages
        .by_ref()
        .map(|message| {
            let message = message.expect("no limit is near");
            naive::Message {
                offset: message.offset() as usize,
                bytes: message.as_bytes().to_vec(),
                kind: message.kind(),
                name: message.name().map(<[u8]>::to_vec),
                headers: message.headers().map(|header| (header.key.to_vec(), header.value.to_vec())).collect(),
                raw: message.raw_lines().map(<[u8]>::to_vec).collect(),
                output: message.output().map(<[u8]>::to_vec).collect(),
                defects: message.defects().map(|defect| (defect.offset as usize, defect.code)).collect(),
            }
        })
        .collect();
    assert_eq!(found, expected, "{}", input.escape_ascii());
    assert_eq!(messages.trailing_blank().map(|defect| defect.offset as usize), blank, "{}", input.escape_ascii());
}
