//! `cargo xtask coverage`: which lines the tests run, as a page of the documentation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::machine;

/// The page. What stands behind the mark is written by hand and is kept.
const PAGE: &str = "docs/coverage.md";
const MARK: &str = "<!-- end of figures -->\n";

/// Left out: it builds a program by another cargo, which waits for ever for the one that measures.
const SKIPPED: &str = "links_and_runs_without_std_and_without_an_allocator";

/// The parts of the project, by the beginnings of their files; the first that fits counts.
const PARTS: [(&str, &str); 11] = [
    ("`ami-wire`", "crates/ami-wire/src/"),
    ("`ami-conformance`: rules", "conformance/src/rules/"),
    ("`ami-conformance`: model", "conformance/src/model/"),
    ("`ami-conformance`: the rest", "conformance/src/"),
    ("`ami-types`: generated", "crates/ami-types/src/generated/"),
    ("`ami-types`: the rest", "crates/ami-types/src/"),
    ("`ami-http`", "crates/ami-http/src/"),
    ("`ami-tokio`", "crates/ami-tokio/src/"),
    ("`ami-oracles`", "crates/ami-oracles/src/"),
    ("`ami-planting`", "conformance/planting/src/"),
    ("`xtask`", "xtask/src/"),
];

/// So many parts, from the first, are promised a share of lines, and are shown file by file.
const PROMISED: usize = 3;
const PROMISE: f64 = 95.0;

/// Options of the task.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Do not run the tests: write the page from what the last run left in target/llvm-cov-target.
    #[arg(long)]
    report_only: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = super::root();
    if !options.report_only {
        llvm_cov(
            &root,
            &["test", "--workspace", "--exclude", "ami-benches", "--locked", "--no-report", "--", "--skip", SKIPPED],
        )?;
    }
    let lcov = root.join("target/coverage.lcov");
    llvm_cov(&root, &["report", "--lcov", "--output-path", lcov.to_str().context("the folder's name is no text")?])?;
    let files = read(&fs::read_to_string(&lcov)?, &root)?;
    let before = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    let kept = before.split_once(MARK).map_or("", |(_, kept)| kept);
    fs::write(root.join(PAGE), format!("{}{MARK}{kept}", page(&root, &files)?))?;
    for (name, prefix) in PARTS.iter().take(PROMISED) {
        let share = part(&files, prefix).share();
        println!("{name}: {share:.1} % of lines");
        ensure!(share >= PROMISE, "{name} is below {PROMISE} % of lines, see {PAGE}");
    }
    Ok(())
}

fn llvm_cov(root: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new("cargo")
        .current_dir(root)
        // What `cargo xtask` was told is not meant for the cargo that measures.
        .env_remove("CARGO_MANIFEST_DIR")
        .arg("llvm-cov")
        .args(arguments)
        .status()
        .context("cannot start cargo")?;
    ensure!(
        status.success(),
        "cargo llvm-cov failed; `rustup component add llvm-tools` and `cargo install cargo-llvm-cov` install what it needs"
    );
    Ok(())
}

/// The lines of a file that hold code, or of several files.
#[derive(Clone, Debug, Default)]
struct Lines {
    all: usize,
    /// Those that no test runs.
    missed: Vec<usize>,
}

impl Lines {
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    fn share(&self) -> f64 {
        100.0 - 100.0 * self.missed.len() as f64 / self.all.max(1) as f64
    }

    fn row(&self) -> String {
        let run = self.all - self.missed.len();
        format!("{} | {run} | {:.1} %", self.all, (self.share() * 10.0).floor() / 10.0)
    }
}

/// The lines of each file, without the tests inside it.
fn read(lcov: &str, root: &Path) -> Result<BTreeMap<String, Lines>> {
    let mut files = BTreeMap::new();
    for record in lcov.split("end_of_record") {
        let Some(path) = record.lines().find_map(|line| line.strip_prefix("SF:")) else { continue };
        let path = PathBuf::from(path);
        let Ok(name) = path.strip_prefix(root) else { continue };
        let name = name.to_string_lossy().into_owned();
        if !name.contains("src/") || name.ends_with("/tests.rs") {
            continue;
        }
        let tests = tests(&fs::read_to_string(&path)?);
        let mut lines = Lines::default();
        for line in record.lines().filter_map(|line| line.strip_prefix("DA:")) {
            let (number, count) = line.split_once(',').context("a line without a count")?;
            let number: usize = number.parse()?;
            if tests.iter().any(|(begin, end)| (begin..=end).contains(&&number)) {
                continue;
            }
            lines.all += 1;
            if count.split(',').next() == Some("0") {
                lines.missed.push(number);
            }
        }
        if lines.all > 0 {
            files.insert(name, lines);
        }
    }
    Ok(files)
}

