//! The schema as constant tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::index::Index;
use super::{release_name, release_set, short};
use crate::schema::{Action, Event, Field, Releases, Schema, SnapshotKind, Topic, Type, UNITS, constant};

/// What the other tables are made with, and the tables of all events and actions.
pub(super) fn root(schema: &Schema) -> Result<String> {
    let mut out = String::from(
        "//! The schema as constant tables.\n#![allow(clippy::wildcard_imports, reason = \"the tables use nearly everything\")]\n\n\
         use crate::release::ReleaseSet;\nuse crate::schema::{ActionDef, EventDef, FieldDef, Index, Kind, Unit};\nuse self::releases::*;\n\n",
    );
    out += "mod enums;\n";
    for topic in &schema.topics {
        writeln!(out, "mod {};", topic.name)?;
    }
    out += "mod fields;\nmod releases;\n";
    out += "\n/// What all tables use.\nmod prelude {\n\
            pub(super) use super::{enums, field, fields, part};\npub(super) use super::releases::*;\n\
            pub(super) use crate::schema::{ActionDef, ActionId, Class, EventDef, EventId, Index, Kind, ListRole, RoleDef, RoleKind, StrayDef, Unit};\n}\n\n\
            /// A header: its releases, and those where it is always there.\n\
            const fn field(name: &'static str, kind: Kind, releases: ReleaseSet, always: ReleaseSet, doc: &'static str) -> FieldDef {\n\
            FieldDef { name, kind, unit: Unit::None, repeated: false, required: false, releases, always, role: None, doc }\n}\n\n\
            /// A header of a snapshot.\n\
            const fn part(role: u8, name: &'static str, kind: Kind, releases: ReleaseSet, always: ReleaseSet, doc: &'static str) -> FieldDef {\n\
            FieldDef { name, kind, unit: Unit::None, repeated: false, required: false, releases, always, role: Some(role), doc }\n}\n\n\
            impl FieldDef {\n\
            const fn unit(self, unit: Unit) -> Self { Self { unit, ..self } }\n\n\
            const fn repeated(self) -> Self { Self { repeated: true, ..self } }\n\n\
            const fn required(self) -> Self { Self { required: true, ..self } }\n}\n\n";
    writeln!(out, "pub(crate) static COMMON: &[FieldDef] = &[")?;
    for common in &schema.common {
        writeln!(out, "{},", field(schema, common))?;
    }
    out += "];\n\n/// By number.\npub(crate) static EVENTS: &[&EventDef] = &[\n";
    for (topic, event) in schema.events() {
        writeln!(out, "&{}::{},", topic.name, constant(&event.variant))?;
    }
    out += "];\n\n/// By number.\npub(crate) static ACTIONS: &[&ActionDef] = &[\n";
    for (topic, action) in schema.actions() {
        writeln!(out, "&{}::{},", topic.name, action_constant(action))?;
    }
    out += "];\n\n";
    let events: Vec<&str> = schema.events().map(|(_, event)| event.wire.as_str()).collect();
    let actions: Vec<&str> = schema.actions().map(|(_, action)| action.wire.as_str()).collect();
    for (name, names) in [("EVENT_INDEX", events), ("ACTION_INDEX", actions)] {
        out += &index("pub(crate)", name, &names)?;
    }
    Ok(out)
}

/// For the fields of each event, and of each response, a perfect hash of their names.
pub(super) fn field_indexes(schema: &Schema) -> Result<String> {
    let mut out = String::from(
        "//! Where the fields of each event and response are, by name: a perfect hash for each.\n\nuse crate::schema::Index;\n\n",
    );
    let events = schema.events().map(|(_, event)| (constant(&event.variant), &event.fields));
    let responses = schema.actions().map(|(_, action)| (action_constant(action), &action.response));
    for (name, fields) in events.chain(responses) {
        if let Some(names) = plain_names(fields) {
            out += &index("pub(super)", &name, &names).with_context(|| name.clone())?;
        }
    }
    Ok(out)
}

