//! Links only if no panic can be reached: the panic handler calls a function that is nowhere.
//!
//! What `ami-wire` does without an allocator and without its features `values` and `serde` is called with bytes that the compiler knows nothing of, and
//! optimised as one program. What the optimiser cannot prove unreachable stays, and asks for the function. The feature
//! `panic` adds a panic, to see that it is noticed. `.ci/no-panic` builds both.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use ami_wire::{
    ActionIds, ChallengeKey, Direction, Encoder, FixedStream, Framer, Header, Limits, Line, Message, Parser, SliceSink,
    mixed,
};

// The C library gives `memcpy` and its kin, and the start-up code.
#[link(name = "c")]
unsafe extern "C" {
    fn a_panic_can_be_reached() -> !;
}

#[panic_handler]
#[inline(never)]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: never called: if it could be, there would be no program.
    unsafe { a_panic_can_be_reached() }
}

// The core library that comes with the toolchain is built for unwinding and names this function; nothing here unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
extern "C" fn main(_argc: i32, _argv: *const *const u8) -> i32 {
    // The C library's start-up code wants it to be called so.
    every_entry_point(black_box(&[b'\n'; 64]), black_box(7));
    0
}

#[inline(never)]
fn every_entry_point(bytes: &[u8], number: usize) {
    let limits = Limits { line: number, message: number, headers: number as _ };
    let direction = if number == 1 { Direction::Server } else { Direction::Client };
    for parser in [Parser::new(), Parser::new().strict(true), Parser::new().limits(limits).direction(direction)] {
        let mut messages = parser.messages(bytes);
        while let Some(message) = messages.lend() {
            look(message);
        }
        black_box(messages.trailing_blank());
        parser.messages(bytes).for_each(look);
        for directed in mixed(parser, bytes) {
            black_box(directed.is_ok());
        }

        let mut framer = Framer::new(parser);
        let mut front = bytes;
        while let Some(message) = framer.next(&mut front, number == 2) {
            look(message);
        }
        while let Some(message) = framer.lend(&mut front, number == 3) {
            look(message);
        }
        black_box(framer.trailing_blank());

        let mut memory = [0; 300];
        let mut stream = FixedStream::new(parser, memory.get_mut(..number).unwrap_or_default());
        black_box(stream.feed(bytes));
        while let Some(message) = stream.next() {
            look(message);
        }
        black_box(stream.room());
        stream.filled(number);
        stream.end();
        while let Some(message) = stream.next() {
            look(message);
        }
        black_box(stream.trailing_blank());
    }
    encode(bytes);

    #[cfg(feature = "panic")]
    black_box(bytes[number]);
}

#[inline(never)]
fn look(message: Result<Message<'_>, ami_wire::Error>) {
    let Ok(message) = message else { return };
    black_box((message.kind(), message.name(), message.offset(), message.len(), message.direction()));
    black_box((message.is_complete(), message.has_output(), message.has_plain_lines(&message.headers())));
    message.headers().for_each(|header| header_of(header));
    black_box((message.get(black_box("Channel")), message.get_str(black_box("Channel"))));
    message.get_all(black_box("Variable")).for_each(|value| _ = black_box(value));
    message.lines().for_each(|line: Line<'_>| _ = black_box(line));
    message.raw_lines().for_each(|line| _ = black_box(line));
    message.output().for_each(|line| _ = black_box(line));
    message.command_output().for_each(|line| _ = black_box(line));
    message.defects().for_each(|defect| _ = black_box(defect));
    let mut memory = [0; 300];
    black_box(message.encode(&mut SliceSink::new(&mut memory)).is_ok());
}

#[inline(never)]
fn header_of(header: Header<'_>) {
    black_box((
        header.key,
        header.value,
        header.trimmed_key(),
        header.to_str().is_ok(),
        header.key_is(black_box("Event")),
    ));
}

#[inline(never)]
fn encode(bytes: &[u8]) {
    black_box(Header::from_line(bytes));
    let mut memory = [0; 300];
    let mut sink = SliceSink::new(&mut memory);
    for encoder in [Encoder::action(&mut sink, bytes)] {
        let Ok(mut encoder) = encoder else { continue };
        black_box(encoder.header(bytes, bytes).is_ok());
        black_box(encoder.raw_line(bytes).is_ok());
        black_box(encoder.end().is_ok());
    }
    black_box(Encoder::event(&mut sink, bytes).is_ok());
    black_box(Encoder::response(&mut sink, bytes).is_ok());
    black_box(sink.written());
    if let Ok(mut ids) = ActionIds::new(bytes) {
        black_box(ids.next().as_bytes());
        black_box(ids.number(bytes));
    }
    let key = ChallengeKey::new(bytes, bytes);
    black_box((key.as_bytes(), key.matches(bytes)));
}
