//! `cargo xtask mutants`: which changes of the code no test notices.
//!
//! `cargo mutants` says what can be changed. All of that goes behind a switch (see [`xtask::mutants`]) in a copy of the
//! workspace, which is built once; then the tests that come past a mutant run with it switched on, the quick ones first,
//! until one fails.

mod build;
mod report;
mod suite;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use xtask::mutants::{Mutant, list};

use build::Tree;
use suite::Suite;

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Options {
    /// The package whose code is changed.
    #[arg(long)]
    package: String,

    /// Only files whose path fits this pattern; can be given several times.
    #[arg(long)]
    file: Vec<String>,

    /// Only the mutants whose sentence contains this.
    #[arg(long)]
    name: Option<String>,

    /// Only every n-th mutant, from the k-th on: `1/4`.
    #[arg(long, value_parser = shard)]
    shard: Option<(usize, usize)>,

    /// A package whose tests look at the mutants too; can be given several times.
    #[arg(long)]
    also: Vec<String>,

    /// A test target that is left out; can be given several times.
    #[arg(long, default_values = ["no_std", "browser", "unsafe_inventory"])]
    without: Vec<String>,

    /// Tests that run at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,

    /// Leave out tests that take more seconds than this.
    #[arg(long, default_value_t = 600)]
    longest: u64,

    /// Of tests that take long, run only those whose name has the name of the mutant's file or folder in it.
    #[arg(long)]
    near: bool,

    /// Run those again that were alive the last time.
    #[arg(long)]
    again: bool,

    /// Run those again that ran out of time, or of memory.
    #[arg(long)]
    late: bool,

    /// Also run those that cannot stand behind the switch, as in a constant: with a build for each.
    #[arg(long)]
    alone: bool,

    /// Run nothing; print the figures and the survivors of the runs before.
    #[arg(long)]
    report: bool,
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(k, n)| k.parse().ok().zip(n.parse().ok()));
    parts.filter(|(k, n)| 1 <= *k && k <= n).ok_or_else(|| "not of the form 1/4".to_owned())
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// The compiler refuses it.
    Invalid,
    /// This test fails.
    Noticed(String),
    /// This test does not come to its end, or to the end of its memory.
    TimedOut(String),
    /// All tests that come past it pass.
    Alive,
    /// No test comes past it.
    Unreached,
}

impl Outcome {
    fn to_json(&self, mutant: &Mutant) -> Value {
        let (outcome, by) = match self {
            Self::Invalid => ("invalid", None),
            Self::Noticed(by) => ("noticed", Some(by)),
            Self::TimedOut(by) => ("timed out", Some(by)),
            Self::Alive => ("alive", None),
            Self::Unreached => ("unreached", None),
        };
        json!({ "outcome": outcome, "by": by, "name": mutant.name, "mutant": mutant.identity })
    }

    /// The identity of the mutant, and what became of it.
    fn from_json(line: &str) -> Option<(String, Self)> {
        let line: Value = serde_json::from_str(line).ok()?;
        let by = || line["by"].as_str().unwrap_or_default().to_owned();
        let outcome = match line["outcome"].as_str()? {
            "invalid" => Self::Invalid,
            "noticed" => Self::Noticed(by()),
            "timed out" => Self::TimedOut(by()),
            "alive" => Self::Alive,
            "unreached" => Self::Unreached,
            _ => return None,
        };
        Some((line["mutant"].as_str()?.to_owned(), outcome))
    }

    fn lives(&self) -> bool {
        matches!(self, Self::Alive | Self::Unreached)
    }
}

/// The results of all runs, one a line; the last one counts.
struct Results {
    path: PathBuf,
    known: BTreeMap<String, Outcome>,
}

impl Results {
    fn of(package: &str) -> Result<Self> {
        let folder = super::root().join("target/mutants");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{package}.jsonl"));
        let text = fs::read_to_string(&path).unwrap_or_default();
        Ok(Self { path, known: text.lines().filter_map(Outcome::from_json).collect() })
    }

