//! The command line of `ami`.

mod check;
mod config;
mod deviations;
mod dump;
mod explain;
mod flow;
mod progress;
mod rules;
mod stats;

use std::io::{self, ErrorKind, IsTerminal};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::builder::Styles;
use clap::{Parser, Subcommand, ValueEnum};

use crate::source::{Gathered, InputError, Trace};

/// Checks captured Asterisk Manager Interface sessions, and shows what is in them.
#[derive(Debug, Parser)]
#[command(name = "ami", version, propagate_version = true, styles = Styles::styled())]
#[command(after_help = "Exit codes: 0 nothing found, 1 something found, 2 wrong usage or unreadable input.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check traces: which of the protocol's promises were broken
    Check(check::Args),
    /// Print the messages of traces
    Dump(dump::Args),
    /// Tell what is in traces: how much of what, from whom, and when
    Stats(stats::Args),
    /// Draw calls: channels side by side, time downwards
    Flow(flow::Args),
    /// List the rules
    Rules(rules::Args),
    /// Explain a rule, with a trace that keeps it and one that breaks it
    Explain(explain::Args),
    /// List what stock servers are known not to keep
    Deviations(deviations::Args),
}

/// How a command lists what the program knows.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ListFormat {
    /// For people
    Text,
    /// One JSON array
    Json,
    /// A page with a section for each
    Markdown,
}

/// How a command came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    #[default]
    Clean,
    Found,
    /// Wrong usage, or an input that could not be read.
    Failed,
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Check(args) => args.run(),
        Command::Dump(args) => args.run(),
        Command::Stats(args) => args.run(),
        Command::Flow(args) => args.run(),
        Command::Rules(args) => args.run(),
        Command::Explain(args) => args.run(),
        Command::Deviations(args) => args.run(),
    };
    let outcome = outcome.unwrap_or_else(|error| {
        // `ami dump … | head` is no failure of ours, and nothing can be said into a closed pipe.
        if error.kind() == ErrorKind::BrokenPipe {
            return Outcome::Clean;
        }
        complain(&error.to_string());
        Outcome::Failed
    });
    ExitCode::from(outcome as u8)
}

/// Works with so many threads from now on; with one a core where nothing is asked for.
fn use_threads(jobs: Option<NonZeroUsize>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.map_or(0, NonZeroUsize::get));
    // Where threads cannot be had, or are there already, the work is done with those that there are.
    _ = pool.build_global();
}

/// Tells an error on standard error.
fn complain(what: &str) {
    tell(AnsiColor::Red, "error", what);
}

/// Tells on standard error what may not be as it was meant; it changes nothing.
fn remark(what: &str) {
    tell(AnsiColor::Cyan, "note", what);
}

fn tell(colour: AnsiColor, label: &str, what: &str) {
    let style = Style::new().fg_color(Some(colour.into())).bold();
    anstream::eprintln!("{style}{label}:{style:#} {what}");
}

/// The traces under these paths. That files of a directory are left out is told: a capture that is not recognised must not
/// pass for one that was checked.
fn gather(files: &[PathBuf]) -> Vec<Result<Trace, InputError>> {
    /// How many are named.
    const NAMED: usize = 5;
    let Gathered { traces, left_out } = Trace::gather(files);
    if !left_out.is_empty() {
        let (count, is) = (left_out.len(), if left_out.len() == 1 { "file does" } else { "files do" });
        let named: Vec<_> = left_out.iter().take(NAMED).map(|path| path.display().to_string()).collect();
        let more = if count > NAMED { ", …" } else { "" };
        remark(&format!("{count} {is} not look like a capture: left out unless named: {}{more}", named.join(", ")));
    }
    traces
}

/// Whether standard output takes colours.
fn colour() -> bool {
    use anstream::{AutoStream, ColorChoice};
    io::stdout().is_terminal() && AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// The columns of the terminal that standard output is; `None` where it is none.
fn width() -> Option<usize> {
    let stdout = io::stdout();
    stdout.is_terminal().then(|| terminal_size::terminal_size_of(stdout))?.map(|(width, _)| usize::from(width.0))
}

/// A count on the command line of what there must be at least one of.
fn count(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a number from 1 on".to_owned())
}

/// A number of threads on the command line. More of them than cores only get in each other's way, and thousands bring a machine
/// down.
fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    const MOST: usize = 256;
    let jobs = text.parse().ok().filter(|jobs: &NonZeroUsize| jobs.get() <= MOST);
    jobs.ok_or_else(|| format!("expected a number from 1 to {MOST}"))
}

/// An error where a file that is to be written is one that is read: whoever mixes up the arguments should not lose a
/// capture.
fn refuse_to_overwrite<'t>(
    path: &Path,
    files: &[PathBuf],
    traces: impl Iterator<Item = &'t Trace>,
) -> Result<(), String> {
    let is_read = std::fs::canonicalize(path).is_ok_and(|real| {
        let in_folders = traces.flat_map(|trace| trace.name.split(" + ")).map(Path::new);
        files
            .iter()
            .map(PathBuf::as_path)
            .chain(in_folders)
            .filter_map(|file| std::fs::canonicalize(file).ok())
            .any(|file| file == real)
    });
    if is_read { Err(format!("{} is read: it can't be written as well", path.display())) } else { Ok(()) }
}
