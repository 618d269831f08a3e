//! `cargo xtask fuzz`: every fuzz target in turn, with seeds from the corpus and a dictionary of the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use walkdir::WalkDir;
use xtask::schema::Schema;

/// Where the figures of all runs are kept.
const REPORT: &str = "fuzz/REPORT.md";

/// How long an input may be: as short as the law can be broken, since the work of an execution grows with it.
fn longest(target: &str) -> usize {
    match target {
        "values" => 64,
        "index" | "naive" | "query" => 256,
        "action_encode" | "strict_in_lenient" | "lenient_never_loses" | "parse_encode" | "mxml_written" => 512,
        "slice_vs_stream" | "typed_decode" | "mxml_any" | "packets_streams" | "checker_legal" => 1024,
        _ => 4096,
    }
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Minutes for all targets together.
    #[arg(long, default_value_t = 10)]
    minutes: u64,

    /// Only this target; can be given several times.
    #[arg(long)]
    target: Vec<String>,

    /// Processes per target.
    #[arg(long, default_value_t = 1)]
    jobs: u32,

    /// Which sanitizer the targets are built with, `none` for the most executions a second: what a fuzzer can break of safe
    /// code are laws and panics.
    #[arg(long, default_value = "address")]
    sanitizer: String,

    /// Add the figures of this run to fuzz/REPORT.md.
    #[arg(long)]
    report: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let fuzz = super::root().join("fuzz");
    let mut targets = targets(&fuzz)?;
    for target in &options.target {
        ensure!(targets.contains(target), "there is no target '{target}'; known are {}", targets.join(", "));
    }
    targets.retain(|known| options.target.is_empty() || options.target.contains(known));
    let seconds = (options.minutes * 60 / targets.len() as u64).max(1);
    let dictionary_file = fuzz.join("corpus/ami.dict");
    fs::create_dir_all(fuzz.join("corpus"))?;
    let schema = Schema::read(&super::root().join("crates/ami-types/schema"))?;
    fs::write(&dictionary_file, dictionary(&schema))?;
    let mut figures = BTreeMap::new();
    let mut crashed = Vec::new();
    for target in &targets {
        let corpus = fuzz.join("corpus").join(target);
        seed(&corpus, target)?;
        println!("fuzzing {target} for {seconds} s");
        let mut command = Command::new("cargo");
        command
            .current_dir(&fuzz)
            .args(["+nightly", "fuzz", "run", "--fuzz-dir", ".", "--sanitizer", &options.sanitizer, target])
            .arg(&corpus)
            .args(["--", &format!("-max_total_time={seconds}"), "-print_final_stats=1", "-timeout=20"])
            .arg(format!("-max_len={}", longest(target)))
            .arg(format!("-dict={}", dictionary_file.display()));
        if options.jobs > 1 {
            command.args([&format!("-fork={}", options.jobs), "-ignore_crashes=0"]);
        }
        let output = command
            .output()
            .context("cargo fuzz cannot be run; `cargo install cargo-fuzz` installs it, and it needs a nightly")?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            eprintln!("{said}");
            crashed.push(target.as_str());
        }
        let figure = Figure::of(&said, seconds);
        println!("{}", figure.row(target));
        figures.insert(target.clone(), figure);
    }
    if options.report {
        let path = super::root().join(REPORT);
        let before = fs::read_to_string(&path).unwrap_or_default();
        for (target, figure) in table(&before) {
            figures.entry(target).or_default().add(figure);
        }
        fs::write(&path, report(&figures))?;
        println!("{REPORT} is written");
    }
    if !crashed.is_empty() {
        bail!(
            "{} crashed: the inputs are in fuzz/artifacts. `cargo +nightly fuzz tmin TARGET INPUT` makes one small; fix \
             its cause, and keep it in corpus/regressions/TARGET",
            crashed.join(", ")
        );
    }
    Ok(())
}

/// What a target has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Figure {
    executions: u64,
    /// Edges of the code that were reached.
    coverage: u64,
    seconds: u64,
}

