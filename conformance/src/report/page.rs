//! What there is to say about a rule or a known deviation, as text and as Markdown.

use std::fmt::Write as _;

use crate::deviations::{DEVIATIONS, Deviation};
use crate::rules::Rule;

fn known(rule: &Rule) -> impl Iterator<Item = &'static Deviation> {
    DEVIATIONS.iter().copied().filter(|deviation| deviation.rule == rule.name)
}

fn indent(trace: &str) -> String {
    trace.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

/// A rule's page for a terminal.
pub fn rule_text(rule: &Rule) -> String {
    let mut out = format!("{} ({}, releases {})\n", rule.name, rule.severity, rule.releases);
    _ = writeln!(out, "source: {}\n\n{}\n\n{}\n", rule.source, rule.promise, rule.why);
    _ = writeln!(out, "This trace keeps it:\n\n{}", indent(rule.conforming));
    _ = writeln!(out, "This trace breaks it:\n\n{}", indent(rule.violating));
    for (nth, deviation) in known(rule).enumerate() {
        if nth == 0 {
            out.push_str("Stock servers are known to break it:\n\n");
        }
        _ = writeln!(out, "  {} (seen on {})", deviation.id, deviation.observed.join(", "));
        _ = writeln!(out, "      {}", deviation.condition);
    }
    out
}

/// Text in which Markdown shall see no mark-up. Names in angle brackets and stars occur in what rules say.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '#') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// A rule's page in Markdown. `level` is that of its heading: 1 for a page of its own.
pub fn rule_markdown(rule: &Rule, level: usize) -> String {
    let heading = "#".repeat(level);
    let mut out = format!("{heading} {}\n\n{}\n\n", rule.name, plain(rule.promise));
    _ = writeln!(out, "| severity | releases | source |\n|---|---|---|");
    _ = writeln!(out, "| {} | {} | {} |\n", rule.severity, plain(rule.releases), plain(rule.source));
    _ = writeln!(out, "{}\n", plain(rule.why));
    _ = writeln!(out, "This trace keeps it:\n\n```\n{}\n```\n", rule.conforming.trim_end());
    _ = writeln!(out, "This trace breaks it:\n\n```\n{}\n```", rule.violating.trim_end());
    for (nth, deviation) in known(rule).enumerate() {
        if nth == 0 {
            out.push_str("\nStock servers are known to break it:\n\n");
        }
        let (id, releases) = (deviation.id, deviation.observed.join(", "));
        _ = writeln!(out, "- `{id}` (seen on {releases}): {}", plain(deviation.condition));
    }
    out
}

/// Where a rule's page is, from the folder of the rules' pages.
pub fn rule_path(rule: &Rule) -> String {
    format!("{}.md", rule.name)
}

/// The page that leads to the pages of the rules.
pub fn rules_index(rules: &[&Rule]) -> String {
    let mut out = "# Rules\n\nWhat a conforming session promises, and how `ami check` calls it.\n".to_owned();
    let group = |rule: &Rule| rule.name.split('/').next().unwrap_or_default();
    let mut groups: Vec<&str> = Vec::new();
    for rule in rules {
        if !groups.contains(&group(rule)) {
            groups.push(group(rule));
        }
    }
    for of in groups {
        _ = write!(out, "\n## {of}\n\n| rule | severity | releases | promise |\n|---|---|---|---|\n");
        for rule in rules.iter().filter(|rule| group(rule) == of) {
            let (name, path, severity) = (rule.name, rule_path(rule), rule.severity);
            _ = writeln!(out, "| [{name}]({path}) | {severity} | {} | {} |", plain(rule.releases), plain(rule.promise));
        }
    }
    out
}

/// All rules in Markdown: a table, then a section each.
pub fn rules_markdown(rules: &[&Rule]) -> String {
    let mut out = "# Rules\n\nWhat a conforming session promises, and how `ami check` calls it.\n\n".to_owned();
    out.push_str("| rule | severity | releases | promise |\n|---|---|---|---|\n");
    for rule in rules {
        let anchor: String = rule.name.chars().filter(|c| *c != '/').collect();
        let (name, severity) = (rule.name, rule.severity);
        _ = writeln!(out, "| [{name}](#{anchor}) | {severity} | {} | {} |", plain(rule.releases), plain(rule.promise));
    }
    for rule in rules {
        _ = write!(out, "\n{}", rule_markdown(rule, 2));
    }
    out
}

/// Known deviations in Markdown: a table, then a section each.
pub fn deviations_markdown(deviations: &[&Deviation]) -> String {
    let mut out = "# Known deviations\n\nWhat stock servers do not keep. `ami check` tells these apart from other \
                   findings and does not count them; the same break under any other condition is an error.\n\n"
        .to_owned();
    out.push_str("| deviation | breaks | observed on |\n|---|---|---|\n");
    for deviation in deviations {
        let (id, rule) = (deviation.id, deviation.rule);
        _ = writeln!(out, "| [{id}](#{id}) | {rule} | {} |", deviation.observed.join(", "));
    }
    for deviation in deviations {
        let (id, rule) = (deviation.id, deviation.rule);
        _ = writeln!(out, "\n## {id}\n\nBreaks `{rule}`.");
        let releases = deviation.observed.join(", ");
        _ = writeln!(out, "Observed on {releases}; taken to hold in the releases between.\n");
        _ = writeln!(out, "When: {}\n\nWhy: {}\n", plain(deviation.condition), plain(deviation.why));
        let notes = if deviation.is_of_note() { " (found with `ami check --notes`)" } else { "" };
        _ = writeln!(out, "Evidence{notes}:\n");
        for (trace, message) in deviation.evidence {
            _ = writeln!(out, "- `corpus/traces/{trace}`, message {message}");
        }
    }
    out
}
