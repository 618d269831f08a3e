//! gzip and zstd, recognised by content, one around the other if need be.

use std::fmt;
use std::io::{BufRead, BufReader, Chain, Cursor, Error, ErrorKind, Read, Result};

use flate2::bufread::GzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

/// Archives in archives, up to here; a file that is deeper is not a capture.
const DEPTH: usize = 4;

/// The bytes by which a packing is recognised.
const MAGIC: usize = 4;

/// Takes the wrappers off an input.
pub(super) fn unpack(mut input: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>> {
    for _ in 0..DEPTH {
        let (head, whole) = peek(input)?;
        let Some(packing) = Packing::of(&head) else { return Ok(Box::new(whole)) };
        input = Box::new(Unpacked { packing, state: State::Between(BufReader::new(whole)), members: 0 });
    }
    Ok(input)
}

/// An input with its first bytes put back.
type Whole = Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>;

/// Reads the first bytes and puts them back.
fn peek(mut input: Box<dyn Read + Send>) -> Result<(Vec<u8>, Whole)> {
    let mut head = Vec::with_capacity(MAGIC);
    input.by_ref().take(MAGIC as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(input)))
}

#[derive(Clone, Copy, Debug)]
enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second is a frame to be skipped, which some packers put in front.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Whether one more member can begin with this byte.
    const fn can_begin_with(self, byte: u8) -> bool {
        match self {
            Self::Gzip => byte == 0x1f,
            Self::Zstd => matches!(byte, 0x28 | 0x50..=0x5f),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    fn open(self, input: Packed) -> Result<State> {
        Ok(match self {
            Self::Gzip => State::Gzip(Box::new(GzDecoder::new(input))),
            Self::Zstd => State::Zstd(Box::new(ZstdDecoder::with_buffer(input)?.single_frame())),
        })
    }
}

type Packed = BufReader<Whole>;

/// The content of an archive: of all its members, one behind the other.
struct Unpacked {
    packing: Packing,
    state: State,
    /// How many members were opened.
    members: u64,
}

/// Where in an archive the reader is.
enum State {
    Between(Packed),
    Gzip(Box<GzDecoder<Packed>>),
    Zstd(Box<ZstdDecoder<'static, Packed>>),
    Ended,
}

impl Read for Unpacked {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let result = match &mut self.state {
                State::Gzip(member) => member.read(into),
                State::Zstd(member) => member.read(into),
                State::Between(_) => Ok(0),
                State::Ended => return Ok(0),
            };
            match result {
                Ok(0) => self.state = self.next()?,
                Ok(count) => return Ok(count),
                Err(error) => return Err(self.explain(error)),
            }
        }
    }
}

impl Unpacked {
    /// Opens the next member.
    fn next(&mut self) -> Result<State> {
        let mut input = match std::mem::replace(&mut self.state, State::Ended) {
            State::Between(input) => input,
            State::Gzip(member) => member.into_inner(),
            State::Zstd(member) => member.finish(),
            State::Ended => return Ok(State::Ended),
        };
        let mut is_padded = false;
        loop {
            let bytes = input.fill_buf()?;
            match bytes.first() {
                None => return Ok(State::Ended),
                // Archives that were on tapes or devices are filled up with zeros.
                Some(0) if self.members > 0 => {
                    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                    input.consume(zeros);
                    is_padded = true;
                }
                Some(byte) if !is_padded && self.packing.can_begin_with(*byte) => break,
                Some(_) => return Err(self.broken(Broken::Behind)),
            }
        }
        self.members += 1;
        self.packing.open(input).map_err(|error| self.explain(error))
    }

    /// What a decoder has to say, in our words.
    fn explain(&self, error: Error) -> Error {
        let is_ours = error.get_ref().is_some_and(|inner| inner.downcast_ref::<Told>().is_some());
        let is_systems = error.raw_os_error().is_some();
        match error.kind() {
            _ if is_ours || is_systems => error,
            ErrorKind::Interrupted | ErrorKind::WouldBlock => error,
            ErrorKind::UnexpectedEof => self.broken(Broken::Cut),
            // It only looked like one more member.
            ErrorKind::InvalidInput if self.members > 1 => self.broken(Broken::Behind),
            _ if self.members > 1 && error.to_string().contains("Unknown frame descriptor") => {
                self.broken(Broken::Behind)
            }
            _ => self.broken(Broken::Damaged),
        }
    }

