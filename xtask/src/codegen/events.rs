//! Events: a type for each, and the enumeration of all.

use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::{Access, access, enum_imports, example_doc, field_doc, gate, imports};
use crate::examples::Examples;
use crate::schema::{Event, Field, Schema, SnapshotKind, Topic};

/// More fields than this are looked up by key: it bounds the size of an event.
const MOST_SPANS: usize = 128;

/// `ChannelSnapshot` and `BridgeSnapshot`.
pub(super) fn snapshots(schema: &Schema) -> Result<String> {
    let mut body = String::new();
    for (name, what, kind) in [
        ("ChannelSnapshot", "A channel as it was when an event was made.", SnapshotKind::Channel),
        ("BridgeSnapshot", "A bridge as it was when an event was made.", SnapshotKind::Bridge),
    ] {
        writeln!(
            body,
            "/// {what} Its headers have the prefix of its role: `DestUniqueid` for `dest().uniqueid()`.\n\
             #[derive(Clone, Copy)]\npub struct {name}<'e, 'a>(pub(crate) View<'e, 'a>);\n\nimpl<'a> {name}<'_, 'a> {{"
        )?;
        for (index, field) in schema.snapshot(kind).iter().enumerate() {
            body += &field_doc(schema, field, schema.all_releases());
            accessor(&mut body, field, index, "self.0")?;
        }
        body += "}\n\n";
        write!(
            body,
            "impl fmt::Debug for {name}<'_, '_> {{\nfn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\nf.debug_struct(\"{name}\")"
        )?;
        for field in schema.snapshot(kind).iter().filter(|field| !field.repeated) {
            write!(body, ".field(\"{0}\", &self.{0}())", field.rust)?;
        }
        body += ".finish()\n}\n}\n\n";
    }
    let fields = schema.channel.iter().chain(&schema.bridge);
    Ok(format!(
        "//! Snapshots of channels and bridges.\n\nuse core::fmt;\n\n{}{}\n{body}",
        imports(&body).replace("use crate::generated::snapshot::{BridgeSnapshot, ChannelSnapshot};\n", ""),
        enum_imports(fields)
    ))
}

/// The methods for one field.
pub(super) fn accessor(out: &mut String, field: &Field, index: usize, view: &str) -> Result<()> {
    let name = &field.rust;
    if field.repeated {
        ensure!(matches!(access(field), Access::Text), "a repeated header has to be text: {}", field.wire);
        writeln!(
            out,
            "#[inline]\npub fn {name}(&self) -> impl Iterator<Item = Text<'a>> + use<'a> {{ {view}.all({index}) }}\n"
        )?;
        return Ok(());
    }
    if field.is_family() {
        if field.wire.matches('#').count() != 1 || field.wire.contains('*') {
            writeln!(
                out,
                "#[inline]\npub fn {name}(&self) -> impl Iterator<Item = (Text<'a>, Text<'a>)> + use<'a> {{ {view}.family({index}) }}\n"
            )?;
            return Ok(());
        }
        let ty = match access(field) {
            Access::Text => "Text<'a>".to_owned(),
            Access::Typed(ty) => ty,
        };
        writeln!(
            out,
            "#[inline]\npub fn {name}(&self, number: u32) -> Field<'a, {ty}> {{ {view}.numbered({index}, number) }}\n"
        )?;
        return Ok(());
    }
    match access(field) {
        Access::Text => {
            writeln!(out, "#[inline]\npub fn {name}(&self) -> Option<Text<'a>> {{ self.0.text({index}) }}\n")?;
        }
        Access::Typed(ty) => {
            writeln!(out, "#[inline]\npub fn {name}(&self) -> Field<'a, {ty}> {{ self.0.field({index}) }}\n")?;
        }
    }
    Ok(())
}

/// One module: the events of a topic.
pub(super) fn topic(schema: &Schema, topic: &Topic, examples: &Examples) -> Result<String> {
    let mut body = String::new();
    for event in &topic.events {
        event_type(schema, event, examples, &mut body)?;
    }
    let fields = topic.events.iter().flat_map(|event| event.fields.iter().filter(|field| field.role.is_none()));
    Ok(format!("//! {}\n\n{}{}\n{body}", topic.doc, enum_imports(fields), imports(&body)))
}

