//! Reads the schema files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::names::{snake, variant};
use super::{
    Action, Enum, Event, Field, Release, Releases, Role, Schema, SimpleType, SnapshotKind, Stray, Topic, Type, UNITS,
};

/// What is wrong in a schema file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Name of the file.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for ReadError {}

/// One line: how deep it is indented, its words, and the text after ` -- `.
struct Line<'s> {
    number: usize,
    depth: usize,
    words: Vec<String>,
    rest: &'s str,
    comment: String,
}

struct Reader<'s> {
    file: &'s str,
    lines: Vec<Line<'s>>,
    at: usize,
}

type Result<T> = std::result::Result<T, ReadError>;

pub(super) fn read(files: &[(String, String)]) -> Result<Schema> {
    let mut schema = Schema::default();
    let mut places = Places::default();
    for (file, text) in files {
        let lines = lines(file, text)?;
        let mut reader = Reader { file, lines, at: 0 };
        reader.file(&mut schema, &mut places)?;
    }
    places.check(&schema)?;
    Ok(schema)
}

/// The letters and digits of a name.
fn plain(wire: &str) -> String {
    wire.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Where names were defined and used, for checks across files.
#[derive(Default)]
struct Places {
    events: BTreeMap<String, (String, usize)>,
    actions: BTreeMap<String, (String, usize)>,
    rust_names: [BTreeSet<String>; 2],
    used_events: Vec<(String, String, usize)>,
    used_enums: Vec<(String, String, usize)>,
}

impl Places {
    fn check(&self, schema: &Schema) -> Result<()> {
        for (event, file, line) in &self.used_events {
            if !self.events.contains_key(&event.to_ascii_lowercase()) {
                return Err(ReadError { file: file.clone(), line: *line, message: format!("no event `{event}`") });
            }
        }
        for (name, file, line) in &self.used_enums {
            if !schema.enums.contains_key(name) {
                let message = format!("`{name}` is neither a type nor an enumeration");
                return Err(ReadError { file: file.clone(), line: *line, message });
            }
        }
        Ok(())
    }
}

fn lines<'s>(file: &str, text: &'s str) -> Result<Vec<Line<'s>>> {
    let mut lines = Vec::new();
    for (index, full) in text.lines().enumerate() {
        let number = index + 1;
        let fail = |message: &str| ReadError { file: file.to_owned(), line: number, message: message.to_owned() };
        let trimmed = full.trim();
        if trimmed.is_empty() || trimmed.starts_with("# ") || trimmed == "#" {
            continue;
        }
        let indent = full.len() - full.trim_start().len();
        if full.contains('\t') || !indent.is_multiple_of(2) || indent > 4 {
            return Err(fail("indent by two blanks for an attribute, by four for a field of a snapshot"));
        }
        let (code, comment) = trimmed.split_once(" -- ").unwrap_or((trimmed, ""));
        let is_doc = code.starts_with("doc ");
        let words = if is_doc { vec!["doc".to_owned()] } else { words(code).ok_or_else(|| fail("a quote is open"))? };
        let rest = trimmed.split_once(' ').map_or("", |(_, rest)| rest.trim());
        lines.push(Line { number, depth: indent / 2, words, rest, comment: comment.trim().to_owned() });
    }
    Ok(lines)
}

/// Words at blanks; a word in double quotes can hold blanks.
fn words(mut text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return Some(words);
        }
        if let Some(quoted) = text.strip_prefix('"') {
            let (word, rest) = quoted.split_once('"')?;
            words.push(word.to_owned());
            text = rest;
        } else {
            let end = text.find(' ').unwrap_or(text.len());
            words.push(text[..end].to_owned());
            text = &text[end..];
        }
    }
}

