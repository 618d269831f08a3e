//! Laws of the encoder.

use ami_wire::{Encoder, Kind};
use arbitrary::{Arbitrary, Unstructured};

/// An action that somebody who trusts nobody wants to send.
#[derive(Debug, Arbitrary)]
struct Hostile<'a> {
    name: &'a [u8],
    headers: Vec<(&'a [u8], &'a [u8])>,
}

/// No input injects a header: what was accepted comes out as it was meant, and nothing else does.
pub fn action_encode(input: &[u8]) {
    let Ok(hostile) = Hostile::arbitrary(&mut Unstructured::new(input)) else { return };
    let mut out = Vec::new();
    let Ok(mut encoder) = Encoder::action(&mut out, hostile.name) else { return };
    let mut meant: Vec<(&[u8], &[u8])> = vec![(b"Action", hostile.name)];
    for (key, value) in &hostile.headers {
        if encoder.header(key, value).is_ok() {
            meant.push((key, value));
        }
    }
    encoder.end().expect("a vector takes everything");
    let messages: Vec<_> = ami_wire::messages(&out).collect();
    let [Ok(message)] = messages[..] else { panic!("one message, not {messages:?}") };
    assert_eq!((message.kind(), message.name()), (Kind::Action, Some(hostile.name)));
    let came: Vec<_> = message.headers().map(|header| (header.key, header.value)).collect();
    assert_eq!(came, meant);
    assert_eq!(message.raw_lines().count(), 0);
}
