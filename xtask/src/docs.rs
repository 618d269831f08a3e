//! The reference: one page for each event and action, and one for each upgrade, as HTML.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::compare;
use crate::examples::{Example, Examples};
use crate::schema::{Action, Event, Field, Releases, Schema, SnapshotKind, Topic, Type};

/// All pages: path and HTML.
pub fn pages(schema: &Schema, examples: &Examples) -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    pages.insert(PathBuf::from("index.html"), index(schema));
    for (topic, event) in schema.events() {
        let example = examples.events.get(&event.wire.to_ascii_lowercase());
        pages.insert(PathBuf::from(file("event", &event.wire)), event_page(schema, topic, event, example));
    }
    for (topic, action) in schema.actions() {
        let example = examples.actions.get(&action.wire.to_ascii_lowercase());
        pages.insert(PathBuf::from(file("action", &action.wire)), action_page(schema, topic, action, example));
    }
    for (old, new) in upgrades(schema) {
        let name = upgrade_file(schema, old, new);
        let title = format!("From Asterisk {} to {}", schema.releases[old].name, schema.releases[new].name);
        let body = markdown(&compare::between(schema, old, new));
        pages.insert(PathBuf::from(name), page(&title, &body));
    }
    pages
}

/// From each release to the next, and the steps between long-term releases.
fn upgrades(schema: &Schema) -> Vec<(usize, usize)> {
    let mut steps: Vec<(usize, usize)> = (1..schema.releases.len()).map(|new| (new - 1, new)).collect();
    for (old, new) in [("11", "13"), ("13", "16"), ("16", "18"), ("18", "20"), ("16", "20"), ("16", "22"), ("20", "22")]
    {
        steps.extend(schema.release(old).zip(schema.release(new)));
    }
    steps
}

fn upgrade_file(schema: &Schema, old: usize, new: usize) -> String {
    format!("upgrade-{}-{}.html", schema.releases[old].name, schema.releases[new].name)
}

