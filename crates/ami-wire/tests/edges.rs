//! Promises at their very edge, one byte to each side: mutants of the parser that lived told where to look.

use std::collections::HashSet;
use std::io::{self, Read};

use ami_wire::index::{Isa, Scanner};
use ami_wire::{
    ActionIds, BufSink, DefectCode, Direction, EncodeError, Encoder, FixedStream, FmtSink, Framer, Kind, Limits,
    Parser, ReadError, Reader, SliceSink, Stream, messages, mixed, values,
};

/// What comes of the first message: `None` where there is none, its error, or nothing but success; whole and byte by
/// byte, which must not differ.
fn first(parser: Parser, bytes: &[u8]) -> Option<Result<(), (DefectCode, u64)>> {
    let whole = parser.messages(bytes).next().map(|next| next.map(drop).map_err(|error| (error.code, error.offset)));
    let mut framer = Framer::new(parser);
    let (mut from, mut pieces) = (0, None);
    for to in 1..=bytes.len() {
        let mut front = &bytes[from..to];
        if let Some(next) = framer.next(&mut front, to == bytes.len()) {
            pieces = Some(next.map(drop).map_err(|error| (error.code, error.offset)));
            break;
        }
        from = to - front.len();
    }
    assert_eq!(pieces, whole, "{}", bytes.escape_ascii());
    whole
}

/// The first line decides, or the second.
const STARTS: [&str; 2] = ["Event: A\r\n", "X: 1\r\nEvent: A\r\n"];

#[test]
fn a_line_may_be_as_long_as_its_limit() {
    for start in STARTS {
        for ending in ["\r\n", "\n"] {
            for length in 10..40 {
                let text = format!("{start}K:{}{ending}\r\n", "v".repeat(length - 2));
                let parser = Parser::new().limits(Limits { line: 24, ..Limits::DEFAULT });
                let expected = if length <= 24 { Ok(()) } else { Err((DefectCode::OversizeLine, start.len() as u64)) };
                assert_eq!(first(parser, text.as_bytes()), Some(expected), "{length} {text:?}");
            }
        }
    }
}

#[test]
fn a_message_may_be_as_long_as_its_limit() {
    for start in STARTS {
        for length in 2..60 {
            let text = format!("{start}K:{}\r\n\r\n", "v".repeat(length - 2));
            let end = start.len() + length;
            let parser = Parser::new().limits(Limits { message: 50, ..Limits::DEFAULT });
            let expected = if end <= 50 { Ok(()) } else { Err((DefectCode::OversizeMessage, start.len() as u64)) };
            assert_eq!(first(parser, text.as_bytes()), Some(expected), "{end} {text:?}");
        }
    }
}

#[test]
fn a_message_may_have_as_many_headers_as_its_limit() {
    for start in STARTS {
        for count in 0..12 {
            let text = format!("{start}{}\r\n", "K: v\r\n".repeat(count));
            let headers = start.lines().count() + count;
            let parser = Parser::new().limits(Limits { headers: 7, ..Limits::DEFAULT });
            let behind = start.len() + (7 - start.lines().count()) * 6;
            let expected = if headers <= 7 { Ok(()) } else { Err((DefectCode::TooManyHeaders, behind as u64)) };
            assert_eq!(first(parser, text.as_bytes()), Some(expected), "{headers}");
            // Lines without a colon are no headers.
            let text = format!("{start}{}{}\r\n", "text\r\n".repeat(20), "K: v\r\n".repeat(count));
            assert_eq!(first(parser, text.as_bytes()).unwrap().is_ok(), headers <= 7, "{headers}");
        }
    }
}

/// Where one byte exceeds both limits, it is the line that is named.
#[test]
fn of_two_limits_the_one_that_is_met_first_is_exceeded() {
    for start in STARTS {
        for (message, code) in [
            (23, DefectCode::OversizeMessage),
            (24, DefectCode::OversizeLine),
            (25, DefectCode::OversizeLine),
            (60, DefectCode::OversizeLine),
        ] {
            let text = format!("{start}K:{}\r\n\r\n", "v".repeat(50));
            let limits = Limits { line: 24, message: start.len() + message, ..Limits::DEFAULT };
            let found = first(Parser::new().limits(limits), text.as_bytes());
            assert_eq!(found, Some(Err((code, start.len() as u64))), "{message}");
        }
    }
}