/// The names of fields in order, those of families empty: what is looked up is never empty. Nothing where there is no
/// name to look for.
fn plain_names(fields: &[Field]) -> Option<Vec<&str>> {
    let name = |field: &Field| !field.wire.contains(['#', '*']);
    fields.iter().any(name).then(|| fields.iter().map(|f| if name(f) { f.wire.as_str() } else { "" }).collect())
}

/// A reference to the index of the fields of an event or a response.
fn field_index(name: &str, fields: &[Field]) -> String {
    plain_names(fields).map_or_else(|| "&Index::NONE".to_owned(), |_| format!("&fields::{name}"))
}

/// The perfect hash of some names as a constant.
fn index(visibility: &str, name: &str, names: &[&str]) -> Result<String> {
    let index = Index::new(names)?;
    let list = |numbers: &[u16]| {
        let shown = numbers.iter().map(|&n| if n == u16::MAX { "u16::MAX".to_owned() } else { n.to_string() });
        shown.collect::<Vec<_>>().join(", ")
    };
    Ok(format!(
        "#[rustfmt::skip]\n{visibility} static {name}: Index = Index {{\n    displacements: &[\n{}    ],\n    places: &[\n{}    ],\n}};\n\n",
        wrap(&list(&index.displacements)),
        wrap(&list(&index.places))
    ))
}

/// Lines of less than 120 bytes.
fn wrap(list: &str) -> String {
    let mut out = String::new();
    let mut line = String::from("       ");
    for word in list.split(' ') {
        if line.len() + word.len() > 110 {
            out += &line;
            out.push('\n');
            line = String::from("       ");
        }
        line.push(' ');
        line += word;
    }
    out + &line + ",\n"
}

pub(super) fn enums(schema: &Schema) -> Result<String> {
    let mut out = String::from("//! Enumerations.\n\nuse crate::schema::EnumDef;\n");
    for entry in schema.enums.values() {
        let values = entry.values.iter().map(|(wire, ..)| format!("\"{wire}\"")).collect::<Vec<_>>().join(", ");
        writeln!(
            out,
            "\npub(super) static {}: EnumDef = EnumDef {{ name: \"{}\", values: &[{values}] }};",
            constant(&entry.name),
            entry.name
        )?;
    }
    Ok(out)
}

/// `DO_ORIGINATE`: an event can be named like an action.
fn action_constant(action: &Action) -> String {
    format!("DO_{}", constant(short(&action.name)))
}

fn kind(field: &Field) -> String {
    match &field.ty {
        Type::Simple(simple) => format!("Kind::{}", simple.variant()),
        Type::Enum(name) => format!("Kind::Enum(&enums::{})", constant(name)),
    }
}

fn field(schema: &Schema, field: &Field) -> String {
    let rest = format!(
        "\"{}\", {}, {}, {}, {:?})",
        field.wire,
        kind(field),
        set_name(schema, field.releases),
        set_name(schema, field.always),
        field.doc
    );
    let mut out = match field.role {
        Some(role) => format!("part({role}, {rest}"),
        None => format!("field({rest}"),
    };
    if let Some(unit) = &field.unit {
        let unit = UNITS.iter().find(|(name, _)| name == unit).map_or("None", |(_, variant)| *variant);
        let _ = write!(out, ".unit(Unit::{unit})");
    }
    if field.repeated {
        out += ".repeated()";
    }
    if field.required {
        out += ".required()";
    }
    out
}

/// What runs of releases there are in a set: of all releases, or, if no other fits, of those with recorded sessions.
fn runs(schema: &Schema, set: Releases) -> (bool, Vec<(usize, usize)>) {
    let plain = schema.runs(set);
    let recorded: Vec<usize> = (0..schema.releases.len()).filter(|&i| schema.recorded().contains(i)).collect();
    let mut among: Vec<(usize, usize)> = Vec::new();
    for (position, _) in recorded.iter().enumerate().filter(|(_, index)| set.contains(**index)) {
        match among.last_mut() {
            Some(run) if run.1 + 1 == position => run.1 = position,
            _ => among.push((position, position)),
        }
    }
    let all_recorded = (0..schema.releases.len()).all(|i| !set.contains(i) || schema.recorded().contains(i));
    if all_recorded && among.len() < plain.len() {
        (true, among.into_iter().map(|(first, last)| (recorded[first], recorded[last])).collect())
    } else {
        (false, plain)
    }
}

