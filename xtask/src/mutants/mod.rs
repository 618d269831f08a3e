//! Mutants behind a switch: all of them in one build, and one of them active in a run.
//!
//! `cargo mutants` lists what can be changed; it builds anew for each. Here the source text is woven once: where a mutant
//! stands, the code asks [`SWITCH`] whether it is the active one.

mod weave;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
pub use weave::{Woven, mutated, weave};

/// The variable in the environment of a test that says which mutant is active.
pub const VARIABLE: &str = "AMI_MUTANT";

/// The variable that names a file: each mutant whose place is reached adds its number there, once in a process.
pub const REACHED: &str = "AMI_MUTANTS_REACHED";

/// The module that woven code asks. It goes to the end of the crate's root.
///
/// It must not allocate, since there are tests that count allocations: `std::env` does, so it reads Linux' own file.
pub const SWITCH: &str = r#"
#[allow(warnings, clippy::all, clippy::pedantic, clippy::restriction)]
mod mutant_switch {
    extern crate std;
    use std::io::{Read as _, Write as _};
    use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

    const UNREAD: u32 = u32::MAX;
    const RECORD: u32 = u32::MAX - 1;
    static ACTIVE: AtomicU32 = AtomicU32::new(UNREAD);
    static SEEN: [AtomicU8; 65_536] = [const { AtomicU8::new(0) }; 65_536];

    #[inline]
    pub(crate) fn on(mutant: u32) -> bool {
        let active = ACTIVE.load(Relaxed);
        active == mutant || (active >= RECORD && slowly(mutant))
    }

    #[cold]
    fn slowly(mutant: u32) -> bool {
        let seen = &SEEN[mutant as usize];
        if seen.load(Relaxed) != 0 {
            return false;
        }
        if ACTIVE.load(Relaxed) == UNREAD {
            ACTIVE.store(read(), Relaxed);
        }
        if ACTIVE.load(Relaxed) == RECORD && seen.swap(1, Relaxed) == 0 {
            if let Some(path) = std::env::var_os("AMI_MUTANTS_REACHED") {
                let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
                file.write_all(std::format!("{mutant}\n").as_bytes()).unwrap();
            }
        }
        ACTIVE.load(Relaxed) == mutant
    }

    /// 0 without the variable: no mutant has this number. All are recorded if it is not a number.
    fn read() -> u32 {
        const NAME: &[u8] = b"AMI_MUTANT=";
        let mut buffer = [0_u8; 32_768];
        let mut length = 0;
        let Ok(mut file) = std::fs::File::open("/proc/self/environ") else { return 0 };
        while let Ok(more @ 1..) = file.read(&mut buffer[length..]) {
            length += more;
        }
        let Some(value) = buffer[..length].split(|byte| *byte == 0).find_map(|line| line.strip_prefix(NAME)) else {
            return 0;
        };
        std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()).unwrap_or(RECORD)
    }
}
"#;

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Genre {
    /// The body of a function: a value is returned instead.
    Body,
    /// An operator between two operands.
    Binary,
    /// An operator before its operand is deleted.
    Unary,
    /// An arm of a `match` is deleted.
    Arm,
    /// The guard of an arm.
    Guard,
    /// A field of a struct expression is deleted, and comes from its base.
    Field,
}

/// One entry of `cargo mutants --list --json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// The number behind which it is active; from 1 on.
    pub number: u32,
    /// The file, from the root of the workspace.
    pub file: String,
    /// The sentence that `cargo mutants` prints, with file and line.
    pub name: String,
    /// What it is whatever happens to the lines around it: a result stays valid as long as this does.
    pub identity: String,
    /// What is changed.
    pub genre: Genre,
    /// What stands there instead.
    pub replacement: String,
    /// Where it begins: line and column, from 1 on.
    pub start: (usize, usize),
    /// Where it ends.
    pub end: (usize, usize),
}

