//! All calls of traces as one page that needs nothing else: no network, no server.

use std::fmt::Write as _;

use super::collect::{Call, Recording};
use super::ladder::Ladder;
use super::{escape, svg};

const STYLE: &str = "*{box-sizing:border-box}[hidden]{display:none!important}body{margin:0;font:14px/1.4 system-ui,sans-serif;color:#1f2328;background:#fff;\
display:grid;grid-template-columns:20rem 1fr auto;height:100vh}nav{border-right:1px solid #d0d7de;overflow:auto;padding:.75rem}\
main{overflow:auto;padding:.75rem}aside{border-left:1px solid #d0d7de;overflow:auto;padding:.75rem;width:26rem}\
pre{font:12px/1.5 ui-monospace,DejaVu Sans Mono,monospace;white-space:pre-wrap;overflow-wrap:anywhere}h1{font-size:1rem;margin:0 0 .5rem;overflow-wrap:anywhere}\
input{width:100%;font:inherit;padding:.4rem;margin-bottom:.5rem;color:inherit;background:transparent;border:1px solid #8c959f;border-radius:4px}\
nav a{display:block;padding:.4rem;border-radius:4px;color:inherit;text-decoration:none;overflow-wrap:anywhere}nav a:hover{background:#8c959f33}\
nav a[aria-current]{background:#0969da22;outline:1px solid #0969da}nav small{display:block;opacity:.75}nav .wrong{color:#cf222e;font-weight:600}\
.row{cursor:pointer}.row.chosen .hit{fill:#0969da;fill-opacity:.16}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}nav,aside{border-color:#30363d}nav .wrong{color:#ff7b72}}";

/// JSON inside of a page: nothing in it can end its element.
fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    text.replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace(['\u{fffe}', '\u{ffff}'], "\\ufffd")
}

/// The page of these calls of traces.
pub fn page(recordings: &[(&Recording, Vec<&Call>)]) -> String {
    let title = recordings.iter().map(|(recording, _)| recording.source.as_str()).collect::<Vec<_>>().join(", ");
    let (mut links, mut sections, mut messages) = (String::new(), String::new(), Vec::new());
    let mut number = 0;
    for (recording, calls) in recordings {
        let mut at = std::collections::BTreeMap::new();
        for call in calls {
            number += 1;
            let mut ladder = Ladder::new(recording, call);
            for row in &mut ladder.rows {
                let Some(stored) = recording.messages.get(row.message) else { continue };
                row.message = *at.entry(row.message).or_insert_with(|| {
                    messages.push((stored.message, stored.offset, stored.text.as_str()));
                    messages.len() - 1
                });
            }
            let names: Vec<_> = ladder.columns.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            let wrong = call
                .findings
                .iter()
                .filter(|at| recording.findings.get(**at).is_some_and(|finding| finding.known.is_none()))
                .count();
            let told =
                if wrong == 0 { String::new() } else { format!("<small class=\"wrong\">{wrong} findings</small>") };
            let text = format!("{} {names} {} {}", call.id, call.outcome, if wrong > 0 { "findings" } else { "" })
                .to_lowercase();
            _ = writeln!(
                links,
                "<a href=\"#call-{number}\" data-text=\"{}\">{}<small>{}</small><small>{}</small>{told}</a>",
                escape(&text),
                escape(&call.id),
                escape(&names),
                escape(&call.outcome)
            );
            _ = writeln!(sections, "<section id=\"call-{number}\">\n{}</section>", svg::draw(&ladder, false));
        }
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>{title}</title>\n<style>{STYLE}{}</style>\n</head>\n<body>\n\
         <nav aria-label=\"Calls\"><h1>{title}</h1><input id=\"filter\" type=\"search\" placeholder=\"Filter calls (/)\" aria-label=\"Filter calls\"/>\n{links}</nav>\n<main>\n{sections}</main>\n\
         <aside hidden=\"hidden\" aria-live=\"polite\"><strong id=\"place\"></strong><pre id=\"text\"></pre></aside>\n\
         <script type=\"application/json\" id=\"messages\">{}</script>\n<script>/*<![CDATA[*/\n{}/*]]>*/</script>\n</body>\n</html>\n",
        svg::STYLE,
        json(&messages),
        include_str!("page.js"),
        title = escape(&title),
    )
}