/// The constant of a set: `SINCE_12`, `FROM_1_4_TO_11`, `RECORDED_12_TO_23`. A name costs the compiler less than a call
/// in each of thousands of fields.
fn set_name(schema: &Schema, set: Releases) -> String {
    let name = |index: usize| release_name(&schema.releases[index].name).trim_start_matches('R').to_ascii_uppercase();
    let newest = schema.releases.len() - 1;
    let (recorded, runs) = runs(schema, set);
    let words = runs.into_iter().map(|run| match run {
        (0, last) if last == newest => "ALL".to_owned(),
        (first, last) if first == last => format!("ONLY_{}", name(first)),
        (first, last) if recorded => format!("RECORDED_{}_TO_{}", name(first), name(last)),
        (first, last) if last == newest => format!("SINCE_{}", name(first)),
        (first, last) => format!("FROM_{}_TO_{}", name(first), name(last)),
    });
    words.reduce(|all, word| format!("{all}_AND_{word}")).unwrap_or_else(|| "NONE".to_owned())
}

/// The sets of releases that the tables mention.
pub(super) fn releases(schema: &Schema) -> Result<String> {
    let mut sets: BTreeMap<String, Releases> = BTreeMap::new();
    let mut add = |set: Releases| sets.insert(set_name(schema, set), set);
    add(schema.all_releases());
    add(Releases::default());
    for field in &schema.common {
        add(field.releases);
        add(field.always);
    }
    for (_, event) in schema.events() {
        add(event.releases);
        event.strays.iter().for_each(|stray| _ = add(stray.releases));
        event.fields.iter().for_each(|field| _ = (add(field.releases), add(field.always)));
    }
    for (_, action) in schema.actions() {
        add(action.releases);
        action.params.iter().chain(&action.response).for_each(|field| _ = (add(field.releases), add(field.always)));
    }
    let mut out = String::from(
        "//! Sets of releases.\n#![allow(clippy::enum_glob_use, reason = \"nearly all releases\")]\n\n\
         use crate::release::Release::{self, *};\nuse crate::release::ReleaseSet;\n\n\
         const fn only(release: Release) -> ReleaseSet { ReleaseSet::only(release) }\n\n\
         const fn since(release: Release) -> ReleaseSet { ReleaseSet::since(release) }\n\n\
         const fn range(first: Release, last: Release) -> ReleaseSet { ReleaseSet::range(first, last) }\n\n\
         /// The releases with recorded sessions between two.\n\
         const fn recorded(first: Release, last: Release) -> ReleaseSet { ReleaseSet::range(first, last).and(ReleaseSet::RECORDED) }\n\n",
    );
    for (name, set) in sets {
        let value = match (name.as_str(), runs(schema, set)) {
            ("ALL" | "NONE", _) => format!("ReleaseSet::{name}"),
            (_, (true, runs)) => {
                let name = |index: usize| release_name(&schema.releases[index].name);
                let runs = runs.into_iter().map(|(first, last)| {
                    if first == last {
                        format!("only({})", name(first))
                    } else {
                        format!("recorded({}, {})", name(first), name(last))
                    }
                });
                runs.reduce(|all, run| format!("{all}.or({run})")).unwrap_or_default()
            }
            (_, (false, _)) => release_set(schema, set, "", ""),
        };
        writeln!(out, "pub(super) const {name}: ReleaseSet = {value};")?;
    }
    Ok(out)
}

pub(super) fn topic(schema: &Schema, topic: &Topic) -> Result<String> {
    let mut lists: BTreeMap<String, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for (_, action) in schema.actions() {
        for item in &action.items {
            lists.entry(item.to_ascii_lowercase()).or_default().0.push(short(&action.name));
        }
        if let Some(completes) = &action.completes {
            lists.entry(completes.to_ascii_lowercase()).or_default().1.push(short(&action.name));
        }
    }
    let mut out = format!("//! {}\n\nuse super::prelude::*;\n", topic.doc);
    for event in &topic.events {
        event_table(schema, topic, event, lists.get(&event.wire.to_ascii_lowercase()), &mut out)?;
    }
    for action in &topic.actions {
        action_table(schema, topic, action, &mut out)?;
    }
    Ok(out)
}

