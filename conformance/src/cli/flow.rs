use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;

use super::{Outcome, complain};
use crate::flow::{Call, Ladder, Recording, html, record, svg, text};
use crate::session::Options;
use crate::source::Trace;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ami flow session.s2c                                    the calls, one line each
  ami flow --call 1795516840.35 session.s2c               one of them as a ladder
  ami flow --format svg --channel PJSIP/100-00000001 session.s2c >call.svg
  ami flow --format html session.s2c >session.html        all of them as one page")]
pub(super) struct Args {
    /// Captures, directories of captures, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How to draw
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// The call with this Linkedid
    #[arg(long, value_name = "LINKEDID", conflicts_with = "channel")]
    call: Option<String>,

    /// The calls of the channel with this name or Uniqueid
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// In the terminal
    Text,
    /// One call as a drawing
    Svg,
    /// One page with all calls
    Html,
}

impl Args {
    fn chosen<'r>(&'r self, recording: &'r Recording) -> Vec<&'r Call> {
        match (&self.call, &self.channel) {
            (Some(id), _) => recording.calls.iter().filter(|call| call.id == *id).collect(),
            (None, Some(name)) => recording.calls_of_channel(name).collect(),
            (None, None) => recording.calls.iter().collect(),
        }
    }

    pub(super) fn run(self) -> io::Result<Outcome> {
        let mut outcome = Outcome::Clean;
        let mut recordings = Vec::new();
        for trace in Trace::gather(&self.files) {
            let result = trace.and_then(|trace| {
                let (recording, result) = record(&trace, Options::default());
                recordings.push(recording);
                result
            });
            if let Err(error) = result {
                complain(&error.to_string());
                outcome = Outcome::Failed;
            }
        }
        let all: Vec<(&Recording, Vec<&Call>)> =
            recordings.iter().map(|recording| (recording, self.chosen(recording))).collect();
        let count: usize = all.iter().map(|(_, calls)| calls.len()).sum();
        let is_choice = self.call.is_some() || self.channel.is_some();
        if count == 0 && is_choice {
            complain("there is no such call; without --call and --channel all are listed");
            return Ok(Outcome::Failed);
        }
        let mut out = io::stdout().lock();
        let width = super::width().unwrap_or(100).max(40);
        match self.format {
            Format::Text => {
                for (recording, calls) in &all {
                    if !is_choice {
                        out.write_all(text::list(recording, width).as_bytes())?;
                        continue;
                    }
                    for call in calls {
                        out.write_all(text::ladder(&Ladder::new(recording, call), width).as_bytes())?;
                    }
                }
            }
            Format::Html => out.write_all(html::page(&all).as_bytes())?,
            Format::Svg => {
                let mut calls =
                    all.iter().flat_map(|(recording, calls)| calls.iter().map(move |call| (recording, call)));
                if let (Some((recording, call)), 1) = (calls.next(), count) {
                    out.write_all(svg::draw(&Ladder::new(recording, call), true).as_bytes())?;
                } else {
                    complain(&format!("there are {count} calls; a drawing shows one: choose it with --call"));
                    outcome = Outcome::Failed;
                }
            }
        }
        Ok(outcome)
    }
}
