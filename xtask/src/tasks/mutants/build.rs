//! The copy of the workspace, and its builds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use walkdir::WalkDir;
use xtask::mutants::{Mutant, SWITCH, Woven, mutated, weave};

/// Errors that a mutant cannot be blamed for: it stands where a constant is computed, which cannot ask a switch.
const CONSTANT: [&str; 4] = ["E0015", "E0658", "E0764", "E0080"];

/// A `match` lacks an arm.
const UNANSWERED: &str = "E0004";

/// A copy of the tracked files of the workspace. What is built of it lies in a folder of its own: cargo would take a
/// package that was built here for the one with mutants, and the other way round.
pub(super) struct Tree {
    root: PathBuf,
    /// The package that is changed, and those whose tests look at it.
    packages: Vec<String>,
}

/// A tree with mutants in it, ready to be built.
#[derive(Default)]
pub(super) struct Behind<'m> {
    pub(super) active: Vec<&'m Mutant>,
    pub(super) invalid: Vec<&'m Mutant>,
    /// Those that the switch does not serve.
    pub(super) left: Vec<&'m Mutant>,
}

/// A test target that is built.
#[derive(Clone, Debug)]
pub(super) struct Binary {
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// The folder of its package.
    pub(super) folder: PathBuf,
}

impl Tree {
    pub(super) fn copy(packages: Vec<String>) -> Result<Self> {
        // A tree for each package: while one is tested, another can be built.
        let (from, package) = (super::super::root(), packages.first().context("no package")?);
        let root = from.join("target/mutants").join(package);
        let output = Command::new("git").current_dir(&from).args(["ls-files", "-z"]).output().context("git")?;
        let tracked = String::from_utf8(output.stdout)?;
        let tracked: BTreeSet<&str> = tracked.split_terminator('\0').collect();
        for entry in WalkDir::new(&root).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file())
        {
            let name = entry.path().strip_prefix(&root)?.to_str().unwrap_or_default();
            if !tracked.contains(name) {
                fs::remove_file(entry.path())?;
            }
        }
        for name in tracked {
            // A file that was deleted and not yet committed is still tracked.
            if let Ok(bytes) = fs::read(from.join(name)) {
                write(&root.join(name), &bytes)?;
            }
        }
        Ok(Self { root, packages })
    }

    /// Puts mutants behind the switch, and takes those out again that do not compile.
    pub(super) fn weave<'m>(&self, mutants: &[&'m Mutant]) -> Result<Behind<'m>> {
        let mut files: BTreeMap<String, Vec<&Mutant>> = BTreeMap::new();
        for &mutant in mutants {
            files.entry(mutant.file.clone()).or_default().push(mutant);
        }
        let library = library(files.keys().next().context("no file")?);
        // The others too: a function that stays `const` takes those with it that it calls.
        let sources = super::super::root().join(library.trim_end_matches("lib.rs"));
        for entry in WalkDir::new(sources).into_iter().filter_map(Result::ok) {
            if entry.path().extension().is_some_and(|suffix| suffix == "rs")
                && let Some(name) = entry.path().strip_prefix(super::super::root())?.to_str()
            {
                files.entry(name.to_owned()).or_default();
            }
        }
        let mut left = BTreeSet::new();
        let mut invalid = BTreeSet::new();
        let mut constant = BTreeSet::new();
        // What is no module of the library has no switch.
        left.extend(files.get("src/main.rs").into_iter().flatten().map(|mutant| mutant.number));
        loop {
            let mut texts: BTreeMap<&str, Woven> = BTreeMap::new();
            for (file, mutants) in &files {
                let source = fs::read_to_string(super::super::root().join(file))?;
                let out = |mutant: &&&Mutant| {
                    !left.contains(&mutant.number) && !invalid.contains(&mutant.number) && !file.ends_with("/main.rs")
                };
                let wanted: Vec<&Mutant> = mutants.iter().filter(out).copied().collect();
                texts.insert(file, weave(&source, &wanted, &constant).with_context(|| file.to_owned())?);
            }
            for (file, woven) in &texts {
                left.extend(&woven.without);
                let switch = if *file == library { SWITCH } else { "" };
                write(&self.root.join(file), [woven.text.as_str(), switch].concat().as_bytes())?;
            }
            if !texts.contains_key(library.as_str()) {
                let source = fs::read_to_string(super::super::root().join(&library))?;
                write(&self.root.join(&library), [source.as_str(), SWITCH].concat().as_bytes())?;
            }
            let errors = self.check()?;
            if errors.is_empty() {
                break;
            }
            let before = left.len() + invalid.len() + constant.len();
            for error in &errors {
                if let Some(function) = error.must_be_constant() {
                    constant.insert(function.to_owned());
                    continue;
                }
                for (file, bytes) in &error.places {
                    let Some(woven) = texts.get(file.as_str()) else { continue };
                    let (guilty, own) = woven.guilty(bytes);
                    let refused = (own && !CONSTANT.contains(&error.code.as_str())) || error.code == UNANSWERED;
                    if refused { invalid.extend(guilty) } else { left.extend(guilty) }
                }
            }
            if left.len() + invalid.len() + constant.len() == before {
                bail!("no mutant is to blame for this:\n{}", errors[0].text);
            }
            println!("{} errors; {} mutants are out", errors.len(), left.len() + invalid.len());
        }
        let mut behind = Behind::default();
        for &mutant in mutants {
            if invalid.contains(&mutant.number) {
                behind.invalid.push(mutant);
            } else if left.contains(&mutant.number) || mutant.file.ends_with("/main.rs") {
                behind.left.push(mutant);
            } else {
                behind.active.push(mutant);
            }
        }
        Ok(behind)
    }

    /// The test targets with one mutant for good; none if it does not compile.
    pub(super) fn alone(&self, mutant: &Mutant) -> Result<Option<Vec<Binary>>> {
        let tree = Self::copy(self.packages.clone())?;
        let source = fs::read_to_string(super::super::root().join(&mutant.file))?;
        write(&tree.root.join(&mutant.file), mutated(&source, mutant).as_bytes())?;
        if !tree.check()?.is_empty() {
            return Ok(None);
        }
        tree.tests().map(Some)
    }

    /// Builds the test targets.
    pub(super) fn tests(&self) -> Result<Vec<Binary>> {
        let (messages, fine) = self.cargo(&["test", "--no-run"], &self.packages)?;
        ensure!(fine, "the tests do not compile");
        let mut binaries = Vec::new();
        for message in messages {
            let Some(path) = message["executable"].as_str() else { continue };
            if message["profile"]["test"] != true {
                continue;
            }
            let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
            let folder = manifest.parent().map(PathBuf::from).unwrap_or_default();
            let name = message["target"]["name"].as_str().unwrap_or_default().to_owned();
            binaries.push(Binary { name, path: path.into(), folder });
        }
        ensure!(!binaries.is_empty(), "there are no tests");
        Ok(binaries)
    }

    fn check(&self) -> Result<Vec<Complaint>> {
        let (messages, fine) = self.cargo(&["check", "--tests", "--profile", "test"], &self.packages)?;
        let errors: Vec<Complaint> = messages.iter().filter_map(Complaint::of).collect();
        ensure!(fine || !errors.is_empty(), "cargo check fails without saying where");
        Ok(errors)
    }

    /// Runs cargo in the copy: its messages, and whether it succeeded.
    fn cargo(&self, arguments: &[&str], packages: &[String]) -> Result<(Vec<Value>, bool)> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).args(arguments).args(["--locked", "--quiet", "--message-format=json"]);
        command.env("CARGO_TARGET_DIR", super::super::root().join("target/mutants/build")).stderr(Stdio::null());
        for package in packages {
            command.args(["--package", package]);
        }
        let output = command.output().context("cargo cannot be run")?;
        let lines = String::from_utf8_lossy(&output.stdout);
        let messages = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ok((messages, output.status.success()))
    }
}

