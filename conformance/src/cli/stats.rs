use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum;
use rayon::prelude::*;
use serde::Serialize;

use super::progress::Progress;
use super::{Outcome, complain};
use crate::stats::{Shown, Stats, write_text};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ami stats session.s2c                    what the server sent
  ami stats --top 30 capture.pcap          more names of each sort
  ami stats --total captures/              all captures of a directory as one
  ami stats --format json session.s2c | jq '.traces[].events.top[].name'

Memory does not grow with the capture. Up to 4096 names of each sort (channels, queues, events, headers …) are counted
exactly; where there are more, the rarest give way, and a count can be too high by what the report says.")]
pub(super) struct Args {
    /// Captures, directories of captures, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// How many names of each sort to show: events, channels, queues …
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=4096))]
    top: u16,

    /// Count all captures together
    #[arg(long)]
    total: bool,

    /// How many traces, and connections of a packet capture, to read at a time; one connection is read by one [default:
    /// one a core]
    #[arg(long, short, value_name = "COUNT", value_parser = super::jobs)]
    jobs: Option<NonZeroUsize>,
}

/// How many traces are counted before their sum is made.
const TOGETHER: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

#[derive(Serialize)]
struct Report<'s> {
    version: &'static str,
    traces: Vec<Shown<'s>>,
}

impl Args {
    pub(super) fn run(self) -> io::Result<Outcome> {
        let mut outcome = Outcome::Clean;
        super::use_threads(self.jobs);
        let mut traces = super::gather(&self.files);
        let progress = Progress::watch(&mut traces, false);
        let mut unread = Vec::new();
        let mut all: Vec<Stats> = Vec::new();
        let mut read = 0_usize;
        // Not all at once: with --total no more is kept than the sum and what is added next.
        while !traces.is_empty() {
            let rest = traces.split_off(traces.len().min(TOGETHER));
            let some = std::mem::replace(&mut traces, rest);
            let counted: Vec<_> = some.into_par_iter().map(|trace| trace.map(|trace| Stats::of(&trace))).collect();
            for counted in counted {
                let (stats, result) = match counted {
                    Ok((stats, result)) => (Some(stats), result),
                    Err(error) => (None, Err(error)),
                };
                // Nothing can be said of what is no capture.
                if let Some(stats) = stats.filter(|stats| result.is_ok() || stats.messages().messages > 0) {
                    read += 1;
                    match all.last_mut().filter(|_| self.total) {
                        Some(sum) => sum.add_trace(stats),
                        None => all.push(stats),
                    }
                }
                if let Err(error) = result {
                    unread.push(error.to_string());
                }
            }
        }
        drop(progress);
        if let Some(sum) = all.first_mut().filter(|_| self.total && read > 1) {
            sum.source = format!("{read} traces");
        }
        let mut out = BufWriter::new(io::stdout().lock());
        let count = usize::from(self.top);
        match self.format {
            Format::Text => {
                for (place, stats) in all.iter().enumerate() {
                    if place > 0 {
                        out.write_all(b"\n\n")?;
                    }
                    write_text(stats, count, super::colour(), &mut out)?;
                }
            }
            Format::Json => {
                let traces = all.iter().map(|stats| Shown(stats, count)).collect();
                serde_json::to_writer_pretty(&mut out, &Report { version: env!("CARGO_PKG_VERSION"), traces })?;
                writeln!(out)?;
            }
        }
        // What could not be read is told last: behind a long report nobody sees what came before it.
        out.flush()?;
        for what in &unread {
            complain(what);
            outcome = Outcome::Failed;
        }
        Ok(outcome)
    }
}
