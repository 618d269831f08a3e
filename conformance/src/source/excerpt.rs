//! A second look at a trace, for the messages that a report shows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::time::Duration;

use ami_wire::Parser;
use memchr::memchr_iter;

use super::input::{Form, Peek, direction_of};
use super::reading::Reading;
use super::streams::{Complete, Sink};
use super::{BLOCK, File, Opened, Trace, http, pcap};
use crate::finding::{Place, Sender};

/// How much of a message a report can show.
const SHOWN: usize = 2048;

/// The beginning of a message, and the line on which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The file, and the stream in it where it holds several.
    pub path: String,
    /// The line of the stream on which the message begins, counted from 1.
    pub line: u64,
    /// The message's bytes, as far as a report may show them.
    pub bytes: Vec<u8>,
}

/// Excerpts by connection, sender and offset.
pub type Excerpts = BTreeMap<(u32, Sender, u64), Excerpt>;

impl Trace {
    /// The messages that stand at these places. What cannot be read again (standard input) is left out.
    pub fn excerpts(&self, wanted: &[Place]) -> Excerpts {
        let mut found = Excerpts::new();
        for file in &self.streams {
            let is_of = |place: &&Place| {
                let other = self.streams.iter().any(|other| other.sender == Some(place.direction));
                file.sender.map_or(!other, |sender| sender == place.direction)
            };
            let places: Vec<Place> = wanted.iter().filter(is_of).copied().collect();
            if !places.is_empty() {
                // A file that was readable a moment ago and no longer is costs excerpts, not the report.
                let _ = file.excerpts(&places, &mut found);
            }
        }
        found
    }
}

impl File {
    fn excerpts(&self, places: &[Place], found: &mut Excerpts) -> std::io::Result<()> {
        if !self.is_repeatable() {
            return Ok(());
        }
        let mut path = self.origin.shown().display().to_string();
        let mut input = self.open()?;
        let form = Form::of(input.head());
        if matches!(form, Form::Http | Form::Mxml) {
            input = Peek::new(Box::new(Cursor::new(http::decode(form, input)?.0)));
            path.push_str(" (decoded)");
        }
        if form == Form::Packets {
            let mut streams = Shelf { path, wanted: Vec::new(), of: BTreeMap::new(), found };
            streams.wanted = places.iter().map(|place| (place.connection, place.direction, place.offset)).collect();
            _ = pcap::read(input, &mut streams);
            return Ok(());
        }
        let mut wanted: Vec<_> = places.iter().map(|place| (place.direction, place.offset)).collect();
        // Both directions can be in one text, where they stand elsewhere than in what each side sent.
        let mut places_in_text = None;
        if self.sender.is_none() {
            let text = places_in(&mut input, &wanted)?;
            wanted = text.iter().map(|((sender, _), at)| (*sender, *at)).collect();
            places_in_text = Some(text.into_iter().map(|((sender, offset), at)| ((sender, at), offset)).collect());
            input = self.open()?;
            let form = Form::of(input.head());
            if matches!(form, Form::Http | Form::Mxml) {
                input = Peek::new(Box::new(Cursor::new(http::decode(form, input)?.0)));
            }
        }
        let offset_of = |sender: Sender, at: u64| match &places_in_text {
            Some(text) => BTreeMap::get(text, &(sender, at)).copied().unwrap_or(at),
            None => at,
        };
        let mut reel = Reel::new(wanted.into_iter());
        let mut block = vec![0; BLOCK];
        loop {
            let count = input.read(&mut block)?;
            reel.bytes(block.get(..count).unwrap_or_default());
            if count == 0 || reel.is_complete() {
                break;
            }
        }
        let excerpts = reel
            .found
            .into_iter()
            .map(|((sender, at), found)| ((0, sender, offset_of(sender, at)), found))
            .map(|(place, (line, bytes))| (place, Excerpt { path: path.clone(), line, bytes }));
        found.extend(excerpts);
        Ok(())
    }
}

