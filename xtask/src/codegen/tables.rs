//! The schema as constant tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;

use super::index::Index;
use super::{recorded_set, release_set, short};
use crate::schema::{Action, Event, Field, Releases, Schema, SnapshotKind, Topic, Type, UNITS, constant};

/// What the other tables are made with, and the tables of all events and actions.
pub(super) fn root(schema: &Schema) -> Result<String> {
    let mut out = String::from(
        "//! The schema as constant tables.\n#![allow(clippy::wildcard_imports, reason = \"the tables use nearly everything\")]\n\n\
         use crate::release::{Release, ReleaseSet};\nuse crate::schema::{ActionDef, Class, EventDef, FieldDef, Index, Kind, Unit};\n\n",
    );
    out += "mod enums;\n";
    for topic in &schema.topics {
        writeln!(out, "mod {};", topic.name)?;
    }
    out += "\n/// What all tables use.\nmod prelude {\n\
            pub(super) use super::{ALL, NONE, field, only, range, recorded, since};\npub(super) use crate::release::Release::*;\n\
            pub(super) use crate::schema::{ActionDef, ActionId, Class, EventDef, EventId, Kind, ListRole, RoleDef, RoleKind, StrayDef, Unit};\n\
            pub(super) use super::enums;\n}\n\n\
            const ALL: ReleaseSet = ReleaseSet::ALL;\nconst NONE: ReleaseSet = ReleaseSet::NONE;\n\n\
            const fn only(release: Release) -> ReleaseSet { ReleaseSet::only(release) }\n\n\
            const fn since(release: Release) -> ReleaseSet { ReleaseSet::since(release) }\n\n\
            const fn range(first: Release, last: Release) -> ReleaseSet { ReleaseSet::range(first, last) }\n\n\
            /// The releases with recorded sessions between two.\n\
            const fn recorded(first: Release, last: Release) -> ReleaseSet { ReleaseSet::range(first, last).and(ReleaseSet::RECORDED) }\n\n\
            /// A header that is not always there.\n\
            const fn field(name: &'static str, kind: Kind, releases: ReleaseSet) -> FieldDef {\n\
            FieldDef { name, kind, unit: Unit::None, repeated: false, required: false, releases, always: NONE, role: None, doc: \"\" }\n}\n\n\
            impl FieldDef {\n\
            const fn always(self, always: ReleaseSet) -> Self { Self { always, ..self } }\n\n\
            const fn unit(self, unit: Unit) -> Self { Self { unit, ..self } }\n\n\
            const fn role(self, role: u8) -> Self { Self { role: Some(role), ..self } }\n\n\
            const fn repeated(self) -> Self { Self { repeated: true, ..self } }\n\n\
            const fn required(self) -> Self { Self { required: true, ..self } }\n\n\
            const fn doc(self, doc: &'static str) -> Self { Self { doc, ..self } }\n}\n\n";
    writeln!(out, "pub(crate) static COMMON: &[FieldDef] = &[")?;
    for common in &schema.common {
        writeln!(out, "{},", field(schema, common, "ALL", true))?;
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
        let index = Index::new(&names)?;
        let list = |numbers: &[u16]| {
            let shown = numbers.iter().map(|&n| if n == u16::MAX { "u16::MAX".to_owned() } else { n.to_string() });
            shown.collect::<Vec<_>>().join(", ")
        };
        writeln!(
            out,
            "#[rustfmt::skip]\npub(crate) static {name}: Index = Index {{\n    displacements: &[\n{}    ],\n    places: &[\n{}    ],\n}};\n",
            wrap(&list(&index.displacements)),
            wrap(&list(&index.places))
        )?;
    }
    Ok(out.replace("use crate::schema::{ActionDef, Class, EventDef", "use crate::schema::{ActionDef, EventDef"))
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

fn field(schema: &Schema, field: &Field, releases: &str, with_doc: bool) -> String {
    let mut out = format!("field(\"{}\", {}, {releases})", field.wire, kind(field));
    if !field.always.is_empty() {
        let _ = write!(out, ".always({})", recorded_set(schema, field.always));
    }
    if let Some(unit) = &field.unit {
        let unit = UNITS.iter().find(|(name, _)| name == unit).map_or("None", |(_, variant)| *variant);
        let _ = write!(out, ".unit(Unit::{unit})");
    }
    if let Some(role) = field.role {
        let _ = write!(out, ".role({role})");
    }
    if field.repeated {
        out += ".repeated()";
    }
    if field.required {
        out += ".required()";
    }
    if with_doc && !field.doc.is_empty() {
        let _ = write!(out, ".doc({:?})", field.doc);
    }
    out
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

fn fields(schema: &Schema, fields: &[Field], owner: Releases) -> Result<String> {
    let mut out = String::from("&[\n");
    for entry in fields {
        let releases = release_set(schema, entry.releases, "", "");
        let _ = owner;
        writeln!(out, "{},", field(schema, entry, &releases, entry.role.is_none()))?;
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
        let releases = release_set(schema, stray.releases, "", "");
        format!("StrayDef {{ name: {:?}, releases: {releases}, why: {:?} }}", stray.wire, stray.why)
    });
    writeln!(
        out,
        "\npub(super) static {}: EventDef = EventDef {{\nid: EventId::{variant},\nname: \"{}\",\nvariant: \"{variant}\",\ntopic: \"{}\",\n\
         classes: {},\nreleases: {},\nfields: {},\nroles: &[{}],\nlist: {list},\nopen: {},\nstrays: &[{}],\ndoc: {:?},\n}};",
        constant(&event.variant),
        event.wire,
        topic.name,
        classes(&event.classes),
        release_set(schema, event.releases, "", ""),
        fields(schema, &event.fields, event.releases)?,
        roles.collect::<Vec<_>>().join(", "),
        event.open.is_some(),
        strays.collect::<Vec<_>>().join(", "),
        event.doc,
        variant = event.variant,
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
         privileges: {},\nreleases: {},\nparams: {},\nresponse: {},\nitems: &[{items}],\ncompletes: {completes},\ndoc: {:?},\n}};",
        action_constant(action),
        short(&action.name),
        action.wire,
        action.name,
        topic.name,
        classes(&action.privileges),
        release_set(schema, action.releases, "", ""),
        fields(schema, &action.params, action.releases)?,
        fields(schema, &action.response, action.releases)?,
        action.doc,
    )?;
    Ok(())
}
