//! A ladder as SVG, to be put into a ticket or a page.

use std::fmt::Write as _;

use super::collect::Shape;
use super::ladder::{Ladder, Life, Row};
use super::{cut, cut_middle, escape};
use crate::finding::Finding;

const LEFT: usize = 84;
const COLUMN: usize = 176;
const ROW: usize = 26;
const TOP: usize = 84;
/// The height of a line of text.
const LINE: usize = 16;
/// Ten characters in this font.
const TEN: usize = 73;

/// How many characters fit.
fn room(width: usize) -> usize {
    (width * 10 / TEN).max(4)
}

/// The lines of what is said about a finding.
fn words(finding: &Finding, width: usize) -> Vec<String> {
    let known = finding.known.map_or_else(String::new, |known| format!(" (known deviation {known})"));
    let text = format!("▲ {}{known}: {}", finding.rule.name, finding.explanation);
    let lines = textwrap::wrap(&text, textwrap::Options::new(room(width - LEFT - 28)).subsequent_indent("  "));
    lines.into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// The height of its box, with the space below.
fn height(lines: &[String]) -> usize {
    lines.len() * LINE + 6
}

/// The looks, for a drawing that stands alone and for the page.
pub const STYLE: &str = ".ladder{font:12px ui-monospace,DejaVu Sans Mono,monospace;background:#fff}\
.ladder .bg{fill:#fff}.ladder text{fill:#1f2328}.ladder .dim{fill:#656d76}.ladder .head{fill:#f0f3f6;stroke:#d0d7de}\
.ladder .early{stroke:#8c959f;stroke-dasharray:2 4}.ladder .up{stroke:#57606a;stroke-width:2}\
.ladder .held{stroke:#bf8700;stroke-width:4;stroke-dasharray:6 4}.ladder .bridge{stroke-width:9;stroke-opacity:.75}\
.ladder .b0{stroke:#2da44e}.ladder .b1{stroke:#0969da}.ladder .b2{stroke:#8250df}.ladder .b3{stroke:#bc4c00}\
.ladder .arrow{stroke:#0969da;stroke-width:1.5;fill:none}.ladder .tip{fill:#0969da}.ladder .answer{stroke-dasharray:5 3}\
.ladder .move{stroke:#8250df}.ladder .tip.move{fill:#8250df}.ladder .mark{fill:#fff;stroke:#57606a;stroke-width:1.5}\
.ladder .full{fill:#57606a}.ladder .gone{stroke:#cf222e;stroke-width:2}.ladder .halo{stroke:#fff;stroke-width:4;paint-order:stroke}\
.ladder .wrong{fill:#ffebe9;stroke:#cf222e}.ladder .known{fill:#fff8c5;stroke:#bf8700}.ladder .row:hover .hit,.ladder .row:focus .hit{fill:#0969da;fill-opacity:.08}\
.ladder .row{outline:none}.ladder .hit{fill:transparent}\
@media(prefers-color-scheme:dark){.ladder{background:#0d1117}.ladder .bg{fill:#0d1117}.ladder text{fill:#e6edf3}.ladder .dim{fill:#8d96a0}\
.ladder .head{fill:#161b22;stroke:#30363d}.ladder .mark{fill:#0d1117;stroke:#adbac7}.ladder .full{fill:#adbac7}.ladder .up{stroke:#adbac7}\
.ladder .halo{stroke:#0d1117}.ladder .wrong{fill:#3c1618}.ladder .known{fill:#332a0b}.ladder .arrow{stroke:#58a6ff}.ladder .tip{fill:#58a6ff}\
.ladder .arrow.move{stroke:#bc8cff}.ladder .tip.move{fill:#bc8cff}.ladder .gone{stroke:#ff7b72}.ladder .early{stroke:#768390}\
.ladder .b0{stroke:#3fb950}.ladder .b1{stroke:#58a6ff}.ladder .b2{stroke:#bc8cff}.ladder .b3{stroke:#f0883e}.ladder .held{stroke:#d29922}}";

fn x(column: usize) -> usize {
    LEFT + COLUMN / 8 + column * COLUMN
}

/// Draws a ladder. `alone` puts the looks in; the page has them once for all.
pub fn draw(ladder: &Ladder<'_>, alone: bool) -> String {
    let width = LEFT + ladder.columns.len().max(2) * COLUMN + 40;
    let mut tops = Vec::new();
    let mut bottom = TOP;
    for row in &ladder.rows {
        tops.push(bottom + ROW / 2);
        bottom += ROW + row.findings.iter().map(|finding| height(&words(finding, width))).sum::<usize>();
    }
    let height = bottom + 40;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ladder\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>Call {}</title>\n",
        escape(ladder.id)
    );
    if alone {
        _ = writeln!(out, "<style>{STYLE}</style>");
    }
    _ = writeln!(out, "<rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>");
    let source = if alone {
        cut_middle(ladder.source, room(width).saturating_sub(ladder.id.chars().count() + 10))
    } else {
        String::new()
    };
    let source = format!("<tspan class=\"dim\" dx=\"12\">{}</tspan>", escape(&source));
    let title = escape(ladder.id);
    _ = writeln!(out, "<text x=\"12\" y=\"22\"><tspan font-weight=\"bold\">Call {title}</tspan>{source}</text>");
    let unit = if ladder.rows.iter().any(|row| !row.time.starts_with('#')) { "seconds" } else { "message" };
    _ = writeln!(out, "<text class=\"dim\" x=\"12\" y=\"65\">{unit}</text>");
    for (column, (name, id)) in ladder.columns.iter().enumerate() {
        let left = x(column) - COLUMN / 8 + 4;
        let middle = left + 8;
        _ = writeln!(
            out,
            "<g><title>{} {}</title><rect class=\"head\" x=\"{left}\" y=\"34\" width=\"{}\" height=\"38\" rx=\"4\"/><text x=\"{middle}\" y=\"50\">{}</text><text class=\"dim\" x=\"{middle}\" y=\"65\">{}</text></g>",
            escape(name),
            escape(id),
            COLUMN - 8,
            escape(&cut_middle(name, 21)),
            escape(&cut_middle(id, 21)),
        );
    }
    for column in 0..ladder.columns.len() {
        lifeline(ladder, column, &tops, bottom, &mut out);
    }
    for (nth, (row, y)) in ladder.rows.iter().zip(&tops).enumerate() {
        draw_row(row, *y, width, ladder.free_behind(nth), &mut out);
    }
    _ = writeln!(
        out,
        "<text class=\"dim\" xml:space=\"preserve\" x=\"12\" y=\"{}\">┊ not answered  │ answered  ┃ in a bridge  ╏ on hold  ✕ hangup</text>",
        bottom + 24
    );
    out.push_str("</svg>\n");
    out
}

