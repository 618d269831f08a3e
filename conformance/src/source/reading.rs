//! A text that is being read. One without a suffix can hold both directions; then each message tells its own, and offsets
//! count the bytes of each direction, as if the two had been recorded apart.

use ami_wire::{Defect, DefectCode, Direction, Error, Kind, Message, Parser, Stream};

use super::{Consumer, Ended};
use crate::finding::Sender;

/// The framing of a text, and who sent what of it.
pub(super) struct Reading {
    stream: Stream,
    /// `None` where the messages tell.
    sender: Option<Sender>,
    /// Who sent the last message.
    last: Sender,
    /// Messages of a known kind.
    pub(super) known: u64,
    /// Bytes of the text that were received.
    length: u64,
    /// Up to where the text is accounted for.
    done: u64,
    /// Bytes of each sender up to there.
    before: [u64; 2],
    /// What comes up to the next message belongs to one that could not be had.
    skipping: bool,
}

/// A message, or the place of one that could not be had; with its offset in the text, where both directions are mixed.
pub(super) type At<'a> = (u64, Sender, Result<Message<'a>, Error>);

/// What is counted for a sender.
const fn of(counts: &mut [u64; 2], sender: Sender) -> &mut u64 {
    let [server, client] = counts;
    match sender {
        Sender::Server => server,
        Sender::Client => client,
    }
}

impl Reading {
    pub(super) fn new(parser: Parser, direction: Direction, sender: Option<Sender>) -> Self {
        Self {
            stream: Stream::new(parser.direction(direction)),
            sender,
            last: if direction == Direction::Client { Sender::Client } else { Sender::Server },
            known: 0,
            length: 0,
            done: 0,
            before: [0; 2],
            skipping: false,
        }
    }

    /// Memory to read into; see [`filled`](Self::filled).
    pub(super) fn room(&mut self, least: usize) -> &mut [u8] {
        self.stream.room(least)
    }

    /// So many bytes of the room were filled.
    pub(super) fn filled(&mut self, count: usize) {
        self.length += count as u64;
        self.stream.filled(count);
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self) {
        self.stream.end();
    }

    /// The next message.
    pub(super) fn next(&mut self) -> Option<At<'_>> {
        let Self { stream, sender, last, known, done, before, skipping, .. } = self;
        let message = stream.next()?;
        let kind = message.as_ref().map_or(Kind::Unknown, Message::kind);
        *known += u64::from(kind != Kind::Unknown);
        if let Some(sender) = *sender {
            let at = message.as_ref().map_or_else(|error| error.message, Message::offset);
            *last = sender;
            return Some((at, sender, message));
        }
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                // Who sent it is not known: it belongs where the last one came from.
                let so_far = *of(before, *last);
                let moved = |offset: u64| so_far + offset.saturating_sub(*done);
                let here = Error { message: moved(error.message), offset: moved(error.offset), ..error };
                *skipping = true;
                return Some((error.message, *last, Err(here)));
            }
        };
        // Blank lines before a message belong to it.
        let start = message.offset();
        let mut begin = *done;
        if std::mem::take(skipping) {
            let is_blank = |defect: &Defect| defect.code == DefectCode::BlankBeforeMessage;
            begin = message.defects().find(is_blank).map_or(start, |defect| defect.offset);
            *of(before, *last) += begin.saturating_sub(*done);
        }
        *last = match kind {
            Kind::Action => Sender::Client,
            Kind::Banner | Kind::Response | Kind::Event => Sender::Server,
            // Torn messages belong where the last one came from.
            Kind::Unknown => *last,
        };
        let before = of(before, *last);
        let offset = *before + start.saturating_sub(begin);
        *before = offset + message.len() as u64;
        *done = start + message.len() as u64;
        Some((start, *last, Ok(message.with_offset(offset))))
    }

    /// Tells how the text ended; `cut` where it goes on, and only the capture does not.
    pub(super) fn tell_end(&mut self, cut: bool, consumer: &mut impl Consumer) {
        let mut trailing_blank = self.stream.trailing_blank().filter(|_| !cut);
        if self.sender.is_some() {
            consumer.end(0, self.last, Ended { length: self.length, trailing_blank, cut });
            return;
        }
        let [server, client] = &mut self.before;
        let (mine, others, other) = match self.last {
            Sender::Server => (server, client, Sender::Client),
            Sender::Client => (client, server, Sender::Server),
        };
        if let Some(blank) = &mut trailing_blank {
            blank.offset = *mine + blank.offset.saturating_sub(self.done);
        }
        *mine += self.length.saturating_sub(self.done);
        consumer.end(0, self.last, Ended { length: *mine, trailing_blank, cut });
        if *others > 0 {
            consumer.end(0, other, Ended { length: *others, trailing_blank: None, cut });
        }
    }
}

