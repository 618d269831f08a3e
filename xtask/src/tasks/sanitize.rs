//! `cargo xtask sanitize`: the tests under AddressSanitizer, ThreadSanitizer and Miri.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use super::machine;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What the tests run under; without it, all of them.
    tool: Vec<Tool>,

    /// Only runs with this in their name, such as `s390x`.
    #[arg(long)]
    only: Option<String>,

    /// Processes of the compiler at once.
    #[arg(long, short)]
    jobs: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tool {
    /// AddressSanitizer with LeakSanitizer: accesses outside of what was allocated, of freed memory, and leaks.
    Address,
    /// ThreadSanitizer: accesses of two threads with no order between them.
    Thread,
    /// An interpreter that knows the rules of `unsafe`, and other processors.
    Miri,
}

/// One call of cargo.
#[derive(Debug)]
struct Run {
    name: &'static str,
    tool: Tool,
    /// Compiled for; the host where there is none.
    target: Option<&'static str>,
    /// Switched on, in the form of `-Ctarget-feature`.
    features: &'static str,
    /// Packages and targets.
    select: &'static [&'static str],
    /// For the tests themselves.
    filter: &'static [&'static str],
}

/// By these parts of their names, tests are left out that would read all recorded sessions under Miri, or start programs.
const NOT_UNDER_MIRI: &[&str] =
    &["--skip", "recorded", "--skip", "gives_what_the_slice_gives", "--skip", "told_apart_in_a_mixed_text"];

const UNIT: &[&str] = &["--package", "ami-wire", "--lib"];

const RUNS: &[Run] = &[
    Run {
        name: "address",
        tool: Tool::Address,
        target: None,
        features: "",
        // Of planted faults, 30,000 cases take longer than all other tests, and run the same code.
        select: &["--workspace", "--exclude=xtask", "--exclude=ami-benches", "--exclude=ami-planting", "--tests"],
        // It builds a program by another cargo.
        filter: &["--skip", "links_and_runs_without_std_and_without_an_allocator"],
    },
    // The codec, the examples with threads, and the flag of what the processor has.
    Run {
        name: "codec",
        tool: Tool::Thread,
        target: None,
        features: "",
        select: &["--package=ami-tokio", "--package=ami-wire", "--test=codec", "--test=examples", "--test=edges"],
        filter: &[],
    },
    // Connections and files over the cores.
    Run {
        name: "spread",
        tool: Tool::Thread,
        target: None,
        features: "",
        select: &["--package=ami-conformance", "--test=spread", "--test=cli"],
        filter: &[],
    },
    Run {
        name: "x86-64 SSE2",
        tool: Tool::Miri,
        target: Some("x86_64-unknown-linux-gnu"),
        features: "",
        select: UNIT,
        filter: &[],
    },
    Run {
        name: "x86-64 AVX2",
        tool: Tool::Miri,
        target: Some("x86_64-unknown-linux-gnu"),
        features: "+avx2,+bmi1,+bmi2",
        select: UNIT,
        filter: &[],
    },
    // 32 bits, and the highest byte first: the portable way.
    Run {
        name: "i686",
        tool: Tool::Miri,
        target: Some("i686-unknown-linux-gnu"),
        features: "",
        select: UNIT,
        filter: &[],
    },
    Run {
        name: "s390x",
        tool: Tool::Miri,
        target: Some("s390x-unknown-linux-gnu"),
        features: "",
        select: UNIT,
        filter: &[],
    },
    Run {
        name: "x86-64 integration",
        tool: Tool::Miri,
        target: Some("x86_64-unknown-linux-gnu"),
        features: "",
        select: &[
            "--package=ami-wire",
            "--test=edges",
            "--test=laws",
            "--test=login",
            "--test=owned",
            "--test=record",
            "--test=streams",
        ],
        filter: NOT_UNDER_MIRI,
    },
];

