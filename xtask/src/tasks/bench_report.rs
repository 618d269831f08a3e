//! `cargo xtask bench-report`

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::machine;

/// Run the benches and count instructions, and write `benches/REPORT.md` and the figures in `README.md`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often every job runs; the best run counts
    #[arg(long, value_name = "COUNT", default_value_t = 15)]
    rounds: usize,
    /// Leave out the checks of traces of one and two gigabytes, which need as much room below target/
    #[arg(long)]
    no_large: bool,
    /// Leave out the counts of instructions, which need valgrind
    #[arg(long)]
    no_counts: bool,
    /// Run the criterion groups as well, for their own reports
    #[arg(long)]
    groups: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = super::root();
    let rounds = options.rounds.to_string();
    let rates = Rates::measure(&root, &["--bench", "ratios", "--", &rounds])?;
    let bare = Rates::measure(
        &root,
        &[
            "--no-default-features",
            "--target-dir",
            "target/no-std",
            "--bench",
            "ratios",
            "--",
            &rounds,
            "headers",
            "memchr per line",
        ],
    )?;
    if options.groups {
        cargo(&root, &["bench", "-p", "ami-benches", "--bench", "groups"])?;
    }
    let large = if options.no_large { None } else { Some(Large::measure(&root)?) };
    let counter = if options.no_counts { None } else { Counter::build(&root)? };
    let figures = figures(&rates, &bare, large.as_ref());
    let report = report(&root, options, &rates, &figures, large.as_ref(), counter.as_ref())?;
    fs::write(root.join("benches/REPORT.md"), report)?;
    quote(&root.join("README.md"), &figures)?;
    let missed = figures.iter().filter(|figure| !figure.is_met()).count();
    eprintln!("{} figures, {missed} missed: benches/REPORT.md", figures.len());
    Ok(())
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("cargo").current_dir(root).args(arguments).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "cargo {} failed", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}

/// Bytes a second, in millions, of every job: the best run, and the median.
struct Rates(Vec<Rate>);

struct Rate {
    job: String,
    input: String,
    median: f64,
    best: f64,
}

impl Rates {
    fn measure(root: &Path, arguments: &[&str]) -> Result<Self> {
        let mut all = vec!["bench", "-q", "-p", "ami-benches"];
        all.extend(arguments);
        let told = cargo(root, &all)?;
        let rates = told.lines().filter_map(|line| {
            let [job, input, _, median, best] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
            Some(Rate {
                job: job.to_owned(),
                input: input.to_owned(),
                median: median.parse().ok()?,
                best: best.parse().ok()?,
            })
        });
        let rates = Self(rates.collect());
        ensure!(!rates.0.is_empty(), "the benches told nothing");
        Ok(rates)
    }

    /// The best run of a job on the flood.
    fn best(&self, job: &str) -> Option<f64> {
        self.0.iter().find(|rate| rate.job == job && rate.input.starts_with("flood")).map(|rate| rate.best)
    }

    fn ratio(&self, job: &str, to: &str) -> Option<f64> {
        Some(self.best(job)? / self.best(to)?)
    }
}

/// A figure that is asked for.
struct Figure {
    what: &'static str,
    /// The unit of both numbers.
    unit: &'static str,
    asked: f64,
    /// Less is better.
    at_most: bool,
    /// `None` where it could not be measured here.
    measured: Option<f64>,
    /// The job whose instructions show where the time goes.
    job: &'static str,
    /// What to try next where it is missed.
    idea: &'static str,
}

impl Figure {
    fn is_met(&self) -> bool {
        self.measured.is_some_and(|measured| if self.at_most { measured <= self.asked } else { measured >= self.asked })
    }

    fn row(&self) -> String {
        let sign = if self.at_most { "≤" } else { "≥" };
        let measured = self.measured.map_or("not measured".to_owned(), |measured| format!("{measured:.2}"));
        let verdict = match self.measured {
            None => "—",
            Some(_) if self.is_met() => "met",
            Some(_) => "**missed**",
        };
        format!("| {} | {} | {sign} {} | {measured} | {verdict} |\n", self.what, self.unit, self.asked)
    }
}

