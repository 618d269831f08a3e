//! gzip and zstd, recognised by content, one around the other if need be.

use std::io::{Chain, Cursor, Read, Result};

use flate2::read::MultiGzDecoder;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// Archives in archives, up to here; a file that is deeper is not a capture.
const DEPTH: usize = 4;

/// Takes the wrappers off an input.
pub(super) fn unpack(mut input: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>> {
    for _ in 0..DEPTH {
        let (head, whole) = peek(input)?;
        input = if head.starts_with(GZIP) {
            Box::new(MultiGzDecoder::new(whole))
        } else if head.starts_with(ZSTD) {
            Box::new(zstd::stream::read::Decoder::new(whole)?)
        } else {
            return Ok(Box::new(whole));
        };
    }
    Ok(input)
}

/// An input with its first bytes put back.
type Whole = Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>;

/// Reads the first bytes and puts them back.
fn peek(mut input: Box<dyn Read + Send>) -> Result<(Vec<u8>, Whole)> {
    let mut head = Vec::with_capacity(ZSTD.len());
    input.by_ref().take(ZSTD.len() as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(input)))
}