impl Figure {
    /// Reads what libFuzzer says, in either of its modes.
    fn of(said: &str, seconds: u64) -> Self {
        let status = said.lines().rev().find(|line| line.starts_with('#') && line.contains("cov:")).unwrap_or_default();
        let number = |text: &str| -> u64 {
            let digits = text.trim_start_matches('#').trim_start();
            let end = digits.find(|other: char| !other.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().unwrap_or(0)
        };
        let total = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")).map(number);
        Self {
            executions: total.unwrap_or(0).max(number(status)),
            coverage: status.split("cov:").nth(1).map_or(0, number),
            seconds,
        }
    }

    fn add(&mut self, other: Self) {
        self.executions += other.executions;
        self.coverage = self.coverage.max(other.coverage);
        self.seconds += other.seconds;
    }

    fn row(self, target: &str) -> String {
        format!("| `{target}` | {} | {} | {} |", grouped(self.executions), self.coverage, grouped(self.seconds))
    }
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The figures in a report.
fn table(report: &str) -> BTreeMap<String, Figure> {
    let row = |line: &str| -> Option<(String, Figure)> {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        let target = cells.next()?.trim_matches('`').to_owned();
        let mut number = || -> Option<u64> { cells.next()?.replace(',', "").parse().ok() };
        Some((target, Figure { executions: number()?, coverage: number()?, seconds: number()? }))
    };
    report.lines().filter_map(row).collect()
}

fn report(figures: &BTreeMap<String, Figure>) -> String {
    let mut text = String::from(
        "# Fuzzing: figures\n\n\
         All runs of `cargo xtask fuzz --minutes N --report` so far, added up; the command writes this page. Each execution is one input against one\n\
         law (see [README.md](README.md)), with integer overflow and debug assertions checked, under AddressSanitizer or without. *Coverage* is the number of edges that libFuzzer reached, at most.\n\
         Inputs that broke a law are in [`corpus/regressions`](../corpus/regressions), with what was wrong.\n\n\
         | target | executions | coverage | seconds |\n|---|---:|---:|---:|\n",
    );
    let mut all = Figure::default();
    for (target, figure) in figures {
        text.push_str(&figure.row(target));
        text.push('\n');
        all.add(*figure);
    }
    _ = writeln!(text, "| all | {} | | {} |", grouped(all.executions), grouped(all.seconds));
    text
}

/// The names of the targets: the files that hold them.
fn targets(fuzz: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(fuzz.join("fuzz_targets"))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Fills an empty corpus with the inputs of the wire suite, the beginnings of recorded sessions, and what they look like
/// in other containers.
fn seed(corpus: &Path, target: &str) -> Result<()> {
    fs::create_dir_all(corpus)?;
    let recorded = super::root().join("corpus");
    let files = WalkDir::new(&recorded).sort_by_file_name().into_iter().filter_map(Result::ok);
    for (number, entry) in files.filter(|entry| entry.file_type().is_file()).enumerate() {
        let suffix = entry.path().extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
        // Four bytes of options come first; targets without options see them as torn bytes of a message.
        let before: &[u8] = match (suffix, target) {
            ("pcap", "packets_any") | ("response", "mxml_any") | ("request", "query") => &[],
            ("in" | "s2c" | "c2s", _) => &[0; 4],
            _ => continue,
        };
        let bytes = fs::read(entry.path())?;
        let head = bytes.get(..longest(target).saturating_sub(before.len())).unwrap_or(&bytes);
        fs::write(corpus.join(format!("seed-{number:04}")), [before, head].concat())?;
    }
    Ok(())
}

/// Everything that has a meaning on the wire, in libFuzzer's form.
fn dictionary(schema: &Schema) -> String {
    let mut words: BTreeSet<&str> = BTreeSet::new();
    words.extend(["\r\n", "\r\n\r\n", "\n\n", ": ", "Event: ", "Action: ", "Response: ", "ActionID: ", "Privilege: "]);
    words.extend(["Response: Follows\r\n", "--END COMMAND--\r\n\r\n", "Asterisk Call Manager/", "EventList: start"]);
    for (_, event) in schema.events() {
        words.insert(&event.wire);
        words.extend(event.fields.iter().map(|field| field.wire.as_str()));
    }
    words.extend(schema.actions().map(|(_, action)| action.wire.as_str()));
    let escape = |byte: u8| match byte {
        b'"' | b'\\' => format!("\\x{byte:02x}"),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    let mut dictionary = String::new();
    for word in words {
        dictionary.push('"');
        dictionary.extend(word.bytes().map(escape));
        dictionary.push_str("\"\n");
    }
    dictionary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_in_both_modes_and_add_up() {
        let single = "#1048576\tpulse  cov: 311 ft: 900\n#2000000\tDONE   cov: 320 ft: 1000 corp: 5/9b\n\
            stat::number_of_executed_units: 2000001\n";
        let fork = "#190: cov: 12 ft: 12 corp: 1 exec/s 95\n#1400: cov: 44 ft: 50 corp: 9 exec/s 300\n";
        let (one, two) = (Figure::of(single, 60), Figure::of(fork, 5));
        assert_eq!(one, Figure { executions: 2_000_001, coverage: 320, seconds: 60 });
        assert_eq!(two, Figure { executions: 1400, coverage: 44, seconds: 5 });
        let mut figures = BTreeMap::from([("a".to_owned(), one), ("b".to_owned(), two)]);
        let text = report(&figures);
        assert!(text.contains("| `a` | 2,000,001 | 320 | 60 |\n") && text.contains("| all | 2,001,401 | | 65 |\n"));
        assert_eq!(table(&text), figures);
        figures.get_mut("a").unwrap().add(two);
        assert_eq!(figures["a"], Figure { executions: 2_001_401, coverage: 320, seconds: 65 });
    }
}
