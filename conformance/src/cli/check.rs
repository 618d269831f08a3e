use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum;
use rayon::prelude::*;

use super::config::Config;
use super::progress::Progress;
use super::{Outcome, complain, remark};
use crate::baseline::Baseline;
use crate::check::check;
use crate::finding::{Finding, Severity};
use crate::levels::Levels;
use crate::release::Releases;
use crate::report;
use crate::report::text::Style;
use crate::session::Options;
use crate::source::{InputError, Trace};
use crate::subscription::Subscription;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ami check session.s2c                     what the server sent
  ami check session.s2c session.c2s         both directions of one connection
  ami check --format json captures/         every capture below a directory
  ami check --format sarif captures/ >ami.sarif
  ami check --write-baseline pbx.json captures/   what this server is known to do wrong
  ami check --baseline pbx.json new.s2c           what it does wrong besides
  zstd -dc big.zst | ami check -            standard input (zstd and gzip are unpacked anyway)

ami.toml can set allow, warn, deny, eventfilter (lists), read, release, fail-on, baseline (texts), race, window \
(numbers), strict, notes, complete (true or false).

A capture of nothing is a valid one: an empty file, or a packet capture without a packet, conforms. One that holds \
something else than AMI cannot be read: a packet capture without an AMI connection, a binary file, a web page. So it is \
with what lacks its end, such as an archive that was cut: what came before is checked and reported, and the exit code is \
2 all the same.")]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Args {
    /// Captures, directories of captures, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How to report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// The least severity that makes the exit code 1 [default: error]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,

    /// Treat known deviations of stock servers as what they are: violations
    #[arg(long)]
    no_known: bool,

    /// The captures cover the server's whole life from idle to idle: what is open at the end, or was there before the
    /// beginning, is a violation
    #[arg(long)]
    complete: bool,

    /// The release of the server, instead of what the banner says
    #[arg(long, value_name = "RELEASE", value_parser = Releases::parse)]
    release: Option<Releases>,

    /// Check notes, too: rules that are off by default
    #[arg(long)]
    notes: bool,

    /// Count defects of the wire as errors
    #[arg(long)]
    strict: bool,

    /// Do not check this rule, or this group of rules (`wire`, `channel/*`)
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,

    /// Report breaks of this rule or group as warnings
    #[arg(long, value_name = "RULE")]
    warn: Vec<String>,

    /// Report breaks of this rule or group as errors
    #[arg(long, value_name = "RULE")]
    deny: Vec<String>,

    /// The classes of events that the user may read: `call,system`. Others break session/read-mask, and what they can
    /// hold is not held against the server
    #[arg(long, value_name = "CLASSES")]
    read: Option<String>,

    /// An event filter of the user, as in manager.conf: a regular expression, or `!` and one (not the newer form with
    /// `action(…)` and `name(…)`). What it can have kept out is not held against the server
    #[arg(long, value_name = "RULE", allow_hyphen_values = true)]
    eventfilter: Vec<String>,

    /// How many dead channels and bridges to remember [default: 8192]
    #[arg(long, value_name = "COUNT", value_parser = super::count)]
    window: Option<NonZeroUsize>,

    /// How many messages after a channel's end what applications say of it is a lost race, and no break [default: 32]
    #[arg(long, value_name = "MESSAGES")]
    race: Option<u64>,

    /// Do not count the faults of this server that the file tells, as often as it tells each: see --write-baseline
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write what is found, known deviations excepted, into this file, and count none of it
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,

    /// Read options from this file instead of `ami.toml` in the current directory; those given here come on top
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// How many traces, and connections of a packet capture, to check at a time; one connection is read by one [default:
    /// one a core]
    #[arg(long, short, value_name = "COUNT", value_parser = super::jobs)]
    jobs: Option<NonZeroUsize>,

    /// Show how the obligations of every rule came out, not only of those that were violated
    #[arg(long)]
    counts: bool,

    /// Explain each rule that was broken, once, behind the findings of the text report
    #[arg(long)]
    explain: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// A SARIF 2.1.0 log, for code review
    Sarif,
    /// JUnit XML, for build servers
    Junit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Note,
    /// Exit with 0 whatever is found
    Never,
}

impl FailOn {
    /// Whether a finding that counts fails the run.
    fn is_met_by(self, finding: &Finding) -> bool {
        let least = match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Note => Severity::Note,
            Self::Never => return false,
        };
        finding.severity >= least
    }
}