/// The root of the library that a file belongs to.
fn library(file: &str) -> String {
    let folder = file.split_once("src/").map_or(file, |(folder, _)| folder);
    format!("{folder}src/lib.rs")
}

/// Writes what has changed, so that cargo sees what has.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// An error of the compiler.
struct Complaint {
    code: String,
    text: String,
    /// Files and the bytes in them.
    places: Vec<(String, Range<usize>)>,
}

impl Complaint {
    /// The function of ours that is called where a constant is computed.
    fn must_be_constant(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once("cannot call non-const ").filter(|_| self.code == "E0015")?;
        let path = rest.split('`').nth(1)?;
        // The compiler leaves out of a path what is plain: what the switch is asked with is `on`.
        path.rsplit("::").next().filter(|name| *name != "on")
    }

    fn of(message: &Value) -> Option<Self> {
        let message = &message["message"];
        if message["level"] != "error" {
            return None;
        }
        let primary = message["spans"].as_array()?.iter().filter(|span| span["is_primary"] == true);
        // `aborting due to …` has no place.
        let places: Vec<_> = primary.filter_map(place).collect();
        (!places.is_empty()).then(|| Self {
            code: message["code"]["code"].as_str().unwrap_or_default().to_owned(),
            text: message["rendered"].as_str().unwrap_or_default().to_owned(),
            places,
        })
    }
}

