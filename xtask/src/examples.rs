//! Messages from recorded sessions, one for each event and action, for the documentation.
//!
//! They are kept in `schema/examples.txt`, so that generated code depends on the schema's folder alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::schema::Schema;

/// A message from a recorded session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Where it is from: a path below `corpus/traces`, without the suffix of a compressed file.
    pub place: String,
    /// The message as text: lines without blanks at their ends.
    pub text: String,
}

/// The newest recorded example of each event and of each action, by name in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    /// Of events.
    pub events: BTreeMap<String, Example>,
    /// Of actions.
    pub actions: BTreeMap<String, Example>,
}

impl Examples {
    /// From the recorded sessions.
    ///
    /// # Errors
    /// A session cannot be read.
    pub fn of_traces(schema: &Schema, folder: &Path) -> Result<Self> {
        let mut examples = Self::default();
        each_trace(schema, folder, |place, stream| examples.add(place, stream))?;
        Ok(examples)
    }

    /// Takes a stream; call it for the oldest release first, so that newer examples replace older ones.
    pub fn add(&mut self, place: &str, stream: &[u8]) {
        let text = String::from_utf8_lossy(stream).replace("\r\n", "\n");
        for message in text.split("\n\n") {
            let example = Example { place: place.to_owned(), text: clean(message) };
            let Some(known) = self.place_of(&example) else { continue };
            // In one release the example with the most headers says most.
            let folder = |place: &str| place.split('/').next().unwrap_or_default().to_owned();
            let longer = example.text.lines().count() > known.text.lines().count();
            if known.text.is_empty() || folder(&known.place) != folder(place) || longer {
                *known = example;
            }
        }
    }

    /// Where an example belongs; `None` if it is neither an event nor an action.
    fn place_of(&mut self, example: &Example) -> Option<&mut Example> {
        let (key, name) = example.text.lines().next()?.split_once(':')?;
        let name = name.trim().to_ascii_lowercase();
        let examples = match key {
            "Event" => &mut self.events,
            "Action" => &mut self.actions,
            _ => return None,
        };
        Some(examples.entry(name).or_insert_with(|| Example { place: String::new(), text: String::new() }))
    }

    /// From the text that [`write`](Self::write) made.
    pub fn read(text: &str) -> Self {
        let mut examples = Self::default();
        for block in text.split("\n\n") {
            let Some((place, message)) = block.trim_start_matches('\n').split_once('\n') else { continue };
            let example = Example { place: place.to_owned(), text: message.trim_end().to_owned() };
            if let Some(known) = examples.place_of(&example) {
                *known = example;
            }
        }
        examples
    }

    /// As text: each example is a line that says where it is from, then its own lines, then an empty one.
    pub fn write(&self) -> String {
        let mut out = String::from("# Recorded examples, written by `cargo xtask schema examples`.\n");
        for example in self.events.values().chain(self.actions.values()) {
            let _ = write!(out, "\n{}\n{}\n", example.place, example.text);
        }
        out
    }

    /// From a schema's folder.
    ///
    /// # Errors
    /// There is no `examples.txt`.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let file = folder.join("examples.txt");
        Ok(Self::read(&fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?))
    }
}

/// Lines without what documentation cannot show: blanks at their ends and control characters.
fn clean(message: &str) -> String {
    let shown = |line: &str| {
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        line.trim_end().to_owned()
    };
    message.trim_start_matches('\n').lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// Gives each recorded session to `take`, the oldest release first, with its path below the folder.
///
/// # Errors
/// A session cannot be read.
pub fn each_trace(schema: &Schema, folder: &Path, mut take: impl FnMut(&str, &[u8])) -> Result<()> {
    let mut files = Vec::new();
    for (index, release) in schema.releases.iter().enumerate().filter(|(_, release)| release.recorded) {
        let name = format!("asterisk-{}", release.name);
        for entry in fs::read_dir(folder.join(&name)).with_context(|| format!("no recorded sessions of {name}"))? {
            let path = entry?.path();
            let file = path.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
            // Sessions that try odd values make no good examples.
            if !file.starts_with("multiline") && !file.starts_with("oddnames") {
                files.push((index, format!("{name}/{file}"), path));
            }
        }
    }
    files.sort();
    for (_, place, path) in files {
        let stem = place.trim_end_matches(".zst");
        if !stem.ends_with(".s2c") && !stem.ends_with(".c2s") {
            continue;
        }
        let bytes = if stem == place { fs::read(&path)? } else { zstd::decode_all(fs::File::open(&path)?)? };
        take(stem, &bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_and_longer_examples_win() {
        let mut examples = Examples::default();
        examples.add("asterisk-16/a.s2c", b"Event: X\r\nA: 1\r\nB: 2\r\n\r\nEvent: X\r\nA: 1\r\n\r\n");
        assert_eq!(examples.events["x"].text, "Event: X\nA: 1\nB: 2");
        examples.add("asterisk-22/a.s2c", b"Event: X\r\nA: \r\n\r\nAction: Ping\r\n\r\n");
        assert_eq!(examples.events["x"].text, "Event: X\nA:");
        assert_eq!(examples.actions["ping"].place, "asterisk-22/a.s2c");
        assert_eq!(Examples::read(&examples.write()), examples);
    }
}
