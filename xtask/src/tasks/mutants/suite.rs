//! The tests, and which of them come past which mutant.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use xtask::mutants::{Mutant, REACHED, VARIABLE};

use super::Outcome;
use super::build::Binary;

/// Tests below this run together in one process.
const QUICK: Duration = Duration::from_millis(400);
/// A run may take that many times as much of the processor as it took time without a mutant, and a moment to start.
const PATIENCE: u32 = 5;
const MOMENT: Duration = Duration::from_secs(3);
/// And that many times as long by the clock, since others use the machine too: a loop without end uses the processor.
const BUSY: u32 = 10;
/// Writing down what a test comes past may take that many times as long as the test.
const SLOWLY: u32 = 60;
/// Memory of a test in KiB: an endless loop often collects something.
const MEMORY: u32 = 6 << 20;

/// One test.
struct Test {
    binary: Binary,
    name: String,
    takes: Duration,
    /// The mutants that it comes past; nothing is known of a test that fails while that is written down.
    reaches: Option<BTreeSet<u32>>,
}

impl Test {
    /// Runs it, to see how long it takes and what it comes past; whether it passes.
    fn measure(&mut self, reached: &Path, longest: Duration) -> bool {
        let run = |environment: &[(&str, String)], longest: Duration| {
            let start = Instant::now();
            let status = invoke(&self.binary, &[&self.name], environment, longest);
            (status.is_ok_and(|status| status.success()), start.elapsed())
        };
        let (passed, takes) = run(&[], longest);
        if !passed {
            return false;
        }
        self.takes = takes;
        _ = fs::remove_file(reached);
        let environment = [(VARIABLE, "all".to_owned()), (REACHED, reached.display().to_string())];
        // Writing it down allocates, which some tests count: of them it is not known.
        if run(&environment, takes * SLOWLY + MOMENT).0 {
            let text = fs::read_to_string(reached).unwrap_or_default();
            self.reaches = Some(text.lines().filter_map(|line| line.parse().ok()).collect());
        }
        true
    }
}

/// All tests, the quick ones first.
pub(super) struct Suite {
    tests: Vec<Test>,
}

/// Tests of one target that run in one process.
struct Group<'t> {
    binary: &'t Binary,
    names: Vec<&'t str>,
    takes: Duration,
}

impl Group<'_> {
    fn is_slow(&self) -> bool {
        self.takes > QUICK && self.names.len() == 1
    }

    /// Whether the name of a test speaks of the file.
    fn is_about(&self, file: &str) -> bool {
        let mut words = file.trim_end_matches(".rs").rsplit('/').take(2);
        words.any(|word| self.names.iter().any(|name| name.split("::").any(|part| part == word)))
    }
}

