//! The table "what is on the wire, and what you get" is written from the cases of the wire suite, which prove it.
//!
//! To write it anew: `AMI_WIRE_WRITE=1 cargo test -p ami-wire --test wire_table`.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The themes, in the order in which one would ask, with a heading.
const THEMES: [(&str, &str); 20] = [
    ("framing", "Lines and messages"),
    ("dialects", "Dialects"),
    ("command-output", "Command output"),
    ("unterminated-output", "Command output without an end"),
    ("kind", "What decides what a message is"),
    ("blank-before-message", "Extra blank lines"),
    ("bare-lf", "LF alone"),
    ("bare-cr", "CR alone"),
    ("no-space-after-colon", "No space after the colon"),
    ("no-colon", "Lines without a colon"),
    ("empty-key", "Empty keys"),
    ("key-not-token", "Keys that are no tokens"),
    ("non-utf8", "Values that are not UTF-8"),
    ("control-byte", "Control bytes"),
    ("banner-malformed", "Damaged banners"),
    ("truncated", "Cut off"),
    ("limits", "Too much"),
    ("client", "From clients"),
    ("http", "Over HTTP"),
    ("peers", "What broke other libraries"),
];

/// Text in a cell, as code.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// Bytes as they are written in Rust, at most so many.
fn bytes(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

/// The input, or of a long one the line where something happens.
fn input(input: &[u8], at: usize) -> String {
    const SHORT: usize = 72;
    if input.len() <= SHORT {
        return code(&bytes(input));
    }
    let at = at.min(input.len());
    let before = &input[..at];
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |lf| lf + 1).max(at.saturating_sub(SHORT / 2));
    let end =
        input[at..].iter().position(|&byte| byte == b'\n').map_or(input.len(), |lf| at + lf + 1).min(at + SHORT / 2);
    let (head, tail) = (if start > 0 { "…" } else { "" }, if end < input.len() { "…" } else { "" });
    code(&format!("{head}{}{tail}", bytes(&input[start..end])))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| "not UTF-8".to_owned(), |text| bytes(text.as_bytes()))
}

fn place(defect: &Value) -> String {
    format!("`{}` at {}", defect["code"].as_str().unwrap(), defect["offset"])
}

/// What the lenient parser gives, in a few words.
fn result(case: &Value) -> String {
    let mut parts = Vec::new();
    let messages = case["messages"].as_array().unwrap();
    for message in messages.iter().take(4) {
        let mut part = message["kind"].as_str().unwrap().to_owned();
        if let Some(name) = message.get("name") {
            write!(part, " {}", code(&text(name))).unwrap();
        }
        for (field, one, many) in [("lines", "raw line", "raw lines"), ("output", "line of output", "lines of output")]
        {
            match message.get(field).map_or(0, |list| list.as_array().unwrap().len()) {
                0 => {}
                1 => write!(part, ", 1 {one}").unwrap(),
                count => write!(part, ", {count} {many}").unwrap(),
            }
        }
        parts.push(part);
    }
    if messages.len() > 4 {
        parts.push(format!("{} more", messages.len() - 4));
    }
    let of_messages = messages.iter().flat_map(|message| message["defects"].as_array().cloned().unwrap_or_default());
    let of_stream = case["stream"].as_array().cloned().unwrap_or_default();
    let defects: Vec<String> = of_messages.chain(of_stream).map(|defect| place(&defect)).collect();
    let mut shown = parts.join("; ");
    if !defects.is_empty() {
        write!(shown, ". Defects: {}", defects[..defects.len().min(4)].join(", ")).unwrap();
        if defects.len() > 4 {
            write!(shown, " and {} more", defects.len() - 4).unwrap();
        }
    }
    let errors: Vec<String> = case["errors"].as_array().unwrap().iter().map(place).collect();
    if !errors.is_empty() {
        write!(shown, "{}Error: {}", if shown.is_empty() { "" } else { ". " }, errors.join(", ")).unwrap();
    }
    if shown.is_empty() { "nothing".to_owned() } else { shown }
}

fn table() -> String {
    let root = common::corpus().join("wire");
    let mut out = "# What is on the wire, and what you get\n\n\
        Written from the cases of the wire suite (`corpus/wire`), each of which is run whole, byte by byte and in random chunks.\n\
        Of a long input the line is shown where something happens. *Strict* is what a strict parser says to it.\n"
        .to_owned();
    let mut folders: BTreeMap<String, PathBuf> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    for (theme, heading) in THEMES {
        let folder = folders.remove(theme).unwrap_or_else(|| panic!("no folder {theme}"));
        write!(out, "\n## {heading}\n\n| what | on the wire | you get | strict |\n|---|---|---|---|\n").unwrap();
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|suffix| suffix == "json"));
        files.sort();
        for file in files {
            let case: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            let wire = fs::read(file.with_extension("in")).unwrap();
            let at = [&case["strict"], &case["errors"][0], &case["messages"][0]["defects"][0]]
                .into_iter()
                .find_map(|defect| defect["offset"].as_u64())
                .unwrap_or(0);
            let strict = if case["strict"].is_null() { "accepts".to_owned() } else { place(&case["strict"]) };
            let about = case["about"].as_str().unwrap().replace('|', "\\|").replace('<', "&lt;").replace('[', "\\[");
            writeln!(out, "| {about} | {} | {} | {strict} |", input(&wire, at as usize), result(&case)).unwrap();
        }
    }
    assert!(folders.is_empty(), "themes without a heading: {:?}", folders.keys());
    out
}

#[test]
fn the_table_is_written_from_the_suite() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wire.md");
    let table = table();
    assert!(table.lines().count() > 300);
    if std::env::var_os("AMI_WIRE_WRITE").is_some() {
        fs::write(&file, &table).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == table, "docs/wire.md is stale: AMI_WIRE_WRITE=1 cargo test -p ami-wire --test wire_table");
}
