//! Where messages come from: captures on disk and standard input.
//!
//! A [`Trace`] is what one report is about: a file, or the two files of a connection. Inputs are read in blocks,
//! unpacked on the way, and handed on message by message.

mod excerpt;
mod exchange;
mod http;
mod input;
mod pcap;
mod reading;
mod spread;
mod streams;
mod tcp;
mod unpack;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::net::SocketAddr;
use std::ops::ControlFlow::{self, Continue};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ami_wire::{Direction, Error, Message, Parser};
pub use excerpt::{Excerpt, Excerpts};
pub use input::InputError;
use input::{Form, Peek};
use reading::Reading;
use streams::Framing;

use crate::finding::Sender;

/// How much is read at once.
const BLOCK: usize = 256 * 1024;

/// Takes the messages of a trace.
pub trait Consumer {
    /// The next message of a connection in one direction, or the place of one that could not be had.
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>);

    /// That direction of the connection has ended.
    fn end(&mut self, connection: u32, sender: Sender, ended: Ended);

    /// A connection begins: told for packet captures and HTTP, where there is more to know of it than its messages.
    fn opened(&mut self, connection: u32, opened: &Opened) {
        _ = (connection, opened);
    }

    /// The messages of this direction that follow were complete at this time since 1970: that of the packet.
    fn time(&mut self, connection: u32, sender: Sender, time: Duration) {
        _ = (connection, sender, time);
    }

    /// Bytes of this direction were not captured. Messages go on behind the next blank line.
    fn gap(&mut self, connection: u32, sender: Sender, gap: Gap) {
        _ = (connection, sender, gap);
    }

    /// Nothing more will come of a connection that was [opened](Self::opened); both its directions have ended.
    fn closed(&mut self, connection: u32) {
        _ = connection;
    }

    /// What is told from now on comes behind all that was told under lower numbers, to whichever consumer, and so many
    /// connections of the trace had begun by then: where packets are [read by several](Trace::read_spread).
    fn turn(&mut self, number: u64, connections: u32) {
        _ = (number, connections);
    }
}

impl<C: Consumer> Consumer for &mut C {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        C::message(self, connection, sender, message);
    }

    fn end(&mut self, connection: u32, sender: Sender, ended: Ended) {
        C::end(self, connection, sender, ended);
    }

    fn opened(&mut self, connection: u32, opened: &Opened) {
        C::opened(self, connection, opened);
    }

    fn time(&mut self, connection: u32, sender: Sender, time: Duration) {
        C::time(self, connection, sender, time);
    }

    fn gap(&mut self, connection: u32, sender: Sender, gap: Gap) {
        C::gap(self, connection, sender, gap);
    }

    fn closed(&mut self, connection: u32) {
        C::closed(self, connection);
    }

    fn turn(&mut self, number: u64, connections: u32) {
        C::turn(self, number, connections);
    }
}

/// What is known of a connection as it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The address of the server.
    pub server: Option<SocketAddr>,
    /// The address of the client.
    pub client: Option<SocketAddr>,
    /// Whether what the server sent first is missing.
    pub server_midway: bool,
    /// Whether what the client sent first is missing.
    pub client_midway: bool,
    /// Whether it is AMI over HTTP, of which each connection holds a few exchanges only: both sides count as midway.
    pub http: bool,
}

impl Opened {
    /// Whether what this side sent first is missing.
    pub const fn midway(&self, sender: Sender) -> bool {
        match sender {
            Sender::Server => self.server_midway,
            Sender::Client => self.client_midway,
        }
    }
}

/// Bytes that are missing in one direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where the message begins that was under way: bytes of the stream of that direction.
    pub from: u64,
    /// The first byte that was captured again.
    pub to: u64,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ended {
    /// Its length in bytes.
    pub length: u64,
    /// Blank lines behind the last message.
    pub trailing_blank: Option<ami_wire::Defect>,
    /// Whether only the capture ended here, because it is damaged: what the sender sent behind it is not known, and a
    /// message under way was not handed on.
    pub cut: bool,
}