    fn add(&mut self, mutant: &Mutant, outcome: Outcome) -> Result<()> {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(&self.path)?;
        writeln!(file, "{}", outcome.to_json(mutant))?;
        self.known.insert(mutant.identity.clone(), outcome);
        Ok(())
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mutants = mutants(options)?;
    let mut results = Results::of(&options.package)?;
    if !options.report {
        run_all(options, &mutants, &mut results)?;
    }
    print!("{}", report::report(&mutants, &results.known));
    Ok(())
}

/// What `cargo mutants` lists, as far as it is asked for.
fn mutants(options: &Options) -> Result<Vec<Mutant>> {
    let mut command = Command::new("cargo-mutants");
    command.current_dir(super::root()).args(["mutants", "--list", "--json", "--package", &options.package]);
    for file in &options.file {
        command.args(["--file", file]);
    }
    let output = command.output().context("cargo-mutants cannot be run; `cargo install cargo-mutants` installs it")?;
    ensure!(output.status.success(), "cargo mutants: {}", String::from_utf8_lossy(&output.stderr));
    let mut mutants = list(&String::from_utf8(output.stdout)?)?;
    mutants.retain(|mutant| {
        let (k, n) = options.shard.unwrap_or((1, 1));
        let named = options.name.as_ref().is_none_or(|name| mutant.name.contains(name));
        named && mutant.number as usize % n == k % n
    });
    Ok(mutants)
}

fn run_all(options: &Options, mutants: &[Mutant], results: &mut Results) -> Result<()> {
    let due = |mutant: &&Mutant, results: &Results| {
        results.known.get(&mutant.identity).is_none_or(|outcome| match outcome {
            Outcome::Alive | Outcome::Unreached => options.again,
            Outcome::TimedOut(_) => options.late,
            Outcome::Noticed(_) | Outcome::Invalid => false,
        })
    };
    let waiting: Vec<&Mutant> = mutants.iter().filter(|mutant| due(mutant, results)).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let mut packages = vec![options.package.clone()];
    packages.extend(options.also.iter().cloned());
    let tree = Tree::copy(packages)?;
    println!("{} mutants; weaving them", waiting.len());
    let woven = tree.weave(&waiting)?;
    for mutant in &woven.invalid {
        results.add(mutant, Outcome::Invalid)?;
    }
    println!(
        "{} behind the switch, {} do not compile, {} left",
        woven.active.len(),
        woven.invalid.len(),
        woven.left.len()
    );
    if !woven.active.is_empty() {
        let suite =
            Suite::measured(&tree.tests()?, &options.without, options.jobs, Duration::from_secs(options.longest))?;
        println!("{}", suite.summary());
        switched(&suite, &woven.active, options, results)?;
    }
    if options.alone {
        for mutant in &woven.left {
            let outcome = match tree.alone(mutant)? {
                None => Outcome::Invalid,
                Some(binaries) => Suite::unmeasured(&binaries, &options.without)?.whole(),
            };
            results.add(mutant, outcome)?;
        }
    }
    Ok(())
}

/// Runs the mutants behind the switch.
fn switched(suite: &Suite, active: &[&Mutant], options: &Options, results: &mut Results) -> Result<()> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(results);
    std::thread::scope(|scope| {
        let work = || -> Result<()> {
            while let Some(mutant) = active.get(next.fetch_add(1, Ordering::Relaxed)) {
                let outcome = suite.run(mutant, options.near)?;
                if outcome.lives() {
                    println!("alive: {}", mutant.name);
                }
                results.lock().map_err(|_| anyhow::anyhow!("another worker has stopped"))?.add(mutant, outcome)?;
            }
            Ok(())
        };
        let workers: Vec<_> = (0..options.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow::anyhow!("a worker has stopped"))?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards() {
        assert_eq!((shard("1/4"), shard("4/4")), (Ok((1, 4)), Ok((4, 4))));
        assert!(shard("0/4").is_err() && shard("5/4").is_err() && shard("1").is_err());
    }

    #[test]
    fn outcomes_are_read_as_they_were_written() {
        let mutant = Mutant {
            number: 1,
            file: "a.rs".into(),
            name: "a.rs:1:1: replace f with 0".into(),
            identity: "a.rs: replace f with 0 1 00".into(),
            genre: xtask::mutants::Genre::Body,
            replacement: "0".into(),
            start: (1, 1),
            end: (1, 2),
        };
        let by = || "lib::f".to_owned();
        for outcome in
            [Outcome::Invalid, Outcome::Noticed(by()), Outcome::TimedOut(by()), Outcome::Alive, Outcome::Unreached]
        {
            let line = outcome.to_json(&mutant).to_string();
            assert_eq!(Outcome::from_json(&line), Some((mutant.identity.clone(), outcome)));
        }
        assert_eq!(Outcome::from_json("{}"), None);
    }
}
