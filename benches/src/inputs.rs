//! The bytes that are parsed.

use std::io::Read;
use std::path::Path;

/// The recorded session that all figures are about: 60 overlapping calls on release 22.
///
/// # Panics
///
/// Where the corpus is not beside this package.
pub fn flood() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/traces/asterisk-22/flood.s2c.zst");
    let packed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(&packed[..])
        .expect("a zstd frame")
        .read_to_end(&mut bytes)
        .expect("a whole zstd frame");
    bytes
}

/// The flood eight times in a row: larger than the caches nearest to the processor.
pub fn flood_8() -> Vec<u8> {
    flood().repeat(8)
}

/// Messages as short as real ones get.
pub fn tiny() -> Vec<u8> {
    b"Response: Success\r\nPing: Pong\r\n\r\nEvent: Reload\r\nStatus: 0\r\n\r\n".repeat(130_000)
}

/// One message of 60,000 headers.
pub fn huge() -> Vec<u8> {
    let mut bytes = b"Response: Success\r\nMessage: Command output follows\r\n".to_vec();
    for line in 0..60_000 {
        bytes.extend_from_slice(
            format!("Output: {line:>6} PJSIP/1000-{line:08x} Up Dial(PJSIP/2000,20)\r\n").as_bytes(),
        );
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}
