//! Streams of several connections, as they come out of packets or bodies, and their messages.

use std::collections::HashMap;
use std::time::Duration;

use ami_wire::{Framer, Parser, Stream};

use super::{Consumer, Ended, Gap, Opened};
use crate::finding::Sender;

/// Takes the bytes of connections.
pub(super) trait Sink {
    /// A connection was recognised as one of AMI. They are numbered from 0.
    fn opened(&mut self, connection: u32, opened: &Opened);

    /// The next bytes of one direction, and when they were seen.
    fn bytes(&mut self, connection: u32, sender: Sender, time: Option<Duration>, bytes: &[u8]);

    /// Bytes of one direction are missing.
    fn gap(&mut self, connection: u32, sender: Sender, length: u64);

    /// The connection has ended, or (where it is not complete) what is known of it.
    fn closed(&mut self, connection: u32, complete: Complete);
}

/// Which directions of a connection were captured to their ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complete {
    pub(super) server: bool,
    pub(super) client: bool,
    /// Whether the capture is damaged here: what the others would have sent behind it is not known.
    pub(super) cut: bool,
}

/// Makes messages of streams, and hands them on.
pub(super) struct Framing<C> {
    parser: Parser,
    consumer: C,
    /// The connections that are open, by number.
    open: HashMap<u32, Box<[Side; 2]>>,
}

/// One direction of a connection.
struct Side {
    stream: Stream,
    /// Bytes so far, missing ones included.
    length: u64,
    /// Looking for the blank line behind which messages begin again.
    resync: Option<Resync>,
}

impl<C: Consumer> Framing<C> {
    pub(super) fn new(parser: Parser, consumer: C) -> Self {
        Self { parser, consumer, open: HashMap::new() }
    }

    /// Who takes the messages.
    pub(super) fn consumer(&mut self) -> &mut C {
        &mut self.consumer
    }

    /// Gives up the streams that are open.
    pub(super) fn into_consumer(self) -> C {
        self.consumer
    }
}

impl<C: Consumer> Sink for Framing<C> {
    fn opened(&mut self, connection: u32, opened: &Opened) {
        let side = |sender: Sender| {
            let parser = self.parser.direction(sender.direction());
            // Without a banner, but not in the middle of a message.
            let stream =
                if opened.http { Stream::with_framer(Framer::resume_at(parser, 0)) } else { Stream::new(parser) };
            Side { stream, length: 0, resync: (opened.midway(sender) && !opened.http).then(Resync::default) }
        };
        self.open.insert(connection, Box::new([side(Sender::Server), side(Sender::Client)]));
        self.consumer.opened(connection, opened);
    }

    fn bytes(&mut self, connection: u32, sender: Sender, time: Option<Duration>, mut bytes: &[u8]) {
        let Some(side) = side(&mut self.open, connection, sender) else { return };
        side.length += bytes.len() as u64;
        if let Some(resync) = &mut side.resync {
            let Some(rest) = resync.skip(bytes) else { return };
            bytes = rest;
            side.resync = None;
            let parser = self.parser.direction(sender.direction());
            side.stream = Stream::with_framer(Framer::resume_at(parser, side.length - bytes.len() as u64));
        }
        if let Some(time) = time {
            self.consumer.time(connection, sender, time);
        }
        side.stream.feed(bytes);
        while let Some(message) = side.stream.next() {
            self.consumer.message(connection, sender, message);
        }
    }

    fn gap(&mut self, connection: u32, sender: Sender, length: u64) {
        let Some(side) = side(&mut self.open, connection, sender) else { return };
        // The message under way has lost its end: what is left of it would only look like the server's doing.
        let from = if side.resync.is_some() { side.length } else { side.stream.offset() };
        side.length += length;
        side.resync = Some(Resync::default());
        self.consumer.gap(connection, sender, Gap { from, to: side.length });
    }

    fn closed(&mut self, connection: u32, complete: Complete) {
        let cut = complete.cut;
        let Some([server, client]) = self.open.remove(&connection).map(|sides| *sides) else { return };
        let sides = [(Sender::Client, client, complete.client), (Sender::Server, server, complete.server)];
        for (sender, mut side, complete) in sides {
            // Where only the capture ended, a message that began is not cut by anybody.
            if complete && side.resync.is_none() {
                side.stream.end();
                while let Some(message) = side.stream.next() {
                    self.consumer.message(connection, sender, message);
                }
            }
            let trailing_blank = side.stream.trailing_blank();
            let cut = cut && !complete;
            self.consumer.end(connection, sender, Ended { length: side.length, trailing_blank, cut });
        }
        self.consumer.closed(connection);
    }
}

fn side(open: &mut HashMap<u32, Box<[Side; 2]>>, connection: u32, sender: Sender) -> Option<&mut Side> {
    let [server, client] = &mut **open.get_mut(&connection)?;
    Some(if sender == Sender::Server { server } else { client })
}

/// Looks for a blank line. Where the search begins, a line may be under way.
#[derive(Default)]
struct Resync {
    line_is_empty: bool,
}

impl Resync {
    /// What stands behind the blank line, once it was found.
    fn skip<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' if self.line_is_empty => return bytes.get(at + 1..),
                b'\n' => self.line_is_empty = true,
                b'\r' => {}
                _ => self.line_is_empty = false,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_line_is_found_however_the_bytes_arrive() {
        let text = b"rest of a line\r\nKey: value\r\n\r\nEvent: A\r\n";
        for cut in 0..text.len() - b"Event: A\r\n".len() {
            let mut resync = Resync::default();
            assert_eq!(resync.skip(&text[..cut]), None);
            assert_eq!(resync.skip(&text[cut..]), Some(&b"Event: A\r\n"[..]));
        }
        // The line that is under way may have had bytes before.
        assert_eq!(Resync::default().skip(b"\r\nKey: value\r\n"), None);
        assert_eq!(Resync::default().skip(b"\n\nEvent"), Some(&b"Event"[..]));
    }
}