/// The line of a channel: a piece for each time in which it is the same.
fn lifeline(ladder: &Ladder<'_>, column: usize, tops: &[usize], bottom: usize, out: &mut String) {
    let mut life = ladder.before.get(column).copied().unwrap_or(Life::Absent);
    let mut from = TOP - 12;
    let rows = ladder.rows.iter().zip(tops).map(|(row, y)| (row.lives.get(column).copied(), *y));
    for (next, y) in rows.chain([(None, bottom)]) {
        if next == Some(life) {
            continue;
        }
        let class = match life {
            Life::Absent => None,
            Life::Early => Some("early".to_owned()),
            Life::Up => Some("up".to_owned()),
            Life::Held => Some("held".to_owned()),
            Life::Bridged(bridge) => Some(format!("bridge b{}", bridge % 4)),
        };
        if let Some(class) = class {
            let x = x(column);
            _ = writeln!(out, "<line class=\"{class}\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{y}\"/>");
        }
        life = next.unwrap_or(Life::Absent);
        from = y;
    }
}

fn draw_row(row: &Row<'_>, y: usize, width: usize, free: usize, out: &mut String) {
    let (top, text) = (y - ROW / 2, y + 4);
    let label = escape(row.label);
    let short = |length: usize| escape(&cut(row.label, length));
    _ = writeln!(
        out,
        "<g class=\"row\" data-m=\"{}\"><title>{label}</title><rect class=\"hit\" x=\"0\" y=\"{top}\" width=\"{width}\" height=\"{ROW}\"/><text class=\"dim\" x=\"12\" y=\"{text}\">{}</text>",
        row.message,
        escape(&row.time)
    );
    let from = x(row.from);
    if let Some(to) = row.to.filter(|to| *to != row.from) {
        let to_x = x(to);
        let class = match row.shape {
            Shape::Answer => "arrow answer",
            Shape::Move => "arrow move",
            _ => "arrow",
        };
        let tip_class = if row.shape == Shape::Move { "tip move" } else { "tip" };
        let back = if to_x > from { to_x - 9 } else { to_x + 9 };
        let room = room(from.abs_diff(to_x) - 20);
        let middle = usize::midpoint(from, to_x);
        _ = writeln!(
            out,
            "<line class=\"{class}\" x1=\"{from}\" y1=\"{y}\" x2=\"{back}\" y2=\"{y}\"/><path class=\"{tip_class}\" d=\"M{to_x} {y}L{back} {}L{back} {}Z\"/>",
            y - 5,
            y + 5
        );
        _ = writeln!(
            out,
            "<text class=\"halo\" text-anchor=\"middle\" x=\"{middle}\" y=\"{}\">{}</text>",
            y - 6,
            short(room)
        );
    } else {
        if row.shape == Shape::Hangup {
            let (left, right, above, below) = (from - 5, from + 5, y - 5, y + 5);
            _ = writeln!(
                out,
                "<path class=\"gone\" d=\"M{left} {above}L{right} {below}M{left} {below}L{right} {above}\"/>"
            );
        } else {
            let full = matches!(row.shape, Shape::State | Shape::Enter);
            let class = if full { "mark full" } else { "mark" };
            _ = writeln!(out, "<circle class=\"{class}\" cx=\"{from}\" cy=\"{y}\" r=\"4\"/>");
        }
        let room = room(free * COLUMN - 24);
        _ = writeln!(out, "<text class=\"halo\" x=\"{}\" y=\"{text}\">{}</text>", from + 12, short(room));
    }
    let mut top = y + ROW / 2;
    for finding in &row.findings {
        let class = if finding.known.is_some() { "known" } else { "wrong" };
        let lines = words(finding, width);
        _ = writeln!(
            out,
            "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{top}\" width=\"{}\" height=\"{}\" rx=\"3\"/>",
            width - LEFT - 12,
            height(&lines) - 4,
        );
        for (nth, line) in lines.iter().enumerate() {
            let (x, y) = (LEFT + 6, top + 13 + nth * LINE);
            _ = writeln!(out, "<text xml:space=\"preserve\" x=\"{x}\" y=\"{y}\">{}</text>", escape(line));
        }
        top += height(&lines);
    }
    out.push_str("</g>\n");
}
