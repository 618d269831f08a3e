//! Nothing is allocated between the caller's bytes and what the caller asks for.

mod common;

use allocation_counter::measure;
use ami_wire::{Encoder, Framer, Message, Parser, SliceSink};

/// Looks at everything in a message, so that the optimiser has nothing to leave out.
fn look(message: &Message<'_>) -> usize {
    let mut sum = message.len() + message.name().map_or(0, <[u8]>::len);
    sum += message.headers().map(|header| header.key.len() ^ header.value.len()).sum::<usize>();
    sum += message.lines().count() + message.raw_lines().count() + message.output().count();
    sum += message.get("Channel").map_or(0, <[u8]>::len) + message.get_all("Variable").count();
    sum += message.get_str("CallerIDName").map_or(0, str::len);
    sum += message.defects().map(|defect| defect.offset as usize).sum::<usize>();
    sum
}

#[test]
fn counting_works() {
    let info = measure(|| drop(std::hint::black_box(vec![1_u8; 100])));
    assert_eq!(info.count_total, 1);
}

#[test]
fn reading_and_writing_allocate_nothing() {
    let mut memory = vec![0; 1 << 20];
    for trace in common::traces() {
        let mut sum = 0;
        let info = measure(|| {
            for message in Parser::new().direction(trace.direction).messages(&trace.bytes) {
                let message = message.unwrap();
                sum += look(&message);
                let mut sink = SliceSink::new(&mut memory);
                message.encode(&mut sink).unwrap();
                sum += sink.written().len();
            }
        });
        assert_eq!((info.count_total, sum > 0 || trace.bytes.is_empty()), (0, true), "{}", trace.name);
    }
}

#[test]
fn framing_in_pieces_allocates_nothing() {
    for trace in common::traces() {
        let mut messages = 0;
        let info = measure(|| {
            let mut framer = Framer::new(Parser::new().direction(trace.direction));
            let (mut front, mut back) = (0, 0);
            while back < trace.bytes.len() {
                back = (back + 61).min(trace.bytes.len());
                let mut buffer = &trace.bytes[front..back];
                while let Some(message) = framer.next(&mut buffer, back == trace.bytes.len()) {
                    message.unwrap();
                    messages += 1;
                }
                front = back - buffer.len();
            }
        });
        assert_eq!(info.count_total, 0, "{}", trace.name);
        assert_eq!(messages, Parser::new().direction(trace.direction).messages(&trace.bytes).count(), "{}", trace.name);
    }
}

#[test]
fn strict_errors_and_refusals_allocate_nothing() {
    let mut memory = [0; 64];
    let info = measure(|| {
        let mut messages = Parser::new().strict(true).messages(b"Event:X\r\n\r\n");
        assert!(messages.next().unwrap().is_err());
        let mut sink = SliceSink::new(&mut memory);
        let mut action = Encoder::action(&mut sink, "Ping").unwrap();
        assert!(action.header("A", "b\r\n").is_err());
        assert!(action.header("A", "too long for the memory that is there, by far and away").is_err());
    });
    assert_eq!(info.count_total, 0);
}
