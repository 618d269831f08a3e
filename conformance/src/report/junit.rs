//! The report as JUnit XML, for build servers: a suite a trace, a case a rule.
//!
//! A rule that was broken fails, at the severities that fail the run; one that found nothing to look at is skipped;
//! known deviations are told in the output of a case that passes.

use std::fmt::Write as _;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::Input;
use crate::finding::{Counts, Finding, Place};
use crate::rules::Rule;

/// Writes the report on all traces and a line end. `fails` tells which findings fail the run; `unread` tells which inputs
/// could not be read.
///
/// # Errors
///
/// What the output says.
pub fn write(
    inputs: &[Input<'_>],
    unread: &[String],
    fails: impl Fn(&Finding) -> bool,
    mut out: impl Write,
) -> io::Result<()> {
    let mut report = Report::new("ami check");
    for input in inputs {
        let checked = input.checked;
        let mut suite = TestSuite::new(clean(&checked.source));
        for (rule, counts) in checked.rules.iter() {
            let findings: Vec<&Finding> = checked.findings.iter().filter(|finding| finding.rule == rule).collect();
            suite.add_test_case(case(rule, counts, &findings, &fails));
        }
        report.add_test_suite(suite);
    }
    if !unread.is_empty() {
        let mut suite = TestSuite::new("inputs");
        for what in unread {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(clean(what));
            let mut case = TestCase::new(clean(what), status);
            case.set_classname("inputs");
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.serialize(&mut out).map_err(io::Error::other)
}

/// Text without the characters that XML cannot hold.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn position(place: Place) -> String {
    format!("{} message {}, byte {}", place.direction.as_str(), place.message, place.offset)
}

fn case(rule: &Rule, counts: Counts, findings: &[&Finding], fails: impl Fn(&Finding) -> bool) -> TestCase {
    let grave: Vec<_> = findings.iter().filter(|finding| !finding.is_excused() && fails(finding)).collect();
    let status = match grave.first() {
        Some(first) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let more = if grave.len() > 1 { format!(" (and {} more)", grave.len() - 1) } else { String::new() };
            status.set_message(clean(&format!("{}{more}", first.explanation)));
            status.set_type(first.severity.as_str());
            let mut told = String::new();
            for finding in &grave {
                tell(finding, &mut told);
            }
            _ = write!(told, "promised ({}): {}", rule.source, rule.promise);
            status.set_description(clean(&told));
            status
        }
        None if counts.held + counts.violated + counts.open == 0 => {
            let mut status = TestCaseStatus::skipped();
            let why = if counts.unobservable == 0 { "nothing to check" } else { "cannot be told from this trace" };
            status.set_message(why);
            status
        }
        None => TestCaseStatus::success(),
    };
    let (group, name) = rule.name.split_once('/').unwrap_or(("", rule.name));
    let mut case = TestCase::new(name, status);
    case.set_classname(group);
    let mut told = String::new();
    for finding in findings.iter().filter(|finding| finding.is_excused() || !fails(finding)) {
        tell(finding, &mut told);
    }
    if !told.is_empty() {
        case.set_system_out(clean(told.trim_end()));
    }
    case
}

fn tell(finding: &Finding, out: &mut String) {
    _ = write!(out, "{}: {}", finding.severity, position(finding.place));
    if let Some(known) = finding.known {
        _ = write!(out, " (known deviation {known})");
    }
    if finding.baselined {
        out.push_str(" (in the baseline)");
    }
    _ = writeln!(out, ": {}", finding.explanation);
    for related in &finding.related {
        _ = writeln!(out, "    see {} at {}", related.event, position(related.place));
    }
}
