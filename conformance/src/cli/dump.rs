use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use ami_wire::{Error, LineKind, Message, Parser};
use clap::ValueEnum;

use super::progress::Progress;
use super::{Outcome, complain};
use crate::finding::Sender;
use crate::report::jsonl;
use crate::source::{Consumer, Ended, Trace};

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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Jsonl,
}

impl Args {
    pub(super) fn run(self) -> io::Result<Outcome> {
        let mut outcome = Outcome::Clean;
        let mut traces = Trace::gather(&self.files);
        let progress = Progress::watch(&mut traces, true);
        let several = traces.len() > 1;
        let mut dumper = Dumper {
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            format: self.format,
            several,
            first_connection: 0,
            connections: 0,
            skipped: None,
            result: Ok(()),
        };
        for trace in traces {
            let result = trace.and_then(|trace| {
                if several && dumper.format == Format::Text {
                    dumper.say(&format!("# {}\n\n", trace.name));
                }
                trace.read(Parser::new(), &mut dumper)
            });
            dumper.first_connection += dumper.connections;
            dumper.connections = 0;
            std::mem::replace(&mut dumper.result, Ok(()))?;
            if let Err(error) = result {
                complain(&error.to_string());
                outcome = Outcome::Failed;
            }
        }
        dumper.out.flush()?;
        drop(progress);
        Ok(outcome)
    }
}

struct Dumper<W: Write> {
    out: W,
    format: Format,
    several: bool,
    first_connection: u32,
    connections: u32,
    /// A message that could not be had: its length is known when the next one begins.
    skipped: Option<(u32, Sender, Error)>,
    /// What the output said; after an error nothing is written any more.
    result: io::Result<()>,
}

impl<W: Write> Dumper<W> {
    fn say(&mut self, text: &str) {
        self.attempt(|out| out.write_all(text.as_bytes()));
    }

    fn attempt(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) {
        if self.result.is_ok() {
            self.result = write(&mut self.out);
        }
    }

    fn tell_skipped(&mut self, next: u64) {
        let Some((connection, sender, error)) = self.skipped.take() else { return };
        let connection = self.several.then_some(connection);
        match self.format {
            Format::Jsonl => self.attempt(|out| jsonl::write_skipped(connection, sender, error, next, out)),
            Format::Text => {
                let sender = sender.as_str();
                self.say(&format!("# {sender}: {error}; skipped to byte {next}\n\n"));
            }
        }
    }
}

impl<W: Write> Consumer for Dumper<W> {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        self.connections = self.connections.max(connection + 1);
        self.several |= connection > 0;
        let connection = self.first_connection + connection;
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                self.tell_skipped(error.message);
                self.skipped = Some((connection, sender, error));
                return;
            }
        };
        self.tell_skipped(message.offset());
        let connection = self.several.then_some(connection);
        match self.format {
            Format::Jsonl => self.attempt(|out| jsonl::write(connection, sender, &message, out)),
            Format::Text => self.attempt(|out| write_text(sender, &message, out)),
        }
    }

    fn end(&mut self, _connection: u32, _sender: Sender, ended: Ended) {
        self.connections = self.connections.max(1);
        self.tell_skipped(ended.length);
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
