//! Every instruction set against a naive search, at all alignments and at lengths around block boundaries.

use core::ops::Range;
use std::vec::Vec;

use proptest::prelude::*;

use super::driver::{Carry, PAIRS};
use super::{Chosen, Isa};

fn available() -> Vec<Chosen> {
    let all: Vec<_> = Isa::ALL.into_iter().filter_map(Chosen::of).collect();
    assert!(all.len() >= if cfg!(target_arch = "x86_64") { 2 } else { 1 });
    all
}

/// The numbers of a range; under Miri, which takes a thousand times as long, those where words, vectors and blocks end.
fn numbers(all: Range<usize>) -> impl Iterator<Item = usize> {
    const ENDS: [usize; 10] = [0, 1, 7, 15, 17, 31, 63, 64, 65, 128];
    all.filter(|number| !cfg!(miri) || ENDS.contains(number))
}

fn naive_marks(bytes: &[u8], mut searching: bool) -> (Vec<u16>, bool) {
    let mut marks = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' || (*byte == b':' && searching) {
            marks.push(at as u16);
            searching = *byte == b'\n';
        }
    }
    (marks, searching)
}

fn naive_ends(bytes: &[u8]) -> Vec<u16> {
    let blank = |end: &usize| bytes[..*end].ends_with(b"\n\n") || bytes[..*end].ends_with(b"\n\r\n");
    (0..=bytes.len()).filter(blank).map(|end| end as u16).collect()
}

pub(crate) fn naive_plain(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\r\n\r\n")
        && bytes.split_inclusive(|byte| *byte == b'\n').all(|line| {
            let Some(line) = line.strip_suffix(b"\r\n") else { return false };
            let colon = line.iter().position(|byte| *byte == b':').unwrap_or(0);
            // Blank lines elsewhere are for others to find.
            line.is_empty()
                || (colon > 0
                    && line.get(colon + 1) == Some(&b' ')
                    && line[..colon].iter().all(u8::is_ascii_graphic)
                    && line.iter().all(|byte| (0x20..0x7f).contains(byte)))
        })
}

fn check(bytes: &[u8], searching: bool) {
    let (marks, carry) = naive_marks(bytes, searching);
    for chosen in available() {
        let mut room = std::vec![0; bytes.len() + 64];
        let mut after = searching;
        let (count, done) = call!(chosen, fill(bytes, &mut after, &mut room));
        assert_eq!((&room[..count], done), (&marks[..], bytes.len()), "{chosen:?} {}", bytes.escape_ascii());
        assert_eq!(after, carry, "{chosen:?} {}", bytes.escape_ascii());
        for split in [0, 1, bytes.len() / 2, bytes.len().saturating_sub(1)] {
            let (first, second) = bytes.split_at(split.min(bytes.len()));
            let mut carry = Carry::default();
            let (count, done) = call!(chosen, ends(first, &mut carry, &mut room));
            let mut found = room[..count].to_vec();
            assert_eq!(done, first.len());
            let (count, done) = call!(chosen, ends(second, &mut carry, &mut room));
            assert_eq!(done, second.len());
            found.extend(room[..count].iter().map(|end| end + first.len() as u16));
            assert_eq!(found, naive_ends(bytes), "{chosen:?} {split} {}", bytes.escape_ascii());
        }
        // In pieces, from some position on.
        for split in [0, 1, bytes.len() / 2, bytes.len().saturating_sub(1)] {
            let (first, second) = bytes.split_at(split.min(bytes.len()));
            let (mut after, mut count, base) = (searching, 0, 1000);
            let done = call!(chosen, scan(first, base, &mut after, &mut room, &mut count));
            assert_eq!(done, first.len());
            let done = call!(chosen, scan(second, base + done as u16, &mut after, &mut room, &mut count));
            assert_eq!(done, second.len());
            let moved: Vec<u16> = marks.iter().map(|mark| mark + base).collect();
            assert_eq!(&room[..count], moved, "{chosen:?} {split} {}", bytes.escape_ascii());
            assert_eq!(after, carry);
        }
        for from in [0, 1, 2, 64, 65, 100] {
            let mut padded = marks.clone();
            padded.resize(marks.len() + PAIRS, 0);
            let mut close = std::vec![0; marks.len() + 64];
            let count = call!(chosen, close(&padded, from, marks.len(), &mut close));
            let expected = (from.max(1)..marks.len()).filter(|at| marks[*at] - marks[*at - 1] < 3);
            let expected: Vec<_> = expected.map(|at| at as u16).collect();
            assert_eq!(&close[..count], expected, "{chosen:?} {from} {marks:?}");
        }
        assert_eq!(call!(chosen, plain(bytes)), naive_plain(bytes), "{chosen:?} {}", bytes.escape_ascii());
        let unusual = bytes.iter().filter(|byte| !matches!(byte, b' '..=b'~')).count();
        assert_eq!(call!(chosen, unusual_in(bytes)), unusual, "{chosen:?} {}", bytes.escape_ascii());
        let (mut blocks, mut goes_on) = (Vec::new(), searching);
        for (index, block) in bytes.chunks(64).enumerate() {
            // A block is whole where the bytes behind it are.
            let rest = &bytes[index * 64..];
            let (mut found, after) = super::block(rest, goes_on);
            goes_on = after;
            while found != 0 {
                blocks.push((index * 64) as u16 + found.trailing_zeros() as u16);
                found &= found - 1;
            }
            assert!(blocks.last().is_none_or(|last| usize::from(*last) < index * 64 + block.len()));
        }
        assert_eq!(blocks, marks, "{}", bytes.escape_ascii());
        assert_eq!(super::line_end(bytes), bytes.iter().position(|byte| *byte == b'\n'));
    }
}

