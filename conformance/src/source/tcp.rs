//! TCP connections out of segments: retransmitted, reordered, overlapping and lost ones, and connections of which only
//! the middle was captured.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use ami_wire::{Header, Kind};
use hashbrown::HashMap;

use super::Opened;
use super::exchange::{Exchanges, asks_for_messages};
use super::streams::{Complete, Sink};
use crate::finding::Sender;

/// Bytes that are kept behind a hole, for each direction; with more the hole is a gap.
const HELD: usize = 1 << 20;
/// Segments that are kept behind a hole.
const HELD_SEGMENTS: usize = 4096;
/// Once the receiver has confirmed what is missing, it was there: only the capture lacks it. Captures are not in perfect
/// order themselves, so that many packets of the connection are waited for.
const PATIENCE: u32 = 32;
/// A segment further away than this belongs to nothing that is known: a damaged one, or the capture paused.
const FAR: i32 = 64 << 20;
/// That many of them in a row, and the capture paused.
const PAUSED: u8 = 4;
/// Bytes by which a connection must be recognised.
const RECOGNISED_WITHIN: usize = 64 << 10;
/// Connections that are known at a time; with more, those are given up that were silent for longest.
const CONNECTIONS: usize = 16 << 10;

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) sequence: u32,
    pub(super) acknowledged: Option<u32>,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) payload: &'a [u8],
    /// Since 1970.
    pub(super) time: Duration,
}

/// What comes out of one direction of a connection.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Bytes(&'a [u8]),
    /// That many bytes are missing.
    Gap(u64),
}

/// One direction of a connection.
#[derive(Debug, Default)]
struct Half {
    /// The sequence number of the byte at the front; `None` before the first segment.
    front: Option<u32>,
    /// Where the front is in the stream.
    at: u64,
    /// The sequence number of the SYN.
    initial: Option<u32>,
    /// Segments behind a hole, by their place in the stream.
    held: BTreeMap<u64, Vec<u8>>,
    held_bytes: usize,
    /// Up to where the receiver has confirmed.
    confirmed: u64,
    /// Packets since the hole at the front was confirmed.
    waited: u32,
    /// Where the sender has ended it.
    end: Option<u64>,
    far: u8,
}

impl Half {
    /// Where a sequence number is in the stream, seen from the front: behind it or before it.
    fn place(&self, sequence: u32) -> Option<i64> {
        let distance = sequence.wrapping_sub(self.front?).cast_signed();
        (-FAR..FAR).contains(&distance).then(|| self.at.cast_signed() + i64::from(distance))
    }

    fn advance(&mut self, by: u64) {
        self.at += by;
        self.front = self.front.map(|front| front.wrapping_add(by as u32));
    }

