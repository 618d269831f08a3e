//! Jobs of the parser, and the plain loops to compare them with.

use std::hint::black_box;

use ami_wire::index::{Isa, Scanner};
use ami_wire::{Encoder, Message, Stream};

/// Reading and writing the bytes once.
pub fn memcpy(bytes: &[u8], to: &mut [u8]) -> u64 {
    to.copy_from_slice(black_box(bytes));
    u64::from(to[bytes.len() / 2])
}

/// Every LF.
pub fn memchr_iter(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).fold(0, |sum, at| sum + black_box(at as u64))
}

/// The loop that one writes by hand: `memchr` for LF, then for the colon; borrowed key and value.
pub fn memchr_per_line(bytes: &[u8]) -> u64 {
    let mut sum = 0;
    let mut rest = bytes;
    while let Some(lf) = memchr::memchr(b'\n', rest) {
        let line = &rest[..lf];
        rest = &rest[lf + 1..];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(colon) = memchr::memchr(b':', line) {
            let (key, value) = (&line[..colon], &line[colon + 1..]);
            let value = value.strip_prefix(b" ").unwrap_or(value);
            sum += (key.len() ^ value.len()) as u64;
            black_box((key, value));
        }
    }
    sum
}

/// The positions of every LF and of the first colon of every line, in windows of 32 KiB; `None` where the instruction
/// set is not there.
pub fn index(isa: Isa, bytes: &[u8], marks: &mut [u16]) -> Option<u64> {
    let mut scanner = Scanner::with(isa)?;
    let mut rest = bytes;
    let mut sum = 0;
    while !rest.is_empty() {
        let filled = scanner.fill(&rest[..rest.len().min(32 << 10)], marks);
        sum += black_box(&marks[..filled.marks]).len() as u64;
        rest = &rest[filled.bytes..];
    }
    Some(sum)
}

/// All messages framed, kind and name known, headers not looked at.
pub fn frame(bytes: &[u8]) -> u64 {
    let look = |message: Message<'_>| (message.name().map_or(0, <[u8]>::len) + message.len()) as u64;
    ami_wire::messages(bytes).map(|message| message.map_or(0, look)).sum()
}

fn walk(message: &Message<'_>) -> u64 {
    message.headers().fold(0, |sum, header| {
        black_box((header.key, header.value));
        sum + (header.key.len() ^ header.value.len()) as u64
    })
}

/// All messages, every header as borrowed key and value.
pub fn headers(bytes: &[u8]) -> u64 {
    let mut messages = ami_wire::messages(bytes);
    let mut sum = 0;
    while let Some(message) = messages.lend() {
        sum += message.map_or(0, |message| walk(&message));
    }
    sum
}

/// The same with messages that do not borrow from the iterator, so that their headers are searched again.
pub fn headers_free(bytes: &[u8]) -> u64 {
    let mut sum = 0;
    for message in ami_wire::messages(bytes).flatten() {
        sum += walk(&message);
    }
    sum
}

/// The same, fed in pieces.
pub fn stream(bytes: &[u8], chunk: usize) -> u64 {
    let mut stream = Stream::default();
    let mut sum = 0;
    for chunk in bytes.chunks(chunk) {
        stream.feed(chunk);
        while let Some(message) = stream.next() {
            sum += message.map_or(0, |message| walk(&message));
        }
    }
    sum
}

/// One header of every message.
pub fn get(bytes: &[u8], key: &str) -> u64 {
    let mut messages = ami_wire::messages(bytes);
    let mut sum = 0;
    while let Some(message) = messages.lend() {
        sum += message.ok().and_then(|message| message.get(black_box(key))).map_or(1, <[u8]>::len) as u64;
    }
    sum
}

/// All defects of every message; there are none in the flood.
pub fn defects(bytes: &[u8]) -> u64 {
    let mut messages = ami_wire::messages(bytes);
    let mut sum = 0;
    while let Some(message) = messages.lend() {
        sum += message.map_or(0, |message| 1 + message.defects().count() as u64);
    }
    sum
}

/// Every message written again, header by header; `out` is what is written to.
pub fn encode(bytes: &[u8], out: &mut Vec<u8>) -> u64 {
    out.clear();
    let mut messages = ami_wire::messages(bytes);
    while let Some(message) = messages.lend() {
        let Ok(message) = message else { continue };
        let Some(name) = message.name() else { continue };
        if let Ok(mut encoder) = Encoder::event(&mut *out, name) {
            for header in message.headers().skip(1) {
                let _ = black_box(encoder.header(header.key, header.value));
            }
            let _ = black_box(encoder.end());
        }
    }
    out.len() as u64
}
