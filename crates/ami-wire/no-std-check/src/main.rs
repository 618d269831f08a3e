//! Parses a recorded session, looks at it and writes it again, with nothing but `core`.
//!
//! The exit code tells which step went wrong; 0 is none.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use ami_wire::{ActionIds, DefectCode, Direction, Encoder, FixedStream, Framer, Kind, Parser, SliceSink};

/// A session of release 22 that logs in with a challenge.
static SESSION: &[u8] = include_bytes!("../../../../corpus/traces/asterisk-22/challenge.s2c");

// The entry point that the C start-up code calls; the C library itself gives `memcpy` and its kin only.
#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: abort takes nothing and touches nothing of ours.
    unsafe { abort() }
}

// The core library that comes with the toolchain is built for unwinding and names this function; nothing here unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
extern "C" fn main(_argc: i32, _argv: *const *const u8) -> i32 {
    match run() {
        Ok(()) => 0,
        Err(step) => step,
    }
}

fn run() -> Result<(), i32> {
    let parser = Parser::new().direction(Direction::Server);
    let mut counts = [0; 3];
    for message in parser.messages(SESSION) {
        let message = message.map_err(|_| 1)?;
        match message.kind() {
            Kind::Banner => counts[0] += 1,
            Kind::Response => counts[1] += 1,
            Kind::Event => counts[2] += 1,
            Kind::Action | Kind::Unknown => return Err(2),
        }
        if message.defects().next().is_some() {
            return Err(3);
        }
    }
    if counts != [1, 2, 2] {
        return Err(4);
    }

    // The same in pieces, out of memory on the stack.
    let mut framer = Framer::new(parser);
    let mut memory = [0_u8; 2048];
    let (mut held, mut count) = (0, 0);
    for chunk in SESSION.chunks(7) {
        memory.get_mut(held..held + chunk.len()).ok_or(5)?.copy_from_slice(chunk);
        held += chunk.len();
        let mut front = memory.get(..held).ok_or(6)?;
        while let Some(message) = framer.next(&mut front, false) {
            message.map_err(|_| 7)?;
            count += 1;
        }
        let rest = front.len();
        memory.copy_within(held - rest..held, 0);
        held = rest;
    }
    if count != 5 || held != 0 {
        return Err(8);
    }

    let mut out = [0_u8; 128];
    let mut sink = SliceSink::new(&mut out);
    let mut action = Encoder::action(&mut sink, "Originate").map_err(|_| 9)?;
    action.header("Channel", "PJSIP/100").map_err(|_| 10)?;
    if action.header("Exten", "1\r\nAction: Command").is_ok() {
        return Err(11);
    }
    action.end().map_err(|_| 12)?;
    if sink.written() != b"Action: Originate\r\nChannel: PJSIP/100\r\n\r\n" {
        return Err(13);
    }

    let mut memory = [0_u8; 1024];
    let mut stream = FixedStream::new(parser, &mut memory);
    let (mut rest, mut count) = (SESSION, 0);
    while !rest.is_empty() {
        let taken = stream.feed(rest);
        rest = rest.get(taken..).ok_or(14)?;
        while let Some(message) = stream.next() {
            message.map_err(|_| 15)?;
            count += 1;
        }
    }
    if count != 5 {
        return Err(16);
    }

    let mut ids = ActionIds::new("check-").map_err(|_| 17)?;
    if ids.next().as_bytes() != b"check-0" {
        return Err(18);
    }

    #[cfg(feature = "all")]
    more(parser)?;

    let strict = Parser::new().strict(true).messages(b"Event:X\r\n\r\n").next();
    match strict {
        Some(Err(error)) if error.code == DefectCode::NoSpaceAfterColon && error.offset == 6 => Ok(()),
        _ => Err(19),
    }
}

/// What the features add that need no allocator.
#[cfg(feature = "all")]
fn more(parser: Parser) -> Result<(), i32> {
    use ami_wire::values::{DateTime, Privileges};
    use ami_wire::{ChallengeKey, Record};

    let challenge = parser.messages(SESSION).filter_map(Result::ok).find_map(|message| message.get("Challenge"));
    let key = ChallengeKey::new(challenge.ok_or(30)?, "labsecret");
    if key.as_bytes() != b"965e56f9bdbe9b4ffafe35eb60e42768" {
        return Err(31);
    }

    let auth = parser.messages(SESSION).filter_map(Result::ok).last().ok_or(32)?;
    let time = DateTime::parse(auth.get("EventTV").ok_or(33)?).map_err(|_| 34)?;
    let classes = Privileges::parse(auth.get("Privilege").ok_or(35)?).map_err(|_| 36)?;
    if time.year != 2026 || !classes.contains("security") {
        return Err(37);
    }

    // That the type links is the point: the formats of serde bring allocators of their own.
    core::hint::black_box(Record::new(auth));
    Ok(())
}
