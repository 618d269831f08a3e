//! Enumerations that keep values they do not list.

use std::fmt::Write as _;

use anyhow::Result;

use super::enum_gate;
use crate::schema::Schema;

pub(super) fn enums(schema: &Schema) -> Result<String> {
    let mut out = String::from(
        "//! Enumerated values. Each enumeration keeps a value that the schema does not list.\n\n\
         use core::fmt;\n\nuse crate::Text;\nuse crate::action_values::Encode;\nuse crate::values::{FromValue, Labelled};\n",
    );
    for entry in schema.enums.values() {
        let name = &entry.name;
        let gate = enum_gate(schema, name);
        writeln!(
            out,
            "\n/// {}\n{gate}#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n#[non_exhaustive]\npub enum {name}<'a> {{",
            entry.doc
        )?;
        for (wire, variant, doc) in &entry.values {
            let doc = if doc.is_empty() { String::new() } else { format!(": {doc}") };
            let holds = if wire.ends_with('*') { "(Labelled<'a>)" } else { "" };
            writeln!(out, "/// `{wire}`{doc}.\n{variant}{holds},")?;
        }
        let (open, closed): (Vec<_>, Vec<_>) = entry.values.iter().partition(|(wire, ..)| wire.ends_with('*'));
        let listed = closed.iter().map(|(wire, variant, _)| format!("(\"{wire}\", {name}::{variant})"));
        writeln!(
            out,
            "/// A value that the schema does not list.\nOther(Text<'a>),\n}}\n\n{gate}impl<'a> {name}<'a> {{\n\
             /// The listed values: as they are on the wire, and what they stand for; without those that go on with any text.\n\
             pub const VALUES: &'static [(&'static str, {name}<'static>)] = &[{}];\n\n\
             /// As it is on the wire.\n#[inline]\npub fn as_bytes(&self) -> &'a [u8] {{ match self {{",
            listed.collect::<Vec<_>>().join(", ")
        )?;
        for (wire, variant, _) in &entry.values {
            if wire.ends_with('*') {
                writeln!(out, "Self::{variant}(labelled) => labelled.as_bytes(),")?;
            } else {
                writeln!(out, "Self::{variant} => b\"{wire}\",")?;
            }
        }
        let otherwise =
            open.iter().rev().fold("Self::Other(Text::new(value))".to_owned(), |otherwise, (wire, variant, _)| {
                let word = wire.trim_end_matches('*');
                format!("Labelled::new(value, b\"{word}\").map_or({otherwise}, Self::{variant})")
            });
        writeln!(
            out,
            "Self::Other(text) => text.as_bytes(), }} }}\n}}\n\n\
             {gate}impl<'a> FromValue<'a> for {name}<'a> {{\n#[inline]\nfn from_value(value: &'a [u8]) -> Option<Self> {{\n\
             let listed = Self::VALUES.iter().find(|(wire, _)| wire.as_bytes().eq_ignore_ascii_case(value));\n\
             Some(listed.map_or_else(|| {otherwise}, |(_, value)| *value))\n}}\n}}\n\n\
             {gate}impl fmt::Display for {name}<'_> {{\n#[inline]\nfn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n\
             Text::new(self.as_bytes()).fmt(f)\n}}\n}}\n\n\
             {gate}impl Encode for {name}<'_> {{\nfn with_bytes<R>(&self, take: impl FnOnce(&[u8]) -> R) -> R {{\ntake(self.as_bytes())\n}}\n}}"
        )?;
    }
    Ok(out)
}
