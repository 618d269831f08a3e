//! A second look at a trace, for the messages that a report shows.

use std::collections::BTreeMap;
use std::io::Read;

use memchr::memchr_iter;

use super::{BLOCK, File, Trace, unpack};
use crate::finding::Sender;

/// How much of a message a report can show.
const SHOWN: usize = 2048;

/// The beginning of a message, and the line on which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The file.
    pub path: String,
    /// The line of the file on which the message begins, counted from 1.
    pub line: u64,
    /// The message's bytes, as far as a report may show them.
    pub bytes: Vec<u8>,
}

/// Excerpts by sender and offset.
pub type Excerpts = BTreeMap<(Sender, u64), Excerpt>;

impl Trace {
    /// The messages that begin at these offsets. What cannot be read again (standard input) is left out.
    pub fn excerpts(&self, wanted: &[(Sender, u64)]) -> Excerpts {
        let mut found = Excerpts::new();
        for sender in [Sender::Client, Sender::Server] {
            let mut offsets: Vec<u64> = wanted.iter().filter(|(of, _)| *of == sender).map(|(_, at)| *at).collect();
            offsets.sort_unstable();
            offsets.dedup();
            let own = self.streams.iter().find(|file| file.sender == Some(sender));
            let file = own.or_else(|| self.streams.iter().find(|file| file.sender.is_none()));
            if let Some(file) = file.filter(|_| !offsets.is_empty()) {
                // A file that was readable a moment ago and no longer is costs excerpts, not the report.
                let _ = file.excerpts(sender, &offsets, &mut found);
            }
        }
        found
    }
}

impl File {
    fn excerpts(&self, sender: Sender, offsets: &[u64], found: &mut Excerpts) -> std::io::Result<()> {
        let Some(path) = self.path.as_ref().filter(|path| path.is_file()) else { return Ok(()) };
        let mut input = unpack::unpack(Box::new(std::fs::File::open(path)?))?;
        let mut block = vec![0; BLOCK];
        let (mut start, mut line) = (0_u64, 1_u64);
        let mut next = 0;
        loop {
            let count = input.read(&mut block)?;
            let bytes = block.get(..count).unwrap_or_default();
            // Excerpts under way go on in this block.
            for excerpt in found.iter_mut().filter(|((of, at), _)| *of == sender && *at < start) {
                let missing = SHOWN.saturating_sub(excerpt.1.bytes.len());
                excerpt.1.bytes.extend(bytes.iter().take(missing));
            }
            let mut counted = 0;
            while let Some(&offset) = offsets.get(next).filter(|offset| **offset < start + count as u64) {
                let at = (offset - start) as usize;
                line += memchr_iter(b'\n', bytes.get(counted..at).unwrap_or_default()).count() as u64;
                counted = at;
                let from = bytes.get(at..).unwrap_or_default();
                let excerpt = Excerpt {
                    path: path.display().to_string(),
                    line,
                    bytes: from.get(..SHOWN).unwrap_or(from).to_vec(),
                };
                found.insert((sender, offset), excerpt);
                next += 1;
            }
            line += memchr_iter(b'\n', bytes.get(counted..).unwrap_or_default()).count() as u64;
            start += count as u64;
            let complete =
                next == offsets.len() && offsets.last().is_none_or(|last| start >= last.saturating_add(SHOWN as u64));
            if count == 0 || complete {
                return Ok(());
            }
        }
    }
}