/// What lies under the paths of a command line.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The traces, and in place what cannot be read.
    pub traces: Vec<Result<Trace, InputError>>,
    /// Files of named directories that do not look like captures.
    pub left_out: Vec<PathBuf>,
}

/// What one report is about: one connection or more.
#[derive(Clone, Debug)]
pub struct Trace {
    /// How reports call it.
    pub name: String,
    streams: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    origin: Origin,
    /// `None` where the messages tell.
    sender: Option<Sender>,
    /// Counts the bytes that are read of it.
    meter: Option<Arc<AtomicU64>>,
}

/// Counts what is read.
struct Metered<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Where an input lies.
#[derive(Clone)]
enum Origin {
    StandardInput,
    Disk(PathBuf),
    Memory(Arc<[u8]>),
}

impl Origin {
    /// What errors call it.
    fn shown(&self) -> &Path {
        match self {
            Self::Disk(path) => path,
            Self::StandardInput => Path::new("-"),
            Self::Memory(_) => Path::new("capture in memory"),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Origin").field(&self.shown()).finish()
    }
}

impl Trace {
    /// Standard input.
    pub fn stdin() -> Self {
        Self { name: "-".to_owned(), streams: vec![File { origin: Origin::StandardInput, sender: None, meter: None }] }
    }

