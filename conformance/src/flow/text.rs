//! Calls in a terminal.

use std::fmt::Write as _;

use super::collect::{Recording, Shape};
use super::ladder::{Ladder, Life};
use super::{cut, place};
use crate::finding::Finding;

/// Takes what a terminal would act on out of a text.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn finding_line(finding: &Finding, at: &str, width: usize) -> String {
    let known = finding.known.map_or_else(String::new, |known| format!(" (known deviation {known})"));
    let rule = finding.rule.name;
    let text = format!("{}[{rule}]{known}{at}: {}", finding.severity, clean(&finding.explanation));
    let options = textwrap::Options::new(width.max(24)).initial_indent("  ▲ ").subsequent_indent("    ");
    textwrap::fill(&text, options)
}

/// Findings that belong to no call.
fn loose(recording: &Recording, width: usize) -> String {
    let count = recording.loose.len();
    if count == 0 {
        return String::new();
    }
    let mut out = format!("{count} {} to no call:\n", if count == 1 { "finding belongs" } else { "findings belong" });
    for finding in recording.loose.iter().filter_map(|loose| recording.findings.get(loose.finding)) {
        let at = format!(" {}", place(finding));
        _ = writeln!(out, "{}", finding_line(finding, &at, width));
    }
    out
}

/// One line a call, and the findings that belong to none.
pub fn list(recording: &Recording, width: usize) -> String {
    let mut out = format!("{}: {} calls\n", clean(&recording.source), recording.calls.len());
    let id = recording.calls.iter().map(|call| call.id.chars().count()).max().unwrap_or_default().clamp(4, 40);
    _ = writeln!(out, "{:<id$}  {:>8}  {:>8}  channels", "call", "from", "findings");
    for call in &recording.calls {
        let ladder = Ladder::new(recording, call);
        let from = ladder.rows.first().map_or(0, |row| row.number);
        let names: Vec<_> = ladder.columns.iter().map(|(name, _)| clean(name)).collect();
        let call_id = cut(&clean(&call.id), id);
        let line = format!(
            "{call_id:<id$}  {:>8}  {:>8}  {}; {}",
            format!("#{from}"),
            call.findings.len(),
            names.join(", "),
            clean(&call.outcome)
        );
        _ = writeln!(out, "{}", cut(&line, width));
    }
    out.push_str(&loose(recording, width));
    out
}

fn line_of(life: Life) -> char {
    match life {
        Life::Absent => ' ',
        Life::Early => '┊',
        Life::Up => '│',
        Life::Bridged(_) => '┃',
        Life::Held => '╏',
    }
}

fn mark(shape: Shape) -> char {
    match shape {
        Shape::Born => '○',
        Shape::State => '●',
        Shape::Enter => '◆',
        Shape::Leave => '◇',
        Shape::Hold => '╏',
        Shape::Hangup => '╳',
        _ => '•',
    }
}

/// A ladder that fits a width: columns as far as there is room, and beside them what happened in words.
pub fn ladder(ladder: &Ladder<'_>, width: usize) -> String {
    const WORDS: usize = 30;
    let count = ladder.columns.len().max(1);
    let time = ladder.rows.iter().map(|row| row.time.len()).max().unwrap_or_default() + 2;
    let step = (width.saturating_sub(time + WORDS) / count).clamp(3, 14);
    let mut out = format!("call {}\n", clean(ladder.id));
    for (number, (name, id)) in ladder.columns.iter().enumerate() {
        _ = writeln!(out, "{}", cut(&format!("  {} {} ({})", number + 1, clean(name), clean(id)), width));
    }
    let mut head = format!("\n{:time$}", "");
    for number in 1..=ladder.columns.len() {
        _ = write!(head, "{number:<step$}");
    }
    _ = writeln!(out, "{}", head.trim_end());
    for (nth, row) in ladder.rows.iter().enumerate() {
        let before = ladder.lives_before(nth);
        let mut cells: Vec<char> = vec![' '; step * count];
        for (column, (was, is)) in before.iter().zip(&row.lives).enumerate() {
            if let Some(cell) = cells.get_mut(column * step) {
                *cell = line_of(if *is == Life::Absent { *was } else { *is });
            }
        }
        match row.to {
            Some(to) => {
                let (left, right) = (row.from.min(to) * step, row.from.max(to) * step);
                let dash = if row.shape == Shape::Answer { '╌' } else { '─' };
                for cell in cells.iter_mut().take(right).skip(left + 1) {
                    *cell = if *cell == ' ' { dash } else { '┼' };
                }
                let (tail, tip) = if row.from < to { ('├', '▶') } else { ('┤', '◀') };
                for (at, shown) in [(row.from * step, tail), (to * step, tip)] {
                    if let Some(cell) = cells.get_mut(at) {
                        *cell = shown;
                    }
                }
            }
            None => {
                if let Some(cell) = cells.get_mut(row.from * step) {
                    *cell = mark(row.shape);
                }
            }
        }
        let drawn: String = cells.into_iter().collect();
        let who = match row.to {
            Some(to) => format!("{}→{}", row.from + 1, to + 1),
            None => format!("{}", row.from + 1),
        };
        let line = format!("{:>1$}  {drawn}{who} {2}", row.time, time - 2, clean(row.label));
        _ = writeln!(out, "{}", cut(line.trim_end(), width));
        for finding in &row.findings {
            _ = writeln!(out, "{}", finding_line(finding, "", width));
        }
    }
    out.push_str(
        "\n○ new  ● state  ├─▶ dial  ╌ its end  ◆ into a bridge ┃  ◇ out of it  ╏ hold  ╳ hangup  ▲ finding\n",
    );
    out
}
