use std::collections::HashMap;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender as Channel, SyncSender, channel, sync_channel};
use std::thread;

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

    /// How many traces, and connections of a packet capture, to read at a time [default: one a core]
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
    /// Traces are read by several threads, in their order, and printed in their order: those behind the one that is printed
    /// go ahead as far as a few pieces.
    pub(super) fn run(self) -> io::Result<Outcome> {
        super::use_threads(self.jobs);
        let mut traces = Trace::gather(&self.files);
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
        let jobs = Mutex::new(jobs.into_iter());
        let spare = Mutex::new(Vec::new());
        let next_job = || jobs.lock().ok()?.next();
        let result = thread::scope(|scope| {
            for _ in 0..readers {
                scope.spawn(|| {
                    while let Some(job) = next_job() {
                        job.run(self.format, several, &spare);
                    }
                });
            }
            // Readers that would go on for nobody meet a closed channel.
            let result = print(printed, &spare);
            while result.is_err() && next_job().is_some() {}
            result
        });
        drop(progress);
        result
    }
}

/// Prints what comes, trace by trace.
fn print(traces: Vec<Receiver<Piece>>, spare: &Mutex<Vec<Vec<u8>>>) -> io::Result<Outcome> {
    let mut outcome = Outcome::Clean;
    let mut out = io::stdout().lock();
    for pieces in traces {
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    out.write_all(&text)?;
                    if let Ok(mut spare) = spare.lock() {
                        spare.push(text);
                    }
                }
                Piece::End(Ok(())) => {}
                Piece::End(Err(error)) => {
                    out.flush()?;
                    complain(&error.to_string());
                    outcome = Outcome::Failed;
                }
            }
        }
    }
    out.flush()?;
    Ok(outcome)
}

impl Job {
    fn run(self, format: Format, several: bool, spare: &Mutex<Vec<Vec<u8>>>) {
        let Self { trace, first, next, out } = self;
        let mut text = Vec::new();
        if let Ok(trace) = &trace
            && several
            && format == Format::Text
        {
            text = format!("# {}\n\n", trace.name).into_bytes();
        }
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
        let hand_on = |text: &mut Vec<u8>| {
            let empty = spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default();
            let full = std::mem::replace(text, empty);
            text.clear();
            if out.send(Piece::Text(full)).is_ok() { Continue(()) } else { Break(()) }
        };
        let between = |dumpers: &mut [&mut Dumper]| -> ControlFlow<()> {
            join(dumpers, &mut text);
            if text.len() < PIECE { Continue(()) } else { hand_on(&mut text) }
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