/// Bytes in which the interesting ones are frequent, or rare.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let dense = prop::collection::vec(prop::sample::select(&b"\n\r:a\n\r: \xff\x8a\xba\x0b\x3b"[..]), 0..300);
    let sparse = prop::collection::vec(
        prop_oneof![12 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'\r'), 1 => Just(b':')],
        0..300,
    );
    let runs = prop::collection::vec((prop::sample::select(&b"\n\r:a"[..]), 1..80usize), 0..8)
        .prop_map(|runs| runs.into_iter().flat_map(|(byte, count)| std::vec![byte; count]).collect::<Vec<u8>>());
    prop_oneof![dense, sparse, runs]
}

/// Messages that are nearly plain.
pub(crate) fn nearly_plain() -> impl Strategy<Value = Vec<u8>> {
    let line = ("[A-Za-z(),-]{1,30}", "[ -~]{0,70}").prop_map(|(key, value)| std::format!("{key}: {value}\r\n"));
    let damage = prop::option::of((any::<prop::sample::Index>(), any::<u8>()));
    (prop::collection::vec(line, 1..if cfg!(miri) { 3 } else { 8 }), damage).prop_map(|(lines, damage)| {
        let mut bytes = lines.concat().into_bytes();
        bytes.extend_from_slice(b"\r\n");
        if let Some((at, byte)) = damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 2000 }))]

    #[test]
    fn all_agree(bytes in bytes(), start in 0..64usize, searching in any::<bool>()) {
        check(bytes.get(start..).unwrap_or(&bytes), searching);
    }

    #[test]
    fn all_agree_on_what_is_plain(bytes in nearly_plain()) {
        check(&bytes, true);
    }

    #[test]
    fn pieces_change_nothing(bytes in bytes(), sizes in prop::collection::vec(1..100usize, 1..4), room in 64..100usize) {
        let (expected, _) = naive_marks(&bytes, true);
        for isa in Isa::ALL {
            let Some(mut scanner) = super::Scanner::with(isa) else { continue };
            let mut found = Vec::new();
            let (mut at, mut sizes) = (0, sizes.iter().cycle());
            while at < bytes.len() {
                let end = bytes.len().min(at + sizes.next().unwrap());
                let mut marks = std::vec![0; room];
                let filled = scanner.fill(&bytes[at..end], &mut marks);
                prop_assert!(filled.bytes > 0);
                found.extend(marks[..filled.marks].iter().map(|mark| at as u16 + mark));
                at += filled.bytes;
            }
            prop_assert_eq!(&found, &expected, "{:?}", isa);
        }
    }
}

#[test]
fn every_length_and_alignment() {
    let text = b"Event: Hangup\r\nChannel: PJSIP/100-00000001\r\n: x\n::\n\r\n\nUniqueid: 1795516943.398\r\nno colon here\r\n\r\n";
    let long: Vec<u8> = text.iter().copied().cycle().take(400).collect();
    for start in 0..if cfg!(miri) { 2 } else { 70 } {
        for length in numbers(0..400 - start) {
            check(&long[start..start + length], true);
        }
    }
}

