//! The report for people, as a compiler would write it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use annotate_snippets::renderer::{DEFAULT_TERM_WIDTH, DecorStyle};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::page;
use super::shown::Shown;
use crate::check::{Checked, Conformance, Gaps};
use crate::deviations::DEVIATIONS;
use crate::finding::{Counts, Finding, Place, Severity};
use crate::rules::Rule;
use crate::session::RuleCounts;
use crate::source::{Excerpts, Trace};

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// With the counts of every rule, not only of those that were violated.
    pub counts: bool,
    /// The columns of the terminal; `None` where lines may be as long as they are.
    pub width: Option<usize>,
}

impl Style {
    /// Breaks a sentence into lines that fit, the first of which has `before` columns less.
    fn wrap(self, text: &str, before: usize) -> String {
        /// Narrower than this, breaking words makes things worse.
        const LEAST: usize = 32;
        let Some(width) = self.width.map(|width| width.saturating_sub(before).max(LEAST)) else {
            return text.to_owned();
        };
        let options = textwrap::Options::new(width).break_words(false);
        textwrap::wrap(text, options).join("\n")
    }

    fn paint(self, style: anstyle::Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn severity(self, severity: Severity, text: &str) -> String {
        use anstyle::AnsiColor::{Cyan, Red, Yellow};
        let colour = match severity {
            Severity::Error => Red,
            Severity::Warning => Yellow,
            Severity::Note => Cyan,
        };
        self.paint(colour.on_default().bold(), text)
    }
}

/// Writes what was found in one trace.
///
/// # Errors
///
/// What the output says.
pub fn write_trace(trace: &Trace, checked: &Checked, style: Style, out: &mut impl Write) -> io::Result<()> {
    let (known, rest): (Vec<&Finding>, Vec<&Finding>) =
        checked.findings.iter().partition(|finding| finding.known.is_some());
    let (baselined, unknown): (Vec<&Finding>, Vec<&Finding>) = rest.into_iter().partition(|finding| finding.baselined);
    let excerpts = super::excerpts(trace, unknown.iter().copied());
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(style.width.unwrap_or(DEFAULT_TERM_WIDTH));
    for finding in unknown {
        writeln!(out, "{}\n", render(finding, &checked.source, &excerpts, &renderer, style))?;
    }
    if !known.is_empty() {
        write_known(&known, checked, style, out)?;
    }
    if !baselined.is_empty() {
        write_baselined(&baselined, checked, style, out)?;
    }
    writeln!(out, "{}: {}", style.paint(anstyle::Style::new().bold(), &checked.source), headline(checked, style))
}

/// Writes the page of each rule that was broken, once, in the order of the rules.
///
/// # Errors
///
/// What the output says.
pub fn write_explanations(traces: &[&Checked], style: Style, out: &mut impl Write) -> io::Result<()> {
    let broken = |rule: &Rule| {
        let findings = |checked: &&Checked| checked.findings.iter().any(|finding| finding.rule == rule);
        traces.iter().any(findings)
    };
    for rule in crate::rules::RULES.iter().copied().filter(|rule| broken(rule)) {
        let rule_off = style.paint(anstyle::Style::new().dimmed(), &"-".repeat(style.width.unwrap_or(72).min(72)));
        let page = page::rule_text(rule);
        let lines: Vec<_> = page
            .trim_end()
            .lines()
            // Example traces are as they are.
            .map(|line| if line.starts_with(' ') { line.to_owned() } else { style.wrap(line, 0) })
            .collect();
        writeln!(out, "\n{rule_off}\n{}", lines.join("\n"))?;
    }
    Ok(())
}

/// Where a message is, in words.
fn position(place: Place) -> String {
    format!("message {}, byte {}", place.message, place.offset)
}

fn render(finding: &Finding, source: &str, excerpts: &Excerpts, renderer: &Renderer, style: Style) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let before = finding.severity.as_str().len() + finding.rule.name.len() + 4;
    let explanation = style.wrap(&finding.explanation, before);
    let title = level.primary_title(explanation.as_str()).id(finding.rule.name);
    let shown = Shown::new(excerpts, finding.place, finding.entity.as_deref());
    let mut groups = Vec::new();
    let place = position(finding.place);
    groups.push(match &shown {
        Some(shown) => title.element(snippet(shown, AnnotationKind::Primary, &place)),
        None => title.element(Level::NOTE.message(format!("in {source}, {place}"))),
    });
    let related: Vec<_> = finding
        .related
        .iter()
        .map(|related| {
            let place = position(related.place);
            let title = format!("it contradicts this {}", related.event);
            (Shown::new(excerpts, related.place, finding.entity.as_deref()), title, place)
        })
        .collect();
    for (shown, title, place) in &related {
        let title = Level::NOTE.secondary_title(title.as_str());
        groups.push(match shown {
            Some(shown) => title.element(snippet(shown, AnnotationKind::Context, place)),
            None => title.element(Level::NOTE.message(place.as_str())),
        });
    }
    let promised = style.wrap(&format!("promised ({}): {}", finding.rule.source, finding.rule.promise), "help: ".len());
    let help = format!("`ami explain {}` tells more", finding.rule.name);
    groups.push(Group::with_title(Level::HELP.secondary_title(promised)).element(Level::HELP.message(help)));
    renderer.render(&groups)
}

