//! How much is done: exactly so many looks at a byte, and so many ways round the quick way.
//!
//! A result tells nothing of a quick way that is never taken. So this is where it is noticed.

mod common;

use std::sync::{Mutex, MutexGuard, PoisonError};

use ami_wire::work::{bytes_looked_at, detours};
use ami_wire::{Framer, Limits, Message, Parser, Stream};

/// The counts are those of the whole process, so that the tests go one after another.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes looked at, and detours.
fn work(read: impl FnOnce()) -> (u64, u64) {
    let before = (bytes_looked_at(), detours());
    read();
    (bytes_looked_at() - before.0, detours() - before.1)
}

/// How often there is another, asked one after another: `count` of an iterator may take a way of its own.
fn one_by_one(mut next: impl FnMut() -> bool) -> usize {
    let mut count = 0;
    while next() {
        count += 1;
    }
    count
}

/// Three headers, one of them with a second colon.
const USUAL: &str = "Event: Newexten\r\nChannel: PJSIP/100-00000001\r\nAppData: a:b\r\n\r\n";
const LENGTH: u64 = USUAL.len() as u64;

/// What each message of a stream that is lent takes, behind its first.
fn each(parser: Parser, bytes: &[u8]) -> Vec<(u64, u64)> {
    let mut framer = Framer::resume_at(parser, 0);
    let mut buffer = bytes;
    let mut all = Vec::new();
    loop {
        let mut goes_on = true;
        let taken = work(|| goes_on = framer.lend(&mut buffer, true).is_some());
        if !goes_on {
            return all;
        }
        all.push(taken);
    }
}

#[test]
fn to_find_messages_each_byte_is_looked_at_once() {
    let _alone = alone();
    for count in [1_u64, 2, 7, 40, 5000] {
        let stream = USUAL.repeat(count as usize).into_bytes();
        // The first could be a banner: its first line is looked at once more, and at the end of a slice there is a
        // look for blank lines.
        let first_line = if count == 1 { 64 + 17 } else { 64 };
        let all = |next: &mut dyn FnMut() -> bool| work(|| assert_eq!(one_by_one(next) as u64, count));
        let (mut messages, mut lent) = (ami_wire::messages(&stream), ami_wire::messages(&stream));
        assert_eq!(all(&mut || messages.next().is_some()), (count * LENGTH + first_line, 2), "{count}");
        assert_eq!(all(&mut || lent.lend().is_some()), (count * LENGTH + first_line, 2), "{count}");
        let (mut framer, mut buffer) = (Framer::resume_at(Parser::new(), 0), &stream[..]);
        assert_eq!(all(&mut || framer.lend(&mut buffer, false).is_some()), (count * LENGTH, 1), "{count}");
    }
}

/// One search serves for the messages behind, as many as there are marks for.
#[test]
fn one_search_finds_many_messages() {
    let _alone = alone();
    let taken = each(Parser::new(), &USUAL.repeat(200).into_bytes());
    assert!(taken.iter().all(|(_, detours)| *detours == 0));
    let searches: Vec<_> =
        taken.iter().enumerate().filter(|(_, taken)| taken.0 > 0).map(|(at, taken)| (at, taken.0)).collect();
    assert_eq!(searches, SEARCHES);
}

/// Which message makes the search go on, and for how many bytes.
const SEARCHES: &[(usize, u64)] = &[(0, 4032), (65, 4032), (130, 4032), (195, 304)];

#[test]
fn blank_lines_and_other_kinds_are_no_detour_twice() {
    let _alone = alone();
    for (text, detours) in [
        ("Response: Success\r\n\r\nAction: Ping\r\n\r\nEvent: A\r\n\r\n", [0, 0, 0].as_slice()),
        // Spelled otherwise: line by line.
        ("event: A\r\nB: c\r\n\r\nEvent: A\r\n\r\n", &[2, 0]),
        ("Event: A\r\n\r\n\r\nEvent: A\r\n\r\nEvent: A\r\n\r\n", &[0, 1, 0]),
        ("Event: A\n\nEvent: A\n\n", &[0, 0]),
        ("Response: Follows\r\na\r\n--END COMMAND--\r\n\r\nEvent: A\r\n\r\n", &[2, 0]),
    ] {
        let taken = each(Parser::new(), text.as_bytes());
        assert_eq!(taken.iter().map(|(_, detours)| *detours).collect::<Vec<_>>(), detours, "{text:?}");
    }
}

