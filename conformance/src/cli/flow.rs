use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Outcome, complain};
use crate::flow::{Ladder, Loose, Recording, Selection, html, record, svg, text};
use crate::session::Options;
use crate::source::Trace;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ami flow session.s2c                                    the calls, one line each
  ami flow --call 1795516840.35 session.s2c               one of them as a ladder
  ami flow -o call.svg --channel PJSIP/100-00000001 session.s2c
                                                          as a drawing, for a ticket
  ami flow -o session.html session.s2c                    all of them as one page")]
pub(super) struct Args {
    /// Captures, directories of captures, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How to draw [default: what the name of the output ends in, or else text]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Where to write; a file that is there is replaced, unless it is one of those that are read
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

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

impl Format {
    /// The one that a file's name asks for.
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "txt" | "text" => Some(Self::Text),
            "svg" => Some(Self::Svg),
            "html" | "htm" | "xhtml" => Some(Self::Html),
            _ => None,
        }
    }
}

impl Args {
    /// How to draw, and where; the output is `None` for standard output.
    fn target(&self, traces: &[Trace]) -> Result<(Format, Option<&Path>), String> {
        let output = self.output.as_deref().filter(|path| path.as_os_str() != "-");
        let Some(path) = output else { return Ok((self.format.unwrap_or(Format::Text), None)) };
        super::refuse_to_overwrite(path, &self.files, traces.iter())?;
        let format = self.format.or_else(|| Format::of(path)).ok_or_else(|| {
            let name = path.display();
            format!("the name {name} does not tell how to draw: end it in .txt, .svg or .html, or say --format")
        })?;
        Ok((format, Some(path)))
    }

    fn chosen<'r>(&'r self, recording: &'r Recording) -> Selection<'r> {
        let calls = match (&self.call, &self.channel) {
            (Some(id), _) => recording.calls.iter().filter(|call| call.id == *id).collect(),
            (None, Some(name)) => recording.calls_of_channel(name).collect(),
            (None, None) => recording.calls.iter().collect(),
        };
        let loose: &[Loose] = if self.is_choice() { &[] } else { &recording.loose };
        Selection { recording, calls, loose }
    }

    fn is_choice(&self) -> bool {
        self.call.is_some() || self.channel.is_some()
    }

    /// Draws, or tells why that can't be.
    fn draw(&self, all: &[Selection<'_>], format: Format, width: usize) -> Result<String, String> {
        let mut calls =
            all.iter().flat_map(|selection| selection.calls.iter().map(|call| (selection.recording, *call)));
        match format {
            Format::Text if !self.is_choice() => {
                Ok(all.iter().map(|selection| text::list(selection.recording, width)).collect())
            }
            Format::Text => {
                Ok(calls.map(|(recording, call)| text::ladder(&Ladder::new(recording, call), width)).collect())
            }
            Format::Html => Ok(html::page(all)),
            Format::Svg => match (calls.next(), calls.count()) {
                (Some((recording, call)), 0) => Ok(svg::draw(&Ladder::new(recording, call), true)),
                (first, more) => {
                    let count = usize::from(first.is_some()) + more;
                    Err(format!("there are {count} calls; a drawing shows one: choose it with --call"))
                }
            },
        }
    }

    pub(super) fn run(self) -> io::Result<Outcome> {
        let mut outcome = Outcome::Clean;
        let mut fail = |why: &str| {
            complain(why);
            outcome = Outcome::Failed;
        };
        let mut traces = Vec::new();
        for trace in super::gather(&self.files) {
            match trace {
                Ok(trace) => traces.push(trace),
                Err(error) => fail(&error.to_string()),
            }
        }
        let (format, output) = match self.target(&traces) {
            Ok(target) => target,
            Err(why) => {
                complain(&why);
                return Ok(Outcome::Failed);
            }
        };
        let mut recordings = Vec::new();
        for trace in &traces {
            let (recording, result) = record(trace, Options::default());
            recordings.push(recording);
            if let Err(error) = result {
                fail(&error.to_string());
            }
        }
        let all: Vec<Selection<'_>> = recordings.iter().map(|recording| self.chosen(recording)).collect();
        if self.is_choice() && all.iter().all(|selection| selection.calls.is_empty()) {
            complain("there is no such call; without --call and --channel all are listed");
            return Ok(Outcome::Failed);
        }
        // A file is as wide as one that a terminal's output is sent to.
        let width = super::width().filter(|_| output.is_none()).unwrap_or(100).max(40);
        match self.draw(&all, format, width) {
            Err(why) => fail(&why),
            Ok(drawn) => match output {
                None => io::stdout().lock().write_all(drawn.as_bytes())?,
                Some(path) => {
                    if let Err(error) = fs::write(path, drawn) {
                        fail(&format!("{}: {error}", path.display()));
                    }
                }
            },
        }
        Ok(outcome)
    }
}