    /// A capture that is in memory, in any of the forms that a file can have: text, packets, packed or not.
    ///
    /// ```
    /// use ami_conformance::source::Trace;
    ///
    /// let bytes = &b"Asterisk Call Manager/9.0.0\r\n\r\nEvent: FullyBooted\r\nPrivilege: system,all\r\n\r\n"[..];
    /// let trace = Trace::from_bytes("example", bytes);
    /// assert_eq!(trace.name, "example");
    /// assert!(trace.is_repeatable());
    /// ```
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name: name.into(),
            streams: vec![File { origin: Origin::Memory(bytes.into()), sender: None, meter: None }],
        }
    }

    /// Whether it can be read a second time, for excerpts: not so standard input.
    pub fn is_repeatable(&self) -> bool {
        self.streams.iter().all(File::is_repeatable)
    }

    /// How many bytes there are to read, packed as they are; `None` where that is not known beforehand.
    pub fn size(&self) -> Option<u64> {
        let size = |file: &File| match &file.origin {
            Origin::StandardInput => None,
            Origin::Disk(path) => path.metadata().ok().filter(std::fs::Metadata::is_file).map(|data| data.len()),
            Origin::Memory(bytes) => Some(bytes.len() as u64),
        };
        self.streams.iter().map(size).sum()
    }

    /// Counts on `meter` the bytes that are read from now on: of [`size`](Self::size) bytes.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use ami_conformance::source::Trace;
    /// use ami_conformance::{Options, check};
    ///
    /// let mut trace = Trace::from_bytes("example", &b"Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n"[..]);
    /// let meter = Arc::new(AtomicU64::new(0));
    /// trace.meter(&meter);
    /// check(&trace, Options::default()).1?;
    /// assert_eq!(Some(meter.load(Ordering::Relaxed)), trace.size());
    /// # Ok::<(), ami_conformance::source::InputError>(())
    /// ```
    pub fn meter(&mut self, meter: &Arc<AtomicU64>) {
        for file in &mut self.streams {
            file.meter = Some(Arc::clone(meter));
        }
    }

    /// The traces that are named on a command line: files, directories (all captures in them), `-` for standard
    /// input. `X.s2c` and `X.c2s` make one trace when both are named or lie in a named directory.
    ///
    /// What cannot be read is told in place; the others are still there. Files of directories that are no captures are
    /// told beside.
    pub fn gather(paths: &[PathBuf]) -> Gathered {
        let mut found = Vec::new();
        let mut left_out = Vec::new();
        for path in paths {
            if path.as_os_str() == "-" {
                found.push(Ok(None));
            } else if path.is_dir() {
                let captures = input::captures_in(path, &mut left_out);
                if captures.is_empty() {
                    found.push(Err(InputError::new(path, "there is no capture in this directory")));
                }
                found.extend(captures.into_iter().map(|capture| capture.map(Some)));
            } else {
                found.push(Ok(Some(path.clone())));
            }
        }
        Gathered { traces: join(found), left_out }
    }

    /// Reads the trace and hands its messages on.
    ///
    /// # Errors
    ///
    /// The input that could not be read. What came before was handed on.
    pub fn read(&self, parser: Parser, consumer: &mut impl Consumer) -> Result<(), InputError> {
        let mut read = |file: &File| match file.begin()? {
            Begun::Packets(input) => pcap::read(input, &mut Framing::new(parser, &mut *consumer)).map_err(file.says()),
            Begun::Text(form, input) => file.read_text(form, input, parser, consumer, &mut |_| Continue(())),
        };
        self.read_each(&mut read)
    }

    /// Reads all files, those behind an error, too: what one side lacks takes away nothing of what the other one said. The first
    /// error is told.
    fn read_each(&self, read: &mut dyn FnMut(&File) -> Result<(), InputError>) -> Result<(), InputError> {
        let mut result = Ok(());
        for file in &self.streams {
            result = result.and(read(file));
        }
        result
    }

    /// Reads the trace with several consumers that `make` makes: the connections of a packet capture are dealt out to them,
    /// and they work on different cores, as many as the thread pool of `rayon` that this is called from has. What each gets
    /// does not depend on how many cores there are. A trace of one connection has one consumer.
    ///
    /// Now and then `between` gets all of them, when they have come equally far, and says whether to read on; at the end they
    /// are given back.
    ///
    /// # Errors
    ///
    /// The input that could not be read, beside the consumers. What came before was handed on.
    ///
    /// ```
    /// use std::ops::ControlFlow::Continue;
    /// use ami_conformance::source::Trace;
    /// use ami_conformance::stats::Stats;
    ///
    /// let trace = Trace::from_bytes("example", &b"Event: A\r\n\r\nEvent: B\r\n\r\n"[..]);
    /// let (all, result) = trace.read_spread(ami_wire::Parser::new(), || Stats::new("example"), |_| Continue(()));
    /// result?;
    /// assert_eq!(all.len(), 1);
    /// assert_eq!(all[0].messages().messages, 2);
    /// # Ok::<(), ami_conformance::source::InputError>(())
    /// ```
    pub fn read_spread<C: Consumer + Send>(
        &self,
        parser: Parser,
        mut make: impl FnMut() -> C,
        mut between: impl FnMut(&mut [&mut C]) -> ControlFlow<()>,
    ) -> (Vec<C>, Result<(), InputError>) {
        let mut consumers = Vec::new();
        let mut read = |file: &File| match file.begin()? {
            Begun::Packets(input) => pcap::Capture::open(input)
                .and_then(|capture| spread::read(parser, capture, &mut consumers, &mut make, &mut between))
                .map_err(file.says()),
            Begun::Text(form, input) => {
                if consumers.is_empty() {
                    consumers.push(make());
                }
                let Some(first) = consumers.first_mut() else { return Ok(()) };
                file.read_text(form, input, parser, first, &mut |consumer| between(&mut [consumer]))
            }
        };
        let result = self.read_each(&mut read);
        (consumers, result)
    }
}

/// An input whose form is known.
enum Begun {
    Packets(Peek),
    Text(Form, Peek),
}

/// Makes traces of files: pairs become one.
fn join(found: Vec<Result<Option<PathBuf>, InputError>>) -> Vec<Result<Trace, InputError>> {
    let mut traces: Vec<Result<Trace, InputError>> = Vec::new();
    let mut by_stem: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for path in found {
        let path = match path {
            Ok(Some(path)) => path,
            Ok(None) => {
                traces.push(Ok(Trace::stdin()));
                continue;
            }
            Err(error) => {
                traces.push(Err(error));
                continue;
            }
        };
        let (stem, sender) = input::by_suffix(&path);
        let shown = path.display().to_string();
        let file = File { origin: Origin::Disk(path), sender, meter: None };
        if sender.is_some() {
            if let Some(Ok(other)) = by_stem.get(&stem).and_then(|at| traces.get_mut(*at))
                && other.streams.iter().all(|file| file.sender != sender)
            {
                other.name = format!("{} + {shown}", other.name);
                // What a client asked is known before what the server answered.
                match sender {
                    Some(Sender::Client) => other.streams.insert(0, file),
                    _ => other.streams.push(file),
                }
                continue;
            }
            by_stem.insert(stem, traces.len());
        }
        traces.push(Ok(Trace { name: shown, streams: vec![file] }));
    }
    traces
}