fn event_type(schema: &Schema, event: &Event, examples: &Examples, out: &mut String) -> Result<()> {
    let name = &event.variant;
    let spans = event.fields.len().min(MOST_SPANS);
    writeln!(out, "/// {}\n///\n/// {}", event.doc, about(schema, event))?;
    if let Some(open) = &event.open {
        writeln!(out, "/// It {open}: see [`TypedEvent::fields`].")?;
    }
    for (what, actions) in lists(schema, event) {
        writeln!(out, "/// {what} {actions}.")?;
    }
    example_doc(examples.events.get(&event.wire.to_ascii_lowercase()), out);
    writeln!(out, "#[derive(Clone, Copy, Debug)]\npub struct {name}<'a>(Located<'a, {spans}>);\n")?;
    if !event.fields.is_empty() {
        writeln!(out, "impl<'a> {name}<'a> {{")?;
    }
    for role in &event.roles {
        let (what, ty) = match role.kind {
            SnapshotKind::Channel => ("channel", "ChannelSnapshot"),
            SnapshotKind::Bridge => ("bridge", "BridgeSnapshot"),
        };
        let (headers, releases) = (
            &role.prefix,
            event.fields.iter().filter(|f| f.role == event.roles.iter().position(|r| r.rust == role.rust)),
        );
        let releases = releases.fold(crate::schema::Releases::default(), |all, field| all.or(field.releases));
        let when =
            if releases == event.releases { String::new() } else { format!("; releases {}", schema.show(releases)) };
        let prefix =
            if headers.is_empty() { "without a prefix".to_owned() } else { format!("with the prefix `{headers}`") };
        writeln!(
            out,
            "/// A {what}: headers {prefix}{when}.\n#[inline]\npub fn {}(&self) -> {ty}<'_, 'a> {{ {ty}(self.0.view_from({})) }}\n",
            role.rust, role.first
        )?;
    }
    for (index, field) in event.fields.iter().enumerate().filter(|(_, field)| field.role.is_none()) {
        *out += &field_doc(schema, field, event.releases);
        accessor(out, field, index, "self.0.view()")?;
    }
    if !event.fields.is_empty() {
        *out += "}\n\n";
    }
    writeln!(
        out,
        "impl<'a> TypedEvent<'a> for {name}<'a> {{\nconst ID: EventId = EventId::{name};\n\n\
         #[inline]\nfn locate(message: &Message<'a>) -> Self {{ Self(Located::new(message, Self::ID.def().by_name())) }}\n\n\
         #[inline]\nfn message(&self) -> &Message<'a> {{ self.0.message() }}\n}}\n"
    )?;
    super::serialize(out, name, "event")?;
    Ok(())
}

/// Which lists an event is part of.
fn lists(schema: &Schema, event: &Event) -> Vec<(&'static str, String)> {
    let is = |name: &String| name.eq_ignore_ascii_case(&event.wire);
    let names = |all: Vec<&str>| all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let items = schema.actions().filter(|(_, action)| action.items.iter().any(is));
    let items: Vec<&str> = items.map(|(_, action)| action.wire.as_str()).collect();
    let ends = schema.actions().filter(|(_, action)| action.completes.as_ref().is_some_and(is));
    let ends: Vec<&str> = ends.map(|(_, action)| action.wire.as_str()).collect();
    let lists = [("Item of the list that answers", items), ("Ends the events that answer", ends)];
    lists.into_iter().filter(|(_, actions)| !actions.is_empty()).map(|(what, all)| (what, names(all))).collect()
}

/// `Wire name` …, class and releases.
fn about(schema: &Schema, event: &Event) -> String {
    let class = match event.classes.as_slice() {
        [] => "without `Privilege`".to_owned(),
        classes => format!("class {}", classes.join(", ")),
    };
    format!("`{}`; {class}; releases {}.", event.wire, schema.show(event.releases))
}