#[test]
fn output_ends_where_its_message_exceeds_its_limit_but_needs_a_line() {
    let start = "Response: Follows\r\n";
    let parser = Parser::new().limits(Limits { message: start.len() + 10, ..Limits::DEFAULT });
    let text = format!("{start}{}\r\n--END COMMAND--\r\n\r\n", "o".repeat(11));
    assert_eq!(first(parser, text.as_bytes()), Some(Err((DefectCode::OversizeMessage, start.len() as u64))));
    // A blank line ends a message, but begins the output of this one: there the limit holds for it.
    let tight = Parser::new().limits(Limits { message: start.len() - 1, ..Limits::DEFAULT });
    let blank = format!("{start}\r\none\r\n--END COMMAND--\r\n\r\n");
    assert_eq!(first(tight, blank.as_bytes()), Some(Err((DefectCode::OversizeMessage, start.len() as u64))));
    let text = format!("{start}one\r\n{}\r\n--END COMMAND--\r\n\r\n", "o".repeat(11));
    assert_eq!(first(parser, text.as_bytes()), Some(Ok(())));
    let message = parser.messages(text.as_bytes()).next().unwrap().unwrap();
    assert_eq!(message.output().collect::<Vec<_>>(), [b"one"]);
    assert!(message.defects().any(|defect| defect.code == DefectCode::UnterminatedOutput));
}

#[test]
fn output_cut_off_inside_its_last_line_ends_before_the_marker() {
    for (text, output) in [
        ("Response: Follows\r\nabc\r\nout--END COMMAND--", &["abc", "out"][..]),
        ("Response: Follows\r\nabc\r\nout--END COMMAND-", &["abc", "out--END COMMAND-"]),
        ("Response: Follows\r\nPrivilege: Command\r\nabc", &["abc"]),
        ("Response: Follows\r\nPrivilege: Command\r\n\r", &[""]),
        ("Response: Follows\r\nPrivilege: Command\r\n", &[]),
    ] {
        let message = Parser::new().messages(text.as_bytes()).next().unwrap().unwrap();
        assert_eq!(message.kind(), Kind::Response);
        let lines: Vec<_> = message.command_output().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        assert_eq!(lines, output, "{text:?}");
        assert_eq!(message.has_output(), !output.is_empty(), "{text:?}");
        assert!(message.defects().any(|defect| defect.code == DefectCode::Truncated));
    }
}

#[test]
fn only_a_first_message_that_should_be_a_banner_is_a_malformed_one() {
    for (text, malformed) in [
        ("Response: Success\r\n\r\n", false),
        ("Call Manager\r\n\r\n", true),
        ("Call Manager\r\nResponse: Success\r\n\r\n", true),
        ("No such command\r\nat all\r\n\r\n", false),
    ] {
        let parser = Parser::new().direction(Direction::Server);
        let message = parser.messages(text.as_bytes()).next().unwrap().unwrap();
        let found = message.defects().any(|defect| defect.code == DefectCode::BannerMalformed);
        assert_eq!(found, malformed, "{text:?}");
    }
}

#[test]
fn fixed_memory_moves_only_what_reaches_its_end() {
    let mut memory = [0; 64];
    let mut stream = FixedStream::new(Parser::new(), &mut memory);
    assert_eq!(stream.room().len(), 64);
    assert_eq!(stream.feed(b"Event: A\r\n\r\nEvent: B\r\n"), 22);
    assert_eq!(stream.next().unwrap().unwrap().name(), Some(&b"A"[..]));
    // 42 bytes are free behind: the 12 in front are not worth the move yet.
    assert_eq!(stream.room().len(), 42);
    assert_eq!(stream.feed(&[b'x'; 100]), 42);
    assert_eq!(stream.room().len(), 12);
    assert_eq!(stream.held(), 52);

    // Where nothing is held there is nothing to move, and all is free.
    let mut memory = [0; 64];
    let mut stream = FixedStream::new(Parser::new(), &mut memory);
    assert_eq!(stream.feed(b"Event: A\r\n\r\n"), 12);
    assert!(stream.next().unwrap().is_ok());
    assert_eq!(stream.room().len(), 64);
}