#[test]
fn limits_are_no_detour_where_they_cannot_be_exceeded() {
    let _alone = alone();
    let stream = USUAL.repeat(4).into_bytes();
    let line = |line| Limits { line, ..Limits::DEFAULT };
    let headers = |headers| Limits { headers, ..Limits::DEFAULT };
    let message = |message| Limits { message, ..Limits::DEFAULT };
    // Below the length of a message its lines are counted, and the first is looked at again.
    for (limits, more, detours) in [
        (line(62), 0, 0),
        (headers(31), 0, 0),
        (message(62), 0, 0),
        (line(61), 62 + 64, 1),
        (headers(30), 62 + 64, 1),
        (line(28), 62 + 64, 1),
        (headers(4), 62 + 64, 1),
    ] {
        let taken = each(Parser::new().limits(limits), &stream);
        let looks: Vec<_> = taken.iter().map(|(looks, _)| *looks).collect();
        assert_eq!(taken.iter().map(|(_, detours)| *detours).collect::<Vec<_>>(), [detours; 4], "{limits:?}");
        // Nothing is left behind the last for a whole block.
        let last = if more > 0 { more + 17 } else { 0 };
        assert_eq!(looks, [248 + more, more, more, last], "{limits:?}");
    }
    // One byte less, and each line is looked at by itself.
    for limits in [line(27), headers(3)] {
        let detours: Vec<_> = each(Parser::new().limits(limits), &stream).iter().map(|(_, detours)| *detours).collect();
        assert_eq!(detours, [2; 4], "{limits:?}");
    }
}

/// A message of which a part is there waits for the others, unless it can exceed a limit: then its lines are looked at.
#[test]
fn a_part_of_a_message_is_looked_at_once() {
    let _alone = alone();
    let limits = Limits { line: 40, ..Limits::DEFAULT };
    for part in 1..LENGTH {
        let mut stream = Stream::with_framer(Framer::resume_at(Parser::new().limits(limits), 0));
        let (front, back) = USUAL.as_bytes().split_at(part as usize);
        stream.feed(front);
        let before = work(|| assert!(stream.next().is_none()));
        stream.feed(back);
        let after = work(|| assert!(stream.next().unwrap().is_ok()));
        if part <= 40 {
            // What it is can be told with the first eight bytes.
            let told = if part < 7 { 0 } else { part };
            assert_eq!(before, (told, 1), "{part}");
            assert_eq!(after, (LENGTH - told + 62 + 64 + 17, 1), "{part}");
        } else {
            let lines = if part == 62 { 0 } else { part + 6 };
            assert_eq!(before, (part + lines, 2), "{part}");
            assert_eq!(after.1, 1, "{part}");
        }
    }
}

/// Limits are looked after only where a message is long enough to exceed one.
#[test]
fn a_message_that_arrives_cut_is_counted_only_if_it_is_long() {
    let _alone = alone();
    for (line, counted) in [(62, 0), (61, LENGTH)] {
        let parser = Parser::new().limits(Limits { line, ..Limits::DEFAULT });
        let mut stream = Stream::with_framer(Framer::resume_at(parser, 0));
        let (front, back) = USUAL.as_bytes().split_at(30);
        stream.feed(front);
        assert!(stream.next().is_none());
        stream.feed(back);
        assert_eq!(work(|| assert!(stream.next().unwrap().is_ok())), (32 + counted + 64 + 17, 1), "{line}");
    }
}

#[test]
fn pieces_cost_little_more() {
    let _alone = alone();
    let stream = USUAL.repeat(40).into_bytes();
    for (piece, expected) in PIECES {
        let taken = work(|| {
            let mut stream_of = Stream::new(Parser::new());
            let mut count = 0;
            for piece in stream.chunks(*piece) {
                stream_of.feed(piece);
                while let Some(message) = stream_of.next() {
                    assert_eq!(message.unwrap().headers().count(), 3);
                    count += 1;
                }
            }
            assert_eq!(count, 40);
        });
        assert_eq!(taken, *expected, "pieces of {piece}");
    }
}

