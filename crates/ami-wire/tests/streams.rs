//! Streams over readers and over fixed memory give what the whole slice gives.

mod common;

use std::io::{self, Read};

use ami_wire::{DefectCode, Direction, Error, FixedStream, Limits, OwnedMessage, Parser, ReadError, Reader, Stream};
use proptest::prelude::*;

fn whole(parser: Parser, bytes: &[u8]) -> Vec<Result<OwnedMessage, Error>> {
    parser.messages(bytes).map(|message| message.map(|message| message.to_owned())).collect()
}

fn fixed(parser: Parser, bytes: &[u8], size: usize, sizes: &[usize]) -> Vec<Result<OwnedMessage, Error>> {
    let mut memory = vec![0; size];
    let mut stream = FixedStream::new(parser, &mut memory);
    let mut all = Vec::new();
    let mut sizes = sizes.iter().copied().cycle();
    let mut rest = bytes;
    while !rest.is_empty() {
        let chunk = &rest[..sizes.next().unwrap_or(1).clamp(1, rest.len())];
        let taken = stream.feed(chunk);
        assert!(taken > 0, "no progress");
        rest = &rest[taken..];
        while let Some(message) = stream.next() {
            all.push(message.map(|message| message.to_owned()));
        }
    }
    stream.end();
    while let Some(message) = stream.next() {
        all.push(message.map(|message| message.to_owned()));
    }
    assert_eq!(stream.offset() + stream.held() as u64, bytes.len() as u64);
    all
}

/// A source that gives a few bytes at a time, is interrupted, and times out now and then.
struct Slow<'a> {
    rest: &'a [u8],
    turn: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        match self.turn % 5 {
            1 => Err(io::ErrorKind::Interrupted.into()),
            3 => Err(io::ErrorKind::WouldBlock.into()),
            _ => {
                let count = (self.turn % 89).clamp(1, into.len().max(1)).min(self.rest.len());
                into[..count].copy_from_slice(&self.rest[..count]);
                self.rest = &self.rest[count..];
                Ok(count)
            }
        }
    }
}

#[test]
fn a_reader_gives_what_the_slice_gives() {
    for trace in common::traces().into_iter().filter(|trace| trace.bytes.len() < 100_000) {
        let parser = Parser::new().direction(trace.direction);
        let expected = whole(parser, &trace.bytes);

        let mut reader = Reader::new(parser, &trace.bytes[..]);
        let mut count = 0;
        while let Some(message) = reader.next() {
            assert_eq!(expected[count].as_ref().unwrap(), &message.unwrap());
            count += 1;
        }
        assert_eq!(count, expected.len(), "{}", trace.name);

        let slow = Reader::new(parser, Slow { rest: &trace.bytes, turn: 0 }).owned();
        let mut waits = 0;
        let messages: Vec<_> = slow
            .filter_map(|message| match message {
                Ok(message) => Some(message),
                Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    waits += 1;
                    None
                }
                Err(error) => panic!("{error}"),
            })
            .collect();
        assert!(messages.iter().eq(expected.iter().map(|message| message.as_ref().unwrap())), "{}", trace.name);
        assert!(waits > 0);
    }
}

#[test]
fn a_reader_goes_on_behind_a_message_that_is_not_available() {
    let parser = Parser::new().limits(Limits { line: 12, ..Limits::default() });
    let mut reader = Reader::new(parser, &b"Event: A\r\n\r\nEvent: TooLongALine\r\n\r\nEvent: B\r\n\r\nEvent: C"[..]);
    let mut seen = Vec::new();
    while let Some(message) = reader.next() {
        seen.push(match message {
            Ok(message) => String::from_utf8_lossy(message.name().unwrap()).into_owned(),
            Err(error) => error.to_string(),
        });
    }
    assert_eq!(seen, ["A", "oversize-line at byte 12: a line is longer than the limit", "B", "C"]);
    assert_eq!(reader.offset(), 55);
}

