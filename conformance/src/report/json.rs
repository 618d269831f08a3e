//! The report as JSON.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::check::{Checked, Conformance, Gaps};
use crate::finding::{Counts, Finding, Place, Reference};
use crate::release::Releases;

#[derive(Serialize)]
struct Report<'a> {
    version: &'static str,
    traces: Vec<TraceReport<'a>>,
}

#[derive(Serialize)]
struct TraceReport<'a> {
    source: &'a str,
    connections: usize,
    messages: u64,
    release: Option<Releases>,
    verdict: Conformance,
    #[serde(skip_serializing_if = "Option::is_none")]
    gaps: Option<Gaps>,
    findings: &'a [Finding],
    rules: Vec<RuleReport>,
}

#[derive(Serialize)]
struct RuleReport {
    rule: &'static str,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Serialize)]
struct FindingReport<'a> {
    rule: &'static str,
    severity: &'static str,
    #[serde(flatten)]
    place: PlaceReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<&'a str>,
    explanation: &'a str,
    related: Vec<RelatedReport<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    baselined: bool,
}

#[derive(Serialize)]
struct PlaceReport {
    connection: u32,
    direction: &'static str,
    message: u64,
    offset: u64,
}

#[derive(Serialize)]
struct RelatedReport<'a> {
    #[serde(flatten)]
    place: PlaceReport,
    event: &'a str,
}

impl From<Place> for PlaceReport {
    fn from(place: Place) -> Self {
        Self {
            connection: place.connection,
            direction: place.direction.as_str(),
            message: place.message,
            offset: place.offset,
        }
    }
}

impl<'a> From<&'a Reference> for RelatedReport<'a> {
    fn from(reference: &'a Reference) -> Self {
        Self { place: reference.place.into(), event: &reference.event }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FindingReport {
            rule: self.rule.name,
            severity: self.severity.as_str(),
            place: self.place.into(),
            event: self.event.as_deref(),
            entity: self.entity.as_deref(),
            explanation: &self.explanation,
            related: self.related.iter().map(Into::into).collect(),
            known: self.known,
            baselined: self.baselined,
        }
        .serialize(serializer)
    }
}

/// Writes the report on all traces as one JSON object and a line end.
///
/// # Errors
///
/// What the output says.
pub fn write(traces: &[&Checked], mut out: impl Write) -> io::Result<()> {
    let traces = traces
        .iter()
        .map(|checked| TraceReport {
            source: &checked.source,
            connections: checked.connections,
            messages: checked.messages,
            release: checked.release,
            verdict: checked.verdict(),
            gaps: Some(checked.gaps).filter(|gaps| gaps.count > 0),
            findings: &checked.findings,
            rules: checked.rules.iter().map(|(rule, counts)| RuleReport { rule: rule.name, counts }).collect(),
        })
        .collect();
    serde_json::to_writer(&mut out, &Report { version: env!("CARGO_PKG_VERSION"), traces })?;
    out.write_all(b"\n")
}
