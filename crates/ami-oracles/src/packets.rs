//! Laws of the reader of packet captures.

use ami_conformance::source::{Consumer, Ended, Trace};
use ami_conformance::{Finding, Options, Sender, check};
use ami_wire::{Error, Message, Parser};
use arbitrary::Unstructured;
use etherparse::PacketBuilder;

/// Any file can be read as a capture, and reading it twice gives the same.
pub fn any_capture(input: &[u8]) {
    let seen = |input: &[u8]| {
        let (checked, result) = check(&Trace::from_bytes("capture", input), Options::default());
        let places: Vec<_> = checked.findings.iter().map(Finding::order).collect();
        (places, result.map_err(|error| error.to_string()))
    };
    assert_eq!(seen(input), seen(input));
}

/// The messages that the server of a capture's only connection sent.
#[derive(Debug, Default)]
struct Server(Vec<(u64, Vec<u8>)>);

impl Consumer for Server {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        assert_eq!((connection, sender), (0, Sender::Server));
        let message = message.expect("no limit is near");
        self.0.push((message.offset(), message.as_bytes().to_vec()));
    }

    fn end(&mut self, _connection: u32, _sender: Sender, _ended: Ended) {}
}

/// However a stream is cut into segments, and whatever of them comes twice, late, or overlapping with others: the
/// messages are those of the stream.
pub fn streams(input: &[u8]) {
    let mut unstructured = Unstructured::new(input);
    let Ok((stream, capture)) = captured(&mut unstructured) else { return };
    let whole: Vec<_> = Parser::new()
        .direction(ami_wire::Direction::Server)
        .messages(&stream)
        .map(|message| {
            message.map(|message| (message.offset(), message.as_bytes().to_vec())).expect("no limit is near")
        })
        .collect();
    let mut server = Server::default();
    Trace::from_bytes("capture", capture).read(Parser::new(), &mut server).expect("it is a capture");
    assert_eq!(server.0, whole);
}

/// Late by so many segments at most.
const LATE: usize = 6;

/// A stream, and a capture of it.
fn captured(input: &mut Unstructured<'_>) -> arbitrary::Result<(Vec<u8>, Vec<u8>)> {
    let mut stream = b"Asterisk Call Manager/9.0.0\r\n".to_vec();
    for _ in 0..input.int_in_range(1..=12)? {
        let words: [&[u8]; 8] =
            [b"Event: Hangup\r\n", b"Response: Success\r\n", b"A: b\n", b"\r\n", b"\r\n\r\n", b"x", b": ", b"\xff"];
        for _ in 0..input.int_in_range(1..=5)? {
            stream.extend_from_slice(input.choose(&words)?);
        }
    }
    // The first segment tells that this is AMI. Then pieces: in order, but each may be late, or come twice with bytes
    // of the one before it.
    let mut pieces = vec![(0, 29.min(stream.len()))];
    let mut at = 29.min(stream.len());
    while at < stream.len() {
        let end = stream.len().min(at + input.int_in_range(1..=40)?);
        let overlap = if input.ratio(1, 4)? { input.int_in_range(0..=at)? } else { at };
        pieces.push((overlap, end));
        at = end;
    }
    let mut order: Vec<(usize, usize)> = Vec::new();
    for number in 0..pieces.len() {
        let late = if number > 0 && input.ratio(1, 4)? { input.int_in_range(0..=LATE)? } else { 0 };
        order.push((number + late, number));
        if input.ratio(1, 8)? {
            order.push((number + late + 1, number));
        }
    }
    order.sort_unstable();
    let start = input.arbitrary::<u32>()?;
    let mut capture = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 101] {
        capture.extend(word.to_le_bytes());
    }
    let mut packet = |sequence: u32, flags: &str, bytes: &[u8]| {
        let mut builder =
            PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).tcp(5038, 40_000, sequence, 65_000).ack(1);
        if flags == "S" {
            builder = builder.syn();
        }
        if flags == "F" {
            builder = builder.fin();
        }
        let mut whole = Vec::new();
        builder.write(&mut whole, bytes).expect("a vector takes everything");
        for word in [1_700_000_000, 5, whole.len() as u32, whole.len() as u32] {
            capture.extend(word.to_le_bytes());
        }
        capture.extend(whole);
    };
    packet(start, "S", b"");
    for (_, number) in order {
        let (from, to) = pieces[number];
        packet(start.wrapping_add(1).wrapping_add(from as u32), "", &stream[from..to]);
    }
    packet(start.wrapping_add(1).wrapping_add(stream.len() as u32), "F", b"");
    Ok((stream, capture))
}