fn figures(rates: &Rates, bare: &Rates, large: Option<&Large>) -> Vec<Figure> {
    let at_least =
        |what, unit, asked, measured, job, idea| Figure { what, unit, asked, at_most: false, measured, job, idea };
    let at_most =
        |what, unit, asked, measured, job, idea| Figure { what, unit, asked, at_most: true, measured, job, idea };
    let walk = "the walk over the lines takes nearly half: test colon, space and CR of all lines by masks of the block, so that \
                the loop over headers only adds";
    let codec = rates.best("asterisk-rs-ami codec").unwrap_or_default();
    vec![
        at_least(
            "index alone, AVX-512",
            "× memcpy",
            1.3,
            rates.ratio("index Avx512", "memcpy"),
            "index",
            "two blocks at a time",
        ),
        at_least(
            "index alone, AVX2",
            "× memcpy",
            0.6,
            rates.ratio("index Avx2", "memcpy"),
            "index",
            "a table of shuffles that writes eight positions at once",
        ),
        at_least("index alone, SSE2", "× memcpy", 0.4, rates.ratio("index Sse2", "memcpy"), "index", "as for AVX2"),
        at_least(
            "index alone, portable",
            "× memchr per line",
            0.8,
            rates.ratio("index Portable", "memchr per line"),
            "index",
            "words of 16 bytes",
        ),
        at_least(
            "messages framed, kind and name known",
            "× memcpy",
            0.5,
            rates.ratio("frame", "memcpy"),
            "frame",
            "find blank lines while positions are still in a register",
        ),
        at_least("every header", "× memchr per line", 2.3, rates.ratio("headers", "memchr per line"), "headers", walk),
        at_least(
            "every header",
            "× asterisk-rs-ami codec",
            28.0,
            rates.ratio("headers", "asterisk-rs-ami codec"),
            "headers",
            walk,
        ),
        at_least(
            "every header, built without std",
            "× memchr per line",
            1.6,
            bare.ratio("headers", "memchr per line"),
            "headers, built without std",
            "write positions by a table of shuffles, which SSE2 lacks but SSSE3 has; ask for it at compile time",
        ),
        at_least(
            "stream in pieces of 64 KiB",
            "× slice",
            0.9,
            rates.ratio("stream 65536", "headers"),
            "stream 65536",
            "the copy into the stream's buffer takes more than the rest of the difference, and the walk over a slice is fast \
             enough for it to show: read into `Stream::room`, as `Reader` does",
        ),
        at_most(
            "stream byte by byte",
            "ns a byte",
            30.0,
            rates.best("stream 1").map(|rate| 1e3 / rate),
            "stream 1",
            "do not ask for a message where the byte was no LF",
        ),
        at_most(
            "stream byte by byte: twice the bytes",
            "× the time a byte",
            1.3,
            rates.ratio("stream 1", "stream 1, twice the bytes"),
            "stream 1",
            "it must be linear",
        ),
        at_least(
            "typed, every field",
            "× asterisk-rs-ami typed",
            12.0,
            rates.ratio("typed, every field", "asterisk-rs-ami typed"),
            "typed",
            "decode fields when they are asked for: most events are looked at for three of thirty",
        ),
        at_least(
            "check, all rules: 700, or 4 × asterisk-rs-ami codec where that is more",
            "MB/s",
            700f64.max(4.0 * codec),
            rates.best("check"),
            "check",
            "compare the lines of an event with those of the last one of its name, block by block, so that only values that changed are looked at",
        ),
        at_least(
            "dump as JSON lines",
            "MB/s of input",
            300.0,
            rates.best("dump"),
            "dump",
            "copy runs of headers and put the quotes in by shuffles",
        ),
        at_most(
            "check of 1 GB: resident memory",
            "MB",
            64.0,
            large.map(|large| large.one.memory),
            "check",
            "nothing may be kept of what is over",
        ),
        at_most(
            "check of 2 GB: resident memory",
            "× that of 1 GB",
            1.1,
            large.map(|large| large.two.memory / large.one.memory),
            "check",
            "as above",
        ),
        at_most(
            "check of 2 GB: time",
            "× that of 1 GB",
            2.2,
            large.map(|large| large.two.seconds / large.one.seconds),
            "check",
            "it must be linear",
        ),
        at_most(
            "check of 10 million short calls: resident memory",
            "MB",
            64.0,
            large.map(|large| large.calls.memory),
            "check",
            "as above",
        ),
    ]
}

