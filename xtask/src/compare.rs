//! The schema against a reference, and one release against another.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::reference::Reference;
use crate::schema::{Field, Schema};

/// A difference between a reference and the schema: what, and the line that the schema lacks where one can be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: `DialEnd`, `DialEnd.Forward`, `action Status.Channel`.
    pub subject: String,
    /// What is different.
    pub what: String,
    /// A line for the schema.
    pub line: Option<String>,
}

fn knows(fields: &[Field], release: usize, name: &str) -> Option<bool> {
    let pattern = |wire: &str| {
        // The reference writes families with X, the schema with `#`.
        let plain = |text: &str| text.replace("XXXXXX", "#").replace("000000", "#").replace("(0)", "(#)");
        wire.eq_ignore_ascii_case(name)
            || wire.eq_ignore_ascii_case(&plain(name))
            || (wire.contains('#') && wire.replace('#', "X").eq_ignore_ascii_case(name))
    };
    fields.iter().find(|field| pattern(&field.wire)).map(|field| field.releases.contains(release))
}

/// What the reference of a release says and the schema does not.
pub fn against_reference(schema: &Schema, reference: &Reference, release: usize) -> Vec<Difference> {
    let mut found = Vec::new();
    let since = format!("in {}..", schema.releases[release].name);
    let mut add = |subject: &str, what: String, line: Option<String>| {
        found.push(Difference { subject: subject.to_owned(), what, line });
    };
    for (name, entry) in &reference.events {
        let Some((_, event)) = schema.events().find(|(_, event)| event.wire.eq_ignore_ascii_case(name)) else {
            add(name, "the schema has no such event".into(), Some(format!("event {name}")));
            continue;
        };
        if !event.releases.contains(release) {
            add(name, "the schema has it in other releases only".into(), None);
        }
        if let Some(class) = &entry.class
            && !event.classes.is_empty()
            && !event.classes.contains(class)
        {
            add(name, format!("the reference says class {class}, the schema {}", event.classes.join(" ")), None);
        }
        for field in &entry.fields {
            let common = knows(&schema.common, release, field) == Some(true);
            match knows(&event.fields, release, field) {
                Some(true) => {}
                _ if common => {}
                Some(false) => add(&format!("{name}.{field}"), "the schema has it in other releases only".into(), None),
                None => {
                    add(
                        &format!("{name}.{field}"),
                        "the schema has no such header".into(),
                        Some(format!("  field {field} text {since}")),
                    );
                }
            }
        }
    }
    for (name, entry) in &reference.actions {
        let Some((_, action)) = schema.actions().find(|(_, action)| action.wire.eq_ignore_ascii_case(name)) else {
            add(&format!("action {name}"), "the schema has no such action".into(), Some(format!("action {name}")));
            continue;
        };
        if !action.releases.contains(release) {
            add(&format!("action {name}"), "the schema has it in other releases only".into(), None);
        }
        for (param, required) in &entry.params {
            if param == "ActionID" {
                continue;
            }
            let subject = format!("action {name}.{param}");
            match knows(&action.params, release, param) {
                Some(true) => {
                    let known = action.params.iter().find(|field| field.wire.eq_ignore_ascii_case(param));
                    if known.is_some_and(|known| known.required != *required && !known.is_family()) {
                        let is = if *required { "required" } else { "optional" };
                        add(&subject, format!("the reference says that it is {is}"), None);
                    }
                }
                Some(false) => add(&subject, "the schema has it in other releases only".into(), None),
                None => add(
                    &subject,
                    "the schema has no such parameter".into(),
                    Some(format!("  param {param} text {since}")),
                ),
            }
        }
        for item in &entry.items {
            if !action.items.iter().any(|known| known.eq_ignore_ascii_case(item)) {
                add(&format!("action {name}"), format!("its list has {item}"), Some(format!("  items {item}")));
            }
        }
        for completes in &entry.completes {
            let known = action.completes.iter().chain(&action.items);
            if !known.into_iter().any(|known| known.eq_ignore_ascii_case(completes)) {
                add(
                    &format!("action {name}"),
                    format!("its list ends with {completes}"),
                    Some(format!("  completes {completes}")),
                );
            }
        }
    }
    found
}