/// First and last lines of the modules of tests of a source.
fn tests(source: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut lines = source.lines().zip(1..).peekable();
    while let Some((line, begin)) = lines.next() {
        let Some(&(module, next)) = lines.peek() else { break };
        if line != "#[cfg(test)]" || !module.starts_with("mod ") {
            continue;
        }
        let end = if module.ends_with(';') {
            next
        } else {
            lines.find(|(line, _)| *line == "}").map_or(usize::MAX, |(_, end)| end)
        };
        found.push((begin, end));
    }
    found
}

/// All files of a part together.
fn part(files: &BTreeMap<String, Lines>, prefix: &str) -> Lines {
    let mut sum = Lines::default();
    for (_, lines) in files_of(files, prefix) {
        sum.all += lines.all;
        sum.missed.extend(&lines.missed);
    }
    sum
}

fn files_of<'a>(files: &'a BTreeMap<String, Lines>, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Lines)> {
    let first = |name: &str| PARTS.iter().find(|(_, prefix)| name.starts_with(prefix)).map(|(_, prefix)| *prefix);
    files.iter().filter(move |(name, _)| first(name) == Some(prefix)).map(|(name, lines)| (name.as_str(), lines))
}

/// 1, 2, 3 and 7 as "1–3, 7".
fn ranges(numbers: &[usize]) -> String {
    let mut out = String::new();
    let mut rest = numbers;
    while let [first, ..] = rest {
        let length = rest.iter().zip(*first..).take_while(|(number, expected)| *number == expected).count();
        let (run, behind) = rest.split_at(length);
        let before = if out.is_empty() { "" } else { ", " };
        _ = match run {
            [first, .., last] => write!(out, "{before}{first}–{last}"),
            _ => write!(out, "{before}{first}"),
        };
        rest = behind;
    }
    out
}

fn page(root: &Path, files: &BTreeMap<String, Lines>) -> Result<String> {
    let said = |command: &str, arguments: &[&str]| -> Result<String> {
        let output = Command::new(command).current_dir(root).args(arguments).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().trim().to_owned())
    };
    let mut out = format!(
        "# Lines that the tests run\n\n\
         Written by `cargo xtask coverage` down to the mark; do not edit. It needs `rustup component add llvm-tools` and `cargo install cargo-llvm-cov`.\n\n\
         Counted are lines that hold code, of the sources without the tests inside them; lines run by the tests and by programs that tests start. Not counted: examples in the\n\
         documentation, which a stable compiler does not measure, and what is not compiled on this machine (`neon.rs`).\n\n\
         | | |\n|---|---|\n| date | {} |\n",
        machine::date()?.format("%Y-%m-%d")
    );
    writeln!(out, "| command | `cargo llvm-cov test --workspace --exclude ami-benches -- --skip {SKIPPED}` |")?;
    writeln!(
        out,
        "| compiler, measured by | {}, {} |",
        said("rustc", &["--version"])?,
        said("cargo", &["llvm-cov", "--version"])?
    )?;
    writeln!(out, "| processor has | {} |", machine::features(&["sse2", "avx2", "avx512bw", "avx512_vbmi2"]))?;
    out += "\n| part | lines | run | share |\n|---|---:|---:|---:|\n";
    for (name, prefix) in PARTS {
        writeln!(out, "| {name} | {} |", part(files, prefix).row())?;
    }
    for (name, prefix) in PARTS.iter().take(PROMISED) {
        write!(out, "\n## {name}\n\n| file | lines | run | share | not run |\n|---|---:|---:|---:|---|\n")?;
        for (file, lines) in files_of(files, prefix) {
            let short = file.strip_prefix(prefix).unwrap_or(file);
            writeln!(out, "| `{short}` | {} | {} |", lines.row(), ranges(&lines.missed))?;
        }
    }
    out.push('\n');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{Lines, ranges, tests};

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[7]), "7");
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1–3, 7, 9–10");
    }

    #[test]
    fn tests_inside_a_source_are_found() {
        assert_eq!(
            tests("fn a() {}\n#[cfg(test)]\nmod tests {\n    use super::a;\n    fn b() {\n    }\n}\nfn c() {}\n"),
            [(2, 7)]
        );
        assert_eq!(tests("#[cfg(test)]\nmod tests;\nfn a() {}\n"), [(1, 2)]);
        assert_eq!(tests("#[cfg(test)]\nuse a;\nfn a() {}\n"), [(0, 0); 0]);
    }

    #[test]
    fn a_share_is_never_rounded_up() {
        let lines = Lines { all: 2000, missed: vec![5] };
        assert_eq!(lines.row(), "2000 | 1999 | 99.9 %");
    }
}
