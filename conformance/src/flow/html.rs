//! All calls of traces as one page that needs nothing else: no network, no server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::collect::{Call, Loose, Recording};
use super::ladder::Ladder;
use super::{Selection, escape, place, svg};

const STYLE: &str = "*{box-sizing:border-box}[hidden]{display:none!important}body{margin:0;font:14px/1.4 system-ui,sans-serif;color:#1f2328;background:#fff;\
display:grid;grid-template-columns:20rem 1fr auto;height:100vh}nav{border-right:1px solid #d0d7de;overflow:auto;padding:.75rem}\
main{overflow:auto;padding:.75rem}aside{border-left:1px solid #d0d7de;overflow:auto;padding:.75rem;width:26rem}\
pre{font:12px/1.5 ui-monospace,DejaVu Sans Mono,monospace;white-space:pre-wrap;overflow-wrap:anywhere}h1{font-size:1rem;margin:0 0 .5rem;overflow-wrap:anywhere}\
input{width:100%;font:inherit;padding:.4rem;margin-bottom:.5rem;color:inherit;background:transparent;border:1px solid #8c959f;border-radius:4px}\
nav a{display:block;padding:.4rem;border-radius:4px;color:inherit;text-decoration:none;overflow-wrap:anywhere}nav a:hover{background:#8c959f33}\
nav a[aria-current]{background:#0969da22;outline:1px solid #0969da}nav small{display:block;opacity:.75}nav .wrong{color:#cf222e;font-weight:600;opacity:1}\
nav h2{font-size:.85rem;margin:.75rem 0 .25rem;overflow-wrap:anywhere}aside header{display:flex;justify-content:space-between;gap:.5rem}\
aside button{font:inherit;color:inherit;background:transparent;border:1px solid #8c959f;border-radius:4px;cursor:pointer}\
.row{cursor:pointer}.row.chosen .hit{fill:#0969da;fill-opacity:.16}a:focus-visible,.row:focus-visible{outline:2px solid #0969da;outline-offset:-2px}\
table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #8c959f55}\
tr.row:hover td,tr.row.chosen td{background:#0969da22}td.known,td.wrong{white-space:nowrap}td.wrong{color:#cf222e;font-weight:600}td.known{color:#7d5700}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}nav,aside{border-color:#30363d}nav .wrong,td.wrong{color:#ff7b72}td.known{color:#e3b341}}";

/// JSON inside of a page: nothing in it can end its element.
fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    text.replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace(['\u{fffe}', '\u{ffff}'], "\\ufffd")
}

/// What the page is made of.
#[derive(Default)]
struct Parts<'r> {
    links: String,
    sections: String,
    /// Connection, sender, number, offset, text.
    messages: Vec<(u32, &'static str, u64, u64, &'r str)>,
    /// How many calls there are so far.
    calls: usize,
}

/// Where the messages of a trace are in those of the page.
#[derive(Default)]
struct Places(BTreeMap<usize, usize>);

impl Places {
    fn of<'r>(&mut self, message: usize, recording: &'r Recording, parts: &mut Parts<'r>) -> Option<usize> {
        let stored = recording.messages.get(message)?;
        let next = parts.messages.len();
        let at = *self.0.entry(message).or_insert(next);
        if at == next {
            let sender = stored.sender.as_str();
            parts.messages.push((stored.connection, sender, stored.message, stored.offset, stored.text.as_str()));
        }
        Some(at)
    }
}

fn how_many(findings: usize) -> String {
    format!("{findings} finding{}", if findings == 1 { "" } else { "s" })
}

impl<'r> Parts<'r> {
    fn call(&mut self, recording: &'r Recording, call: &'r Call, places: &mut Places) {
        self.calls += 1;
        let number = self.calls;
        let mut ladder = Ladder::new(recording, call);
        for row in &mut ladder.rows {
            if let Some(at) = places.of(row.message, recording, self) {
                row.message = at;
            }
        }
        let names: Vec<_> = ladder.columns.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let findings = call.findings.iter().filter_map(|at| recording.findings.get(*at));
        let wrong = findings.filter(|finding| finding.known.is_none()).count();
        let told = match wrong {
            0 => String::new(),
            wrong => format!("<small class=\"wrong\">{}</small>", how_many(wrong)),
        };
        let text =
            format!("{} {names} {} {}", call.id, call.outcome, if wrong > 0 { "findings" } else { "" }).to_lowercase();
        _ = writeln!(
            self.links,
            "<a href=\"#call-{number}\" data-text=\"{}\">{}<small>{}</small><small>{}</small>{told}</a>",
            escape(&text),
            escape(&call.id),
            escape(&names),
            escape(&call.outcome)
        );
        _ = writeln!(self.sections, "<section id=\"call-{number}\">\n{}</section>", svg::draw(&ladder, false));
    }