impl File {
    fn is_repeatable(&self) -> bool {
        match &self.origin {
            Origin::StandardInput => false,
            Origin::Disk(path) => path.is_file(),
            Origin::Memory(_) => true,
        }
    }

    /// The input without its wrappers.
    fn open(&self) -> std::io::Result<Peek> {
        let raw: Box<dyn Read + Send> = match &self.origin {
            Origin::Disk(path) => Box::new(std::fs::File::open(path)?),
            Origin::StandardInput => Box::new(std::io::stdin()),
            Origin::Memory(bytes) => Box::new(std::io::Cursor::new(Arc::clone(bytes))),
        };
        let raw = match &self.meter {
            Some(meter) => Box::new(Metered(raw, Arc::clone(meter))),
            None => raw,
        };
        Ok(Peek::new(unpack::unpack(raw)?))
    }

    /// Makes an error of what is wrong with its packets.
    fn says(&self) -> impl Fn(String) -> InputError {
        |reason| InputError::new(self.origin.shown(), &reason)
    }

    fn begin(&self) -> Result<Begun, InputError> {
        let shown = self.origin.shown();
        let mut input = self.open().map_err(|error| InputError::io(shown, &error))?;
        match Form::of(input.head()) {
            Form::Packets => Ok(Begun::Packets(input)),
            Form::Markup => {
                Err(InputError::no_capture(shown, "this is markup without messages: XML or a page for people"))
            }
            form => Ok(Begun::Text(form, input)),
        }
    }

    /// Reads all but packets. `between` gets the consumer after each block, and says whether to read on.
    fn read_text<C: Consumer>(
        &self,
        form: Form,
        mut input: Peek,
        parser: Parser,
        consumer: &mut C,
        between: &mut dyn FnMut(&mut C) -> ControlFlow<()>,
    ) -> Result<(), InputError> {
        let shown = self.origin.shown();
        let fail = |error: std::io::Error| InputError::io(shown, &error);
        // What hinders at the end of a file that has to be decoded: told when what came before it was read.
        let mut hindered = Ok(());
        let direction = match (form, self.sender) {
            (Form::Http | Form::Mxml, _) => {
                let (text, result) = http::decode(form, input).map_err(fail)?;
                hindered = result.map_err(|reason| InputError::new(shown, &reason));
                input = Peek::new(Box::new(std::io::Cursor::new(text)));
                // There is no banner at the beginning, and its lack must not be judged.
                Direction::Any
            }
            (_, Some(sender)) => sender.direction(),
            (_, None) => input::direction_of(input.head()),
        };
        let mut reading = Reading::new(parser, direction, self.sender);
        let result = loop {
            match input.read(reading.room(BLOCK)) {
                Ok(0) => break Ok(()),
                Ok(count) => {
                    reading.filled(count);
                    while let Some((_, sender, message)) = reading.next() {
                        consumer.message(0, sender, message);
                    }
                    if between(consumer).is_break() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                // What came before the broken end of an archive is still good.
                Err(error) => break Err(fail(error)),
            }
        };
        // What an archive lacks, its sender did not leave out.
        let is_cut = result.is_err() || hindered.is_err();
        if !is_cut {
            reading.end();
        }
        while let Some((_, sender, message)) = reading.next() {
            consumer.message(0, sender, message);
        }
        reading.tell_end(is_cut, consumer);
        _ = between(consumer);
        if result.is_ok() && form == Form::Binary && reading.known == 0 {
            return Err(InputError::no_capture(shown, "this is a binary file without a single AMI message"));
        }
        result.and(hindered)
    }
}