impl Suite {
    /// Runs every test once, to see how long it takes and what it comes past.
    pub(super) fn measured(binaries: &[Binary], without: &[String], jobs: usize, longest: Duration) -> Result<Self> {
        let queue = Mutex::new(listed(binaries, without)?);
        let measured = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for job in 0..jobs.max(1) {
                let reached = super::super::root().join(format!("target/mutants/reached-{job}"));
                let (queue, measured) = (&queue, &measured);
                scope.spawn(move || {
                    while let Some(mut test) = queue.lock().ok().and_then(|mut queue| queue.pop()) {
                        if !test.measure(&reached, longest) {
                            println!(
                                "left out, since it fails without a mutant or takes too long: {} {}",
                                test.binary.name, test.name
                            );
                        } else if let Ok(mut measured) = measured.lock() {
                            measured.push(test);
                        }
                    }
                });
            }
        });
        let mut tests = measured.into_inner().map_err(|_| anyhow::anyhow!("a worker has stopped"))?;
        tests.sort_by_key(|test| test.takes);
        Ok(Self { tests })
    }

    /// All tests as they are listed.
    pub(super) fn unmeasured(binaries: &[Binary], without: &[String]) -> Result<Self> {
        Ok(Self { tests: listed(binaries, without)? })
    }

    /// How many tests there are, and which take longest.
    pub(super) fn summary(&self) -> String {
        let slow = self.tests.iter().rev().take_while(|test| test.takes.as_secs() >= 1).take(8);
        let slow: Vec<_> =
            slow.map(|test| format!("{} {} ({:.1?})", test.binary.name, test.name, test.takes)).collect();
        format!("{} tests; the slowest: {}", self.tests.len(), slow.join(", "))
    }

    /// Runs the tests that come past a mutant; if `near`, of the slow ones only those whose names speak of its file.
    pub(super) fn run(&self, mutant: &Mutant, near: bool) -> Result<Outcome> {
        let reached = |test: &Test| test.reaches.as_ref().is_some_and(|reaches| reaches.contains(&mutant.number));
        let mut groups = groups(self.tests.iter().filter(|test| test.reaches.is_none() || reached(test)));
        if !self.tests.iter().any(reached) {
            return Ok(Outcome::Unreached);
        }
        // Slow ones that are likely to notice go before others.
        let far = |group: &Group<'_>| group.is_slow() && !group.is_about(&mutant.file);
        if near {
            groups.retain(|group| !far(group));
        }
        groups.sort_by_key(far);
        for group in groups {
            let limit = group.takes * PATIENCE + MOMENT;
            let status = invoke(group.binary, &group.names, &[(VARIABLE, mutant.number.to_string())], limit)?;
            if let Some(outcome) = judged(status, &group) {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Alive)
    }

    /// Runs all tests, target by target.
    pub(super) fn whole(&self) -> Outcome {
        for group in groups(self.tests.iter()) {
            let status = invoke(group.binary, &group.names, &[], Duration::from_secs(600));
            match status.map(|status| judged(status, &group)) {
                Ok(None) => {}
                Ok(Some(outcome)) => return outcome,
                Err(error) => return Outcome::Noticed(error.to_string()),
            }
        }
        Outcome::Alive
    }
}

/// Quick tests of one target together, each other one alone; the quickest first.
fn groups<'t>(tests: impl Iterator<Item = &'t Test>) -> Vec<Group<'t>> {
    let mut quick: BTreeMap<&Path, Group<'t>> = BTreeMap::new();
    let mut groups = Vec::new();
    for test in tests {
        let group = Group { binary: &test.binary, names: vec![&test.name], takes: test.takes };
        if test.takes > QUICK {
            groups.push(group);
            continue;
        }
        quick
            .entry(&test.binary.path)
            .and_modify(|quick| {
                quick.names.push(&test.name);
                quick.takes += test.takes;
            })
            .or_insert(group);
    }
    groups.extend(quick.into_values());
    groups.sort_by_key(|group| group.takes);
    groups
}

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;
const SIGXCPU: i32 = 24;

fn judged(status: ExitStatus, group: &Group<'_>) -> Option<Outcome> {
    let by = match group.names.as_slice() {
        [name] => format!("{} {name}", group.binary.name),
        names => format!("{}, one of {}", group.binary.name, names.len()),
    };
    match status.code() {
        Some(0) => None,
        // What `timeout` gives, for its own limit; and the kernel's, for that of the processor.
        Some(124 | 137 | 152) => Some(Outcome::TimedOut(by)),
        None if matches!(status.signal(), Some(SIGKILL | SIGXCPU)) => Some(Outcome::TimedOut(by)),
        _ => Some(Outcome::Noticed(by)),
    }
}

fn listed(binaries: &[Binary], without: &[String]) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for binary in binaries.iter().filter(|binary| !without.contains(&binary.name)) {
        let output =
            Command::new(&binary.path).args(["--list", "--format", "terse"]).output().context("a test target")?;
        let names = String::from_utf8(output.stdout)?;
        tests.extend(names.lines().filter_map(|line| line.strip_suffix(": test")).map(|name| Test {
            binary: binary.clone(),
            name: name.to_owned(),
            takes: Duration::ZERO,
            reaches: None,
        }));
    }
    Ok(tests)
}