/// What the schema has in a release and its reference does not list: sent, but undocumented.
pub fn undocumented(schema: &Schema, reference: &Reference, release: usize) -> Vec<String> {
    let mut found = Vec::new();
    for (_, event) in schema.events().filter(|(_, event)| event.releases.contains(release)) {
        let entry = reference.events.iter().find(|(name, _)| name.eq_ignore_ascii_case(&event.wire));
        let Some((_, entry)) = entry else {
            found.push(event.wire.clone());
            continue;
        };
        for field in event.fields.iter().filter(|field| field.releases.contains(release) && !field.repeated) {
            let listed = entry.fields.iter().any(|name| knows(std::slice::from_ref(field), release, name).is_some());
            if !listed {
                found.push(format!("{}.{}", event.wire, field.wire));
            }
        }
    }
    for (_, action) in schema.actions().filter(|(_, action)| action.releases.contains(release)) {
        if !reference.actions.keys().any(|name| name.eq_ignore_ascii_case(&action.wire)) {
            found.push(format!("action {}", action.wire));
        }
    }
    found
}

/// What changed from one release to another, as a page for people who upgrade.
pub fn between(schema: &Schema, old: usize, new: usize) -> String {
    let (old_name, new_name) = (&schema.releases[old].name, &schema.releases[new].name);
    let mut page = format!(
        "# From Asterisk {old_name} to {new_name}\n\nWhat a client of the manager interface will notice, from the schema.\n"
    );
    let mut section = |title: &str, lines: BTreeSet<String>| {
        if !lines.is_empty() {
            let _ = write!(page, "\n## {title}\n\n");
            for line in lines {
                let _ = writeln!(page, "- {line}");
            }
        }
    };
    let events = |has: usize, has_not: usize| -> BTreeSet<String> {
        let all = schema.events().map(|(_, event)| event);
        all.filter(|event| event.releases.contains(has) && !event.releases.contains(has_not))
            .map(|event| format!("`{}`: {}", event.wire, event.doc))
            .collect()
    };
    let actions = |has: usize, has_not: usize| -> BTreeSet<String> {
        let all = schema.actions().map(|(_, action)| action);
        all.filter(|action| action.releases.contains(has) && !action.releases.contains(has_not))
            .map(|action| format!("`{}`: {}", action.wire, action.doc))
            .collect()
    };
    let listed = |fields: &[Field], has: usize, has_not: usize| -> Vec<String> {
        let differs = |field: &&Field| field.releases.contains(has) && !field.releases.contains(has_not);
        fields.iter().filter(differs).map(|field| format!("`{}`", field.wire)).collect()
    };
    let headers = |has: usize, has_not: usize| -> BTreeSet<String> {
        let both = schema.events().filter(|(_, e)| e.releases.contains(has) && e.releases.contains(has_not));
        both.map(|(_, event)| (&event.wire, listed(&event.fields, has, has_not)))
            .filter(|(_, fields)| !fields.is_empty())
            .map(|(event, fields)| format!("`{event}`: {}", fields.join(", ")))
            .collect()
    };
    let params = |has: usize, has_not: usize| -> BTreeSet<String> {
        let both = schema.actions().filter(|(_, a)| a.releases.contains(has) && a.releases.contains(has_not));
        both.map(|(_, action)| (&action.wire, listed(&action.params, has, has_not)))
            .filter(|(_, fields)| !fields.is_empty())
            .map(|(action, fields)| format!("`{action}`: {}", fields.join(", ")))
            .collect()
    };
    section("Events that are gone", events(old, new));
    section("New events", events(new, old));
    section("Headers that are gone", headers(old, new));
    section("New headers", headers(new, old));
    section("Actions that are gone", actions(old, new));
    section("New actions", actions(new, old));
    section("Parameters that are gone", params(old, new));
    section("New parameters", params(new, old));
    page
}
