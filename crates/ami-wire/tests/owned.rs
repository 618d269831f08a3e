//! An owned message is the message it was made from.

mod common;

use ami_wire::{Direction, Encoder, FixedStream, Header, Message, OwnedMessage, Parser, SliceSink, Stream};
use proptest::prelude::*;

fn agrees(message: &Message<'_>) {
    let owned = message.to_owned();
    assert_eq!(owned, *message);
    assert_eq!(owned.kind(), message.kind());
    assert_eq!(owned.name(), message.name());
    assert_eq!(owned.offset(), message.offset());
    assert_eq!(owned.as_bytes(), message.as_bytes());
    assert_eq!(owned.len(), message.len());
    assert_eq!(owned.is_complete(), message.is_complete());
    assert_eq!(owned.has_output(), message.has_output());
    assert!(owned.headers().eq(message.headers()), "{message:?}");
    assert_eq!(owned.headers().len(), message.headers().count());
    let mut backwards: Vec<Header<'_>> = owned.headers().rev().collect();
    backwards.reverse();
    assert!(backwards.into_iter().eq(message.headers()));
    assert!(owned.lines().eq(message.lines()));
    assert!(owned.raw_lines().eq(message.raw_lines()));
    assert!(owned.output().eq(message.output()));
    assert!(owned.command_output().eq(message.command_output()));
    assert!(owned.defects().eq(message.defects()));
    for header in message.headers() {
        assert_eq!(owned.get(header.trimmed_key()), message.get(header.trimmed_key()));
        assert_eq!(owned.get_str(header.trimmed_key()), message.get_str(header.trimmed_key()));
        assert!(owned.get_all(header.trimmed_key()).eq(message.get_all(header.trimmed_key())));
    }
    assert_eq!(owned.get("No-Such-Key"), None);
    assert_eq!(format!("{owned:?}"), format!("{message:?}"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    owned.encode(&mut ours).unwrap();
    message.encode(&mut theirs).unwrap();
    assert_eq!(ours, theirs);
}

#[test]
fn every_recorded_message_is_the_same_when_owned() {
    let mut count = 0;
    for trace in common::traces() {
        for message in Parser::new().direction(trace.direction).messages(&trace.bytes) {
            agrees(&message.unwrap());
            count += 1;
        }
    }
    assert!(count > 50_000, "{count}");
}

#[test]
fn equality_is_about_the_message_and_not_about_its_place() {
    let bytes = b"Event: A\r\n\r\nEvent: A\r\n\r\nEvent: B\r\n\r\n";
    let all: Vec<OwnedMessage> = ami_wire::messages(bytes).map(|message| message.unwrap().to_owned()).collect();
    assert_eq!(all[0], all[1]);
    assert_ne!(all[0].offset(), all[1].offset());
    assert_ne!(all[0], all[2]);
    // The same bytes mean something else with another end marker.
    let output = b"Response: Follows\r\nEND\r\n--END COMMAND--\r\n\r\n";
    let usual = ami_wire::messages(output).next().unwrap().unwrap().to_owned();
    let other = Parser::new().end_marker(b"--END COMMAND--\r").messages(output).next().unwrap().unwrap().to_owned();
    assert_eq!(usual.as_bytes(), other.as_bytes());
    assert_ne!(usual, other);
}

#[test]
fn secrets_do_not_show() {
    let bytes = b"Action: Login\r\nUsername: admin\r\nSecret: labsecret\r\n\r\n";
    let message = Parser::new().direction(Direction::Client).messages(bytes).next().unwrap().unwrap();
    let shown = format!("{:?} {:?}", message, message.to_owned());
    assert!(shown.contains("Secret: ***") && !shown.contains("labsecret"), "{shown}");
    // Neither as text nor as the numbers of its bytes, by nothing that holds a message or a part of one.
    let mut stream = Stream::default();
    stream.feed(bytes);
    let mut memory = [0; 128];
    let mut fixed = FixedStream::new(Parser::new(), &mut memory);
    assert_eq!(fixed.feed(bytes), bytes.len());
    let owned = message.to_owned();
    let mut encoder = Encoder::action(Vec::new(), "Login").unwrap();
    encoder.header("Secret", "labsecret").unwrap();
    let mut memory = [0; 128];
    let mut sink = SliceSink::new(&mut memory);
    message.encode(&mut sink).unwrap();
    let all: [&dyn std::fmt::Debug; 12] = [
        &stream,
        &fixed,
        &encoder,
        &sink,
        &ami_wire::messages(bytes),
        &ami_wire::mixed(Parser::new(), bytes),
        &message.headers(),
        &message.lines(),
        &message.lines().collect::<Vec<_>>(),
        &message.defects(),
        &message.get_all("Username"),
        &owned.headers(),
    ];
    for shown in all {
        let shown = format!("{shown:?}");
        assert!(!shown.contains("labsecret") && !shown.contains("108, 97, 98"), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_message_is_the_same_when_owned(bytes in prop::collection::vec(prop_oneof![
        Just(b'\r'), Just(b'\n'), Just(b':'), Just(b' '), Just(b'R'), any::<u8>(),
    ], 0..80), follows in any::<bool>()) {
        let bytes = if follows { [&b"Response: Follows\r\n"[..], &bytes].concat() } else { bytes };
        for message in ami_wire::messages(&bytes) {
            agrees(&message.unwrap());
        }
    }
}