fn classes(names: &[String]) -> String {
    let variant = |name: &String| {
        let (first, rest) = name.split_at(1);
        format!("Class::{}{rest}", first.to_ascii_uppercase())
    };
    format!("&[{}]", names.iter().map(variant).collect::<Vec<_>>().join(", "))
}

fn fields(schema: &Schema, fields: &[Field]) -> Result<String> {
    let mut out = String::from("&[\n");
    for entry in fields {
        writeln!(out, "{},", field(schema, entry))?;
    }
    Ok(out + "]")
}

fn event_table(
    schema: &Schema,
    topic: &Topic,
    event: &Event,
    list: Option<&(Vec<&str>, Vec<&str>)>,
    out: &mut String,
) -> Result<()> {
    let actions = |names: &[&str]| names.iter().map(|name| format!("ActionId::{name}")).collect::<Vec<_>>().join(", ");
    let list = match list {
        None => "ListRole::None".to_owned(),
        Some((items, completes)) if completes.is_empty() => {
            format!("ListRole::Item {{ actions: &[{}] }}", actions(items))
        }
        Some((_, completes)) => format!("ListRole::Completes {{ actions: &[{}] }}", actions(completes)),
    };
    let roles = event.roles.iter().map(|role| {
        let kind = match role.kind {
            SnapshotKind::Channel => "Channel",
            SnapshotKind::Bridge => "Bridge",
        };
        format!("RoleDef {{ kind: RoleKind::{kind}, prefix: \"{}\" }}", role.prefix)
    });
    let strays = event.strays.iter().map(|stray| {
        let releases = set_name(schema, stray.releases);
        format!("StrayDef {{ name: {:?}, releases: {releases}, why: {:?} }}", stray.wire, stray.why)
    });
    writeln!(
        out,
        "\npub(super) static {}: EventDef = EventDef {{\nid: EventId::{variant},\nname: \"{}\",\nvariant: \"{variant}\",\ntopic: \"{}\",\n\
         classes: {},\nreleases: {},\nfields: {},\nroles: &[{}],\nlist: {list},\nopen: {},\nstrays: &[{}],\ndoc: {:?},\nindex: {index},\n}};",
        constant(&event.variant),
        event.wire,
        topic.name,
        classes(&event.classes),
        set_name(schema, event.releases),
        fields(schema, &event.fields)?,
        roles.collect::<Vec<_>>().join(", "),
        event.open.is_some(),
        strays.collect::<Vec<_>>().join(", "),
        event.doc,
        variant = event.variant,
        index = field_index(&constant(&event.variant), &event.fields),
    )?;
    Ok(())
}

fn action_table(schema: &Schema, topic: &Topic, action: &Action, out: &mut String) -> Result<()> {
    let id = |wire: &str| {
        let found = schema.events().find(|(_, event)| event.wire.eq_ignore_ascii_case(wire));
        found.map_or_else(String::new, |(_, event)| format!("EventId::{}", event.variant))
    };
    let items = action.items.iter().map(|item| id(item)).collect::<Vec<_>>().join(", ");
    let completes = action.completes.as_deref().map_or("None".to_owned(), |event| format!("Some({})", id(event)));
    writeln!(
        out,
        "\npub(super) static {}: ActionDef = ActionDef {{\nid: ActionId::{},\nname: \"{}\",\ntype_name: \"{}\",\ntopic: \"{}\",\n\
         privileges: {},\nreleases: {},\nparams: {},\nresponse: {},\nitems: &[{items}],\ncompletes: {completes},\ndoc: {:?},\nresponse_index: {index},\n}};",
        action_constant(action),
        short(&action.name),
        action.wire,
        action.name,
        topic.name,
        classes(&action.privileges),
        set_name(schema, action.releases),
        fields(schema, &action.params)?,
        fields(schema, &action.response)?,
        action.doc,
        index = field_index(&action_constant(action), &action.response),
    )?;
    Ok(())
}
