use std::collections::HashMap;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender as Channel, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::{thread, vec};

use ami_wire::{Error, LineKind, Message, Parser};
use clap::ValueEnum;

use super::progress::Progress;
use super::{Outcome, complain};
use crate::finding::Sender;
use crate::report::jsonl;
use crate::source::{Consumer, Ended, InputError, Opened, Trace};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ami dump session.s2c
  ami dump --format jsonl session.s2c | jq -r 'select(.name == \"Hangup\") | .headers[][1]'")]
pub(super) struct Args {
    /// Captures, directories of captures, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// How many traces, and connections of a packet capture, to read at a time; one connection is read by one [default:
    /// one a core]
    #[arg(long, short, value_name = "COUNT", value_parser = super::jobs)]
    jobs: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Jsonl,
}

/// How much text is handed on at once.
const PIECE: usize = 1 << 18;
/// How many pieces of a trace wait until it is its turn to be printed.
const WAITING: usize = 8;

/// What comes of a trace.
enum Piece {
    Text(Vec<u8>),
    /// Nothing more.
    End(Result<(), InputError>),
}

/// A trace that is to be printed.
struct Job {
    trace: Result<Trace, InputError>,
    /// Tells the number of its first connection.
    first: Receiver<u32>,
    /// Told the number of the first connection of the next trace.
    next: Channel<u32>,
    out: SyncSender<Piece>,
}

impl Args {
    /// Traces are read by several threads, in their order, and printed in their order. Of those behind the one that is
    /// printed, no more are read ahead than there are threads, and of each no more than a few pieces.
    pub(super) fn run(self) -> io::Result<Outcome> {
        super::use_threads(self.jobs);
        let mut traces = super::gather(&self.files);
        let progress = Progress::watch(&mut traces, true);
        let readers = self.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let readers = readers.min(traces.len());
        let several = traces.len() > 1;
        let (number, mut first) = channel();
        _ = number.send(0);
        let (mut jobs, mut printed) = (Vec::new(), Vec::new());
        for trace in traces {
            let (next, first_of_next) = channel();
            let (out, pieces) = sync_channel(WAITING);
            jobs.push(Job { trace, first: std::mem::replace(&mut first, first_of_next), next, out });
            printed.push(pieces);
        }
        let desk = Arc::new(Desk::new(jobs, readers));
        // Not waited for: when nobody reads what is printed, one of them may still wait for standard input.
        for _ in 0..readers {
            let desk = Arc::clone(&desk);
            thread::spawn(move || {
                while let Some(job) = desk.next_job() {
                    job.run(self.format, several, &desk);
                }
            });
        }
        let result = print(printed, &desk);
        drop(progress);
        result
    }
}

/// What the threads share.
struct Desk {
    jobs: Mutex<vec::IntoIter<Job>>,
    /// So many may be taken, those that were printed included.
    free: Mutex<usize>,
    more_are_free: Condvar,
    /// Buffers that were printed.
    spare: Mutex<Vec<Vec<u8>>>,
}

impl Desk {
    fn new(jobs: Vec<Job>, readers: usize) -> Self {
        Self {
            jobs: Mutex::new(jobs.into_iter()),
            free: Mutex::new(readers + 1),
            more_are_free: Condvar::new(),
            spare: Mutex::new(Vec::new()),
        }
    }

    /// The next trace, when it may be read.
    fn next_job(&self) -> Option<Job> {
        let free = self.more_are_free.wait_while(self.free.lock().ok()?, |free| *free == 0);
        *free.ok()? -= 1;
        self.jobs.lock().ok()?.next()
    }

    /// A trace was printed.
    fn printed(&self) {
        if let Ok(mut free) = self.free.lock() {
            *free += 1;
        }
        self.more_are_free.notify_one();
    }

    /// A buffer, empty.
    fn buffer(&self) -> Vec<u8> {
        self.spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default()
    }

    fn take_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(buffer);
        }
    }
}

/// Prints what comes, trace by trace.
fn print(traces: Vec<Receiver<Piece>>, desk: &Desk) -> io::Result<Outcome> {
    let mut outcome = Outcome::Clean;
    let mut out = io::stdout().lock();
    for pieces in traces {
        // A thread that breaks down tells no end.
        let mut result = Err(None);
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    out.write_all(&text)?;
                    desk.take_back(text);
                }
                Piece::End(end) => result = end.map_err(Some),
            }
        }
        if let Err(why) = result {
            outcome = Outcome::Failed;
            out.flush()?;
            if let Some(error) = why {
                complain(&error.to_string());
            }
        }
        desk.printed();
    }
    out.flush()?;
    Ok(outcome)
}

impl Job {
    fn run(self, format: Format, several: bool, desk: &Desk) {
        let Self { trace, first, next, out } = self;
        let mut text = desk.buffer();
        let mut heading =
            trace.as_ref().ok().filter(|_| several && format == Format::Text).map(|trace| trace.name.clone());
        let Ok(first) = first.recv() else { return };
        // A trace of one connection tells the next one's number as soon as it is known to be one.
        let mut tells = Some(next.clone());
        let make = || Dumper {
            out: Vec::new(),
            turns: Vec::new(),
            format,
            several,
            first,
            connections: 0,
            next: tells.take(),
            skipped: HashMap::new(),
        };
        // Behind standard input there can be a live connection: what came of it is printed at once.
        let enough = if trace.as_ref().is_ok_and(Trace::is_repeatable) { PIECE } else { 1 };
        let hand_on = |text: &mut Vec<u8>| {
            let full = std::mem::replace(text, desk.buffer());
            if out.send(Piece::Text(full)).is_ok() { Continue(()) } else { Break(()) }
        };
        let between = |dumpers: &mut [&mut Dumper]| -> ControlFlow<()> {
            // What cannot be read has none.
            if !dumpers.is_empty()
                && let Some(name) = heading.take()
            {
                text.extend_from_slice(format!("# {name}\n\n").as_bytes());
            }
            join(dumpers, &mut text);
            if text.len() < enough { Continue(()) } else { hand_on(&mut text) }
        };
        let (dumpers, result) = match trace {
            Ok(trace) => trace.read_spread(Parser::new(), make, between),
            Err(error) => (Vec::new(), Err(error)),
        };
        _ = next.send(first + dumpers.iter().map(|dumper| dumper.connections).max().unwrap_or(0));
        if hand_on(&mut text).is_continue() {
            _ = out.send(Piece::End(result));
        }
    }
}

