//! The report for people, as a compiler would write it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::check::Checked;
use crate::deviations::DEVIATIONS;
use crate::finding::{Finding, Place, Severity};
use crate::session::RuleCounts;
use crate::source::{Excerpt, Excerpts, Trace};

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// With the counts of every rule, not only of those that were violated.
    pub counts: bool,
}

/// Writes what was found in one trace.
///
/// # Errors
///
/// What the output says.
pub fn write_trace(trace: &Trace, checked: &Checked, style: Style, out: &mut impl Write) -> io::Result<()> {
    let (known, unknown): (Vec<&Finding>, Vec<&Finding>) =
        checked.findings.iter().partition(|finding| finding.known.is_some());
    let wanted: Vec<_> = unknown
        .iter()
        .flat_map(|finding| {
            let related = finding.related.iter().map(|related| related.place);
            std::iter::once(finding.place).chain(related)
        })
        .map(|place| (place.direction, place.offset))
        .collect();
    let excerpts = trace.excerpts(&wanted);
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    for finding in unknown {
        writeln!(out, "{}\n", render(finding, &checked.source, &excerpts, &renderer))?;
    }
    if !known.is_empty() {
        write_known(&known, checked, out)?;
    }
    writeln!(out, "{}: {}", checked.source, headline(checked))
}

/// Where a message is, in words.
fn position(place: Place) -> String {
    format!("message {}, byte {}", place.message, place.offset)
}

fn render(finding: &Finding, source: &str, excerpts: &Excerpts, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(finding.explanation.as_str()).id(finding.rule.name);
    let shown = Shown::new(excerpts, finding.place, finding.entity.as_deref());
    let mut groups = Vec::new();
    let place = position(finding.place);
    groups.push(match &shown {
        Some(shown) => title.element(shown.snippet(AnnotationKind::Primary, &place)),
        None => title.element(Level::NOTE.message(format!("in {source}, {place}"))),
    });
    let related: Vec<_> = finding
        .related
        .iter()
        .map(|related| {
            let place = format!("{}, {}", related.event, position(related.place));
            (Shown::new(excerpts, related.place, finding.entity.as_deref()), place)
        })
        .collect();
    for (shown, place) in &related {
        let title = Level::NOTE.secondary_title("this is the message that it contradicts");
        groups.push(match shown {
            Some(shown) => title.element(shown.snippet(AnnotationKind::Context, place)),
            None => title.element(Level::NOTE.message(place.as_str())),
        });
    }
    let promised = format!("promised ({}): {}", finding.rule.source, finding.rule.promise);
    let help = format!("`ami explain {}` tells more", finding.rule.name);
    groups.push(Group::with_title(Level::HELP.secondary_title(promised)).element(Level::HELP.message(help)));
    renderer.render(&groups)
}

/// The lines of a message that a report shows.
struct Shown<'a> {
    excerpt: &'a Excerpt,
    text: String,
    /// The line that matters, as a range of `text`.
    span: std::ops::Range<usize>,
}

impl<'a> Shown<'a> {
    fn new(excerpts: &'a Excerpts, place: Place, entity: Option<&str>) -> Option<Self> {
        /// Lines of a message to show.
        const LINES: usize = 24;
        let excerpt = excerpts.get(&(place.direction, place.offset))?;
        let mut text = String::new();
        let mut span = 0..0;
        let message = ami_wire::messages(&excerpt.bytes).find_map(Result::ok)?;
        for line in message.lines().take(LINES).filter(|line| !line.text.is_empty()) {
            let start = text.len();
            // One line of the file is one line here, whatever bytes it holds.
            let shown: String = String::from_utf8_lossy(line.text).chars().filter(|c| !c.is_control()).collect();
            text.push_str(&shown);
            let is_entity = entity.is_some_and(|entity| shown.ends_with(entity));
            if span.is_empty()
                || (is_entity && !text.get(span.clone()).is_some_and(|old| old.ends_with(entity.unwrap_or("\n"))))
            {
                span = start..text.len();
            }
            text.push('\n');
        }
        Some(Self { excerpt, text, span })
    }

    fn snippet<'s>(&'s self, kind: AnnotationKind, label: &'s str) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
        let end = self.text.find('\n').unwrap_or(self.text.len());
        let mut snippet = Snippet::source(self.text.as_str())
            .path(self.excerpt.path.as_str())
            .line_start(self.excerpt.line as usize)
            .fold(true)
            .annotation(kind.span(0..end).label(label));
        if self.span.start > 0 {
            snippet = snippet.annotation(AnnotationKind::Context.span(self.span.clone()));
        }
        snippet
    }
}

fn write_known(known: &[&Finding], checked: &Checked, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "known deviations of stock servers in {} (not counted; `ami deviations` tells more):",
        checked.source
    )?;
    let mut by_id: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in known {
        by_id.entry(finding.known.unwrap_or_default()).or_default().push(finding);
    }
    for (id, findings) in by_id {
        let places: Vec<String> = findings.iter().take(4).map(|finding| position(finding.place)).collect();
        let more = if findings.len() > 4 { format!("; and {} more", findings.len() - 4) } else { String::new() };
        let rule = DEVIATIONS.iter().find(|deviation| deviation.id == id).map_or("", |deviation| deviation.rule);
        writeln!(out, "  {id} ({rule}), {} times: {}{more}", findings.len(), places.join("; "))?;
    }
    Ok(())
}

fn plural(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// One line on a trace: who sent it, and how it came out.
fn headline(checked: &Checked) -> String {
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
            count => found.push(plural(count, severity.as_str())),
        }
    }
    if found.is_empty() {
        line.push_str("conforms");
    } else {
        line.push_str(&found.join(", "));
    }
    match checked.count_known() {
        0 => {}
        count => _ = write!(line, " ({})", plural(count, "known deviation")),
    }
    line
}

/// Writes what all traces together came to.
///
/// # Errors
///
/// What the output says.
pub fn write_summary(traces: &[Checked], style: Style, out: &mut impl Write) -> io::Result<()> {
    let mut rules = RuleCounts::default();
    for checked in traces {
        rules.merge(&checked.rules);
    }
    let shown: Vec<_> = rules.iter().filter(|(_, counts)| style.counts || counts.violated > 0).collect();
    if !shown.is_empty() {
        writeln!(out, "\n{:<32} {:>9} {:>9} {:>9} {:>12}", "rule", "held", "violated", "open", "unobservable")?;
        for (rule, counts) in shown {
            let name = rule.name;
            let (held, violated) = (counts.held, counts.violated);
            writeln!(out, "{name:<32} {held:>9} {violated:>9} {:>9} {:>12}", counts.open, counts.unobservable)?;
        }
    }
    if traces.len() > 1 {
        let total: usize = traces.iter().map(|checked| checked.count(Severity::Error)).sum();
        let known: usize = traces.iter().map(Checked::count_known).sum();
        let traces = plural(traces.len(), "trace");
        writeln!(out, "\n{traces}: {}, {}", plural(total, "error"), plural(known, "known deviation"))?;
    }
    Ok(())
}
