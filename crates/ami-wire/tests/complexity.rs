//! The work is linear: counted in bytes that are looked at, on input that was made to hurt.
//!
//! One test, since the count is one for the whole process.

use ami_wire::work::bytes_looked_at;
use ami_wire::{DefectCode, Limits, Message, Parser, Stream};

/// What one way of reading costs, in looks at a byte for each byte of the input.
#[allow(clippy::cast_precision_loss, reason = "the numbers are small")]
fn cost(length: usize, read: impl FnOnce()) -> f64 {
    let before = bytes_looked_at();
    read();
    (bytes_looked_at() - before) as f64 / length.max(1) as f64
}

fn look(message: &Message<'_>) {
    assert!(message.headers().count() <= message.lines().count());
    // Every defect, of which there can be several for each line.
    let defects = message.defects().count();
    assert!(defects <= 16 * message.lines().count());
}

/// Names of inputs, and how to make one of about so many bytes.
type Input = (&'static str, fn(usize) -> Vec<u8>);

const INPUTS: &[Input] = &[
    ("a line without end", |size| [b"Event: A\r\nB: ".to_vec(), vec![b'x'; size]].concat()),
    ("colons", |size| [b"Event: A\r\nB: ".to_vec(), vec![b':'; size], b"\r\n\r\n".to_vec()].concat()),
    ("no line feed", |size| vec![b'\r'; size]),
    ("line feeds", |size| vec![b'\n'; size]),
    ("blanks", |size| vec![b' '; size]),
    ("headers of one byte", |size| [b"Event: A\n".to_vec(), b":\n".repeat(size / 2), b"\n".to_vec()].concat()),
    ("one key again and again", |size| {
        [b"Event: A\r\n".to_vec(), b"Event: A\r\n".repeat(size / 10), b"\r\n".to_vec()].concat()
    }),
    ("lines without a colon", |size| [b"x\r\n".repeat(size / 3), b"\r\n".to_vec()].concat()),
    ("alternating defects", |size| {
        [b"Event: A\n".to_vec(), b"a:b\n\x01\r\n: \xff\n".repeat(size / 13), b"\n".to_vec()].concat()
    }),
    ("nearly kinds", |size| [b"E: \r\nR: \r\nActio: \r\n".repeat(size / 19), b"\r\n".to_vec()].concat()),
    ("messages of one line", |size| b"Event: A\r\n\r\n".repeat(size / 12)),
    ("messages that are blank or nearly", |size| b"a\n\n\r\n".repeat(size / 5)),
    ("banners", |size| b"Asterisk Call Manager/1.1\r\n".repeat(size / 27)),
    ("output without its end", |size| {
        [b"Response: Follows\r\nPrivilege: Command\r\n".to_vec(), b"--END COMMAN\r\n\r\n".repeat(size / 16)].concat()
    }),
    ("output that nearly ends", |size| {
        [b"Response: Follows\r\n".to_vec(), b"\r\nEvent:\r\nx--END COMMAND-\n".repeat(size / 27)].concat()
    }),
];

/// The most looks at a byte, whatever is read: framing twice, lines, headers and defects once each, and some.
const MOST: f64 = 16.0;

#[test]
fn work_is_linear() {
    let size = 200_000;
    for (name, make) in INPUTS {
        for limits in [Limits::DEFAULT, Limits { line: 4096, message: 8192, headers: 64 }] {
            let parser = Parser::new().limits(limits);
            let costs = [size, 4 * size].map(|size| {
                let input = make(size);
                let whole = cost(input.len(), || {
                    for message in parser.messages(&input) {
                        match message {
                            Ok(message) => look(&message),
                            Err(error) => assert!(error.offset < input.len() as u64),
                        }
                    }
                });
                let pieces = [1, 7, 1500].map(|piece| {
                    cost(input.len(), || {
                        let mut stream = Stream::new(parser);
                        for chunk in input.chunks(piece) {
                            stream.feed(chunk);
                            while let Some(message) = stream.next() {
                                message.iter().for_each(look);
                            }
                        }
                        stream.end();
                        while let Some(message) = stream.next() {
                            message.iter().for_each(look);
                        }
                        assert_eq!(stream.offset(), input.len() as u64);
                    })
                });
                [whole, pieces[0], pieces[1], pieces[2]]
            });
            let [small, large] = costs;
            println!("{name}, lines of {}: {small:.2?} and {large:.2?} looks a byte", limits.line);
            for (small, large) in small.into_iter().zip(large) {
                assert!(small <= MOST && large <= MOST, "{name}: {small:.1} and {large:.1} looks a byte");
                assert!(large <= small * 1.2 + 0.1, "{name}: {small:.1} looks a byte become {large:.1}");
            }
        }
    }
    // Look-up is one pass, however often a key that is asked for is nearly there.
    let input = [b"Event: A\r\n".to_vec(), b"Channe: x\r\n".repeat(20_000), b"\r\n".to_vec()].concat();
    let message = ami_wire::messages(&input).next().unwrap().unwrap();
    let looks = cost(input.len(), || assert_eq!(message.get("Channel"), None));
    assert!(looks <= 3.0, "{looks}");
    // A hostile line costs its length and no more; what comes behind is there.
    let input = [b"Event: A\r\nB: ".to_vec(), vec![b'x'; 3 << 20], b"\r\n\r\nEvent: B\r\n\r\n".to_vec()].concat();
    let mut messages = ami_wire::messages(&input);
    assert_eq!(messages.next().unwrap().unwrap_err().code, DefectCode::OversizeLine);
    assert_eq!(messages.next().unwrap().unwrap().name(), Some(&b"B"[..]));
}