/// Adds what all of them have written, in the order in which it happened.
fn join(dumpers: &mut [&mut Dumper], text: &mut Vec<u8>) {
    if let [dumper] = dumpers {
        text.append(&mut dumper.out);
        dumper.turns.clear();
        return;
    }
    let mut pieces: Vec<(u64, &[u8])> = Vec::new();
    for dumper in &*dumpers {
        let ends = dumper.turns.iter().skip(1).map(|(_, start)| *start).chain([dumper.out.len()]);
        let turns = dumper.turns.iter().zip(ends);
        pieces.extend(turns.map(|((number, start), end)| (*number, dumper.out.get(*start..end).unwrap_or_default())));
    }
    pieces.sort_unstable_by_key(|(number, _)| *number);
    for (_, piece) in pieces {
        text.extend_from_slice(piece);
    }
    for dumper in dumpers {
        dumper.out.clear();
        dumper.turns.clear();
    }
}

/// Writes the messages of some connections of a trace.
struct Dumper {
    out: Vec<u8>,
    /// The turns in which something can have been written since the last time, and from where in `out`.
    turns: Vec<(u64, usize)>,
    format: Format,
    /// Whether there are several connections, so that each message tells its own.
    several: bool,
    /// The number of the first connection of the trace.
    first: u32,
    /// How many connections the trace has, as far as they are known here.
    connections: u32,
    /// Told the number behind the last connection, once that is known.
    next: Option<Channel<u32>>,
    /// Messages that could not be had: their length is known when the next one begins.
    skipped: HashMap<(u32, Sender), Error>,
}

impl Dumper {
    fn tell_skipped(&mut self, connection: u32, sender: Sender, next: u64) {
        let Some(error) = self.skipped.remove(&(connection, sender)) else { return };
        let connection = self.several.then_some(self.first + connection);
        let out = &mut self.out;
        // Memory takes everything.
        _ = match self.format {
            Format::Jsonl => jsonl::write_skipped(connection, sender, error, next, out),
            Format::Text => writeln!(out, "# {}: {error}; skipped to byte {next}\n", sender.as_str()),
        };
    }

    /// A text is one connection.
    fn is_text(&mut self) {
        self.connections = self.connections.max(1);
        if let Some(next) = self.next.take() {
            _ = next.send(self.first + 1);
        }
    }
}

impl Consumer for Dumper {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        self.is_text();
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                self.tell_skipped(connection, sender, error.message);
                self.skipped.insert((connection, sender), error);
                return;
            }
        };
        self.tell_skipped(connection, sender, message.offset());
        let connection = self.several.then_some(self.first + connection);
        _ = match self.format {
            Format::Jsonl => jsonl::write(connection, sender, &message, &mut self.out),
            Format::Text => write_text(sender, &message, &mut self.out),
        };
    }

    fn end(&mut self, connection: u32, sender: Sender, ended: Ended) {
        self.is_text();
        self.tell_skipped(connection, sender, ended.length);
    }

    fn opened(&mut self, connection: u32, _opened: &Opened) {
        self.connections = self.connections.max(connection + 1);
        self.next = None;
    }

    fn turn(&mut self, number: u64, connections: u32) {
        self.several |= connections > 1;
        match self.turns.last_mut().filter(|(_, start)| *start == self.out.len()) {
            Some(last) => last.0 = number,
            None => self.turns.push((number, self.out.len())),
        }
    }
}

/// A line on where and what the message is, then its lines as they are, then its defects.
fn write_text(sender: Sender, message: &Message<'_>, out: &mut impl Write) -> io::Result<()> {
    write!(out, "# {} {} at byte {}, {} bytes", sender.as_str(), message.kind(), message.offset(), message.len())?;
    for defect in message.defects() {
        write!(out, "; {defect}")?;
    }
    out.write_all(b"\n")?;
    for line in message.lines().filter(|line| line.kind != LineKind::Blank) {
        out.write_all(line.text)?;
        out.write_all(b"\n")?;
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_not_read_far_ahead() {
        let jobs = (0..9).map(|number| {
            let ((next, first), (out, _)) = (channel(), sync_channel(WAITING));
            Job { trace: Ok(Trace::from_bytes(number.to_string(), &b""[..])), first, next, out }
        });
        let desk = Desk::new(jobs.collect(), 3);
        let name = |desk: &Desk| desk.next_job().unwrap().trace.unwrap().name;
        assert_eq!([name(&desk), name(&desk), name(&desk), name(&desk)], ["0", "1", "2", "3"]);
        assert_eq!(*desk.free.lock().unwrap(), 0, "a fifth would wait");
        desk.printed();
        assert_eq!(name(&desk), "4");
        assert_eq!(*desk.free.lock().unwrap(), 0);
    }
}