/// Where messages stand in a text that can hold both directions, by their places among what their sender sent.
fn places_in(input: &mut Peek, wanted: &[(Sender, u64)]) -> std::io::Result<BTreeMap<(Sender, u64), u64>> {
    let wanted: BTreeSet<_> = wanted.iter().copied().collect();
    let mut found = BTreeMap::new();
    let direction = direction_of(input.head());
    let mut reading = Reading::new(Parser::new(), direction, None);
    let mut has_ended = false;
    while !has_ended && found.len() < wanted.len() {
        let count = input.read(reading.room(BLOCK))?;
        reading.filled(count);
        has_ended = count == 0;
        if has_ended {
            reading.end();
        }
        while let Some((at, sender, message)) = reading.next() {
            let offset = message.map_or_else(|error| error.message, |message| message.offset());
            if wanted.contains(&(sender, offset)) {
                found.insert((sender, offset), at);
            }
        }
    }
    Ok(found)
}

/// One stream as it runs past, and the places in it that are wanted.
struct Reel {
    /// In order of the offsets.
    wanted: Vec<(u64, Sender)>,
    next: usize,
    at: u64,
    line: u64,
    found: BTreeMap<(Sender, u64), (u64, Vec<u8>)>,
}

impl Reel {
    fn new(wanted: impl Iterator<Item = (Sender, u64)>) -> Self {
        let mut wanted: Vec<_> = wanted.map(|(sender, at)| (at, sender)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        Self { wanted, next: 0, at: 0, line: 1, found: BTreeMap::new() }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        // Excerpts under way go on.
        for (_, excerpt) in self.found.values_mut() {
            let missing = SHOWN.saturating_sub(excerpt.len());
            excerpt.extend(bytes.iter().take(missing));
        }
        let mut counted = 0;
        while let Some(&(offset, sender)) =
            self.wanted.get(self.next).filter(|(offset, _)| *offset < self.at + bytes.len() as u64)
        {
            self.next += 1;
            // Not so where it lies in a gap.
            let Some(at) = offset.checked_sub(self.at).map(|at| at as usize) else { continue };
            self.line += memchr_iter(b'\n', bytes.get(counted..at).unwrap_or_default()).count() as u64;
            counted = at;
            let from = bytes.get(at..).unwrap_or_default();
            self.found.insert((sender, offset), (self.line, from.get(..SHOWN).unwrap_or(from).to_vec()));
        }
        self.line += memchr_iter(b'\n', bytes.get(counted..).unwrap_or_default()).count() as u64;
        self.at += bytes.len() as u64;
    }

    fn is_complete(&self) -> bool {
        self.next == self.wanted.len()
            && self.wanted.last().is_none_or(|(last, _)| self.at >= last.saturating_add(SHOWN as u64))
    }
}

/// The streams of a packet capture.
struct Shelf<'f> {
    path: String,
    wanted: Vec<(u32, Sender, u64)>,
    of: BTreeMap<(u32, Sender), Reel>,
    found: &'f mut Excerpts,
}

impl Sink for Shelf<'_> {
    fn opened(&mut self, connection: u32, _opened: &Opened) {
        for sender in [Sender::Server, Sender::Client] {
            let of = |(number, by, _): &&(u32, Sender, u64)| (*number, *by) == (connection, sender);
            let wanted = self.wanted.iter().filter(of).map(|(_, sender, at)| (*sender, *at));
            self.of.insert((connection, sender), Reel::new(wanted));
        }
    }

    fn bytes(&mut self, connection: u32, sender: Sender, _time: Option<Duration>, bytes: &[u8]) {
        if let Some(reel) = self.of.get_mut(&(connection, sender)) {
            reel.bytes(bytes);
        }
    }

    fn gap(&mut self, connection: u32, sender: Sender, length: u64) {
        if let Some(reel) = self.of.get_mut(&(connection, sender)) {
            reel.at += length;
        }
    }

    fn closed(&mut self, connection: u32, _complete: Complete) {
        for sender in [Sender::Server, Sender::Client] {
            let Some(reel) = self.of.remove(&(connection, sender)) else { continue };
            for ((_, at), (line, bytes)) in reel.found {
                let path = format!("{} (connection {connection}, {})", self.path, sender.as_str());
                self.found.insert((connection, sender, at), Excerpt { path, line, bytes });
            }
        }
    }
}