    fn take(&mut self, segment: &Segment<'_>, out: &mut dyn FnMut(Piece<'_>)) {
        let sequence = if segment.syn {
            self.initial.get_or_insert(segment.sequence);
            segment.sequence.wrapping_add(1)
        } else {
            segment.sequence
        };
        if self.front.is_none() || (segment.syn && self.at == 0) {
            self.front = Some(sequence);
        }
        let Some(place) = self.place(sequence) else {
            self.far += 1;
            if self.far >= PAUSED {
                self.far = 0;
                self.give_up_all(out);
                let skipped = sequence.wrapping_sub(self.front.unwrap_or(sequence));
                self.advance(u64::from(skipped));
                out(Piece::Gap(u64::from(skipped)));
                self.deliver(segment.payload, out);
            }
            return;
        };
        self.far = 0;
        let Ok(end) = u64::try_from(place + segment.payload.len().cast_signed() as i64) else { return };
        if segment.fin {
            self.end = Some(self.end.map_or(end, |old| old.min(end)));
        }
        // What was there before the front is known already.
        let known = usize::try_from(self.at.cast_signed() - place).unwrap_or(0);
        let Some(payload) = segment.payload.get(known..).filter(|payload| !payload.is_empty()) else { return };
        match u64::try_from(place) {
            Ok(place) if place > self.at => self.hold(place, payload, out),
            _ => self.deliver(payload, out),
        }
    }

    /// Hands on what stands at the front, and what was held behind it.
    fn deliver(&mut self, payload: &[u8], out: &mut dyn FnMut(Piece<'_>)) {
        if !payload.is_empty() {
            out(Piece::Bytes(payload));
            self.advance(payload.len() as u64);
        }
        while let Some(entry) = self.held.first_entry().filter(|entry| *entry.key() <= self.at) {
            let (place, bytes) = entry.remove_entry();
            self.held_bytes -= bytes.len();
            let fresh = bytes.get((self.at - place) as usize..).unwrap_or_default();
            if !fresh.is_empty() {
                out(Piece::Bytes(fresh));
                self.advance(fresh.len() as u64);
            }
        }
        self.waited = 0;
    }

    fn hold(&mut self, place: u64, payload: &[u8], out: &mut dyn FnMut(Piece<'_>)) {
        let held = self.held.entry(place).or_default();
        if held.len() < payload.len() {
            self.held_bytes += payload.len() - held.len();
            payload.clone_into(held);
        }
        while self.held_bytes > HELD || self.held.len() > HELD_SEGMENTS {
            self.give_up(out);
        }
    }

    /// The hole at the front is a gap.
    fn give_up(&mut self, out: &mut dyn FnMut(Piece<'_>)) {
        if let Some((place, _)) = self.held.first_key_value() {
            let missing = place.saturating_sub(self.at);
            self.advance(missing);
            out(Piece::Gap(missing));
            self.deliver(&[], out);
        }
    }

    fn give_up_all(&mut self, out: &mut dyn FnMut(Piece<'_>)) {
        while !self.held.is_empty() {
            self.give_up(out);
        }
    }

    /// The receiver has confirmed everything before this sequence number.
    fn confirm(&mut self, sequence: u32, out: &mut dyn FnMut(Piece<'_>)) {
        if self.front.is_none() {
            self.front = Some(sequence);
        }
        if let Some(place) = self.place(sequence).and_then(|place| u64::try_from(place).ok()) {
            self.confirmed = self.confirmed.max(place);
        }
        if self.confirmed > self.at {
            self.waited += 1;
            if self.waited > PATIENCE {
                match self.held.first_key_value() {
                    Some((place, _)) if *place <= self.confirmed => self.give_up(out),
                    // The segment that comes next is missing as well, or the FIN is all that is confirmed.
                    _ => {
                        let missing = self.confirmed.min(self.end.unwrap_or(u64::MAX)).saturating_sub(self.at);
                        if missing > 0 {
                            self.advance(missing);
                            out(Piece::Gap(missing));
                        }
                    }
                }
                self.waited = 0;
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.end.is_some_and(|end| self.at >= end)
    }
}

/// Why nothing more comes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// It has ended.
    Ended,
    /// The capture has, or nothing came for long.
    Silent,
    /// The capture is damaged.
    Cut,
}

/// A connection.
#[derive(Debug)]
struct Connection {
    /// In order of the addresses.
    ends: [SocketAddr; 2],
    halves: [Half; 2],
    state: State,
    /// The number of its first packet and of the last.
    first: u64,
    last: u64,
}

#[derive(Debug)]
enum State {
    /// It is not known yet whether it is one of AMI.
    Unknown(Early),
    /// It is, under this number, and this end is the server.
    Ami { number: u32, server: usize },
    /// It is one of AMI over HTTP.
    Http { number: u32, server: usize, exchanges: Box<Exchanges> },
    /// It is another one, or it has ended. Late copies of its segments begin no new one.
    Ignored,
}

/// What came before a connection was recognised.
#[derive(Debug, Default)]
struct Early {
    pieces: Vec<(usize, Duration, Result<Vec<u8>, u64>)>,
    /// The bytes of each direction up to the first gap.
    text: [Vec<u8>; 2],
    gap: [bool; 2],
    length: usize,
}

impl Early {
    fn add(&mut self, half: usize, time: Duration, piece: &Piece<'_>) {
        let (Some(text), Some(gap)) = (self.text.get_mut(half), self.gap.get_mut(half)) else { return };
        match piece {
            Piece::Bytes(bytes) => {
                self.length += bytes.len();
                if !*gap {
                    text.extend_from_slice(bytes);
                }
                self.pieces.push((half, time, Ok(bytes.to_vec())));
            }
            Piece::Gap(length) => {
                // Text behind a gap begins midway; what was before it told nothing.
                *gap = false;
                text.clear();
                self.pieces.push((half, time, Err(*length)));
            }
        }
    }
}

/// Who sends a stream that begins like this. One that is captured from its middle begins inside a message.
fn sender_of(text: &[u8], midway: bool) -> Option<Sender> {
    let begins = |header: Header<'_>| ["Action", "Response", "Event", "ActionID"].iter().any(|key| header.key_is(key));
    let text = text.get(..memchr::memrchr(b'\n', text)? + 1)?;
    // Streams of other protocols have lines of this form, too (SIP: `Event`); they do not begin with them.
    for (at, message) in ami_wire::messages(text).filter_map(Result::ok).enumerate() {
        if message.kind() == Kind::Banner {
            return Some(Sender::Server);
        }
        if message.headers().next().is_some_and(begins) {
            match message.kind() {
                Kind::Action => return Some(Sender::Client),
                Kind::Event | Kind::Response => return Some(Sender::Server),
                Kind::Banner | Kind::Unknown => {}
            }
        }
        // Blank text may stand before the first message of some servers' answers, but not much of it.
        if !midway || at >= 64 {
            return None;
        }
    }
    None
}

/// Makes streams of segments, and tells which of them are AMI.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    connections: HashMap<[SocketAddr; 2], Connection>,
    packets: u64,
    recognised: u32,
}

impl Assembler {
    /// Takes the next segment of the capture.
    pub(super) fn take(&mut self, segment: &Segment<'_>, sink: &mut impl Sink) {
        self.packets += 1;
        let (ends, from) = if segment.source <= segment.destination {
            ([segment.source, segment.destination], 0)
        } else {
            ([segment.destination, segment.source], 1)
        };
        if !self.connections.contains_key(&ends) && self.connections.len() >= CONNECTIONS {
            self.give_up_silent(sink);
        }
        let (packets, recognised) = (self.packets, &mut self.recognised);
        let connection = self.connections.entry(ends).or_insert_with(|| Connection::new(ends, packets));
        if segment.syn && connection.is_another(from, segment.sequence) {
            connection.close(Closing::Ended, recognised, sink);
            *connection = Connection::new(ends, packets);
        }
        connection.last = packets;
        connection.take(from, segment, recognised, sink);
    }

    /// The capture has ended, or (where it is `damaged`) cannot be read any further. Returns how many connections were
    /// recognised.
    pub(super) fn finish(&mut self, damaged: bool, sink: &mut impl Sink) -> u32 {
        let closing = if damaged { Closing::Cut } else { Closing::Silent };
        let mut rest: Vec<Connection> = self.connections.drain().map(|(_, connection)| connection).collect();
        rest.sort_by_key(|connection| connection.first);
        for connection in &mut rest {
            connection.close(closing, &mut self.recognised, sink);
        }
        self.recognised
    }

    fn give_up_silent(&mut self, sink: &mut impl Sink) {
        let mut last: Vec<u64> = self.connections.values().map(|connection| connection.last).collect();
        let quarter = last.len() / 4;
        let (_, limit, _) = last.select_nth_unstable(quarter);
        let limit = *limit;
        let silent = self.connections.extract_if(|_, connection| connection.last <= limit);
        let mut silent: Vec<Connection> = silent.map(|(_, connection)| connection).collect();
        silent.sort_by_key(|connection| connection.first);
        for connection in &mut silent {
            connection.close(Closing::Silent, &mut self.recognised, sink);
        }
    }
}

impl Connection {
    fn new(ends: [SocketAddr; 2], first: u64) -> Self {
        let state = State::Unknown(Early::default());
        Self { ends, halves: [Half::default(), Half::default()], state, first, last: first }
    }

    /// Whether a SYN begins another connection between the same ends.
    fn is_another(&self, from: usize, sequence: u32) -> bool {
        let Some(half) = self.halves.get(from) else { return false };
        match (half.initial, half.front) {
            (Some(initial), _) => initial != sequence,
            // A confirmation alone may have told where it is.
            (None, Some(_)) => half.at > 0 || !half.held.is_empty(),
            (None, None) => matches!(self.state, State::Ignored),
        }
    }

    fn take(&mut self, from: usize, segment: &Segment<'_>, recognised: &mut u32, sink: &mut impl Sink) {
        let ended = match &mut self.state {
            State::Ignored => {
                // Enough is kept to tell a new connection from a late segment.
                if segment.syn
                    && let Some(half) = self.halves.get_mut(from)
                {
                    half.initial.get_or_insert(segment.sequence);
                }
                return;
            }
            state => {
                let [a, b] = &mut self.halves;
                let (half, other) = if from == 0 { (a, b) } else { (b, a) };
                half.take(segment, &mut |piece| state.put(from, segment.time, &piece, sink));
                if let Some(sequence) = segment.acknowledged.filter(|_| !segment.rst) {
                    other.confirm(sequence, &mut |piece| state.put(1 - from, segment.time, &piece, sink));
                }
                segment.rst || (half.has_ended() && other.has_ended())
            }
        };
        self.recognise(false, recognised, sink);
        if ended {
            self.close(Closing::Ended, recognised, sink);
        }
    }

    /// Whether the first byte of this direction was not captured.
    fn is_midway(&self, half: usize, text: &[u8]) -> bool {
        self.halves.get(half).is_none_or(|half| half.initial.is_none()) && !text.starts_with(b"Asterisk Call Manager/")
    }

    fn recognise(&mut self, last_chance: bool, recognised: &mut u32, sink: &mut impl Sink) {
        let State::Unknown(early) = &self.state else { return };
        let asks = |text: &Vec<u8>| asks_for_messages(text);
        let http = early.text.iter().position(asks).map(|client| 1 - client);
        let mut server = http;
        for (half, text) in early.text.iter().enumerate().filter(|_| http.is_none()) {
            let behind_gap = early.pieces.iter().any(|(of, _, piece)| *of == half && piece.is_err());
            match sender_of(text, behind_gap || self.is_midway(half, text)) {
                Some(Sender::Server) => server = Some(half),
                Some(Sender::Client) => server = server.or(Some(1 - half)),
                None => {}
            }
        }
        let Some(server) = server else {
            if last_chance || early.length > RECOGNISED_WITHIN {
                self.state = State::Ignored;
                self.halves.iter_mut().for_each(|half| half.held = BTreeMap::new());
            }
            return;
        };
        let number = *recognised;
        *recognised += 1;
        let client = 1 - server;
        let midway = |half: usize| self.is_midway(half, early.text.get(half).map_or(&[], |text| text));
        let [a, b] = self.ends;
        let opened = Opened {
            server: Some(if server == 0 { a } else { b }),
            client: Some(if server == 0 { b } else { a }),
            server_midway: http.is_some() || midway(server),
            client_midway: http.is_some() || midway(client),
            http: http.is_some(),
        };
        let state = match http {
            Some(_) => State::Http { number, server, exchanges: Box::default() },
            None => State::Ami { number, server },
        };
        let State::Unknown(early) = std::mem::replace(&mut self.state, state) else { return };
        sink.opened(number, &opened);
        for (half, time, piece) in early.pieces {
            let piece = match &piece {
                Ok(bytes) => Piece::Bytes(bytes),
                Err(length) => Piece::Gap(*length),
            };
            self.state.put(half, time, &piece, sink);
        }
    }

    fn close(&mut self, closing: Closing, recognised: &mut u32, sink: &mut impl Sink) {
        let state = &mut self.state;
        let (complete, cut) = (closing == Closing::Ended, closing == Closing::Cut);
        // A direction whose end was seen is complete, although the other one may go on behind the capture.
        let seen = [0, 1].map(|half: usize| complete || self.halves.get(half).is_some_and(Half::has_ended));
        for (from, half) in self.halves.iter_mut().enumerate() {
            half.give_up_all(&mut |piece| state.put(from, Duration::ZERO, &piece, sink));
        }
        self.recognise(true, recognised, sink);
        if let State::Ami { number, server } = self.state {
            let [a, b] = seen;
            let complete = if server == 0 {
                Complete { server: a, client: b, cut }
            } else {
                Complete { server: b, client: a, cut }
            };
            sink.closed(number, complete);
        }
        if let State::Http { number, exchanges, server } = &mut self.state {
            let [a, b] = seen;
            let ended = if *server == 0 { a } else { b };
            exchanges.end(ended, &mut |sender, time, text| sink.bytes(*number, sender, told(time), text));
            // What was handed on are whole messages.
            sink.closed(*number, Complete { server: true, client: true, cut: false });
        }
        self.state = State::Ignored;
    }
}

/// A time that is known.
fn told(time: Duration) -> Option<Duration> {
    Some(time).filter(|time| !time.is_zero())
}

impl State {
    fn put(&mut self, from: usize, time: Duration, piece: &Piece<'_>, sink: &mut impl Sink) {
        match self {
            Self::Unknown(early) => early.add(from, time, piece),
            Self::Ami { number, server } => {
                let sender = if from == *server { Sender::Server } else { Sender::Client };
                match piece {
                    Piece::Bytes(bytes) => sink.bytes(*number, sender, told(time), bytes),
                    Piece::Gap(length) => sink.gap(*number, sender, *length),
                }
            }
            Self::Http { number, server, exchanges } => {
                let sender = if from == *server { Sender::Server } else { Sender::Client };
                match piece {
                    _ if exchanges.is_lost() => {}
                    Piece::Bytes(bytes) => {
                        exchanges.bytes(sender, time, bytes, &mut |sender, time, text| {
                            sink.bytes(*number, sender, told(time), text);
                        });
                        // It is as if the rest had not been captured.
                        if exchanges.is_lost() {
                            sink.gap(*number, sender, bytes.len() as u64);
                        }
                    }
                    Piece::Gap(length) => {
                        exchanges.lose();
                        sink.gap(*number, sender, *length);
                    }
                }
            }
            Self::Ignored => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// What comes out of segments of one direction; a gap is a number in brackets.
    fn joined(segments: &[(u32, &str)]) -> String {
        let mut half = Half::default();
        let mut all = String::new();
        let end = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut out = |piece: Piece<'_>| match piece {
            Piece::Bytes(bytes) => all.push_str(std::str::from_utf8(bytes).unwrap()),
            Piece::Gap(length) => _ = write!(all, "[{length}]"),
        };
        for (sequence, text) in segments {
            let segment = Segment {
                source: end,
                destination: end,
                sequence: *sequence,
                acknowledged: None,
                syn: text.is_empty(),
                fin: false,
                rst: false,
                payload: text.as_bytes(),
                time: Duration::ZERO,
            };
            half.take(&segment, &mut out);
        }
        half.give_up_all(&mut out);
        all
    }

    #[test]
    fn segments_are_put_in_order() {
        assert_eq!(joined(&[(9, ""), (10, "abc"), (13, "def")]), "abcdef");
        assert_eq!(joined(&[(9, ""), (13, "def"), (10, "abc")]), "abcdef");
        assert_eq!(joined(&[(9, ""), (10, "abc"), (10, "abc"), (11, "bcde"), (12, "cd")]), "abcde");
        assert_eq!(joined(&[(9, ""), (14, "ef"), (12, "cdef"), (14, "efgh"), (10, "ab")]), "abcdefgh");
        assert_eq!(joined(&[(9, ""), (10, "abc"), (16, "ghi")]), "abc[3]ghi");
        // Sequence numbers begin again behind the last one.
        assert_eq!(joined(&[(u32::MAX - 1, ""), (u32::MAX, "abc"), (4, "fgh"), (2, "def")]), "abcdefgh");
        // Without its SYN a stream begins with what is seen first.
        assert_eq!(joined(&[(500, "abc"), (400, "xyz"), (503, "def")]), "abcdef");
    }

    #[test]
    fn a_segment_from_nowhere_is_no_gap_and_a_paused_capture_is_one() {
        let far = FAR.unsigned_abs() + 100;
        assert_eq!(joined(&[(9, ""), (10, "abc"), (far, "odd"), (13, "def")]), "abcdef");
        let paused = [(9, ""), (10, "abc"), (far, "1"), (far + 1, "2"), (far + 2, "3"), (far + 3, "4"), (far + 4, "5")];
        assert_eq!(joined(&paused), format!("abc[{}]45", far + 3 - 13));
    }

    #[test]
    fn other_protocols_are_not_taken_for_ami() {
        let sip = b"NOTIFY sip:100@192.0.2.1 SIP/2.0\r\nEvent: message-summary\r\n\r\n";
        assert_eq!(sender_of(sip, false), None);
        assert_eq!(sender_of(b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nevent: a\r\n\r\n", false), None);
        assert_eq!(sender_of(b"Event: no line end", false), None);
        assert_eq!(sender_of(b"Asterisk Call Manager/11.0.0\r\n", false), Some(Sender::Server));
        assert_eq!(sender_of(b"action: login\r\nUser", false), Some(Sender::Client));
        assert_eq!(sender_of(b"d: 1\r\n\r\nEvent: Hangup\r\n", true), Some(Sender::Server));
    }
}