/// In pieces of so many bytes: looks and detours. A message that arrives cut is no longer taken at once, so that its first
/// line is looked at again; and there is a detour whenever there is no message yet.
const PIECES: &[(usize, (u64, u64))] = &[
    (1, (5720, 2520)),
    (7, (5244, 395)),
    (15, (5142, 206)),
    (16, (5125, 195)),
    (61, (5057, 81)),
    (62, (2561, 41)),
    (1500, (2608, 4)),
    (4096, (2544, 2)),
];

#[test]
fn what_was_found_once_is_not_searched_again() {
    let _alone = alone();
    for value in 0..150 {
        let text = format!("Event: A\r\n\r\nEvent: X\r\nA: {}\r\nB: y\r\nC: z\r\n\r\n", "x".repeat(value));
        let bytes = &text.as_bytes()[12..];
        let length = bytes.len() as u64;
        let mut messages = ami_wire::messages(text.as_bytes());
        messages.lend().unwrap().unwrap();
        let lent = messages.lend().unwrap().unwrap();
        let free = ami_wire::messages(text.as_bytes()).nth(1).unwrap().unwrap();
        for (message, search, folded) in [(lent, 0, 0), (free, length, 1)] {
            let next = work(|| {
                let mut headers = message.headers();
                assert_eq!(one_by_one(|| headers.next().is_some()), 4);
                assert!(headers.next().is_none(), "and no look for more");
            });
            assert_eq!(next, (search, 0), "{value}");
            assert_eq!(
                work(|| assert_eq!(message.headers().fold(0, |count, _| count + 1), 4)),
                (search, folded),
                "{value}"
            );
            let rest = if folded == 0 { 0 } else { 4 };
            let usual = work(|| {
                let mut usual = message.headers().usual();
                assert_eq!(usual.by_ref().count(), 4 - rest);
                let mut others = usual.rest();
                assert_eq!(one_by_one(|| others.next().is_some()), rest);
            });
            assert_eq!(usual, (search, 0), "{value}");
            assert_eq!(work(|| assert_eq!(message.get("Nobody"), None)), (search, 0), "{value}");
            // One look at all bytes, and one at the keys.
            assert_eq!(work(|| assert_eq!(message.defects().count(), 0)), (length + search, 0), "{value}");
            let mut headers = message.headers();
            assert_eq!(one_by_one(|| headers.next().is_some()), 4);
            assert_eq!(work(|| assert!(message.has_plain_lines(&headers))), (length, 0), "{value}");
        }
    }
}

/// Lines that are not written as usual, with marks and without: what is left is found with the same marks.
#[test]
fn unusual_lines_are_passed() {
    let _alone = alone();
    for (lines, headers, lent, free) in UNUSUAL {
        let text = format!("Event: A\r\n\r\nEvent: X\r\n{lines}\r\n\r\n");
        let mut messages = ami_wire::messages(text.as_bytes());
        messages.lend().unwrap().unwrap();
        let of = |message: &Message<'_>| {
            let next = work(|| {
                let mut left = message.headers();
                assert_eq!(one_by_one(|| left.next().is_some()), *headers, "{lines:?}");
            });
            let fold = work(|| assert_eq!(message.headers().fold(0, |count, _| count + 1), *headers, "{lines:?}"));
            [next, fold]
        };
        assert_eq!(of(&messages.lend().unwrap().unwrap()), *lent, "{lines:?}");
        assert_eq!(of(&ami_wire::messages(text.as_bytes()).nth(1).unwrap().unwrap()), *free, "{lines:?}");
    }
}

type Twice = [(u64, u64); 2];