/// What checking large traces takes.
struct Large {
    one: Taken,
    two: Taken,
    calls: Taken,
}

struct Taken {
    bytes: u64,
    seconds: f64,
    /// Megabytes.
    memory: f64,
}

/// Newchannel and Hangup of one copy of the flood are so many channels.
const CALLS: [&str; 2] = ["Newchannel", "Hangup"];

impl Large {
    fn measure(root: &Path) -> Result<Self> {
        cargo(root, &["build", "-q", "--release", "-p", "ami-conformance", "--bin", "ami"])?;
        Ok(Self {
            one: Taken::of_file(root, 1_000_000_000)?,
            two: Taken::of_file(root, 2_000_000_000)?,
            calls: Taken::of_calls(root)?,
        })
    }
}

impl Taken {
    fn of_file(root: &Path, size: u64) -> Result<Self> {
        let path = root.join(format!("target/amplified-{size}.s2c"));
        let template = xtask::amplify::Template::new(flood(root)?, |_| true)?;
        let mut file = std::io::BufWriter::with_capacity(1 << 20, fs::File::create(&path)?);
        let (bytes, _) = template.write(size, &mut file)?;
        drop(file);
        // Only the check counts, not what the disk does: the file was just written.
        let result = Self::check(root, Stdio::null(), &path, |_| Ok(bytes));
        fs::remove_file(&path)?;
        result
    }

    /// 10 million channels that live and die, written into a pipe.
    fn of_calls(root: &Path) -> Result<Self> {
        let keep = |name: &[u8]| CALLS.iter().any(|call| call.as_bytes() == name);
        let template = xtask::amplify::Template::new(flood(root)?, keep)?;
        let mut once = Vec::new();
        template.write(0, &mut once)?;
        let channels = once.windows(17).filter(|window| window == b"Event: Newchannel").count();
        ensure!(channels > 0, "no channel begins in the flood");
        let size = once.len() as u64 * (10_000_000 / channels as u64 + 1);
        Self::check(root, Stdio::piped(), Path::new("-"), |child| {
            let mut input = child.stdin.take().context("a pipe")?;
            Ok(template.write(size, &mut input)?.0)
        })
    }

    fn check(
        root: &Path,
        stdin: Stdio,
        path: &Path,
        feed: impl FnOnce(&mut std::process::Child) -> Result<u64>,
    ) -> Result<Self> {
        let start = Instant::now();
        let mut child = Command::new(root.join("target/release/ami"))
            .args(["check", "--fail-on", "never"])
            .arg(path)
            .stdin(stdin)
            .stdout(Stdio::null())
            .spawn()?;
        let status = PathBuf::from(format!("/proc/{}/status", child.id()));
        let watch = std::thread::spawn(move || {
            let mut most = 0.0;
            // The peak that the kernel keeps can be asked only as long as the process lives.
            while let Some(memory) = fs::read_to_string(&status).ok().and_then(|text| peak(&text)) {
                most = memory;
                std::thread::sleep(Duration::from_millis(10));
            }
            most
        });
        let bytes = feed(&mut child)?;
        let status = child.wait()?;
        let seconds = start.elapsed().as_secs_f64();
        ensure!(status.success(), "ami check failed");
        let memory = watch.join().unwrap_or_default();
        Ok(Self { bytes, seconds, memory })
    }
}

/// The peak of resident memory in megabytes.
fn peak(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0 / 1e6)
}

fn flood(root: &Path) -> Result<Vec<u8>> {
    let packed = fs::read(root.join("corpus/traces/asterisk-22/flood.s2c.zst"))?;
    Ok(zstd::decode_all(&packed[..])?)
}

/// Counts instructions with valgrind.
struct Counter {
    program: PathBuf,
    /// The same, built without std.
    bare: PathBuf,
    out: PathBuf,
}

/// What the name of a job ends in where the program without std does it.
const BARE: &str = ", built without std";