/// A message with its place at its first line and a mark under the header that matters.
fn snippet<'s>(
    shown: &'s Shown<'_>,
    kind: AnnotationKind,
    place: &'s str,
) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
    let end = shown.text.find('\n').unwrap_or(shown.text.len());
    let snippet = Snippet::source(shown.text.as_str())
        .path(shown.excerpt.path.as_str())
        .line_start(shown.excerpt.line as usize)
        .fold(true);
    if shown.span.start == 0 {
        return snippet.annotation(kind.span(0..end).label(place));
    }
    snippet.annotation(AnnotationKind::Context.span(0..end).label(place)).annotation(kind.span(shown.span.clone()))
}

fn write_known(known: &[&Finding], checked: &Checked, style: Style, out: &mut impl Write) -> io::Result<()> {
    let title = format!("known deviations of stock servers in {}", checked.source);
    let title = style.paint(anstyle::Style::new().bold(), &title);
    writeln!(out, "{title} (not counted; `ami deviations` tells more):")?;
    let mut by_id: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in known {
        by_id.entry(finding.known.unwrap_or_default()).or_default().push(finding);
    }
    for (id, findings) in by_id {
        let rule = DEVIATIONS.iter().find(|deviation| deviation.id == id).map_or("", |deviation| deviation.rule);
        let line = format!("{id} ({rule}), {}", times_and_places(&findings));
        writeln!(out, "  {}", style.wrap(&line, 4).replace('\n', "\n    "))?;
    }
    Ok(())
}

fn times_and_places(findings: &[&Finding]) -> String {
    let places: Vec<String> = findings.iter().take(4).map(|finding| position(finding.place)).collect();
    let more = if findings.len() > 4 { format!("; and {} more", findings.len() - 4) } else { String::new() };
    let times = if findings.len() == 1 { "once".to_owned() } else { format!("{} times", findings.len()) };
    format!("{times}: {}{more}", places.join("; "))
}

fn write_baselined(found: &[&Finding], checked: &Checked, style: Style, out: &mut impl Write) -> io::Result<()> {
    let title = style.paint(anstyle::Style::new().bold(), &format!("baselined in {}", checked.source));
    writeln!(out, "{title} (known faults of this server, not counted):")?;
    let mut by_rule: BTreeMap<(&str, Severity), Vec<&Finding>> = BTreeMap::new();
    for finding in found {
        by_rule.entry((finding.rule.name, finding.severity)).or_default().push(finding);
    }
    for ((rule, severity), findings) in by_rule {
        let line = format!("{severity}[{rule}], {}", times_and_places(&findings));
        writeln!(out, "  {}", style.wrap(&line, 4).replace('\n', "\n    "))?;
    }
    Ok(())
}

fn plural(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// One line on a trace: who sent it, and how it came out.
fn headline(checked: &Checked, style: Style) -> String {
    let mut line = String::new();
    match checked.release {
        Some(release) => _ = write!(line, "Asterisk {release}, "),
        None => line.push_str("no banner, "),
    }
    if checked.connections != 1 {
        _ = write!(line, "{}, ", plural(checked.connections, "connection"));
    }
    _ = write!(line, "{}: ", plural(checked.messages as usize, "message"));
    let mut found = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        match checked.count(severity) {
            0 => {}
            count => found.push(style.severity(severity, &plural(count, severity.as_str()))),
        }
    }
    if found.is_empty() {
        line.push_str(&style.paint(anstyle::AnsiColor::Green.on_default().bold(), "conforms"));
    } else {
        line.push_str(&found.join(", "));
    }
    let mut excused = Vec::new();
    if checked.count_known() > 0 {
        excused.push(plural(checked.count_known(), "known deviation"));
    }
    if checked.count_baselined() > 0 {
        excused.push(format!("{} baselined", checked.count_baselined()));
    }
    if !excused.is_empty() {
        _ = write!(line, " ({})", excused.join(", "));
    }
    if checked.gaps.count > 0 {
        let Gaps { count, bytes } = checked.gaps;
        let gaps = format!("{} in the capture cost {bytes} bytes", plural(count as usize, "gap"));
        let gaps = style.paint(anstyle::AnsiColor::Yellow.on_default(), &gaps);
        _ = write!(line, "; {gaps}, and what they held was not checked");
    }
    line
}

