//! Jobs of what stands on the parser.

use std::hint::black_box;

use ami_conformance::report::jsonl;
use ami_conformance::{Options, Sender, Session};
use ami_types::Event;

/// The typed event of every message.
pub fn decode(bytes: &[u8]) -> u64 {
    let mut sum = 0;
    let mut messages = ami_wire::messages(bytes);
    while let Some(message) = messages.lend() {
        let Ok(message) = message else { continue };
        let event = Event::decode(&message);
        sum += event.id().map_or(0, |id| id as u64);
        black_box(&event);
    }
    sum
}

/// The typed event of every message, and every field of it with what the schema says about it.
pub fn typed(bytes: &[u8]) -> u64 {
    let mut sum = 0;
    let mut messages = ami_wire::messages(bytes);
    while let Some(message) = messages.lend() {
        let Ok(message) = message else { continue };
        let event = Event::decode(&message);
        for field in event.fields() {
            sum += field.value.as_bytes().len() as u64 + u64::from(field.def.is_some());
        }
        black_box(&event);
    }
    sum
}

/// All rules of the checker on one connection.
pub fn check(bytes: &[u8]) -> u64 {
    let mut session = Session::new(0, Options::default());
    let mut messages = ami_wire::messages(bytes);
    while let Some(message) = messages.lend() {
        let Ok(message) = message else { continue };
        session.push(Sender::Server, &message);
    }
    let counts = session.finish();
    session.message_count() + counts.violated()
}

/// Every message as a line of JSON.
pub fn dump(bytes: &[u8], out: &mut Vec<u8>) -> u64 {
    let mut sum = 0;
    let mut messages = ami_wire::messages(bytes);
    while let Some(message) = messages.lend() {
        let Ok(message) = message else { continue };
        let _ = jsonl::write(None, Sender::Server, &message, out);
        if out.len() > 64 << 10 {
            sum += out.len() as u64;
            out.clear();
        }
    }
    sum
}
