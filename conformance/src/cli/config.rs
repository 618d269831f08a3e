//! The configuration file `ami.toml`: options of `ami check` that belong to a project rather than to one run.

use std::fmt::Display;
use std::fs;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::FailOn;
use crate::levels::Levels;
use crate::release::Releases;
use crate::subscription::Subscription;

/// The name under which it is looked for in the current directory.
const NAME: &str = "ami.toml";

/// The keys that it can have. Others are an error: a misspelt one must not pass unseen.
const KEYS: [&str; 13] = [
    "allow",
    "warn",
    "deny",
    "strict",
    "notes",
    "complete",
    "fail-on",
    "read",
    "eventfilter",
    "release",
    "race",
    "window",
    "baseline",
];

/// What the file sets.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    pub(super) allow: Vec<String>,
    pub(super) warn: Vec<String>,
    pub(super) deny: Vec<String>,
    pub(super) strict: bool,
    pub(super) notes: bool,
    pub(super) complete: bool,
    pub(super) fail_on: Option<FailOn>,
    pub(super) read: Option<String>,
    pub(super) eventfilter: Vec<String>,
    pub(super) release: Option<Releases>,
    pub(super) race: Option<u64>,
    pub(super) window: Option<NonZeroUsize>,
    pub(super) baseline: Option<PathBuf>,
}

impl Config {
    /// Reads the file that was named, or the one in the current directory, if there is one.
    ///
    /// # Errors
    ///
    /// What is wrong, with the place in the file, and what is expected there.
    pub(super) fn load(named: Option<&Path>) -> Result<Self, String> {
        let path = named.unwrap_or(Path::new(NAME));
        if named.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut config = Self::parse(&text).map_err(|wrong| wrong.shown(path, &text))?;
        // A path in a file is meant from where the file is.
        if let (Some(baseline), Some(folder)) = (&mut config.baseline, path.parent()) {
            *baseline = folder.join(&*baseline);
        }
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        let table = DeTable::parse(text).map_err(|error| Wrong {
            span: error.span().unwrap_or_default(),
            what: format!("no TOML: {}", error.message()),
        })?;
        let mut config = Self::default();
        for (key, value) in table.get_ref() {
            let entry = Entry { key: key.get_ref(), value };
            match entry.key {
                "allow" => config.allow = entry.rules()?,
                "warn" => config.warn = entry.rules()?,
                "deny" => config.deny = entry.rules()?,
                "strict" => config.strict = entry.switch()?,
                "notes" => config.notes = entry.switch()?,
                "complete" => config.complete = entry.switch()?,
                "fail-on" => {
                    let known = "\"error\", \"warning\", \"note\" or \"never\"";
                    let parse = |text: &str| FailOn::from_str(text, false).map_err(|_| format!("expected {known}"));
                    config.fail_on = Some(entry.text(known, parse)?);
                }
                "read" => {
                    let check = |text: &str| Subscription::default().read(text).map(|()| text.to_owned());
                    config.read = Some(entry.text("classes of events, such as \"call,system\"", check)?);
                }
                "eventfilter" => {
                    let check = |text: &str| Subscription::default().filter(text);
                    config.eventfilter = entry.list("filters, such as [\"!Event: RTCP\"]", check)?;
                }
                "release" => config.release = Some(entry.text("a release in quotes, such as \"22\"", Releases::parse)?),
                "race" => config.race = Some(entry.number("a number of messages, such as 32", 0)?),
                "window" => {
                    let count = entry.number("a number of channels from 1 on, such as 8192", 1)?;
                    config.window = usize::try_from(count).ok().and_then(NonZeroUsize::new);
                }
                "baseline" => {
                    let parse = |text: &str| Ok(PathBuf::from(text));
                    config.baseline = Some(entry.text("the name of a file in quotes", parse)?);
                }
                unknown => {
                    let what = format!("there is no option '{unknown}'; known are {}", KEYS.join(", "));
                    return Err(Wrong { span: key.span(), what });
                }
            }
        }
        Ok(config)
    }
}

/// A key of the file with its value.
#[derive(Clone, Copy)]
struct Entry<'a> {
    key: &'a str,
    value: &'a Spanned<DeValue<'a>>,
}

impl Entry<'_> {
    fn wrong(self, what: impl Display) -> Wrong {
        Wrong { span: self.value.span(), what: format!("{}: {what}", self.key) }
    }

    /// That the value is of another type.
    fn unexpected(self, expected: &str) -> Wrong {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.wrong(format!("expected {expected}, found {found}"))
    }

    fn switch(self) -> Result<bool, Wrong> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err(self.unexpected("true or false")),
        }
    }

    fn number(self, expected: &str, least: u64) -> Result<u64, Wrong> {
        let DeValue::Integer(number) = self.value.get_ref() else { return Err(self.unexpected(expected)) };
        let number = u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| *number >= least);
        number.ok_or_else(|| self.wrong(format!("expected {expected}")))
    }

    fn text<T>(self, expected: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Wrong> {
        let DeValue::String(text) = self.value.get_ref() else { return Err(self.unexpected(expected)) };
        parse(text).map_err(|what| self.wrong(what))
    }

    fn list(self, expected: &str, check: impl Fn(&str) -> Result<(), String>) -> Result<Vec<String>, Wrong> {
        let expected = format!("a list of {expected}");
        let DeValue::Array(items) = self.value.get_ref() else { return Err(self.unexpected(&expected)) };
        let of = |value| Entry { key: self.key, value };
        let check = |text: &str| check(text).map(|()| text.to_owned());
        items.iter().map(|item| of(item).text(&expected, check)).collect()
    }

    fn rules(self) -> Result<Vec<String>, Wrong> {
        let check = |rule: &str| Levels::default().set(rule, None);
        self.list("rules and groups of rules, such as [\"wire\", \"dial/status-known\"]", check)
    }
}

/// What is wrong with the file, and where.
struct Wrong {
    span: Range<usize>,
    what: String,
}

impl Wrong {
    /// The place, the error, and the line with a mark below.
    fn shown(&self, path: &Path, text: &str) -> String {
        let before = text.get(..self.span.start).unwrap_or(text);
        let number = before.matches('\n').count() + 1;
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(begin..).unwrap_or_default().chars().count() + 1;
        let line = text.get(begin..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let marked = text.get(self.span.clone()).and_then(|marked| marked.lines().next()).unwrap_or_default();
        let marks = "^".repeat(marked.chars().count().max(1));
        let margin = " ".repeat(number.to_string().len());
        let (path, what, indent) = (path.display(), self.what.trim_end(), column - 1);
        format!("{path}:{number}:{column}: {what}\n{margin} |\n{number} | {line}\n{margin} | {:indent$}{marks}", "")
    }
}