/// Writes what all traces together came to: how the obligations of the rules came out, and how many traces conform. What
/// is excused (known, or in the baseline) stands in a column of its own.
///
/// # Errors
///
/// What the output says.
pub fn write_summary(traces: &[&Checked], style: Style, out: &mut impl Write) -> io::Result<()> {
    let mut rules = RuleCounts::default();
    for checked in traces {
        rules.merge(&checked.rules);
    }
    let mut excused: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in traces.iter().flat_map(|checked| &checked.findings).filter(|finding| finding.is_excused()) {
        *excused.entry(finding.rule.name).or_default() += 1;
    }
    let row = |(rule, counts): (&'static Rule, Counts)| {
        let excused = excused.get(rule.name).copied().unwrap_or_default();
        Row { rule: rule.name, violated: counts.violated.saturating_sub(excused), excused, counts }
    };
    let shown: Vec<_> = rules.iter().filter(|(_, counts)| style.counts || counts.violated > 0).map(row).collect();
    if !shown.is_empty() {
        write_table(&shown, style, out)?;
    }
    if traces.len() > 1 {
        let count = |severity| traces.iter().map(|checked| checked.count(severity)).sum::<usize>();
        let conforming = traces.iter().filter(|checked| checked.verdict() == Conformance::Conforms).count();
        let mut line = format!("{}: {conforming} conform", plural(traces.len(), "trace"));
        for severity in [Severity::Error, Severity::Warning, Severity::Note] {
            match count(severity) {
                0 if severity != Severity::Error => {}
                0 => line.push_str(", 0 errors"),
                count => _ = write!(line, ", {}", style.severity(severity, &plural(count, severity.as_str()))),
            }
        }
        let known: usize = traces.iter().map(|checked| checked.count_known()).sum();
        let baselined: usize = traces.iter().map(|checked| checked.count_baselined()).sum();
        let baselined = if baselined > 0 { format!(", {baselined} baselined") } else { String::new() };
        writeln!(out, "\n{line}, {}{baselined}", plural(known, "known deviation"))?;
    }
    Ok(())
}

/// A row of the summary.
struct Row {
    rule: &'static str,
    /// Violations that count.
    violated: u64,
    /// Those that are known, or in the baseline.
    excused: u64,
    counts: Counts,
}

/// A column of the summary: its head, its width with the space before it, and what stands in it.
type Column = (&'static str, usize, fn(&Row) -> u64);

/// The columns of the summary. On a narrow terminal the numbers stand closer, and what is seldom asked for is left out.
fn write_table(rows: &[Row], style: Style, out: &mut impl Write) -> io::Result<()> {
    let name = rows.iter().map(|row| row.rule.len()).max().unwrap_or_default().max("rule".len());
    let mut columns: Vec<Column> = vec![("violated", 9, |row| row.violated)];
    if rows.iter().any(|row| row.excused > 0) {
        columns.push(("excused", 8, |row| row.excused));
    }
    columns.push(("held", 9, |row| row.counts.held));
    columns.push(("open", 9, |row| row.counts.open));
    columns.push(("unobservable", 13, |row| row.counts.unobservable));
    let fits = |columns: &[Column]| {
        style.width.is_none_or(|width| name + 1 + columns.iter().map(|(_, width, _)| width).sum::<usize>() <= width)
    };
    while columns.len() > 1 && !fits(&columns) {
        columns.pop();
    }
    let mut head = format!("{:<name$}", "rule");
    for (head_of, width, _) in &columns {
        _ = write!(head, " {head_of:>width$}", width = width - 1);
    }
    writeln!(out, "\n{}", style.paint(anstyle::Style::new().bold(), &head))?;
    for row in rows {
        let mut line = format!("{:<name$}", row.rule);
        for (_, width, number) in &columns {
            _ = write!(line, " {:>width$}", number(row), width = width - 1);
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}
