//! The connections of a packet capture over the cores: while packets are read, the messages of those before are consumed.

use std::ops::{ControlFlow, Range};
use std::time::Duration;

use ami_wire::Parser;
use rayon::prelude::*;

use super::pcap::Capture;
use super::streams::{Complete, Framing, Sink};
use super::{Consumer, Opened};
use crate::finding::Sender;

/// Connections are dealt out into so many shares, each with its own consumer. How many cores there are does not come into
/// it, so that what comes out is the same with any number of them.
const SHARES: u32 = 32;

/// How many bytes of streams are handed on at once: enough to make the meeting of the threads cheap.
const BYTES: usize = 1 << 20;

/// How many turns are handed on at once, where they have few bytes.
const TURNS: usize = 1 << 14;

/// What happened to a connection, and when among all of them.
struct Turn {
    number: u64,
    /// How many connections had begun by then.
    connections: u32,
    connection: u32,
    what: What,
}

enum What {
    Opened(Box<Opened>),
    Bytes(Sender, Option<Duration>, Range<usize>),
    Gap(Sender, u64),
    Closed(Complete),
}

/// What is read while the batch before it is consumed.
#[derive(Default)]
struct Batch {
    /// The number of the next turn.
    next: u64,
    /// How many connections have begun.
    connections: u32,
    turns: usize,
    bytes: Vec<u8>,
    shares: Vec<Vec<Turn>>,
}

impl Batch {
    /// Goes on behind another one.
    fn follow(&mut self, other: &Self) {
        self.next = other.next;
        self.connections = other.connections;
        self.turns = 0;
        self.bytes.clear();
        self.shares.iter_mut().for_each(Vec::clear);
    }

    fn is_full(&self) -> bool {
        self.bytes.len() >= BYTES || self.turns >= TURNS
    }

    fn add(&mut self, connection: u32, what: What) {
        let share = (connection % SHARES) as usize;
        if self.shares.len() <= share {
            self.shares.resize_with(share + 1, Vec::new);
        }
        self.connections = self.connections.max(connection + 1);
        if let Some(turns) = self.shares.get_mut(share) {
            turns.push(Turn { number: self.next, connections: self.connections, connection, what });
        }
        self.next += 1;
        self.turns += 1;
    }
}

impl Sink for Batch {
    fn opened(&mut self, connection: u32, opened: &Opened) {
        self.add(connection, What::Opened(Box::new(*opened)));
    }

    fn bytes(&mut self, connection: u32, sender: Sender, time: Option<Duration>, bytes: &[u8]) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.add(connection, What::Bytes(sender, time, from..self.bytes.len()));
    }

    fn gap(&mut self, connection: u32, sender: Sender, length: u64) {
        self.add(connection, What::Gap(sender, length));
    }

    fn closed(&mut self, connection: u32, complete: Complete) {
        self.add(connection, What::Closed(complete));
    }
}

fn consume<C: Consumer>(framing: &mut Framing<C>, turns: &[Turn], bytes: &[u8]) {
    for turn in turns {
        framing.consumer().turn(turn.number, turn.connections);
        match &turn.what {
            What::Opened(opened) => framing.opened(turn.connection, opened),
            What::Bytes(sender, time, range) => {
                framing.bytes(turn.connection, *sender, *time, bytes.get(range.clone()).unwrap_or_default());
            }
            What::Gap(sender, length) => framing.gap(turn.connection, *sender, *length),
            What::Closed(complete) => framing.closed(turn.connection, *complete),
        }
    }
}

/// Reads a packet capture, with as many consumers as there are shares. `between` gets them where all have come equally far.
///
/// # Errors
///
/// Why it could not be read to its end. What came before was handed on.
pub(super) fn read<C: Consumer + Send>(
    parser: Parser,
    capture: Capture<'_>,
    consumers: &mut Vec<C>,
    make: &mut dyn FnMut() -> C,
    between: &mut dyn FnMut(&mut [&mut C]) -> ControlFlow<()>,
) -> Result<(), String> {
    let mut framings: Vec<_> = consumers.drain(..).map(|consumer| Framing::new(parser, consumer)).collect();
    let mut capture = Some(capture);
    let (mut batch, mut next) = (Batch::default(), Batch::default());
    let mut result = Ok(());
    loop {
        next.follow(&batch);
        while framings.len() < batch.shares.len() {
            framings.push(Framing::new(parser, make()));
        }
        let consume_all = || {
            framings
                .par_iter_mut()
                .zip(&batch.shares)
                .for_each(|(framing, turns)| consume(framing, turns, &batch.bytes));
        };
        let ((), filled) = rayon::join(consume_all, || Capture::read(&mut capture, &mut next, Batch::is_full));
        result = result.and(filled);
        let goes_on = between(&mut framings.iter_mut().map(Framing::consumer).collect::<Vec<_>>());
        std::mem::swap(&mut batch, &mut next);
        if goes_on.is_break() || (batch.turns == 0 && capture.is_none()) {
            break;
        }
    }
    consumers.extend(framings.into_iter().map(Framing::into_consumer));
    result
}