/// What is counted: each job once on the flood.
const COUNTED: [&str; 15] = [
    "memchr per line",
    "index",
    "frame",
    "headers",
    "headers, built without std",
    "headers, free",
    "get",
    "defects",
    "stream 65536",
    "stream 1",
    "encode",
    "typed",
    "check",
    "dump",
    "asterisk-rs-ami codec",
];

impl Counter {
    /// `None` where there is no valgrind.
    fn build(root: &Path) -> Result<Option<Self>> {
        if Command::new("valgrind").arg("--version").output().is_err() {
            return Ok(None);
        }
        let build = ["build", "-q", "--release", "-p", "ami-benches", "--example", "counted"];
        cargo(root, &build)?;
        cargo(root, &[&build[..], &["--no-default-features", "--target-dir", "target/no-std"]].concat())?;
        let program = root.join("target/release/examples/counted");
        let bare = root.join("target/no-std/release/examples/counted");
        Ok(Some(Self { program, bare, out: root.join("target/callgrind.out") }))
    }

    fn run(&self, job: &str, times: usize) -> Result<u64> {
        let (program, job) = job.strip_suffix(BARE).map_or((&self.program, job), |job| (&self.bare, job));
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", &format!("--callgrind-out-file={}", self.out.display())])
            .arg(program)
            .args([job, &times.to_string()])
            .output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        let count = told.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
        count.with_context(|| format!("valgrind does not tell for {job}: {told}"))
    }

    /// Instructions of a job: those of two runs without those of one, so that what is done before does not count.
    fn count(&self, job: &str) -> Result<u64> {
        Ok(self.run(job, 2)?.saturating_sub(self.run(job, 1)?))
    }

    /// The functions with most instructions, of many runs.
    fn profile(&self, job: &str) -> Result<String> {
        // Often enough that what is done before does not show; byte by byte, that would take minutes.
        self.run(job, if job == "stream 1" { 2 } else { 10 })?;
        let output = Command::new("callgrind_annotate").arg(&self.out).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows =
            text.lines().filter(|line| line.contains('%') && line.contains(':') && !line.contains("PROGRAM TOTALS"));
        let mut shown = String::new();
        for row in rows.take(8) {
            let Some((share, function)) = row.split_once('%') else { continue };
            let share = share.rsplit('(').next().unwrap_or_default().trim();
            let function = function.trim_start_matches(')').trim();
            // Where the sources are on this machine tells nothing.
            let function = function.split_once(':').map_or(function, |(_, function)| function);
            let function = function.split(" [").next().unwrap_or(function);
            writeln!(shown, "{share:>6} %  {function}")?;
        }
        Ok(shown)
    }
}