#[test]
fn each_place_is_its_own_bit() {
    for at in numbers(0..130) {
        for byte in [b'\n', b':'] {
            let mut bytes = [b'a'; 130];
            bytes[at] = byte;
            check(&bytes, true);
            check(&bytes, false);
        }
    }
}

#[test]
fn room_runs_out_after_whole_blocks() {
    for chosen in available() {
        let bytes = [b'\n'; 1000];
        let mut marks = [0; 127];
        assert_eq!(call!(chosen, fill(&bytes, &mut true, &mut marks)), (64, 64));
        assert_eq!(call!(chosen, fill(&bytes, &mut true, &mut marks[..63])), (0, 0));
        let bytes = std::vec![b'a'; 70_000];
        assert_eq!(call!(chosen, fill(&bytes, &mut true, &mut marks)), (0, 65_536));
        // What is added to positions is part of what they can tell, and so is one more, behind a message.
        assert_eq!(call!(chosen, scan(&bytes, 60_000, &mut true, &mut marks, &mut 0)), 5536);
        assert_eq!(call!(chosen, ends(&bytes, &mut Carry::default(), &mut marks)), (0, 65_536 - 64));
    }
}

/// One byte of plain messages is another: each byte at each place, and each two of those that mean something.
#[test]
fn what_is_plain_is_told_byte_by_byte() {
    let messages = [
        &b"Event: Hangup\r\nChannel: PJSIP/100-00000001\r\nCause-txt: Normal\r\nA: \r\n\r\n"[..],
        b"A: b\r\nK: ::\r\n\r\n",
        b"Event: VarSet\r\nValue: 0123456789012345678901234567890123456789\r\n\r\n",
    ];
    let special = *b"\n\r: a\x00\x1f\x7f\x80\xff";
    for message in messages {
        for at in 0..message.len() {
            for byte in 0..=u8::MAX {
                let mut bytes = message.to_vec();
                bytes[at] = byte;
                check_plain(&bytes);
            }
            for (one, other) in special.into_iter().flat_map(|one| special.map(|other| (one, other))) {
                let mut bytes = message.to_vec();
                bytes[at] = one;
                if let Some(next) = bytes.get_mut(at + 1) {
                    *next = other;
                }
                check_plain(&bytes);
            }
        }
    }
}

fn check_plain(bytes: &[u8]) {
    let (plain, unusual) = (naive_plain(bytes), bytes.iter().filter(|byte| !matches!(byte, b' '..=b'~')).count());
    for chosen in available() {
        let found = (call!(chosen, plain(bytes)), call!(chosen, unusual_in(bytes)));
        assert_eq!(found, (plain, unusual), "{chosen:?} {}", bytes.escape_ascii());
    }
}

/// Every few bytes that mean something, before, on and behind the boundary of a block, and the rest of both blocks.
#[test]
fn every_few_bytes_at_a_boundary() {
    for number in 0..4_usize.pow(5) {
        let few: Vec<u8> = (0..5).map(|digit| b"\n\r:a"[number / 4_usize.pow(digit) % 4]).collect();
        for start in [0, 59, 61, 63, 64] {
            let mut bytes = [b'b'; 80];
            bytes[start..start + 5].copy_from_slice(&few);
            check(&bytes, number % 2 == 0);
        }
    }
}

/// Marks that are near to one another or not, at each place.
#[test]
fn marks_are_close_or_not() {
    for chosen in available() {
        for at in 1..130 {
            for (step, near) in [(0, true), (1, true), (2, true), (3, false), (4, false), (300, false), (65_535, false)]
            {
                let mut marks: Vec<u16> = (0..130 + PAIRS as u16).map(|mark| mark * 10).collect();
                let step: u16 = step;
                let moved = marks[at - 1].wrapping_add(step).wrapping_sub(marks[at]);
                marks[at..].iter_mut().for_each(|mark| *mark = mark.wrapping_add(moved));
                let mut close = [0; 256];
                let count = call!(chosen, close(&marks, 0, 130, &mut close));
                assert_eq!(
                    &close[..count],
                    if near { std::vec![at as u16] } else { Vec::new() },
                    "{chosen:?} {at} {step}"
                );
            }
        }
    }
}