/// Every accessor with the key that it stands for: what a test holds against a look-up by key.
pub(super) fn check(schema: &Schema) -> Result<String> {
    let mut out = String::from(
        "//! Every accessor beside the key that it stands for: part of the test `tests/accessors.rs`, not of the crate.\n\nuse crate::Event;\n\n\
         /// Gives each key with what its accessor finds to `found`.\n\
         pub(crate) fn check<'a>(event: &Event<'a>, found: &mut dyn FnMut(&'static str, Option<&'a [u8]>)) {\nmatch event {\n",
    );
    let mut functions = String::new();
    for (topic, event) in schema.events() {
        let mut lines = String::new();
        for (index, field) in event.fields.iter().enumerate().filter(|(_, field)| !field.repeated && !field.is_family())
        {
            let accessor = match field.role.and_then(|role| event.roles.get(role)) {
                None => format!("event.{}()", field.rust),
                Some(role) => {
                    let part = schema.snapshot(role.kind).get(index - role.first);
                    format!("event.{}().{}()", role.rust, part.map_or("", |part| part.rust.as_str()))
                }
            };
            let raw = if matches!(access(field), Access::Text) { "" } else { ".raw()" };
            writeln!(lines, "found(\"{}\", {accessor}{raw}.map(|text| text.as_bytes()));", field.wire)?;
        }
        if !lines.is_empty() {
            let function = crate::schema::snake(&event.variant);
            writeln!(out, "{}Event::{}(event) => {function}(event, found),", gate(topic), event.variant)?;
            writeln!(
                functions,
                "\n{}fn {function}<'a>(event: &crate::events::{}<'a>, found: &mut dyn FnMut(&'static str, Option<&'a [u8]>)) {{\n{lines}}}",
                gate(topic),
                event.variant
            )?;
        }
    }
    out += "_ => {}\n}\n}\n";
    Ok(out + &functions)
}

/// The enumeration of all events.
pub(super) fn event(schema: &Schema) -> Result<String> {
    let mut out = String::from(
        "//! Any event.\n\nuse ami_wire::{Kind, Message};\n\n#[allow(clippy::wildcard_imports, reason = \"all of them\")]\nuse crate::generated::events::*;\nuse crate::schema::{self, EventId};\nuse crate::TypedEvent;\n\n\
         /// Any event, as a type of its own.\n///\n\
         /// Made by [`decode`](Self::decode). Variants of topics whose feature is off are not there; their events are [`Unknown`](Self::Unknown).\n\
         #[derive(Clone, Copy, Debug)]\n#[non_exhaustive]\npub enum Event<'a> {\n",
    );
    for (topic, event) in schema.events() {
        writeln!(
            out,
            "/// {} {}\n{}{name}({name}<'a>),",
            event.doc,
            about(schema, event),
            gate(topic),
            name = event.variant
        )?;
    }
    out += "/// An event that the schema does not know, or a message that is no event: with all its headers.\nUnknown(Message<'a>),\n}\n\n\
            impl<'a> Event<'a> {\n/// The event that a message is. Nothing that is absent, empty, malformed or new makes this fail; nothing is allocated.\n\
            pub fn decode(message: &Message<'a>) -> Self {\nlet name = if message.kind() == Kind::Event { message.name() } else { None };\n\
            let Some(def) = name.and_then(schema::event) else { return Self::Unknown(*message) };\nmatch def.id {\n";
    for (topic, event) in schema.events() {
        writeln!(
            out,
            "{}EventId::{name} => Self::{name}({name}::locate(message)),",
            gate(topic),
            name = event.variant
        )?;
    }
    out += "#[allow(unreachable_patterns, reason = \"reachable when a feature is off\")]\n_ => Self::Unknown(*message),\n}\n}\n\n\
            /// The message with all its headers.\npub fn message(&self) -> &Message<'a> {\nmatch self {\n";
    for (topic, event) in schema.events() {
        writeln!(out, "{}Self::{}(event) => event.message(),", gate(topic), event.variant)?;
    }
    out += "Self::Unknown(message) => message,\n}\n}\n\n/// Its number; `None` for [`Unknown`](Self::Unknown).\npub fn id(&self) -> Option<EventId> {\nmatch self {\n";
    for (topic, event) in schema.events() {
        writeln!(out, "{}Self::{name}(_) => Some(EventId::{name}),", gate(topic), name = event.variant)?;
    }
    out += "Self::Unknown(_) => None,\n}\n}\n}\n";
    Ok(out)
}
