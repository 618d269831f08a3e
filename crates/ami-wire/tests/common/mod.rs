//! The recorded sessions, as the tests read them.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use ami_wire::Direction;

/// One direction of one recorded connection.
pub(crate) struct Trace {
    /// `asterisk-22/flood.s2c`, without `.zst`.
    pub(crate) name: String,
    pub(crate) direction: Direction,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus")
}

/// Every `.s2c` and `.c2s` of the corpus, unpacked, in order of name.
pub(crate) fn traces() -> Vec<Trace> {
    let mut all = Vec::new();
    for folder in fs::read_dir(corpus().join("traces")).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(folder.parent().unwrap()).unwrap().to_str().unwrap().to_owned();
            let (name, packed) = match name.strip_suffix(".zst") {
                Some(name) => (name.to_owned(), true),
                None => (name, false),
            };
            let direction = match Path::new(&name).extension().and_then(|suffix| suffix.to_str()) {
                Some("s2c") => Direction::Server,
                Some("c2s") => Direction::Client,
                _ => continue,
            };
            let mut bytes = fs::read(&file).unwrap();
            if packed {
                let mut unpacked = Vec::new();
                ruzstd::decoding::StreamingDecoder::new(&bytes[..]).unwrap().read_to_end(&mut unpacked).unwrap();
                bytes = unpacked;
            }
            all.push(Trace { name, direction, bytes });
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(all.len() > 300, "the corpus is not whole: {} traces", all.len());
    all
}

/// One trace by name, as in `asterisk-22/flood.s2c`.
pub(crate) fn trace(name: &str) -> Trace {
    traces().into_iter().find(|trace| trace.name == name).unwrap_or_else(|| panic!("no trace {name}"))
}