    /// Findings that belong to no call, as a table.
    fn loose(&mut self, recording: &'r Recording, loose: &[Loose], number: usize, places: &mut Places) {
        let (mut rows, mut wrong, mut rules) = (String::new(), 0, BTreeSet::new());
        for loose in loose {
            let Some(finding) = recording.findings.get(loose.finding) else { continue };
            let at = loose.message.and_then(|message| places.of(message, recording, self));
            let row = at.map_or_else(String::new, |at| format!(" class=\"row\" data-m=\"{at}\""));
            let (class, known) = match finding.known {
                Some(known) => ("known", format!("<br/>known deviation {}", escape(known))),
                None => ("wrong", String::new()),
            };
            wrong += usize::from(finding.known.is_none());
            rules.insert(finding.rule.name);
            let event = finding.event.as_deref().unwrap_or_default();
            _ = writeln!(
                rows,
                "<tr{row}><td>{}<br/>{}</td><td class=\"{class}\">{} {}</td><td>{}{known}</td></tr>",
                escape(&place(finding)),
                escape(event),
                finding.severity,
                finding.rule.name,
                escape(&finding.explanation)
            );
        }
        let text = rules.into_iter().fold("findings that belong to no call".to_owned(), |text, rule| text + " " + rule);
        let count = how_many(loose.len());
        let class = if wrong > 0 { " class=\"wrong\"" } else { "" };
        _ = writeln!(
            self.links,
            "<a href=\"#loose-{number}\" data-text=\"{}\">Of no call<small{class}>{count}</small></a>",
            escape(&text)
        );
        _ = writeln!(
            self.sections,
            "<section id=\"loose-{number}\">\n<h1>Findings that belong to no call</h1>\n<table>\n<thead><tr><th>where</th><th>rule</th><th>what</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</section>"
        );
    }
}

/// The page of these calls of traces, and of what belongs to none.
pub fn page(selections: &[Selection<'_>]) -> String {
    let names = selections.iter().map(|selection| selection.recording.source.as_str());
    let title = names.collect::<Vec<_>>().join(", ");
    let mut parts = Parts::default();
    for (number, selection) in selections.iter().enumerate() {
        if selections.len() > 1 {
            _ = writeln!(parts.links, "<h2>{}</h2>", escape(&selection.recording.source));
        }
        let mut places = Places::default();
        for call in &selection.calls {
            parts.call(selection.recording, call, &mut places);
        }
        if !selection.loose.is_empty() {
            parts.loose(selection.recording, selection.loose, number + 1, &mut places);
        }
    }
    let Parts { links, mut sections, messages, .. } = parts;
    if sections.is_empty() {
        sections.push_str("<p>There is no call in this trace.</p>\n");
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>{title}</title>\n<style>{STYLE}{}</style>\n</head>\n<body>\n\
         <nav aria-label=\"Calls\"><h1>{title}</h1><input id=\"filter\" type=\"search\" placeholder=\"Filter calls (/)\" aria-label=\"Filter calls\"/>\n{links}</nav>\n<main>\n{sections}</main>\n\
         <aside hidden=\"hidden\" aria-live=\"polite\"><header><strong id=\"place\"></strong><button id=\"close\" type=\"button\" title=\"Close (Esc)\">✕</button></header><pre id=\"text\"></pre></aside>\n\
         <script type=\"application/json\" id=\"messages\">{}</script>\n<script>/*<![CDATA[*/\n{}/*]]>*/</script>\n</body>\n</html>\n",
        svg::STYLE,
        json(&messages),
        include_str!("page.js"),
        title = escape(&title),
    )
}