fn file(kind: &str, wire: &str) -> String {
    format!("{kind}-{}.html", wire.replace(|c: char| !c.is_ascii_alphanumeric(), "-"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with `code` in backquotes.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for (n, part) in escape(text).split('`').enumerate() {
        if n % 2 == 1 {
            let _ = write!(out, "<code>{part}</code>");
        } else {
            out += part;
        }
    }
    out
}

/// The little of Markdown that the pages on upgrades use: headings, lists, paragraphs.
fn markdown(text: &str) -> String {
    let mut out = String::new();
    let mut in_list = false;
    for line in text.lines() {
        let item = line.strip_prefix("- ");
        if in_list && item.is_none() {
            out += "</ul>\n";
        }
        if !in_list && item.is_some() {
            out += "<ul>\n";
        }
        in_list = item.is_some();
        if let Some(item) = item {
            let _ = writeln!(out, "<li>{}</li>", inline(item));
        } else if let Some(heading) = line.strip_prefix("## ") {
            let _ = writeln!(out, "<h2>{}</h2>", inline(heading));
        } else if let Some(heading) = line.strip_prefix("# ") {
            let _ = writeln!(out, "<h1>{}</h1>", inline(heading));
        } else if !line.is_empty() {
            let _ = writeln!(out, "<p>{}</p>", inline(line));
        }
    }
    if in_list {
        out += "</ul>\n";
    }
    out
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}\
code,pre,td:first-child{font-family:ui-monospace,monospace;font-size:.9em}pre{background:#f4f4f4;padding:1rem;overflow:auto}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;border-bottom:1px solid #ddd}\
input{font:inherit;width:100%;padding:.4rem;box-sizing:border-box}a{color:#0645ad}.role td{color:#666}nav{margin-bottom:1rem}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}pre{background:#262626}td,th{border-color:#444}a{color:#8ab4f8}.role td{color:#999}}";

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<nav><a href=\"index.html\">AMI reference</a></nav>\n{body}</body>\n</html>\n",
        escape(title)
    )
}

fn index(schema: &Schema) -> String {
    let mut body = String::from(
        "<h1>Asterisk Manager Interface: events and actions</h1>\n\
         <p><input id=\"search\" type=\"search\" placeholder=\"Event, action, header, or words\" aria-label=\"Search\" autofocus></p>\n",
    );
    body += "<p>Upgrades: ";
    for (n, (old, new)) in upgrades(schema).into_iter().enumerate() {
        let (old_name, new_name) = (&schema.releases[old].name, &schema.releases[new].name);
        let separator = if n == 0 { "" } else { ", " };
        let _ = write!(body, "{separator}<a href=\"{}\">{old_name} to {new_name}</a>", upgrade_file(schema, old, new));
    }
    body += "</p>\n";
    for topic in &schema.topics {
        let _ = writeln!(body, "<section>\n<h2>{}</h2>\n<p>{}</p>\n<table>", escape(&topic.name), inline(&topic.doc));
        let mut row = |kind: &str, wire: &str, doc: &str, fields: &[Field]| {
            let words: Vec<&str> = fields.iter().map(|field| field.wire.as_str()).collect();
            let _ = writeln!(
                body,
                "<tr data-words=\"{}\"><td><a href=\"{}\">{}</a></td><td>{kind}</td><td>{}</td></tr>",
                escape(&words.join(" ").to_ascii_lowercase()),
                file(kind, wire),
                escape(wire),
                inline(doc)
            );
        };
        for event in &topic.events {
            row("event", &event.wire, &event.doc, &event.fields);
        }
        for action in &topic.actions {
            row("action", &action.wire, &action.doc, &action.params);
        }
        body += "</table>\n</section>\n";
    }
    body += "<script>\n\
        const box = document.getElementById('search');\n\
        box.addEventListener('input', () => {\n\
        \u{20} const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);\n\
        \u{20} for (const section of document.querySelectorAll('section')) {\n\
        \u{20}   let any = false;\n\
        \u{20}   for (const row of section.querySelectorAll('tr')) {\n\
        \u{20}     const text = row.textContent.toLowerCase() + ' ' + row.dataset.words;\n\
        \u{20}     row.hidden = !words.every(word => text.includes(word));\n\
        \u{20}     any = any || !row.hidden;\n\
        \u{20}   }\n\
        \u{20}   section.hidden = !any;\n\
        \u{20} }\n\
        });\n</script>\n";
    page("AMI reference", &body)
}

fn type_of(schema: &Schema, field: &Field) -> String {
    let mut out = match &field.ty {
        Type::Simple(simple) => simple.name().to_owned(),
        Type::Enum(name) => {
            let values = schema.enums.get(name).map(|entry| {
                entry
                    .values
                    .iter()
                    .map(|(wire, _, doc)| format!("<code title=\"{}\">{}</code>", escape(doc), escape(wire)))
                    .collect::<Vec<_>>()
                    .join(", ")
            });
            values.unwrap_or_default()
        }
    };
    if let Some(unit) = &field.unit {
        let _ = write!(out, ", {}", unit.replace('-', " "));
    }
    if field.repeated {
        out += ", repeated";
    }
    out
}

fn field_rows(schema: &Schema, fields: &[Field], owner: Releases, out: &mut String) {
    for field in fields.iter().filter(|field| !field.releases.is_empty()) {
        let releases = if field.releases == owner { String::new() } else { schema.show(field.releases) };
        let always = if field.always.is_empty() {
            "sometimes".to_owned()
        } else {
            format!("always in {}", shown_always(schema, field.always))
        };
        let presence = if field.required { "required".to_owned() } else { always };
        let _ = writeln!(
            out,
            "<tr{}><td>{}</td><td>{}</td><td>{presence}</td><td>{releases}</td><td>{}</td></tr>",
            if field.role.is_some() { " class=\"role\"" } else { "" },
            escape(&field.wire),
            type_of(schema, field),
            inline(&field.doc)
        );
    }
}

/// Recorded releases, runs of them put together.
fn shown_always(schema: &Schema, set: Releases) -> String {
    let names = (0..schema.releases.len()).filter(|&index| set.contains(index));
    names.map(|index| schema.releases[index].name.as_str()).collect::<Vec<_>>().join(", ")
}

fn example_section(example: Option<&Example>, out: &mut String) {
    if let Some(example) = example {
        let _ = writeln!(
            out,
            "<h2>Example</h2>\n<pre>{}</pre>\n<p>Recorded: <code>{}</code></p>",
            escape(&example.text),
            escape(&example.place)
        );
    }
}

fn links<'n>(kind: &str, names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("<a href=\"{}\">{}</a>", file(kind, name), escape(name))).collect::<Vec<_>>().join(", ")
}

fn event_page(schema: &Schema, topic: &Topic, event: &Event, example: Option<&Example>) -> String {
    let mut body = format!("<h1>Event {}</h1>\n<p>{}</p>\n<table>\n", escape(&event.wire), inline(&event.doc));
    let class =
        if event.classes.is_empty() { "none: it answers an action".to_owned() } else { event.classes.join(", ") };
    let _ = writeln!(
        body,
        "<tr><td>Type</td><td><code>ami_types::events::{}</code>, topic {}</td></tr>",
        event.variant, topic.name
    );
    let _ = writeln!(body, "<tr><td>Class</td><td>{class}</td></tr>");
    let _ = writeln!(body, "<tr><td>Releases</td><td>{}</td></tr>", schema.show(event.releases));
    let is = |name: &String| name.eq_ignore_ascii_case(&event.wire);
    let items =
        schema.actions().filter(|(_, action)| action.items.iter().any(is)).map(|(_, action)| action.wire.as_str());
    let items = links("action", items);
    if !items.is_empty() {
        let _ = writeln!(body, "<tr><td>Item of</td><td>{items}</td></tr>");
    }
    let ends = schema.actions().filter(|(_, action)| action.completes.as_ref().is_some_and(is));
    let ends = links("action", ends.map(|(_, action)| action.wire.as_str()));
    if !ends.is_empty() {
        let _ = writeln!(body, "<tr><td>Completes</td><td>{ends}</td></tr>");
    }
    for role in &event.roles {
        let what = match role.kind {
            SnapshotKind::Channel => "channel",
            SnapshotKind::Bridge => "bridge",
        };
        let prefix = if role.prefix.is_empty() {
            "no prefix".to_owned()
        } else {
            format!("prefix <code>{}</code>", role.prefix)
        };
        let _ = writeln!(body, "<tr><td>Snapshot</td><td><code>{}()</code>: {what}, {prefix}</td></tr>", role.rust);
    }
    body += "</table>\n<h2>Headers</h2>\n<table>\n<tr><th>Header</th><th>Type</th><th>Presence</th><th>Releases</th><th>Meaning</th></tr>\n";
    field_rows(schema, &event.fields, event.releases, &mut body);
    body += "</table>\n";
    if let Some(open) = &event.open {
        let _ = writeln!(body, "<p>It {}.</p>", inline(open));
    }
    example_section(example, &mut body);
    page(&format!("Event {}", event.wire), &body)
}

fn action_page(schema: &Schema, topic: &Topic, action: &Action, example: Option<&Example>) -> String {
    let mut body = format!("<h1>Action {}</h1>\n<p>{}</p>\n<table>\n", escape(&action.wire), inline(&action.doc));
    let privilege = if action.privileges.is_empty() { "none".to_owned() } else { action.privileges.join(" or ") };
    let _ = writeln!(
        body,
        "<tr><td>Type</td><td><code>ami_types::actions::{}</code>, topic {}</td></tr>",
        action.name, topic.name
    );
    let _ = writeln!(body, "<tr><td>Privilege</td><td>{privilege}</td></tr>");
    let _ = writeln!(body, "<tr><td>Releases</td><td>{}</td></tr>", schema.show(action.releases));
    if !action.items.is_empty() {
        let _ = writeln!(
            body,
            "<tr><td>List of</td><td>{}</td></tr>",
            links("event", action.items.iter().map(String::as_str))
        );
    }
    if let Some(completes) = &action.completes {
        let _ =
            writeln!(body, "<tr><td>Ends with</td><td>{}</td></tr>", links("event", [completes.as_str()].into_iter()));
    }
    body += "</table>\n";
    for (title, fields) in [("Parameters", &action.params), ("Response", &action.response)] {
        if !fields.is_empty() {
            let _ = writeln!(
                body,
                "<h2>{title}</h2>\n<table>\n<tr><th>Header</th><th>Type</th><th>Presence</th><th>Releases</th><th>Meaning</th></tr>"
            );
            field_rows(schema, fields, action.releases, &mut body);
            body += "</table>\n";
        }
    }
    example_section(example, &mut body);
    page(&format!("Action {}", action.wire), &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out() {
        assert_eq!(inline("a `<b>` & \"c\""), "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;");
        assert_eq!(markdown("# T\n\n- a\n- b\n"), "<h1>T</h1>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
    }
}