#[allow(clippy::cast_precision_loss, reason = "rates and means")]
fn report(
    root: &Path,
    options: &Options,
    rates: &Rates,
    figures: &[Figure],
    large: Option<&Large>,
    counter: Option<&Counter>,
) -> Result<String> {
    let mut out = String::from(
        "# How fast it is\n\nWritten by `cargo xtask bench-report`; do not edit.\n\n\
         Figures of one run on one machine: it is ratios that can be compared. Jobs run in turn, round by round, each on the \
         same bytes, and the best round of each counts, as in the measurements of other libraries that the goals come from. \
         The input is the recorded session `corpus/traces/asterisk-22/flood.s2c.zst` without its packing, eight times in a row. Where the load is above one, \
         other work took part of the machine: then rates are too low and ratios doubtful, and the counts of instructions below are \
         what to compare.\n\n",
    );
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let has = machine::features(&["sse2", "avx2", "bmi2", "avx512bw", "avx512_vbmi2"]);
    let revision = Command::new("git").current_dir(root).args(["rev-parse", "--short", "HEAD"]).output()?;
    let rustc = Command::new("rustc").arg("--version").output()?;
    writeln!(out, "| | |\n|---|---|")?;
    writeln!(out, "| date | {} |", machine::date()?.format("%Y-%m-%d %H:%M UTC"))?;
    writeln!(out, "| revision | {} |", String::from_utf8_lossy(&revision.stdout).trim())?;
    writeln!(out, "| machine | {}, {cores} cores, {} |", machine::processor("model name"), has)?;
    writeln!(out, "| load at the end | {} |", load.split(' ').next().unwrap_or_default())?;
    writeln!(out, "| compiler | {} |", String::from_utf8_lossy(&rustc.stdout).trim())?;
    writeln!(out, "| command | `cargo xtask bench-report --rounds {}` |", options.rounds)?;

    out += "\n## What is asked\n\n| what | in | asked | measured | |\n|---|---|---|---|---|\n";
    out.extend(figures.iter().map(Figure::row));

    out += "\n`asterisk-ami` is not among the others: it has no parser that can be driven without a connection.\n";
    out += "\n## Rates\n\nMillions of bytes a second. *free* are messages that do not borrow from the iterator (`for message in \
            messages(bytes)`), so that their headers are searched again; the others are lent (`messages.lend()`, `Stream::next`).\n\n\
            | job | input | best | median |\n|---|---|---|---|\n";
    for Rate { job, input, median, best } in &rates.0 {
        writeln!(out, "| {job} | {input} | {best:.0} | {median:.0} |")?;
    }

    if let Some(Large { one, two, calls }) = large {
        out += "\n## Large traces\n\n`cargo xtask amplify --size BYTES -o big.s2c`, then `ami check big.s2c`; the last row is `cargo xtask \
                amplify --only Newchannel,Hangup --size BYTES -o - | ami check -`: 10 million channels that live and die. Memory is the \
                peak that the kernel tells.\n\n| bytes | seconds | MB/s | resident MB |\n|---|---|---|---|\n";
        for Taken { bytes, seconds, memory } in [one, two, calls] {
            let rate = *bytes as f64 / seconds / 1e6;
            writeln!(out, "| {bytes} | {seconds:.2} | {rate:.0} | {memory:.1} |")?;
        }
    }

    if let Some(counter) = counter {
        let messages = flood(root)?.windows(4).filter(|window| window == b"\r\n\r\n").count() as f64;
        out += "\n## Instructions\n\nCounted by callgrind over `benches/examples/counted.rs`, so they do not depend on what else the machine does. \
                Valgrind knows no AVX-512: these are the counts with AVX2, or SSE2 without std. A copy of more than a few thousand bytes counts as an \
                instruction a byte.\n\n| job | instructions for the flood | for a message |\n|---|---|---|\n";
        for job in COUNTED {
            let count = counter.count(job)?;
            writeln!(out, "| {job} | {count} | {:.0} |", count as f64 / messages)?;
        }
    }

    let mut profiles = HashMap::new();
    let missed = figures.iter().filter(|figure| figure.measured.is_some() && !figure.is_met());
    for (index, figure) in missed.enumerate() {
        if index == 0 {
            out += "\n## What is missed\n";
        }
        writeln!(out, "\n### {}, {}\n\nNext idea: {}.\n", figure.what, figure.unit, figure.idea)?;
        if let Some(counter) = counter {
            if let Some(before) = profiles.get(figure.job) {
                writeln!(out, "Profile: as of *{before}*.")?;
            } else {
                profiles.insert(figure.job, figure.what);
                let what = if figure.job == "index" {
                    "Instructions by function, with AVX2, since valgrind knows no AVX-512; copies and decompression are what comes before"
                } else {
                    "Instructions by function"
                };
                writeln!(out, "{what}:\n\n```text\n{}```", counter.profile(figure.job)?)?;
            }
        }
    }
    Ok(out)
}

/// Puts the figures into the README, between two marks.
fn quote(path: &Path, figures: &[Figure]) -> Result<()> {
    const BEGIN: &str = "<!-- figures: cargo xtask bench-report -->\n";
    const END: &str = "<!-- end of figures -->";
    let text = fs::read_to_string(path)?;
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else {
        bail!("no place for figures in {}", path.display())
    };
    let mut table = String::from("\n| what | in | asked | measured | |\n|---|---|---|---|---|\n");
    table.extend(figures.iter().map(Figure::row));
    let before = text.get(..begin + BEGIN.len()).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    fs::write(path, format!("{before}{table}\n{after}"))?;
    Ok(())
}
