//! `cargo xtask fuzz`: every fuzz target in turn, with seeds from the corpus and a dictionary of the schema.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use walkdir::WalkDir;
use xtask::schema::Schema;

/// Seeds longer than this make a fuzzer slow and teach it little more.
const LONGEST_SEED: usize = 4096;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Minutes for all targets together.
    #[arg(long, default_value_t = 10)]
    minutes: u64,

    /// Only this target.
    #[arg(long)]
    target: Option<String>,

    /// Processes per target.
    #[arg(long, default_value_t = 1)]
    jobs: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let fuzz = super::root().join("fuzz");
    let mut targets = targets(&fuzz)?;
    if let Some(target) = &options.target {
        ensure!(targets.contains(target), "there is no target '{target}'; known are {}", targets.join(", "));
        targets.retain(|known| known == target);
    }
    let seconds = (options.minutes * 60 / targets.len() as u64).max(1);
    let dictionary_file = fuzz.join("corpus/ami.dict");
    fs::create_dir_all(fuzz.join("corpus"))?;
    let schema = Schema::read(&super::root().join("crates/ami-types/schema"))?;
    fs::write(&dictionary_file, dictionary(&schema))?;
    let mut table = String::from("| target | executions | coverage | seconds |\n|---|---:|---:|---:|\n");
    let mut crashed = Vec::new();
    for target in &targets {
        let corpus = fuzz.join("corpus").join(target);
        seed(&corpus)?;
        println!("fuzzing {target} for {seconds} s");
        let output = Command::new("cargo")
            .current_dir(&fuzz)
            .args(["+nightly", "fuzz", "run", "--fuzz-dir", ".", target])
            .arg(&corpus)
            .args(["--", &format!("-max_total_time={seconds}"), &format!("-fork={}", options.jobs)])
            .args(["-print_final_stats=1", "-ignore_crashes=0", "-max_len=4096"])
            .arg(format!("-dict={}", dictionary_file.display()))
            .output()
            .context("cargo fuzz cannot be run; `cargo install cargo-fuzz` installs it, and it needs a nightly")?;
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| line.contains("cov:"));
        let number = |key: &str| -> &str {
            let after = last.and_then(|line| line.split(key).nth(1)).unwrap_or("?");
            after.split_whitespace().next().unwrap_or("?")
        };
        let executions = last.and_then(|line| line.split(':').next()).unwrap_or("?").trim_start_matches('#');
        writeln!(table, "| `{target}` | {executions} | {} | {seconds} |", number("cov:"))?;
        if !output.status.success() {
            eprintln!("{said}");
            crashed.push(target.as_str());
        }
    }
    println!("\n{table}");
    if !crashed.is_empty() {
        bail!("crashes of {} are in fuzz/artifacts; `cargo +nightly fuzz tmin` makes them small", crashed.join(", "));
    }
    Ok(())
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

/// Fills an empty corpus with the inputs of the wire suite and the shorter recorded sessions.
fn seed(corpus: &Path) -> Result<()> {
    fs::create_dir_all(corpus)?;
    let recorded = super::root().join("corpus");
    let files = WalkDir::new(&recorded).sort_by_file_name().into_iter().filter_map(Result::ok);
    for (number, entry) in files.filter(|entry| entry.file_type().is_file()).enumerate() {
        let is_input =
            entry.path().extension().is_some_and(|suffix| suffix == "in" || suffix == "s2c" || suffix == "c2s");
        if is_input {
            let bytes = fs::read(entry.path())?;
            // Four bytes of options come first; targets without options see them as torn bytes of a message.
            let head = bytes.get(..LONGEST_SEED).unwrap_or(&bytes);
            fs::write(corpus.join(format!("seed-{number:04}")), [&[0; 4], head].concat())?;
        }
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
