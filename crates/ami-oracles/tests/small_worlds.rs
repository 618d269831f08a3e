//! Every string of a small world, through the parser in all its forms and through the reference parser.

use ami_oracles::wire;
use ami_wire::Direction;

/// Every string over the alphabet with at most `most` letters, by counting.
fn every(alphabet: &[&[u8]], most: u32, mut look: impl FnMut(&[u8])) {
    let mut text = Vec::new();
    for length in 0..=most {
        for number in 0..alphabet.len().pow(length) {
            text.clear();
            let mut rest = number;
            for _ in 0..length {
                text.extend_from_slice(alphabet[rest % alphabet.len()]);
                rest /= alphabet.len();
            }
            look(&text);
        }
    }
}

fn check(text: &[u8]) {
    for direction in [Direction::Any, Direction::Server] {
        wire::same_as_naive(text, direction);
    }
    // Options: lenient, any direction, default limits.
    wire::slice_vs_stream(&[&[0, 0, 0, 0], text].concat());
    wire::strict_in_lenient(text);
    wire::lenient_never_loses(text);
    wire::parse_encode(text);
}

#[test]
fn of_bytes() {
    let alphabet: [&[u8]; 7] = [b"\r", b"\n", b":", b" ", b"e", b"\0", b"\xe9"];
    every(&alphabet, 6, check);
}

#[test]
fn of_words() {
    let alphabet: [&[u8]; 9] = [
        b"\r\n",
        b"\n",
        b"\r",
        b"Event: E",
        b"Response: Follows",
        b"ActionID: 1",
        b"--END COMMAND--",
        b"text",
        b"Asterisk Call Manager/1",
    ];
    every(&alphabet, 5, check);
}

/// Limits so small that nearly every string meets one.
#[test]
fn of_bytes_with_limits() {
    let alphabet: [&[u8]; 5] = [b"\r", b"\n", b":", b"e", b"Response: Follows\n"];
    every(&alphabet, 6, |text| {
        for options in [[4, 1, 200, 9], [5, 200, 3, 9], [6, 2, 22, 0], [13, 20, 40, 1]] {
            wire::slice_vs_stream(&[&options, text].concat());
        }
    });
}