/// Where a span lies in a file of ours, outside of macros.
fn place(span: &Value) -> Option<(String, Range<usize>)> {
    if let Some(place) = span["expansion"]["span"].as_object().and_then(|_| place(&span["expansion"]["span"])) {
        return Some(place);
    }
    let byte = |name: &str| span[name].as_u64().and_then(|at| usize::try_from(at).ok());
    Some((span["file_name"].as_str()?.to_owned(), byte("byte_start")?..byte("byte_end")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_root_of_a_library() {
        assert_eq!(library("crates/ami-wire/src/values/time.rs"), "crates/ami-wire/src/lib.rs");
    }

    #[test]
    fn what_must_stay_constant() {
        let complaint = |text: &str| Complaint { code: "E0015".into(), text: text.into(), places: Vec::new() };
        let of = |text: &str| complaint(text).must_be_constant().map(str::to_owned);
        let text = "error[E0015]: cannot call non-const associated function `Limits::clamped` in constants\n --> a.rs";
        assert_eq!(of(text).as_deref(), Some("clamped"));
        assert_eq!(
            of("error[E0015]: cannot call non-const function `messages` in statics").as_deref(),
            Some("messages")
        );
        assert_eq!(of("error[E0015]: cannot call non-const function `on` in constant functions"), None);
        assert_eq!(of("error[E0015]: cannot use `for` loop on `Range<usize>` in constants"), None);
    }

    #[test]
    fn an_error_is_where_a_macro_was_called() {
        let inside = json!({ "file_name": "/rustc/core/macros.rs", "byte_start": 1, "byte_end": 2, "is_primary": true,
            "expansion": { "span": { "file_name": "src/lib.rs", "byte_start": 10, "byte_end": 20, "expansion": null } } });
        let message = json!({ "message": { "level": "error", "code": { "code": "E0308" }, "rendered": "error",
            "spans": [inside, { "file_name": "src/lib.rs", "byte_start": 1, "byte_end": 9, "is_primary": false }] } });
        let complaint = Complaint::of(&message).unwrap();
        assert_eq!((complaint.code.as_str(), complaint.places), ("E0308", vec![("src/lib.rs".to_owned(), 10..20)]));
        let warning = json!({ "message": { "level": "warning", "spans": [] } });
        assert!(Complaint::of(&warning).is_none());
    }
}