impl Args {
    fn options(&self, config: &Config) -> Result<Options, String> {
        let mut levels = Levels::default();
        let (warning, error) = (Some(Severity::Warning), Some(Severity::Error));
        let of_config = [(&config.allow, None), (&config.warn, warning), (&config.deny, error)];
        let given = [(&self.allow, None), (&self.warn, warning), (&self.deny, error)];
        for (rules, severity) in of_config.into_iter().chain(given) {
            for rule in rules {
                levels.set(rule, severity)?;
            }
        }
        let mut subscription = Subscription::default();
        if let Some(classes) = self.read.as_ref().or(config.read.as_ref()) {
            subscription.read(classes)?;
        }
        for filter in config.eventfilter.iter().chain(&self.eventfilter) {
            subscription.filter(filter)?;
        }
        let default = Options::default();
        Ok(Options {
            complete: self.complete || config.complete,
            release: self.release.or(config.release),
            window: self.window.or(config.window).map_or(default.window, NonZeroUsize::get),
            race: self.race.or(config.race).unwrap_or(default.race),
            known: !self.no_known,
            notes: self.notes || config.notes,
            strict: self.strict || config.strict,
            levels,
            subscription,
        })
    }

    /// All that the configuration file and the command line say together.
    fn settle(&self) -> Result<(Options, FailOn, Baseline), String> {
        let config = Config::load(self.config.as_deref())?;
        let fail_on = self.fail_on.or(config.fail_on).unwrap_or(FailOn::Error);
        let baseline = match self.baseline.as_ref().or(config.baseline.as_ref()) {
            Some(path) if self.write_baseline.is_none() => Baseline::read(path)?,
            _ => Baseline::default(),
        };
        Ok((self.options(&config)?, fail_on, baseline))
    }

    pub(super) fn run(self) -> io::Result<Outcome> {
        let (options, fail_on, mut baseline) = match self.settle() {
            Ok(settled) => settled,
            Err(error) => {
                complain(&error);
                return Ok(Outcome::Failed);
            }
        };
        super::use_threads(self.jobs);
        let mut traces = super::gather(&self.files);
        if let Some(path) = &self.write_baseline
            && let Err(error) = super::refuse_to_overwrite(path, &self.files, traces.iter().flatten())
        {
            complain(&error);
            return Ok(Outcome::Failed);
        }
        let progress = Progress::watch(&mut traces, false);
        let check_one = |trace: Result<Trace, InputError>| {
            let trace = trace?;
            let (checked, result) = check(&trace, options.clone());
            Ok((trace, checked, result))
        };
        let mut all: Vec<_> = traces.into_par_iter().map(check_one).collect();
        drop(progress);
        if let Some(path) = &self.write_baseline {
            all.iter().flatten().for_each(|(_, checked, _)| baseline.learn(checked));
            let is_whole = all.iter().all(|result| matches!(result, Ok((_, _, Ok(())))));
            // A baseline of half the captures would let the faults of the others count.
            let written = if is_whole {
                baseline.write(path)
            } else {
                Err(format!("{} is not written: not all captures could be read", path.display()))
            };
            if let Err(error) = written {
                complain(&error);
                for result in &all {
                    if let Err(error) | Ok((_, _, Err(error))) = result {
                        complain(&error.to_string());
                    }
                }
                return Ok(Outcome::Failed);
            }
        }
        all.iter_mut().flatten().for_each(|(_, checked, _)| baseline.apply(checked));
        let mut outcome = Outcome::Clean;
        let mut out = BufWriter::new(io::stdout().lock());
        let mut checked_traces = Vec::new();
        let (mut unread, mut doubtful) = (Vec::new(), Vec::new());
        let style = Style { colour: super::colour(), counts: self.counts, width: super::width() };
        for result in all {
            let (trace, checked, result) = match result {
                Ok(checked) => checked,
                Err(error) => {
                    unread.push(InputError::to_string(&error));
                    continue;
                }
            };
            if let Err(error) = result {
                unread.push(error.to_string());
                if checked.messages == 0 || error.is_no_capture() {
                    continue;
                }
            }
            if checked.messages > 0 && checked.of_a_kind == 0 {
                doubtful.push(format!("{}: no message of it is AMI: is it a capture?", checked.source));
            }
            let fails = |finding: &Finding| !finding.is_excused() && fail_on.is_met_by(finding);
            if checked.findings.iter().any(fails) {
                outcome = outcome.max(Outcome::Found);
            }
            if self.format == Format::Text {
                report::text::write_trace(&trace, &checked, style, &mut out)?;
            }
            checked_traces.push((trace, checked));
        }
        let checked: Vec<_> = checked_traces.iter().map(|(_, checked)| checked).collect();
        let inputs: Vec<_> = checked_traces.iter().map(|(trace, checked)| report::Input { trace, checked }).collect();
        match self.format {
            Format::Json => report::json::write(&checked, &mut out)?,
            Format::Sarif => report::sarif::write(&inputs, &unread, &mut out)?,
            Format::Junit => {
                report::junit::write(&inputs, &unread, |finding| fail_on.is_met_by(finding), &mut out)?;
            }
            Format::Text => {
                report::text::write_summary(&checked, style, &mut out)?;
                if self.explain {
                    report::text::write_explanations(&checked, style, &mut out)?;
                }
            }
        }
        // What could not be read is told last: behind a long report nobody sees what came before it.
        out.flush()?;
        for what in &doubtful {
            remark(what);
        }
        for what in &unread {
            complain(what);
            outcome = Outcome::Failed;
        }
        out.flush()?;
        Ok(outcome)
    }
}