#[test]
fn what_debug_shows_holds_no_secret() {
    let mut memory = [0; 64];
    let mut sink = SliceSink::new(&mut memory);
    let mut action = Encoder::action(&mut sink, "Login").unwrap();
    action.header("Secret", "swordfish").unwrap();
    let shown = format!("{action:?}");
    assert!(shown.starts_with("Encoder") && !shown.contains("swordfish"), "{shown}");
    action.end().unwrap();
    let length = sink.written().len();
    assert_eq!(format!("{sink:?}"), format!("SliceSink {{ length: {length}, size: 64, .. }}"));

    let mut memory = [0; 64];
    let mut stream = FixedStream::new(Parser::new(), &mut memory);
    assert_eq!(stream.feed(b"Secret: swordfish"), 17);
    let shown = format!("{stream:?}");
    let message = Parser::new().messages(b"Action: Login\r\nSecret: swordfish\r\n\r\n").next().unwrap().unwrap();
    let lines = format!("{:?}", message.lines());
    assert!(lines.contains("Login") && lines.contains("Secret") && !lines.contains("swordfish"), "{lines}");
    assert!(shown.starts_with("FixedStream") && shown.contains("held: 17") && !shown.contains("swordfish"), "{shown}");
}

#[test]
fn lines_without_colon_are_written() {
    let mut memory = [0; 64];
    let mut sink = SliceSink::new(&mut memory);
    let mut answer = Encoder::message(&mut sink);
    answer.raw_line("No queues.").unwrap();
    assert_eq!(answer.raw_line("A: b"), Err(EncodeError::ForbiddenByte { byte: b':', position: 1 }));
    assert_eq!(answer.raw_line(""), Err(EncodeError::Empty));
    answer.end().unwrap();
    assert_eq!(sink.written(), b"No queues.\r\n\r\n");
}