#[cfg(test)]
mod tests {
    use ami_wire::{Limits, mixed};

    use super::*;

    /// Offset in the text, sender, offset among what it sent, and whether it could be had.
    type Place = (u64, Sender, u64, bool);

    fn read(parser: Parser, text: &[u8], block: usize) -> (Vec<Place>, Vec<(Sender, u64)>) {
        struct Ends(Vec<(Sender, u64)>);
        impl Consumer for Ends {
            fn message(&mut self, _: u32, _: Sender, _: Result<Message<'_>, Error>) {}
            fn end(&mut self, _: u32, sender: Sender, ended: Ended) {
                self.0.push((sender, ended.length));
            }
        }
        let mut reading = Reading::new(parser, Direction::Any, None);
        let mut all = Vec::new();
        let mut take = |reading: &mut Reading| {
            while let Some((at, sender, message)) = reading.next() {
                let offset = message.as_ref().map_or_else(|error| error.message, Message::offset);
                all.push((at, sender, offset, message.is_ok()));
            }
        };
        for part in text.chunks(block) {
            reading.room(part.len())[..part.len()].copy_from_slice(part);
            reading.filled(part.len());
            take(&mut reading);
        }
        reading.end();
        take(&mut reading);
        let mut ends = Ends(Vec::new());
        reading.tell_end(false, &mut ends);
        (all, ends.0)
    }

    const TALK: &[u8] =
        b"Asterisk Call Manager/11.0.0\r\nAction: Ping\r\n\r\n\r\nResponse: Success\r\nPing: Pong\r\n\r\n\
        Action: Logoff\r\n\r\nResponse: Goodbye\r\n\r\nEvent: A\r\n\r\n\r\n";

    #[test]
    fn each_direction_counts_for_itself() {
        for block in 1..TALK.len() {
            let (all, ends) = read(Parser::new(), TALK, block);
            let expected: Vec<_> = mixed(Parser::new(), TALK)
                .map(Result::unwrap)
                .map(|one| (one.message.offset(), one.direction == Direction::Client, one.offset, true))
                .collect();
            let all: Vec<_> =
                all.into_iter().map(|(at, by, offset, ok)| (at, by == Sender::Client, offset, ok)).collect();
            assert_eq!(all, expected);
            assert_eq!(all.len(), 6);
            let client = "Action: Ping\r\n\r\nAction: Logoff\r\n\r\n".len() as u64;
            assert_eq!(ends, [(Sender::Server, TALK.len() as u64 - client), (Sender::Client, client)]);
        }
    }

    #[test]
    fn what_cannot_be_had_counts_where_the_last_message_came_from() {
        let long = [b"Event: ", &[b'x'; 300][..], b"\r\n\r\n"].concat();
        let text =
            [&b"Action: Ping\r\n\r\nEvent: A\r\n\r\n"[..], &long, b"\r\nAction: Ping\r\n\r\nEvent: B\r\n\r\n"].concat();
        for block in [1, 7, 64, text.len()] {
            let (all, ends) = read(Parser::new().limits(Limits { message: 100, ..Limits::DEFAULT }), &text, block);
            let (server, blank) = (12 + long.len() as u64, 2);
            let expected = [
                (0, Sender::Client, 0, true),
                (16, Sender::Server, 0, true),
                (28, Sender::Server, 12, false),
                (28 + long.len() as u64 + blank, Sender::Client, 16 + blank, true),
                (28 + long.len() as u64 + blank + 16, Sender::Server, server, true),
            ];
            assert_eq!(all, expected);
            assert_eq!(ends.iter().map(|(_, length)| length).sum::<u64>(), text.len() as u64);
        }
    }
}