#[test]
fn a_fixed_stream_gives_what_the_slice_gives() {
    for trace in common::traces().into_iter().filter(|trace| trace.bytes.len() < 300_000) {
        let parser = Parser::new().direction(trace.direction);
        let expected = whole(parser, &trace.bytes);
        let longest = expected.iter().map(|message| message.as_ref().unwrap().len()).max().unwrap_or(0);
        // The longest message fits exactly, with what is needed to see its end.
        for (size, chunks) in [(longest + 14, &[1][..]), (longest + 14, &[61, 7]), (longest * 3 + 14, &[1000, 3])] {
            assert_eq!(fixed(parser, &trace.bytes, size, chunks), expected, "{}", trace.name);
        }
    }
}

#[test]
fn a_message_that_does_not_fit_is_oversize_and_the_next_one_comes() {
    let bytes = b"Event: A\r\n\r\nEvent: B\r\nLong: 0123456789012345678901234567890123456789\r\n\r\nEvent: C\r\n\r\n";
    let all = fixed(Parser::new(), bytes, 48, &[5]);
    let error = all[1].as_ref().unwrap_err();
    assert_eq!((error.code, error.message), (DefectCode::OversizeMessage, 12));
    assert_eq!(all[0].as_ref().unwrap().name(), Some(&b"A"[..]));
    assert_eq!(all[2].as_ref().unwrap().name(), Some(&b"C"[..]));
    assert_eq!(all.len(), 3);
}

#[test]
fn a_lower_limit_of_the_parser_stays() {
    let mut memory = [0; 4096];
    let parser = Parser::new().limits(Limits { message: 20, ..Limits::default() });
    let mut stream = FixedStream::new(parser, &mut memory);
    assert_eq!(stream.feed(b"Event: A\r\nKey: 0123456789\r\n\r\n"), 29);
    assert_eq!(stream.next().unwrap().unwrap_err().code, DefectCode::OversizeMessage);
}

/// Whatever comes, a stream holds no more than the limits allow: here output that never ends, in lines and without.
#[test]
fn memory_is_bounded_by_the_limits() {
    let limits = Limits { line: 200, message: 1000, headers: 20 };
    for flood in [&b"\n"[..], b"\r\n", b"x\n", b"x", b":\n", b"Event: A\r\n", b"\r", b"\n\nx", b"Response: Follows\r\n"]
    {
        for start in [&b""[..], b"Response: Follows\r\n", b"Response: Follows\r\nx\n", b"Event: A\r\n"] {
            let mut stream = Stream::new(Parser::new().limits(limits).direction(Direction::Server));
            let block = flood.repeat(64);
            stream.feed(start);
            for _ in 0..if cfg!(miri) { 20 } else { 200 } {
                stream.feed(&block);
                while stream.next().is_some() {}
                assert!(
                    stream.held() <= limits.message + limits.line + 64,
                    "{} bytes held of {} {}",
                    stream.held(),
                    start.escape_ascii(),
                    flood.escape_ascii()
                );
            }
        }
    }
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b": ",
        b"x",
        b"Event: A",
        b"Response: Success",
        b"Response: Follows\r\n",
        b"Action: Ping",
        b"--END COMMAND--",
        b"\n--END COMMAND--\r\n\r\n",
        b"Event: B\r\n\r\n",
        b"Key: 01234567890\r\n",
        b"Asterisk Call Manager/1.1\r\n",
        b"Resp",
        b"Event",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 8 } else { 3000 }))]

    /// A fixed stream is a stream with a limit, whatever the size of its memory.
    #[test]
    fn fixed_memory_is_a_limit(bytes in stream(), size in 15..120_usize, sizes in prop::collection::vec(1..40_usize, 1..6)) {
        let limits = Limits { message: size - 14, ..Limits::default() };
        let expected = whole(Parser::new().limits(limits), &bytes);
        prop_assert_eq!(fixed(Parser::new(), &bytes, size, &sizes), expected);
    }

    #[test]
    fn tiny_memory_makes_progress(bytes in stream(), size in 2..15_usize) {
        fixed(Parser::new(), &bytes, size, &[3]);
    }
}
