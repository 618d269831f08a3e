//! The same job by other libraries.
//!
//! `asterisk-ami` has no parser that could be called: it reads from a socket that it opened, and drops events that its
//! channel has no room for. So it is not here.

use std::hint::black_box;

use asterisk_rs_ami::{AmiCodec, AmiEvent};
use bytes::BytesMut;
use tokio_util::codec::Decoder;

/// The codec of `asterisk-rs-ami`, which yields owned headers. What it refuses ends the job, so that its answer, the
/// number of messages, must be looked at.
pub fn asterisk_rs_codec(bytes: &[u8]) -> u64 {
    let mut codec = AmiCodec::new();
    let mut count = 0;
    // Fed as a connection would: what it does per byte of buffer must not grow with the trace.
    let mut buffer = BytesMut::new();
    for chunk in bytes.chunks(64 << 10) {
        buffer.extend_from_slice(chunk);
        while let Ok(Some(message)) = codec.decode(&mut buffer) {
            count += 1;
            black_box(message);
        }
    }
    count
}

/// The codec, and the typed event of every message.
pub fn asterisk_rs_typed(bytes: &[u8]) -> u64 {
    let mut codec = AmiCodec::new();
    let mut count = 0;
    let mut buffer = BytesMut::new();
    for chunk in bytes.chunks(64 << 10) {
        buffer.extend_from_slice(chunk);
        while let Ok(Some(message)) = codec.decode(&mut buffer) {
            count += u64::from(black_box(AmiEvent::from_raw(&message)).is_some());
        }
    }
    count
}
