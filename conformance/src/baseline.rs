//! Faults of a given server that somebody knows of already, so that new ones stand out.
//!
//! A baseline is written from a report and read by later ones. A finding is recognised by its rule, its event, and its
//! entity and explanation without the identifiers and numbers in them, which are others in each session. Each fault
//! is excused as often as it was found when the baseline was written: one more is a new one.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::Checked;
use crate::finding::Finding;

/// The form of the file.
const VERSION: u32 = 1;

/// Known faults, each with the number of times that it is excused.
///
/// ```
/// use ami_conformance::Baseline;
///
/// let baseline = Baseline::default();
/// assert!(baseline.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Fingerprint, u64>);

/// What the same fault has in common in all sessions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Fingerprint {
    rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    explanation: String,
}

#[derive(Serialize)]
struct File {
    version: u32,
    faults: Vec<Fault>,
}

#[derive(Serialize, Deserialize)]
struct Fault {
    #[serde(flatten)]
    fingerprint: Fingerprint,
    count: u64,
}

impl Fingerprint {
    fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.name.to_owned(),
            event: finding.event.clone(),
            entity: finding.entity.as_deref().map(without_ids),
            explanation: without_ids(&finding.explanation),
        }
    }
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// A sentence: the file cannot be read, or what of it is no baseline.
    pub fn read(path: &Path) -> Result<Self, String> {
        let wrong = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => wrong(&"there is no such baseline; `--write-baseline` writes one"),
            _ => wrong(&error),
        })?;
        Self::parse(&text).map_err(|what| wrong(&format!("no baseline: {what}; `--write-baseline` writes one")))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: Value = serde_json::from_str(text)
            .map_err(|error| format!("this is no JSON (line {}, column {})", error.line(), error.column()))?;
        let Value::Object(mut file) = file else { return Err("this is JSON, but no object".to_owned()) };
        match file.remove("version") {
            Some(version) if version == VERSION => {}
            Some(version) => {
                return Err(format!("it is of version {version}, and this program knows version {VERSION} only"));
            }
            None => return Err("it has no `version`".to_owned()),
        }
        let Some(Value::Array(list)) = file.remove("faults") else {
            return Err("it has no list of `faults`".to_owned());
        };
        if let Some(key) = file.keys().next() {
            return Err(format!("it has `{key}`, which this program does not know"));
        }
        let mut faults = BTreeMap::new();
        for (at, fault) in list.into_iter().enumerate() {
            let Ok(Fault { fingerprint, count }) = serde_json::from_value(fault) else {
                let expected = "a `rule`, an `explanation` and a `count`, and can have an `event` and an `entity`";
                return Err(format!("fault {} of its list is none: each has {expected}", at + 1));
            };
            *faults.entry(fingerprint).or_default() += count;
        }
        Ok(Self(faults))
    }

    /// Writes it as JSON, sorted, so that two of them can be compared line by line.
    ///
    /// # Errors
    ///
    /// A sentence: the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let faults = self.0.iter();
        let faults = faults.map(|(fingerprint, count)| Fault { fingerprint: fingerprint.clone(), count: *count });
        let file = File { version: VERSION, faults: faults.collect() };
        let text = serde_json::to_string_pretty(&file).map_err(|error| error.to_string())?;
        fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Takes in what was found in a trace; known deviations of stock servers need no baseline.
    pub fn learn(&mut self, checked: &Checked) {
        for finding in checked.findings.iter().filter(|finding| finding.known.is_none()) {
            *self.0.entry(Fingerprint::of(finding)).or_default() += 1;
        }
    }

    /// Marks the findings of a trace that are in it, and counts them off.
    pub fn apply(&mut self, checked: &mut Checked) {
        for finding in checked.findings.iter_mut().filter(|finding| finding.known.is_none()) {
            if let Some(left) = self.0.get_mut(&Fingerprint::of(finding)).filter(|left| **left > 0) {
                *left -= 1;
                finding.baselined = true;
            }
        }
    }

    /// Whether it excuses nothing.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(|left| *left == 0)
    }
}

/// A text with `#` for what differs from session to session: numbers, hexadecimal numbers, UUIDs.
fn without_ids(text: &str) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if !is_part(first) {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        if let Some(behind) = behind_uuid(rest) {
            out.push('#');
            rest = behind;
            continue;
        }
        let (part, behind) = rest.split_at(rest.find(|character| !is_part(character)).unwrap_or(rest.len()));
        rest = behind;
        if part.bytes().all(|byte| byte.is_ascii_hexdigit()) && part.bytes().any(|byte| byte.is_ascii_digit()) {
            out.push('#');
            continue;
        }
        let mut in_number = false;
        for character in part.chars() {
            if !character.is_ascii_digit() {
                out.push(character);
            } else if !in_number {
                out.push('#');
            }
            in_number = character.is_ascii_digit();
        }
    }
    out
}

/// What stands behind the UUID that the text begins with.
fn behind_uuid(text: &str) -> Option<&str> {
    let bytes = text.as_bytes().get(..36)?;
    let fits = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    if !bytes.iter().enumerate().all(fits) {
        return None;
    }
    text.get(36..).filter(|behind| !behind.starts_with(|character: char| character.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_session_to_session_is_left_out() {
        for (text, expected) in [
            ("PJSIP/loop-0000004a (1795516840.35) hung up", "PJSIP/loop-# (#.#) hung up"),
            ("bridge 01c6f843-e4af-4b1b-bc5f-71ef38531dd5 has 2 members", "bridge # has # members"),
            ("ActionID 'queries-43'", "ActionID 'queries-#'"),
            ("pbx1-1795516840.35", "pbx#-#.#"),
            ("Bridged DialStatus 'ANSWER'", "Bridged DialStatus 'ANSWER'"),
            ("Jürgen ✓ 7", "Jürgen ✓ #"),
            ("", ""),
        ] {
            assert_eq!(without_ids(text), expected);
        }
    }
}