/// Reads what `cargo mutants --list --json` prints.
///
/// # Errors
///
/// The text is not JSON, or an entry lacks something or is of a genre that is not known here.
pub fn list(json: &str) -> Result<Vec<Mutant>> {
    let list: Value = serde_json::from_str(json).context("cargo mutants did not print JSON")?;
    let entries = list.as_array().context("cargo mutants did not print a list")?;
    entries.iter().zip(1..).map(|(entry, number)| mutant(entry, number)).collect()
}

fn mutant(entry: &Value, number: u32) -> Result<Mutant> {
    let text = |name: &str| -> Result<String> {
        Ok(entry[name].as_str().with_context(|| format!("a mutant without {name}: {entry}"))?.to_owned())
    };
    let place = |name: &str| -> Result<(usize, usize)> {
        let place = &entry["span"][name];
        let number = |name: &str| place[name].as_u64().and_then(|number| usize::try_from(number).ok());
        number("line").zip(number("column")).with_context(|| format!("a mutant without a place: {entry}"))
    };
    let genre = match entry["genre"].as_str().unwrap_or_default() {
        "FnValue" => Genre::Body,
        "BinaryOperator" => Genre::Binary,
        "UnaryOperator" => Genre::Unary,
        "MatchArm" => Genre::Arm,
        "MatchArmGuard" => Genre::Guard,
        "StructField" => Genre::Field,
        other => anyhow::bail!("a mutant of an unknown genre: {other:?}"),
    };
    let (name, diff) = (text("name")?, text("diff")?);
    let file = text("file")?;
    // Without the line `@@ -46,19 +46,17 @@`, which changes with every line above.
    let change: String = diff.lines().filter(|line| !line.starts_with("@@")).collect();
    // `FILE:LINE:COLUMN: what`
    let what = name.strip_prefix(&file).and_then(|rest| rest.splitn(4, ':').nth(3)).unwrap_or(&name);
    let column = entry["span"]["start"]["column"].as_u64().unwrap_or_default();
    let identity = format!("{file}:{what} {column} {:016x}", hash(&change));
    let (start, end) = (place("start")?, place("end")?);
    ensure!(start <= end, "a mutant that ends before it begins: {entry}");
    Ok(Mutant { number, file, name, identity, genre, replacement: text("replacement")?, start, end })
}

/// FNV-1a: the same in every version of Rust, unlike the hashes of the standard library.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[{
        "diff": "--- a.rs\n+++ replace == with != in f\n@@ -46,19 +46,17 @@\n-a == b\n+a != b\n",
        "file": "a.rs", "genre": "BinaryOperator", "name": "a.rs:64:41: replace == with != in f", "replacement": "!=",
        "span": { "start": { "line": 64, "column": 41 }, "end": { "line": 64, "column": 43 } }
    }]"#;

    #[test]
    fn a_list_is_read() {
        let mutants = list(LIST).unwrap();
        let [mutant] = mutants.as_slice() else { panic!("{mutants:?}") };
        assert_eq!((mutant.number, mutant.genre, mutant.start, mutant.end), (1, Genre::Binary, (64, 41), (64, 43)));
        assert_eq!((mutant.file.as_str(), mutant.replacement.as_str()), ("a.rs", "!="));
        assert!(list("{}").is_err() && list("[{}]").is_err());
        assert!(list(&LIST.replace("BinaryOperator", "Something")).is_err());
    }

    #[test]
    fn a_mutant_keeps_its_identity_when_lines_move_and_loses_it_when_they_change() {
        let identity = |json: &str| list(json).unwrap().remove(0).identity;
        let moved = LIST.replace("64", "70").replace("46", "52");
        assert_eq!(identity(LIST), identity(&moved));
        assert_ne!(identity(LIST), identity(&LIST.replace("a == b", "a == c")));
        assert_ne!(identity(LIST), identity(&LIST.replace("41", "42")));
    }

    #[test]
    fn the_switch_names_the_variables() {
        assert!(SWITCH.contains(&format!("b\"{VARIABLE}=\"")) && SWITCH.contains(&format!("\"{REACHED}\"")));
        assert!(syn::parse_file(SWITCH).is_ok());
    }
}