#[test]
fn refusals_say_why() {
    let said = [
        (EncodeError::ForbiddenByte { byte: b'\n', position: 7 }, "byte '\\n' at position 7 must not occur here"),
        (EncodeError::Empty, "a key or a line is empty"),
        (EncodeError::Full, "the buffer is full"),
    ];
    for (error, text) in said {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn action_ids_are_equal_by_their_bytes() {
    let (mut one, mut other) = (ActionIds::new("a").unwrap(), ActionIds::new("a").unwrap());
    let first = one.next();
    assert_eq!(first, other.next());
    assert_ne!(first, other.next());
    assert_eq!(format!("{first:?}"), "a0");
}

#[test]
fn every_code_has_a_name_and_every_kind_a_key() {
    for &code in DefectCode::ALL {
        assert_eq!(DefectCode::from_name(code.as_str()), Some(code));
    }
    assert_eq!(DefectCode::from_name(""), None);
    let keys = [Kind::Action, Kind::Response, Kind::Event, Kind::Banner, Kind::Unknown].map(Kind::key);
    assert_eq!(keys, [Some("Action"), Some("Response"), Some("Event"), None, None]);
}

#[test]
fn instruction_sets_of_other_processors_are_not_there() {
    assert!(Isa::Portable.is_available() && Isa::best().is_available());
    for isa in Isa::ALL {
        assert_eq!(Scanner::with(isa).is_some(), isa.is_available(), "{isa:?}");
    }
    assert_eq!(Isa::Sse2.is_available(), cfg!(target_arch = "x86_64"));
    assert_eq!(Isa::Neon.is_available(), cfg!(all(target_arch = "aarch64", target_endian = "little")));
}

/// A message that is lost counts for neither direction, and what stands before or behind it keeps its offset.
#[test]
fn offsets_of_mixed_directions_leave_out_what_is_lost() {
    let text =
        b"Action: A\r\n\r\n\r\nEvent: B\r\n\r\nEvent: 345678901234567890\r\n\r\nAction: C\r\n\r\nEvent: D\r\n\r\n";
    let parser = Parser::new().limits(Limits { line: 20, ..Limits::DEFAULT });
    let found: Vec<_> = mixed(parser, text).map(|next| next.ok().map(|one| (one.direction, one.offset))).collect();
    let (client, server) = (Direction::Client, Direction::Server);
    assert_eq!(found, [Some((client, 0)), Some((server, 2)), None, Some((client, 13)), Some((server, 14))]);
}

#[test]
fn a_message_is_complete_with_its_blank_line() {
    for (text, complete) in [
        ("Event: A\r\n\r\n", true),
        ("Event: A\r\n\r", false),
        ("Event: A\r\n", false),
        ("Event: A", false),
        ("X: 1\r\nEvent: A\r\n\r\n", true),
        ("Asterisk Call Manager/9.0.0\r\n", true),
        ("Response: Follows\r\na\r\n--END COMMAND--\r\n\r\n", true),
        ("Response: Follows\r\na\r\n--END COMMAND--\r\n", false),
    ] {
        let message = Parser::new().messages(text.as_bytes()).next().unwrap().unwrap();
        assert_eq!(message.is_complete(), complete, "{text:?}");
    }
}

/// Nobody waits for the next message to get this one, however long it is.
#[test]
fn a_message_comes_out_with_its_last_byte() {
    for headers in [1, 200, 300, 5000] {
        let text = format!("Event: A\r\n{}\r\n", "Key: value\r\n".repeat(headers));
        for piece in [1, 61, 4096, text.len()] {
            let mut stream = Stream::new(Parser::new());
            for _ in 0..3 {
                let (mut left, mut found) = (text.len(), 0);
                for bytes in text.as_bytes().chunks(piece) {
                    left -= bytes.len();
                    stream.feed(bytes);
                    while let Some(message) = stream.next() {
                        assert_eq!(message.unwrap().len(), text.len());
                        found += 1;
                    }
                    assert_eq!(found, usize::from(left == 0), "{headers} headers, pieces of {piece}");
                }
            }
        }
    }
}

#[test]
fn a_blank_line_of_either_ending_belongs_to_the_output_before_it() {
    for blank in ["\n", "\r\n"] {
        let text = format!("Response: Follows\r\na\r\n--END COMMAND--\r\n{blank}Event: B\r\n\r\n");
        let messages: Vec<_> = Parser::new().messages(text.as_bytes()).map(Result::unwrap).collect();
        let [response, event] = messages.as_slice() else { panic!("{messages:?}") };
        assert_eq!(event.offset() - response.offset(), response.len() as u64, "{blank:?}");
        assert!(!event.defects().any(|defect| defect.code == DefectCode::BlankBeforeMessage), "{blank:?}");
    }
}

#[test]
fn output_without_its_marker_ends_before_the_next_message() {
    let text = b"Response: Follows\r\na\r\n\r\nb\r\n\r\nEvent: B\r\n\r\n";
    let messages: Vec<_> = Parser::new().messages(text).map(Result::unwrap).collect();
    let [response, event] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(response.output().collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
    assert!(response.defects().any(|defect| defect.code == DefectCode::UnterminatedOutput));
    assert_eq!(event.name(), Some(&b"B"[..]));
}

#[test]
fn a_banner_has_a_version() {
    for (text, kind) in
        [("Asterisk Call Manager/\r\n\r\n", Kind::Unknown), ("Asterisk Call Manager/1\r\n", Kind::Banner)]
    {
        let message = Parser::new().messages(text.as_bytes()).next().unwrap().unwrap();
        assert_eq!(message.kind(), kind, "{text:?}");
    }
}

#[test]
fn fixed_memory_tells_of_blank_lines_behind_the_last_message() {
    let mut memory = [0; 64];
    let mut stream = FixedStream::new(Parser::new(), &mut memory);
    assert_eq!(stream.feed(b"Event: A\r\n\r\n\r\n"), 14);
    assert!(stream.next().unwrap().is_ok() && stream.trailing_blank().is_none());
    stream.end();
    assert!(stream.next().is_none());
    let defect = stream.trailing_blank().unwrap();
    assert_eq!((defect.code, defect.offset), (DefectCode::BlankBeforeMessage, 12));
}

#[test]
fn a_banner_is_encoded_without_a_blank_line() {
    for text in ["Asterisk Call Manager/9.0.0\r\n", "Event: A\r\n\r\n"] {
        let mut memory = [0; 64];
        let mut sink = SliceSink::new(&mut memory);
        Parser::new().messages(text.as_bytes()).next().unwrap().unwrap().encode(&mut sink).unwrap();
        assert_eq!(sink.written(), text.as_bytes());
    }
}

/// Says what it has been told to say, one after another.
struct Input(Vec<io::Result<&'static [u8]>>);

impl Read for Input {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut next = if self.0.is_empty() { Ok(&b""[..]) } else { self.0.remove(0) }?;
        next.read(to)
    }
}

#[test]
fn an_interrupted_read_is_tried_again_and_another_error_is_said() {
    let broken = |kind: io::ErrorKind| Err(io::Error::from(kind));
    let input = vec![
        Ok(&b"Event: A\r\n"[..]),
        broken(io::ErrorKind::Interrupted),
        broken(io::ErrorKind::TimedOut),
        Ok(&b"\r\n\r\n"[..]),
    ];
    let mut reader = Reader::new(Parser::new(), Input(input));
    let first = reader.next().unwrap().map(|message| message.len());
    assert!(matches!(first, Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::TimedOut));
    assert_eq!(reader.next().unwrap().unwrap().len(), 12);
    assert!(reader.next().is_none());
    assert_eq!(reader.trailing_blank().map(|defect| defect.offset), Some(12));
}

#[test]
fn owned_messages_come_out_of_a_reader_and_a_stream_tells_of_what_is_left() {
    let text = &b"Event: A\r\n\r\nEvent: B\r\n\r\n\r\n"[..];
    let names: Vec<_> =
        Reader::new(Parser::new(), text).owned().map(|next| next.unwrap().name().unwrap().to_vec()).collect();
    assert_eq!(names, [b"A", b"B"]);
    let mut stream = Stream::new(Parser::new());
    stream.feed(text);
    stream.end();
    while let Some(message) = stream.next() {
        assert!(message.is_ok());
    }
    assert_eq!(stream.trailing_blank().map(|defect| defect.offset), Some(24));
}

#[test]
fn what_debug_shows_of_what_holds_messages() {
    let text = b"Action: Login\r\nSecret: swordfish\r\n\r\n";
    let mut stream = Stream::new(Parser::new());
    stream.feed(&text[..20]);
    let message = messages(text).next().unwrap().unwrap();
    let owned = message.to_owned();
    for (shown, name) in [
        (format!("{stream:?}"), "held: 20"),
        (format!("{:?}", messages(text)), "rest: 36"),
        (format!("{:?}", message.headers()), "Login"),
        (format!("{:?}", owned.headers()), "Login"),
    ] {
        assert!(shown.contains(name) && !shown.contains("swordfish"), "{shown}");
    }
}

#[test]
fn sinks_take_what_fits_and_forget_when_told() {
    let mut text = FmtSink(String::new());
    Encoder::action(&mut text, "Ping").unwrap().end().unwrap();
    assert_eq!(text.0, "Action: Ping\r\n\r\n");
    for (room, fits) in [(15, false), (16, true), (17, true)] {
        let mut memory = vec![0; room];
        let mut front = &mut memory[..];
        let written = Encoder::action(BufSink(&mut front), "Ping").and_then(Encoder::end);
        assert_eq!(written.map(drop), if fits { Ok(()) } else { Err(EncodeError::Full) }, "{room}");
        assert_eq!(memory.starts_with(b"Action: Ping\r\n\r\n"), fits, "{room}");
    }
    let mut memory = [0; 16];
    let mut sink = SliceSink::new(&mut memory);
    for _ in 0..2 {
        Encoder::action(&mut sink, "Ping").unwrap().end().unwrap();
        assert_eq!(sink.written().len(), 16);
        sink.clear();
        assert!(sink.written().is_empty());
    }
}

#[test]
fn owned_messages_that_differ_have_different_hashes() {
    let owned =
        |number: u32| messages(format!("Event: {number}\r\n\r\n").as_bytes()).next().unwrap().unwrap().to_owned();
    let hasher = std::collections::hash_map::RandomState::new();
    let hash = |number| std::hash::BuildHasher::hash_one(&hasher, owned(number));
    assert_eq!(hash(1), hash(1));
    assert!((0..8).map(hash).collect::<HashSet<_>>().len() > 1);
}

#[test]
fn a_value_that_does_not_fit_says_where_and_why() {
    let error = values::unsigned(b"12x").unwrap_err();
    assert_eq!((error.position, error.expected), (2, "the end"));
    assert_eq!(error.to_string(), "expected the end at byte 2 of the value");
}

#[test]
fn values_at_the_edge_of_their_grammars() {
    use values::{CallerId, ChannelName, KeyFamily, NtpTime, Privileges, UniqueId};
    let serial = |name: &'static str| ChannelName::parse(name.as_bytes()).unwrap().serial;
    assert_eq!(serial("SIP/100-0000002f"), Some(&b"0000002f"[..]));
    assert_eq!(serial("SIP/my-trunk"), None, "no hexadecimal digits");
    assert_eq!(serial("SIP/trunk-"), None, "no digits at all");
    let number = |name: &'static str| ChannelName::parse(name.as_bytes()).unwrap().serial_number();
    assert_eq!(number("SIP/100-00000010"), Some(16));
    assert_eq!(number("IAX2/100-10"), Some(10), "the one that counts in tens");
    assert_eq!(number("SIP/100"), None);
    assert!(ChannelName::parse(b"SIP/100-00000010<ZOMBIE>").unwrap().is_zombie());
    assert!(!ChannelName::parse(b"SIP/100-00000010<MASQ>").unwrap().is_zombie());
    assert!(!ChannelName::parse(b"SIP/100-00000010").unwrap().is_zombie());

    assert!(KeyFamily::parse(b"Line-000001-000002").is_ok());
    assert!(KeyFamily::parse(b"Line-000001-00002").is_err(), "numbers of two widths");
    assert!(KeyFamily::parse(b"ChanVariable(X)").is_ok());
    assert!(KeyFamily::parse(b"ChanVariable()").is_err());

    assert_eq!(Privileges::parse(b"call,all").unwrap().to_string(), "call,all");
    assert!(Privileges::parse(b"call all").is_err() && Privileges::parse(b"call,,all").is_err());

    assert_eq!(NtpTime::parse(b"1.4095999999").unwrap().micros, 999_999);
    assert!(NtpTime::parse(b"1.4096000000").is_err(), "a whole second");

    assert_eq!(UniqueId::parse(b"pbx-1.2").unwrap().system, Some(&b"pbx"[..]));
    assert!(UniqueId::parse(b"-1.2").is_err(), "a system without a name");

    assert_eq!(CallerId::parse(b"<unknown>"), CallerId::default());
    assert_eq!(CallerId::parse(b"\"Ann\" <unknown>").name, Some(&b"Ann"[..]));
    assert_eq!(CallerId::parse(b"<100>").number, Some(&b"100"[..]));
}

#[test]
fn an_assignment_that_does_not_fit_says_where_in_the_whole_value() {
    let said: Vec<_> = values::assignments(b"a=1, b=2,  c,=d", b',')
        .map(|one| one.map(|one| one.name).map_err(|error| (error.position, error.expected)))
        .collect();
    assert_eq!(said, [Ok(&b"a"[..]), Ok(b"b"), Err((12, "=")), Err((13, "a name"))]);
}

/// The form that got further says what it misses.
#[test]
fn of_two_forms_the_one_that_got_further_is_missed() {
    let error = values::NtpTime::parse(b"1.12").unwrap_err();
    assert_eq!((error.position, error.expected), (2, "six digits of microseconds, or ten of a fraction"));
    let error = values::NtpTime::parse(b"x").unwrap_err();
    assert_eq!((error.position, error.expected), (0, "seconds"));
    let error = values::NtpTime::parse(b"1.123456x").unwrap_err();
    assert_eq!((error.position, error.expected), (8, "the end"));
}

/// Leap years, by the first day behind the end of February.
#[test]
fn february_has_29_days_where_it_has() {
    for (year, leap) in [(1900, false), (2000, true), (2023, false), (2024, true), (2100, false), (2400, true)] {
        let day = format!("{year}-02-29T00:00:00.000+0000");
        assert_eq!(values::DateTime::parse(day.as_bytes()).is_ok(), leap, "{year}");
    }
    for (month, days) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
        for (day, there) in [(days, true), (days + 1, false)] {
            let text = format!("2023-{:02}-{day:02}T00:00:00.000+0000", month + 1);
            assert_eq!(values::DateTime::parse(text.as_bytes()).is_ok(), there, "{text}");
        }
    }
}

/// The crate says of this processor what the standard library says.
#[test]
#[cfg(target_arch = "x86_64")]
fn instruction_sets_are_those_of_the_processor() {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2");
    assert_eq!(Isa::Avx2.is_available(), avx2);
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi2");
    assert_eq!(Isa::Avx512.is_available(), avx512);
}

#[test]
fn errors_of_a_reader_are_those_of_what_it_reads() {
    let gone = ReadError::from(io::Error::other("gone"));
    assert_eq!(gone.to_string(), "gone");
    assert!(std::error::Error::source(&gone).is_none());
    let parser = Parser::new().limits(Limits { line: 10, ..Limits::DEFAULT });
    let error = parser.messages(b"Event: 12345678\r\n\r\n").next().unwrap().unwrap_err();
    let said = ReadError::from(error);
    assert_eq!(said.to_string(), error.to_string());
    assert!(std::error::Error::source(&said).is_none());
    assert!(matches!(said, ReadError::Wire(same) if same == error));
}

#[test]
fn what_is_no_text_is_not_written_as_text() {
    let mut text = FmtSink(String::new());
    let error = Encoder::action(&mut text, b"\xff").map(drop).unwrap_err();
    assert_eq!(error, EncodeError::NotText);
    assert_eq!(error.to_string(), "bytes that are not UTF-8 cannot be written as text");
    assert_eq!(values::CallerId::parse(b"\xff <100>").to_string(), "\"\u{fffd}\" <100>");
    let message = messages(b"Event: \xff\r\nKey: a\r\n\r\n").next().unwrap().unwrap();
    assert_eq!(message.headers().map(|header| header.to_str().ok()).collect::<Vec<_>>(), [None, Some("a")]);
}

#[test]
fn times_beyond_what_a_number_holds() {
    let micros = |seconds| values::EpochTime { seconds, micros: 999_999 }.total_micros();
    assert_eq!(micros(1), Some(1_999_999));
    assert_eq!(micros(u64::MAX / 1_000_000), None);
    assert_eq!(micros(u64::MAX), None);
}

/// What is skipped goes at once, but for a CR that can be half of a blank line.
#[test]
fn what_is_skipped_is_not_held() {
    let parser = Parser::new().limits(Limits { line: 8, ..Limits::DEFAULT });
    for end in [false, true] {
        let mut stream = Stream::new(parser);
        stream.feed(b"Event: A\r\nB: 1234567");
        assert!(stream.next().unwrap().is_err());
        for (bytes, held) in [(&b"\r"[..], 0), (b"\r", 0), (b"8\r\n\r", 1)] {
            stream.feed(bytes);
            assert!(stream.next().is_none());
            assert_eq!(stream.held(), held, "{}", bytes.escape_ascii());
        }
        if end {
            stream.end();
        } else {
            stream.feed(b"\n");
        }
        assert!(stream.next().is_none());
        assert_eq!((stream.held(), stream.offset()), (0, if end { 26 } else { 27 }));
    }
}

#[test]
fn lines_behind_a_blank_one_are_not_plain() {
    let mut told = Vec::new();
    for text in ["Event: A\r\n\r\nEvent: B\r\n\r\n", "Event: A\r\n\r\n\r\nEvent: B\r\n\r\n"] {
        let mut messages = messages(text.as_bytes());
        messages.lend().unwrap().unwrap();
        let message = messages.lend().unwrap().unwrap();
        let mut headers = message.headers();
        assert_eq!(headers.by_ref().map(|header| header.value).collect::<Vec<_>>(), [b"B"]);
        told.push(message.has_plain_lines(&headers));
    }
    assert_eq!(told, [true, false]);
}

#[test]
fn a_defect_says_what_and_where() {
    let defect = messages(b"Event: A\nB: c\r\n\r\n").next().unwrap().unwrap().defects().next().unwrap();
    let said = defect.to_string();
    assert_eq!(said, "bare-lf at byte 8");
}

/// A reason behind an error.
#[derive(Debug)]
struct Because(io::Error);

impl std::fmt::Display for Because {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("because")
    }
}

impl std::error::Error for Because {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn an_error_of_a_reader_has_the_reason_of_what_it_reads() {
    let error = ReadError::from(io::Error::other(Because(io::Error::other("gone"))));
    assert_eq!(error.to_string(), "because");
    assert_eq!(std::error::Error::source(&error).map(ToString::to_string).as_deref(), Some("gone"));
}

#[test]
fn offsets_are_those_of_the_stream() {
    let text = b"Event: A\r\n\r\nEvent:B\r\n\r\n";
    let mut messages = messages(text);
    let mut offsets = vec![messages.offset()];
    let mut last = None;
    while let Some(message) = messages.next() {
        last = message.ok();
        offsets.push(messages.offset());
    }
    assert_eq!(offsets, [0, 12, 23]);
    let moved = last.unwrap().with_offset(100);
    assert_eq!((moved.offset(), moved.defects().next().unwrap().offset), (100, 106));
}

/// Of the forms of a key the one that got furthest says where it ends to fit, whichever it is.
#[test]
fn of_the_forms_of_a_key_the_one_that_got_furthest_counts() {
    let position = |key: &str| values::KeyFamily::parse(key.as_bytes()).unwrap_err().position;
    assert_eq!([position("Report5"), position("x"), position("ChanVariable(")], [7, 1, 13]);
}

#[test]
fn parts_of_values() {
    use values::{CallerId, ChannelName, Privileges};
    let name = ChannelName::parse(b"Local/100@a@ctx-00000001;2").unwrap();
    assert_eq!(name.extension_and_context(), Some((&b"100@a"[..], &b"ctx"[..])));
    assert_eq!(ChannelName::parse(b"SIP/100-00000001").unwrap().extension_and_context(), None);
    let classes = Privileges::parse(b"call,all").unwrap();
    assert_eq!(["call", "ALL", "system"].map(|class| classes.contains(class)), [true, true, false]);
    let caller = CallerId::parse(br#""J \"x\" \\" <1>"#);
    assert_eq!(caller.unescaped_name().collect::<Vec<_>>(), br#"J "x" \"#);
    let assignment = values::assignments(b"a=1,b=2", b',').nth(1).unwrap().unwrap();
    assert_eq!(assignment.to_string(), "b=2");
}