pub(crate) fn run(options: &Options) -> Result<()> {
    let chosen = |run: &&Run| {
        (options.tool.is_empty() || options.tool.contains(&run.tool))
            && options.only.as_ref().is_none_or(|part| run.name.contains(part.as_str()))
    };
    let runs: Vec<&Run> = RUNS.iter().filter(chosen).collect();
    ensure!(
        !runs.is_empty(),
        "there is no such run; known are {}",
        RUNS.iter().map(|run| run.name).collect::<Vec<_>>().join(", ")
    );
    let host = host()?;
    for run in &runs {
        run.tool.ensure_installed()?;
    }
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    for run in runs {
        let mut command = run.command(&host, options.jobs);
        println!("==> {}: {}", run.name, shown(&command));
        let begin = Instant::now();
        let (counts, success) = watch(&mut command)?;
        if !success {
            failed.push(run.name);
        }
        rows.push((run, counts, begin.elapsed().as_secs(), success));
    }
    println!("\n{}, {}", machine::date()?.format("%Y-%m-%d"), machine::processor("model name"));
    println!("| run | tests passed | failed | left out | seconds with the build |\n|---|---:|---:|---:|---:|");
    for (run, counts, seconds, success) in rows {
        let ended = if success { "" } else { " (failed)" };
        println!(
            "| {:?}: {}{ended} | {} | {} | {} | {seconds} |",
            run.tool, run.name, counts.passed, counts.failed, counts.left_out
        );
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

impl Tool {
    /// Says what is missing before anything is built.
    fn ensure_installed(self) -> Result<()> {
        if self == Self::Address {
            return Ok(());
        }
        // The standard library is compiled anew: for ThreadSanitizer so that it sees its accesses, for Miri to be interpreted.
        let sysroot = said(Command::new("rustc").args(["+nightly", "--print", "sysroot"]))?;
        ensure!(
            Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/Cargo.lock").exists(),
            "the sources of the standard library are missing; `rustup component add rust-src --toolchain nightly` installs them"
        );
        if self == Self::Miri {
            said(Command::new("cargo").args(["+nightly", "miri", "--version"]))
                .context("Miri is missing; `rustup component add miri --toolchain nightly` installs it")?;
        }
        Ok(())
    }
}

impl Run {
    fn command(&self, host: &str, jobs: Option<u32>) -> Command {
        let mut flags = Vec::new();
        let mut command = Command::new("cargo");
        command.current_dir(super::root()).arg("+nightly");
        match self.tool {
            Tool::Address => {
                flags.push("-Zsanitizer=address".to_owned());
                command.arg("test");
            }
            Tool::Thread => {
                flags.push("-Zsanitizer=thread".to_owned());
                command.args(["test", "-Zbuild-std"]);
            }
            Tool::Miri => {
                // Files are read; a few cases of each law take minutes.
                command.env("MIRIFLAGS", "-Zmiri-disable-isolation").env("PROPTEST_CASES", "4").args(["miri", "test"]);
            }
        }
        if !self.features.is_empty() {
            flags.push(format!("-Ctarget-feature={}", self.features));
        }
        let folder = format!("target/sanitize/{:?}", self.tool).to_lowercase();
        command.env("RUSTFLAGS", flags.join(" ")).env("CARGO_TARGET_DIR", super::root().join(folder));
        command.env("CARGO_INCREMENTAL", "0");
        // With a target, the flags are not for build scripts and the compiler's plugins.
        command.args(["--locked", "--no-fail-fast", "--target", self.target.unwrap_or(host)]).args(self.select);
        command.args(jobs.map(|jobs| format!("--jobs={jobs}")));
        command.arg("--").args(self.filter);
        command
    }
}

/// The host of the nightly toolchain.
fn host() -> Result<String> {
    let version = said(Command::new("rustc").args(["+nightly", "--version", "--verbose"]))
        .context("a nightly toolchain is needed; `rustup toolchain install nightly` installs it")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not tell its host")?.to_owned())
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The command with what it is told by variables, to be repeated by hand.
fn shown(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        Some(format!("{}='{}'", name.to_string_lossy(), value.filter(|value| !value.is_empty())?.to_string_lossy()))
    });
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    variables.chain([command.get_program().to_string_lossy().into_owned()]).chain(words).collect::<Vec<_>>().join(" ")
}

/// How the tests ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    left_out: u64,
}

impl Counts {
    /// Adds what a line such as `test result: ok. 3 passed; 0 failed; …` tells.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let number = |what: &str| -> u64 {
            let before = result.split(what).next().filter(|before| before.len() < result.len());
            before.and_then(|before| before.split_whitespace().next_back()?.parse().ok()).unwrap_or(0)
        };
        self.passed += number(" passed");
        self.failed += number(" failed");
        self.left_out += number(" ignored") + number(" filtered out");
    }
}

/// Shows what a command prints, and counts.
fn watch(command: &mut Command) -> Result<(Counts, bool)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let mut counts = Counts::default();
    for line in BufReader::new(child.stdout.take().context("no output")?).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        counts.add(&line);
    }
    Ok((counts, child.wait()?.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        let mut counts = Counts::default();
        counts.add("test edges::a ... ok");
        counts.add("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 1.00s");
        counts.add("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s");
        assert_eq!(counts, Counts { passed: 13, failed: 2, left_out: 4 });
    }

    #[test]
    fn a_run_can_be_repeated_by_hand() {
        let run = RUNS.iter().find(|run| run.name == "x86-64 AVX2").unwrap();
        let shown = shown(&run.command("HOST", Some(2)));
        assert!(shown.contains("MIRIFLAGS='-Zmiri-disable-isolation'"), "{shown}");
        assert!(shown.contains("RUSTFLAGS='-Ctarget-feature=+avx2,+bmi1,+bmi2'"), "{shown}");
        assert!(
            shown.ends_with("cargo +nightly miri test --locked --no-fail-fast --target x86_64-unknown-linux-gnu --package ami-wire --lib --jobs=2 --"),
            "{shown}"
        );
        let address = RUNS.iter().find(|run| run.tool == Tool::Address).unwrap().command("HOST", None);
        assert!(address.get_args().any(|word| word == "HOST"));
    }
}