impl Reader<'_> {
    fn fail<T>(&self, line: usize, message: impl Into<String>) -> Result<T> {
        Err(ReadError { file: self.file.to_owned(), line, message: message.into() })
    }

    /// The next line if it is at least that deep.
    fn next(&mut self, depth: usize) -> Option<usize> {
        let index = self.at;
        if self.lines.get(index)?.depth < depth {
            return None;
        }
        self.at += 1;
        Some(index)
    }

    fn number(&self, index: usize) -> usize {
        self.lines[index].number
    }

    fn word(&self, index: usize, n: usize) -> &str {
        self.lines[index].words.get(n).map_or("", String::as_str)
    }

    fn required_word(&self, index: usize, n: usize, what: &str) -> Result<String> {
        match self.lines[index].words.get(n) {
            Some(word) => Ok(word.clone()),
            None => self.fail(self.number(index), format!("{what} is missing")),
        }
    }

    fn file(&mut self, schema: &mut Schema, places: &mut Places) -> Result<()> {
        let mut topic: Option<Topic> = None;
        while let Some(index) = self.next(0) {
            let number = self.number(index);
            if self.lines[index].depth != 0 {
                return self.fail(number, "an attribute without an entry before it");
            }
            match self.word(index, 0) {
                "topic" => {
                    let name = self.required_word(index, 1, "the topic's name")?;
                    if format!("{name}.schema") != self.file {
                        return self.fail(number, format!("topic `{name}` belongs in the file `{name}.schema`"));
                    }
                    let doc = self.doc()?;
                    topic = Some(Topic { name, doc, events: Vec::new(), actions: Vec::new() });
                }
                "release" => {
                    let name = self.required_word(index, 1, "the release")?;
                    let banner = self.required_word(index, 3, "the banner")?;
                    if self.word(index, 2) != "banner" {
                        return self.fail(number, "expected `release NAME banner VERSION [recorded]`");
                    }
                    let recorded = self.word(index, 4) == "recorded";
                    schema.releases.push(Release { name, banner, recorded });
                }
                "common" => schema.common = self.fields(schema, places)?,
                "snapshot" => match self.word(index, 1) {
                    "channel" => schema.channel = self.fields(schema, places)?,
                    "bridge" => schema.bridge = self.fields(schema, places)?,
                    other => return self.fail(number, format!("no snapshot `{other}`; there are channel and bridge")),
                },
                "enum" => {
                    let entry = self.enumeration(index)?;
                    if schema.enums.insert(entry.name.clone(), entry).is_some() {
                        return self.fail(number, "this enumeration was defined before");
                    }
                }
                "event" => {
                    let event = self.event(index, schema, places)?;
                    let Some(topic) = &mut topic else { return self.fail(number, "no `topic` before this event") };
                    topic.events.push(event);
                }
                "action" => {
                    let action = self.action(index, schema, places)?;
                    let Some(topic) = &mut topic else { return self.fail(number, "no `topic` before this action") };
                    topic.actions.push(action);
                }
                other => return self.fail(number, format!("unknown entry `{other}`")),
            }
        }
        schema.topics.extend(topic);
        Ok(())
    }

    /// The text of the `doc` lines that follow.
    fn doc(&mut self) -> Result<String> {
        let mut doc = String::new();
        while self.lines.get(self.at).is_some_and(|line| line.depth == 1 && line.words[0] == "doc") {
            if !doc.is_empty() {
                doc.push(' ');
            }
            doc += self.lines[self.at].rest;
            self.at += 1;
        }
        if doc.is_empty() {
            let number = self.lines.get(self.at.saturating_sub(1)).map_or(1, |line| line.number);
            return self.fail(number, "a `doc` line must follow");
        }
        Ok(doc)
    }

    fn fields(&mut self, schema: &Schema, places: &mut Places) -> Result<Vec<Field>> {
        let mut fields = Vec::new();
        while let Some(index) = self.next(1) {
            match self.word(index, 0) {
                "doc" => {}
                "field" => fields.push(self.field(index, schema, schema.all_releases(), places)?),
                other => return self.fail(self.number(index), format!("expected `field`, found `{other}`")),
            }
        }
        Ok(fields)
    }

    fn enumeration(&mut self, index: usize) -> Result<Enum> {
        let name = self.required_word(index, 1, "the enumeration's name")?;
        let doc = self.doc()?;
        let mut values: Vec<(String, String, String)> = Vec::new();
        while let Some(index) = self.next(1) {
            let number = self.number(index);
            if self.word(index, 0) != "value" {
                return self.fail(number, "expected `value`");
            }
            let wire = self.required_word(index, 1, "the value")?;
            let rust = if self.word(index, 2) == "as" { self.word(index, 3).to_owned() } else { variant(&wire) };
            if wire.trim_end_matches('*').contains('*') {
                return self.fail(number, "`*` stands at the end of a value");
            }
            if !rust.starts_with(|c: char| c.is_ascii_uppercase()) {
                return self.fail(number, format!("`{wire}` makes no variant; name one with `as`"));
            }
            if values.iter().any(|(old, old_rust, _)| old.eq_ignore_ascii_case(&wire) || *old_rust == rust) {
                return self.fail(number, format!("`{wire}` or its variant `{rust}` is there twice"));
            }
            values.push((wire, rust, self.lines[index].comment.clone()));
        }
        Ok(Enum { name, doc, values })
    }

    /// `12..`, `1.4..11`, `16`, as many as there are, starting at word `n`; the index of the word after them.
    fn releases(&self, index: usize, mut n: usize, schema: &Schema) -> Result<(Releases, usize)> {
        let start = n;
        let mut set = 0_u32;
        while let Some(word) = self.lines[index].words.get(n) {
            let (first, last) = match word.split_once("..") {
                Some((first, "")) => (first, schema.releases.last().map_or("", |r| r.name.as_str())),
                Some(range) => range,
                None if schema.release(word).is_some() => (word.as_str(), word.as_str()),
                None => break,
            };
            let (Some(first), Some(last)) = (schema.release(first), schema.release(last)) else {
                return self.fail(self.number(index), format!("`{word}` names a release that there is not"));
            };
            if first > last {
                return self.fail(self.number(index), format!("`{word}` goes backwards"));
            }
            for release in first..=last {
                set |= 1 << release;
            }
            n += 1;
        }
        if n == start {
            return self.fail(self.number(index), "expected releases, for example `12..`, `1.4..11` or `16`");
        }
        Ok((Releases(set), n))
    }

    fn field(&self, index: usize, schema: &Schema, base: Releases, places: &mut Places) -> Result<Field> {
        let number = self.number(index);
        let wire = self.required_word(index, 1, "the header's name")?;
        let ty = self.required_word(index, 2, "the type")?;
        let (ty, unit) = ty.split_once(':').map_or((ty.as_str(), None), |(ty, unit)| (ty, Some(unit)));
        if let Some(unit) = unit
            && !UNITS.iter().any(|(name, _)| *name == unit)
        {
            return self.fail(number, format!("no unit `{unit}`"));
        }
        let ty = if let Some(simple) = SimpleType::ALL.iter().find(|simple| simple.name() == ty) {
            Type::Simple(*simple)
        } else {
            places.used_enums.push((ty.to_owned(), self.file.to_owned(), number));
            Type::Enum(ty.to_owned())
        };
        let mut field = Field {
            rust: snake(&wire),
            wire,
            ty,
            unit: unit.map(str::to_owned),
            repeated: false,
            required: false,
            releases: base,
            always: Releases::default(),
            doc: self.lines[index].comment.clone(),
            role: None,
        };
        if field.doc.is_empty() {
            return self.fail(number, format!("`{}` needs a description: ` -- ` and what it means", field.wire));
        }
        self.attributes(index, 3, schema, &mut field)?;
        if !field.always.and(field.releases).eq(&field.always) {
            return self.fail(number, "`always` names a release that does not have the field");
        }
        Ok(field)
    }

    /// `repeated`, `required`, `as NAME`, `in RELEASES`, `always RELEASES`, `sometimes`.
    fn attributes(&self, index: usize, mut n: usize, schema: &Schema, field: &mut Field) -> Result<()> {
        while let Some(word) = self.lines[index].words.get(n) {
            n += 1;
            match word.as_str() {
                "repeated" => field.repeated = true,
                "required" => field.required = true,
                "as" => {
                    field.rust = self.required_word(index, n, "the name after `as`")?;
                    n += 1;
                }
                "in" => (field.releases, n) = self.releases(index, n, schema)?,
                "never" => {
                    field.releases = Releases::default();
                    field.always = Releases::default();
                }
                "sometimes" => field.always = Releases::default(),
                "always" => {
                    let (set, next) = self.releases(index, n, schema)?;
                    n = next;
                    // A range means the recorded releases in it; one release by itself has to be recorded.
                    field.always = set.and(schema.recorded());
                    if field.always.is_empty() {
                        return self.fail(self.number(index), "`always` needs a release with recorded sessions");
                    }
                }
                other => return self.fail(self.number(index), format!("unknown attribute `{other}`")),
            }
        }
        Ok(())
    }

    fn event(&mut self, index: usize, schema: &Schema, places: &mut Places) -> Result<Event> {
        let number = self.number(index);
        let wire = self.required_word(index, 1, "the event's name")?;
        let rust = if self.word(index, 2) == "as" { self.word(index, 3).to_owned() } else { plain(&wire) };
        self.define(number, &wire, &rust, &mut places.rust_names[0], &mut places.events)?;
        let doc = self.doc()?;
        let mut event = Event {
            wire,
            variant: rust,
            doc,
            classes: Vec::new(),
            releases: Releases::default(),
            open: None,
            strays: Vec::new(),
            roles: Vec::new(),
            fields: Vec::new(),
        };
        while let Some(index) = self.next(1) {
            let number = self.number(index);
            match self.word(index, 0) {
                "class" => event.classes = self.lines[index].words[1..].to_vec(),
                "releases" => event.releases = self.all_releases(index, schema)?,
                "open" => event.open = Some(self.lines[index].rest.to_owned()),
                "stray" => {
                    let wire = self.required_word(index, 1, "the header's name")?;
                    if self.word(index, 2) != "in" {
                        return self.fail(number, "expected `stray NAME in RELEASES -- why`");
                    }
                    let (releases, _) = self.releases(index, 3, schema)?;
                    let why = self.lines[index].comment.clone();
                    event.strays.push(Stray { wire, releases, why });
                }
                "field" => {
                    let field = self.field(index, schema, event.releases, places)?;
                    event.fields.push(field);
                }
                "channel" => self.role(index, SnapshotKind::Channel, schema, &mut event)?,
                "bridge" => self.role(index, SnapshotKind::Bridge, schema, &mut event)?,
                other => return self.fail(number, format!("unknown attribute `{other}` of an event")),
            }
        }
        if event.releases.is_empty() {
            return self.fail(number, "`releases` is missing");
        }
        self.names_differ(
            number,
            event
                .fields
                .iter()
                .filter(|f| f.role.is_none())
                .map(|f| &f.rust)
                .chain(event.roles.iter().map(|r| &r.rust)),
            event.fields.iter().map(|f| &f.wire),
        )?;
        Ok(event)
    }

    fn names_differ<'n>(
        &self,
        number: usize,
        rust: impl Iterator<Item = &'n String>,
        wire: impl Iterator<Item = &'n String>,
    ) -> Result<()> {
        let mut seen = BTreeSet::new();
        for name in rust {
            if !seen.insert(name.as_str()) {
                return self.fail(number, format!("two accessors are named `{name}`; name one with `as`"));
            }
        }
        let mut seen = BTreeSet::new();
        for name in wire {
            if !seen.insert(name.to_ascii_lowercase()) {
                return self.fail(number, format!("the header `{name}` is there twice"));
            }
        }
        Ok(())
    }

    fn all_releases(&self, index: usize, schema: &Schema) -> Result<Releases> {
        let (set, end) = self.releases(index, 1, schema)?;
        match self.lines[index].words.get(end) {
            None => Ok(set),
            Some(word) => self.fail(self.number(index), format!("`{word}` is no release")),
        }
    }

    fn define(
        &self,
        number: usize,
        wire: &str,
        rust: &str,
        rust_names: &mut BTreeSet<String>,
        names: &mut BTreeMap<String, (String, usize)>,
    ) -> Result<()> {
        if let Some((file, line)) = names.insert(wire.to_ascii_lowercase(), (self.file.to_owned(), number)) {
            return self.fail(number, format!("`{wire}` was defined before, at {file}:{line}"));
        }
        if !rust_names.insert(rust.to_owned()) {
            return self.fail(number, format!("the name `{rust}` is taken; name another with `as`"));
        }
        Ok(())
    }

    /// `channel [PREFIX] [as NAME] [in RELEASES] [always RELEASES]`, and below it the fields that differ.
    fn role(&mut self, index: usize, kind: SnapshotKind, schema: &Schema, event: &mut Event) -> Result<()> {
        let number = self.number(index);
        let attribute = |word: &str| matches!(word, "" | "as" | "in" | "always" | "sometimes");
        let (prefix, n) = match self.word(index, 1) {
            word if attribute(word) => ("", 1),
            word => (word, 2),
        };
        let prefix = prefix.to_owned();
        let default_name = match (kind, prefix.as_str()) {
            (SnapshotKind::Channel, "") => "channel".to_owned(),
            (SnapshotKind::Bridge, "") => "bridge".to_owned(),
            (SnapshotKind::Channel, prefix) => snake(prefix),
            (SnapshotKind::Bridge, prefix) => snake(prefix) + "_bridge",
        };
        let mut whole = Field {
            wire: String::new(),
            rust: default_name,
            ty: Type::Simple(SimpleType::Text),
            unit: None,
            repeated: false,
            required: false,
            releases: event.releases,
            always: Releases::default(),
            doc: String::new(),
            role: None,
        };
        self.attributes(index, n, schema, &mut whole)?;
        let role = event.roles.len();
        let first = event.fields.len();
        for member in schema.snapshot(kind) {
            let releases = whole.releases.and(member.releases);
            let always = if member.repeated { Releases::default() } else { whole.always.and(releases) };
            let wire = format!("{prefix}{}", member.wire);
            event.fields.push(Field { wire, releases, always, role: Some(role), ..member.clone() });
        }
        while let Some(index) = self.next(2) {
            let name = self.word(index, 0).to_owned();
            let Some(at) = event.fields[first..].iter().position(|field| field.wire == name) else {
                return self.fail(self.number(index), format!("`{name}` is no field of this snapshot"));
            };
            let mut field = event.fields[first + at].clone();
            let rust = field.rust.clone();
            if !self.lines[index].words.iter().any(|word| word == "always") {
                field.always = field.always.and(self.override_releases(index, &field, schema)?);
            }
            self.attributes(index, 1, schema, &mut field)?;
            field.rust = rust;
            if !field.always.and(field.releases).eq(&field.always) {
                return self.fail(self.number(index), "`always` names a release that does not have the field");
            }
            event.fields[first + at] = field;
        }
        if event.roles.iter().any(|old| old.kind == kind && old.prefix == prefix) {
            return self.fail(number, "this snapshot is there twice");
        }
        event.roles.push(Role { kind, prefix, rust: whole.rust, first });
        Ok(())
    }

    /// The releases that a line about a field of a snapshot gives it.
    fn override_releases(&self, index: usize, field: &Field, schema: &Schema) -> Result<Releases> {
        match self.lines[index].words.iter().position(|word| word == "in") {
            Some(at) => Ok(self.releases(index, at + 1, schema)?.0),
            None => Ok(field.releases),
        }
    }

    fn action(&mut self, index: usize, schema: &Schema, places: &mut Places) -> Result<Action> {
        let number = self.number(index);
        let wire = self.required_word(index, 1, "the action's name")?;
        let named = self.word(index, 2) == "as";
        let name = if named { self.word(index, 3).to_owned() } else { format!("{}Action", plain(&wire)) };
        if !name.ends_with("Action") {
            return self.fail(number, "the name of an action ends in `Action`");
        }
        self.define(number, &wire, &name, &mut places.rust_names[1], &mut places.actions)?;
        let doc = self.doc()?;
        let mut action = Action {
            wire,
            name,
            doc,
            privileges: Vec::new(),
            releases: Releases::default(),
            params: Vec::new(),
            response: Vec::new(),
            items: Vec::new(),
            completes: None,
        };
        while let Some(index) = self.next(1) {
            let number = self.number(index);
            match self.word(index, 0) {
                "privilege" => action.privileges = self.lines[index].words[1..].to_vec(),
                "releases" => action.releases = self.all_releases(index, schema)?,
                "param" => action.params.push(self.field(index, schema, action.releases, places)?),
                "response" => action.response.push(self.field(index, schema, action.releases, places)?),
                "items" => {
                    action.items = self.lines[index].words[1..].to_vec();
                    for item in &action.items {
                        places.used_events.push((item.clone(), self.file.to_owned(), number));
                    }
                }
                "completes" => {
                    let event = self.required_word(index, 1, "the event")?;
                    places.used_events.push((event.clone(), self.file.to_owned(), number));
                    action.completes = Some(event);
                }
                other => return self.fail(number, format!("unknown attribute `{other}` of an action")),
            }
        }
        if action.releases.is_empty() {
            return self.fail(number, "`releases` is missing");
        }
        // `new` of the type takes what is required: that has to be so for a server of today.
        let newest = (0..schema.releases.len()).rev().find(|&index| action.releases.contains(index));
        let gone = |param: &&Field| param.required && newest.is_some_and(|newest| !param.releases.contains(newest));
        if let Some(param) = action.params.iter().find(gone) {
            let wire = &param.wire;
            return self.fail(number, format!("`{wire}` is required, but is not in the action's newest release"));
        }
        self.names_differ(number, action.params.iter().map(|f| &f.rust), action.params.iter().map(|f| &f.wire))?;
        Ok(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Schema> {
        let common = "release 11 banner 1.3 recorded\nrelease 12 banner 2.* recorded\nrelease 13 banner 2.*\n\
            common\n  field ActionID text -- a\n\
            snapshot channel\n  field Channel channel as name -- c\n  field Uniqueid uniqueid -- u\n\
            snapshot bridge\n  field BridgeUniqueid bridge-id as uniqueid -- b\n";
        read(&[("common.schema".into(), common.into()), ("t.schema".into(), format!("topic t\n  doc T.\n{text}"))])
    }

    #[test]
    fn an_event_is_read() {
        let schema = read_text(
            "event DialBegin\n  doc A dial.\n  class call\n  releases 12..\n  channel Dest always 12\n    DestUniqueid in 13..\n  \
             field Cause-txt text always 12 -- why\n",
        );
        let schema = schema.map_err(|e| e.to_string());
        let Ok(schema) = schema else { panic!("{schema:?}") };
        let event = &schema.topics[0].events[0];
        assert_eq!(event.releases, Releases(0b110));
        let wires: Vec<_> = event.fields.iter().map(|f| (f.wire.as_str(), f.releases.0, f.always.0)).collect();
        assert_eq!(wires, [("DestChannel", 0b110, 0b010), ("DestUniqueid", 0b100, 0), ("Cause-txt", 0b110, 0b010)]);
        assert_eq!(event.roles[0].rust, "dest");
    }

    #[test]
    fn errors_name_file_and_line() {
        for (text, message) in [
            ("event A\n  doc A.\n  releases 14..\n", "t.schema:5: `14..` names a release that there is not"),
            ("event A\n  doc A.\n", "t.schema:3: `releases` is missing"),
            (
                "event A\n  doc A.\n  releases 12..\n  field B nothing -- b\n",
                "t.schema:6: `nothing` is neither a type nor an enumeration",
            ),
            ("event A\n  doc A.\n  releases 12..\n  field B uint:miles\n", "t.schema:6: no unit `miles`"),
            (
                "event A\n  doc A.\n  releases 12..\n  field B text always 13 -- b\n",
                "t.schema:6: `always` needs a release with recorded sessions",
            ),
            (
                "event A\n  doc A.\n  releases 12\n  field B text always 11 -- b\n",
                "t.schema:6: `always` names a release that does not have the field",
            ),
            (
                "event A\n  doc A.\n  releases 12..\n  field B text\n",
                "t.schema:6: `B` needs a description: ` -- ` and what it means",
            ),
            ("enum A\n  doc A.\n  value B*C -- b\n", "t.schema:5: `*` stands at the end of a value"),
            (
                "event A\n  doc A.\n  releases 12..\nevent a\n  doc A.\n",
                "t.schema:6: `a` was defined before, at t.schema:3",
            ),
            ("action A\n  doc A.\n  releases 12..\n  items B\n", "t.schema:6: no event `B`"),
            (
                "event A\n  doc A.\n   releases 12..\n",
                "t.schema:5: indent by two blanks for an attribute, by four for a field of a snapshot",
            ),
        ] {
            let error = read_text(text).err().map(|e| e.to_string());
            assert_eq!(error.as_deref(), Some(message));
        }
    }
}