/// Runs tests of one target as cargo would, one after another, with so much of the processor and of memory.
fn invoke(binary: &Binary, names: &[&str], environment: &[(&str, String)], limit: Duration) -> Result<ExitStatus> {
    let mut command = Command::new("sh");
    let seconds = limit.as_secs_f64().ceil();
    command.args(["-c", &format!("ulimit -v {MEMORY}; ulimit -t {seconds}; exec timeout --kill-after=1 \"$@\""), "sh"]);
    command
        .arg((seconds * f64::from(BUSY)).to_string())
        .arg(&binary.path)
        .args(["--exact", "--test-threads=1"])
        .args(names);
    command.current_dir(&binary.folder).env("CARGO_MANIFEST_DIR", &binary.folder);
    // A failure is expected here: it is not to be kept.
    command.env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true").env("INSTA_UPDATE", "no");
    command.envs(environment.iter().map(|(name, value)| (*name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().context("a test cannot be run")?;
    // Whoever stops the command stops what it has started, which says nothing of a mutant.
    ensure!(!matches!(status.signal(), Some(SIGHUP | SIGINT | SIGTERM)), "a test was stopped");
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(binary: &str, name: &str, millis: u64) -> Test {
        let binary = Binary { name: binary.into(), path: binary.into(), folder: ".".into() };
        Test { binary, name: name.into(), takes: Duration::from_millis(millis), reaches: None }
    }

    /// Of a shell that does what a test may do: whether it runs out of time.
    fn runs_out(script: &str) -> Result<Option<Outcome>> {
        let file = std::env::temp_dir().join(format!("xtask-mutants-{}-{}", std::process::id(), script.len()));
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        let chmod = Command::new("chmod").arg("+x").arg(&file).status().unwrap();
        assert!(chmod.success());
        let binary = Binary { name: "a".into(), path: file.clone(), folder: "/".into() };
        let status = invoke(&binary, &["t"], &[], Duration::from_secs(1));
        fs::remove_file(file).unwrap();
        Ok(judged(status?, &Group { binary: &binary, names: vec!["t"], takes: Duration::ZERO }))
    }

    #[test]
    fn a_loop_runs_out_of_time_and_a_sleep_does_not() {
        assert_eq!(runs_out("while :; do :; done").unwrap(), Some(Outcome::TimedOut("a t".into())));
        assert_eq!(runs_out("sleep 2").unwrap(), None);
        assert_eq!(runs_out("exit 101").unwrap(), Some(Outcome::Noticed("a t".into())));
        assert_eq!(runs_out("kill -ABRT $$").unwrap(), Some(Outcome::Noticed("a t".into())));
        assert!(runs_out("kill $$").is_err());
    }

    #[test]
    fn quick_tests_go_together_and_slow_ones_last() {
        let tests = [test("a", "slow", 900), test("a", "one", 5), test("b", "two", 30), test("a", "three", 10)];
        let groups = groups(tests.iter());
        let names: Vec<&[&str]> = groups.iter().map(|group| group.names.as_slice()).collect();
        assert_eq!(names, [["one", "three"].as_slice(), &["two"], &["slow"]]);
    }

    #[test]
    fn a_slow_test_is_about_the_file_of_its_name() {
        let tests = [test("a", "faults::bridge", 900), test("a", "faults::call", 900), test("b", "quick", 3)];
        let groups = groups(tests.iter());
        let about = |file| groups.iter().map(|group| group.is_slow() && group.is_about(file)).collect::<Vec<_>>();
        assert_eq!(about("src/rules/bridge/once.rs"), [false, true, false]);
        assert_eq!(about("src/model/bridge.rs"), [false, true, false]);
        assert_eq!(about("src/model/ridge.rs"), [false, false, false]);
    }
}