    fn broken(&self, how: Broken) -> Error {
        Error::new(ErrorKind::InvalidData, Told { packing: self.packing, how })
    }
}

/// What is wrong with an archive.
#[derive(Clone, Copy, Debug)]
enum Broken {
    /// It ends inside a member.
    Cut,
    Damaged,
    /// What stands behind its last member is no member.
    Behind,
}

#[derive(Debug)]
struct Told {
    packing: Packing,
    how: Broken,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packing = self.packing.name();
        match self.how {
            Broken::Cut => write!(f, "the {packing} archive is cut off: its end is missing"),
            Broken::Damaged => write!(f, "the {packing} archive is damaged"),
            Broken::Behind => write!(f, "behind the end of the {packing} data stands something else"),
        }
    }
}

impl std::error::Error for Told {}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        zstd::encode_all(text, 3).unwrap()
    }

    /// What comes out, and what is told at the end.
    fn read(bytes: &[u8]) -> (Vec<u8>, Option<String>) {
        let mut out = Vec::new();
        let result = unpack(Box::new(Cursor::new(bytes.to_vec()))).and_then(|mut input| input.read_to_end(&mut out));
        (out, result.err().map(|error| error.to_string()))
    }

    /// Text that does not pack well, so that its end needs the end of the archive.
    fn text() -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..40_000).map(|_| next()).collect()
    }

    #[test]
    fn members_follow_each_other() {
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"any"].concat();
        for (pack, name) in [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd")] {
            let whole = [pack(b"one, "), pack(b""), pack(b"two")].concat();
            assert_eq!(read(&whole), (b"one, two".to_vec(), None), "{name}");
            assert_eq!(read(&[&whole[..], &[0; 9000]].concat()), (b"one, two".to_vec(), None), "{name}");
            assert_eq!(read(&gzip(&zstd(&whole))), (b"one, two".to_vec(), None), "{name}");
        }
        let frames = [skipped.clone(), zstd(b"one"), skipped].concat();
        assert_eq!(read(&frames), (b"one".to_vec(), None));
    }

    #[test]
    fn what_stands_behind_is_told_as_that() {
        for (pack, name) in [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd")] {
            let magic = &pack(b"")[..1];
            for junk in [&b"x"[..], b"junk that is long enough for a head", &[0, 0, 1], &[magic, &[0; 30]].concat()] {
                let (out, told) = read(&[&pack(b"text")[..], junk].concat());
                assert_eq!(out, b"text", "{name} {junk:?}");
                let expected = format!("behind the end of the {name} data stands something else");
                assert_eq!(told, Some(expected), "{junk:?}");
            }
        }
    }

    #[test]
    fn an_archive_that_was_cut_is_told_as_that() {
        let text = text();
        for (pack, name) in [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd")] {
            let whole = pack(&text);
            for cut in [5, 100, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
                let (out, told) = read(&whole[..cut]);
                assert!(text.starts_with(&out), "{name} {cut}");
                assert_eq!(told, Some(format!("the {name} archive is cut off: its end is missing")), "{cut}");
                // However deep it lies.
                let (inner, told) = read(&zstd(&whole[..cut]));
                assert_eq!(inner, out, "{name} {cut}");
                assert_eq!(told, Some(format!("the {name} archive is cut off: its end is missing")), "{cut}");
            }
            let (_, told) = read(&gzip(&whole)[..whole.len() / 2]);
            assert_eq!(told, Some("the gzip archive is cut off: its end is missing".to_owned()));
        }
    }

    #[test]
    fn damage_is_told_as_that() {
        let mut whole = gzip(&text());
        let last = whole.len() - 6;
        whole[last] ^= 0xff;
        assert_eq!(read(&whole), (text(), Some("the gzip archive is damaged".to_owned())));
    }
}
