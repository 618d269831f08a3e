//! Nothing is allocated between the caller's bytes and what the caller asks for.

mod common;

use allocation_counter::measure;
use ami_wire::{ActionIds, ChallengeKey, Encoder, FixedStream, Framer, Message, Parser, SliceSink};

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

#[test]
fn an_owned_message_is_one_allocation() {
    let (mut count, mut without) = (0, 0);
    for trace in common::traces() {
        for message in Parser::new().direction(trace.direction).messages(&trace.bytes) {
            let message = message.unwrap();
            let mut owned = None;
            let made = measure(|| owned = Some(message.to_owned()));
            assert!(made.count_total <= 1, "{message:?}");
            without += usize::from(made.count_total == 0);
            count += 1;
            let owned = owned.unwrap();
            let used = measure(|| {
                assert!(owned.headers().eq(message.headers()));
                assert_eq!(owned.get("Channel"), message.get("Channel"));
                assert_eq!(owned.defects().count(), message.defects().count());
            });
            assert_eq!(used.count_total, 0);
        }
    }
    assert!(0 < without && without < count / 10, "{without} of {count} without any");
}

#[test]
fn fixed_memory_action_ids_and_keys_allocate_nothing() {
    let trace = common::trace("asterisk-22/simple.s2c");
    let mut memory = vec![0; 16 * 1024];
    let mut out = [0; 256];
    let mut messages = 0;
    let info = measure(|| {
        let mut stream = FixedStream::new(Parser::new(), &mut memory);
        let mut rest = &trace.bytes[..];
        while !rest.is_empty() {
            let taken = stream.feed(&rest[..rest.len().min(100)]);
            rest = &rest[taken..];
            while let Some(message) = stream.next() {
                message.unwrap();
                messages += 1;
            }
        }
        let mut ids = ActionIds::new("prefix").unwrap();
        let mut sink = SliceSink::new(&mut out);
        let mut login = Encoder::action(&mut sink, "Login").unwrap();
        login.header("ActionID", ids.next()).unwrap();
        login.header("Key", ChallengeKey::new("1", "secret")).unwrap();
        login.end().unwrap();
    });
    assert_eq!((info.count_total, messages), (0, ami_wire::messages(&trace.bytes).count()));
}

#[test]
fn json_of_a_borrowed_message_allocates_nothing() {
    let mut memory = vec![0; 1 << 20];
    for trace in common::traces() {
        let info = measure(|| {
            for message in Parser::new().direction(trace.direction).messages(&trace.bytes) {
                serde_json::to_writer(&mut memory[..], &message.unwrap()).unwrap();
            }
        });
        assert_eq!(info.count_total, 0, "{}", trace.name);
    }
}

#[test]
fn values_allocate_nothing() {
    use ami_wire::values::{CallerId, ChannelName, DateTime, EpochTime, KeyFamily, PeerAddress, UniqueId, boolean};
    let info = measure(|| {
        assert!(boolean(b"yes").unwrap() && boolean(b"maybe").is_err());
        assert!(EpochTime::parse(b"1795516800.123456").is_ok() && EpochTime::parse(b"1795516800").is_err());
        assert!(DateTime::parse(b"2026-11-24T10:40:00.890+0000").is_ok());
        assert!(PeerAddress::parse(b"IPV6/TCP/fe80::1%eth0/5038").is_ok() && PeerAddress::parse(b"IPV4/").is_err());
        assert!(CallerId::parse(b"\"Kermit\" <100>").name.is_some());
        assert!(ChannelName::parse(b"Local/100@ctx-00000001;2").is_ok());
        assert!(UniqueId::parse(b"pbx-1795516943.398").is_ok());
        assert!(KeyFamily::parse(b"Line-000001-000002").is_ok());
    });
    assert_eq!(info.count_total, 0);
}