/// Lines, how many headers there are with the first, and the work for them: with marks and without, one by one and
/// folded.
const UNUSUAL: &[(&str, usize, Twice, Twice)] = &[
    ("A: b", 2, [(0, 0), (0, 0)], [(18, 0), (18, 1)]),
    ("A:b\r\nC: d", 3, [(0, 1), (0, 2)], [(23, 1), (23, 2)]),
    ("A: b\nC: d", 3, [(0, 1), (0, 2)], [(23, 1), (23, 2)]),
    ("raw\r\nC: d\r\nE: f", 3, [(16, 2), (16, 3)], [(53, 2), (53, 3)]),
    ("C: d\r\nraw\r\nraw\r\nE: f", 3, [(24, 2), (24, 3)], [(60, 2), (60, 3)]),
    ("raw\r\nC: d\r\n: x\r\nE: f", 4, [(16, 2), (16, 3)], [(63, 2), (63, 3)]),
    ("C: d\r\nraw", 2, [(10, 2), (10, 3)], [(33, 2), (33, 3)]),
];

#[test]
fn defects_are_searched_line_by_line_only_where_there_can_be_one() {
    let _alone = alone();
    for (line, detour) in [
        ("A: b", false),
        ("ActionID: 1", false),
        ("Privilege: call,all\r\nActionID: 1", false),
        ("ActionID: 1\r\nActionID: 1", true),
        ("Privilege: call\r\nprivilege: call", true),
        ("Response: 1", true),
        ("A:b", true),
        ("A: \u{e4}", true),
        // Of the length of a key that is looked at, but another.
        ("Channel1: a\r\nAccounts: a\r\nChannel2: a\r\nAccountd: b\r\nState: a\r\nStates: a", false),
    ] {
        let text = format!("Event: X\r\n{line}\r\n\r\n");
        let message = ami_wire::messages(text.as_bytes()).next().unwrap().unwrap();
        assert_eq!(work(|| _ = message.defects().count()).1, u64::from(detour), "{line}");
    }
}

/// Recorded sessions: what it takes to find the messages, then their headers, then their defects.
#[test]
fn recorded_sessions_take_as_much_as_ever() {
    let _alone = alone();
    for (name, expected) in SESSIONS {
        let trace = common::trace(name);
        let parser = Parser::new().direction(trace.direction);
        let mut messages = parser.messages(&trace.bytes);
        let find = work(|| while messages.lend().is_some() {});
        let [mut headers, mut defects] = [(0, 0); 2];
        let mut messages = parser.messages(&trace.bytes);
        while let Some(message) = messages.lend() {
            let message = message.unwrap();
            for (sum, taken) in [
                (&mut headers, work(|| assert!(message.headers().count() <= message.len()))),
                (&mut defects, work(|| assert!(message.defects().count() <= message.len()))),
            ] {
                *sum = (sum.0 + taken.0, sum.1 + taken.1);
            }
        }
        assert_eq!([find, headers, defects], *expected, "{name}, {} bytes", trace.bytes.len());
    }
}

/// Of 10222, 8425, 76963, 3825521 and 24599 bytes.
const SESSIONS: &[(&str, [(u64, u64); 3])] = &[
    ("asterisk-1.4/simple.s2c", [(14_652, 13), (298, 6), (10_960, 7)]),
    ("asterisk-1.4/queries.c2s", [(8683, 11), (135, 11), (8892, 7)]),
    ("asterisk-11/queries.s2c", [(79_197, 20), (1710, 12), (87_333, 14)]),
    ("asterisk-22/flood.s2c", [(3_827_569, 35), (0, 1), (3_851_441, 61)]),
    ("asterisk-23/multiline.s2c", [(24_931, 16), (529, 52), (36_714, 19)]),
];

/// Memory of a stream: doubled when what is held and what comes do not fit, and not before.
#[test]
fn a_stream_grows_when_it_must() {
    let _alone = alone();
    let mut stream = Stream::new(Parser::new());
    assert_eq!(stream.room(0).len(), 0);
    stream.feed(b"Event: A\r\n");
    assert_eq!(stream.room(0).len(), 0, "so much as came");
    stream.feed(b"\r\n");
    assert_eq!(stream.room(0).len(), 8, "twice as much");
    assert!(stream.next().unwrap().is_ok());
    assert_eq!(stream.room(8).len(), 20, "nothing is held: all of it is free");
    stream.feed(b"Event: A\r\n\r\nEvent");
    assert!(stream.next().unwrap().is_ok());
    assert_eq!((stream.held(), stream.room(3).len()), (5, 3));
    assert_eq!(stream.room(15).len(), 15, "more was consumed than is held: that is moved to the front");
}
