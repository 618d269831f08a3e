//! The report as SARIF 2.1.0, for tools that review code and keep lists of findings.
//!
//! A finding stands at the line of the file on which the header concerned is. Where the file cannot be read again
//! (standard input), it stands at the byte of the stream. Known deviations are results that are suppressed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::shown::Shown;
use super::{Input, excerpts, page};
use crate::deviations::DEVIATIONS;
use crate::finding::{Finding, Place, Severity};
use crate::rules::{RULES, Rule};
use crate::source::Excerpts;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes the report on all traces as one SARIF log with one run, and a line end. `unread` tells which inputs could not
/// be read.
///
/// # Errors
///
/// What the output says.
pub fn write(inputs: &[Input<'_>], unread: &[String], mut out: impl Write) -> io::Result<()> {
    let mut times = BTreeMap::new();
    let mut results = Vec::new();
    for input in inputs {
        let excerpts = excerpts(input.trace, &input.checked.findings);
        let source = input.checked.source.as_str();
        for finding in &input.checked.findings {
            let time: &mut u32 = times.entry((finding.rule.name, finding.entity.as_deref())).or_default();
            *time += 1;
            results.push(result(finding, *time, source, &excerpts));
        }
    }
    let notifications: Vec<Value> =
        unread.iter().map(|what| json!({ "level": "error", "message": { "text": what } })).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ami check",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": RULES.iter().map(|rule| describe(rule)).collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": unread.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut out, &log)?;
    out.write_all(b"\n")
}

fn level(severity: Severity) -> &'static str {
    severity.as_str()
}

/// `bridge/leave-before-hangup` as `BridgeLeaveBeforeHangup`: names of rules in SARIF are for people who do not know ids.
fn pascal(name: &str) -> String {
    name.split(['/', '-'])
        .flat_map(|word| {
            let mut characters = word.chars();
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters)
        })
        .collect()
}

fn describe(rule: &Rule) -> Value {
    json!({
        "id": rule.name,
        "name": pascal(rule.name),
        "shortDescription": { "text": rule.promise },
        "fullDescription": { "text": rule.why },
        "help": { "text": page::rule_text(rule), "markdown": page::rule_markdown(rule, 1) },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "releases": rule.releases,
            "source": rule.source,
            "tags": [rule.name.split('/').next().unwrap_or_default()],
        },
    })
}

fn result(finding: &Finding, time: u32, source: &str, excerpts: &Excerpts) -> Value {
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), finding.rule.name.into());
    if let Some(index) = RULES.iter().position(|rule| *rule == finding.rule) {
        result.insert("ruleIndex".to_owned(), index.into());
    }
    result.insert("level".to_owned(), level(finding.severity).into());
    result.insert("message".to_owned(), json!({ "text": finding.explanation }));
    let entity = finding.entity.as_deref();
    let mut place = location(finding.place, source, entity, excerpts);
    if let (Some(entity), Some(place)) = (entity, place.as_object_mut()) {
        place.insert("logicalLocations".to_owned(), json!([{ "name": entity, "kind": "object" }]));
    }
    result.insert("locations".to_owned(), json!([place]));
    let related: Vec<Value> = finding
        .related
        .iter()
        .enumerate()
        .map(|(id, related)| {
            let mut place = location(related.place, source, entity, excerpts);
            if let Some(place) = place.as_object_mut() {
                place.insert("id".to_owned(), id.into());
                let text = format!("{}, message {}", related.event, related.place.message);
                place.insert("message".to_owned(), json!({ "text": text }));
            }
            place
        })
        .collect();
    if !related.is_empty() {
        result.insert("relatedLocations".to_owned(), related.into());
    }
    // The first break of a rule by an entity is the same result in the next run, wherever it moved to, and so is the second.
    let fingerprint = format!("{}|{}|{time}", finding.rule.name, entity.unwrap_or_default());
    result.insert("partialFingerprints".to_owned(), json!({ "ruleAndEntity/v2": fingerprint }));
    if let Some(known) = finding.known {
        let why = DEVIATIONS
            .iter()
            .find(|deviation| deviation.id == known)
            .map_or_else(|| known.to_owned(), |found| format!("{known}: {} {}", found.condition, found.why));
        result.insert(
            "suppressions".to_owned(),
            json!([{ "kind": "external", "status": "accepted", "justification": why }]),
        );
    }
    if finding.baselined {
        let suppression = json!([{ "kind": "external", "status": "accepted", "justification": "in the baseline" }]);
        result.insert("suppressions".to_owned(), suppression);
    }
    Value::Object(result)
}

fn location(place: Place, source: &str, entity: Option<&str>, excerpts: &Excerpts) -> Value {
    let shown = Shown::new(excerpts, place, entity);
    let (path, region) = match &shown {
        Some(shown) => {
            let region = json!({
                "startLine": shown.line_in_file(),
                "byteOffset": place.offset + shown.bytes.start,
                "byteLength": shown.bytes.end - shown.bytes.start,
                "snippet": { "text": shown.text.get(shown.span.clone()).unwrap_or_default() },
            });
            (shown.excerpt.path.as_str(), region)
        }
        None => (source, json!({ "byteOffset": place.offset })),
    };
    json!({
        "physicalLocation": { "artifactLocation": { "uri": uri(path) }, "region": region },
        "properties": {
            "connection": place.connection,
            "direction": place.direction.as_str(),
            "message": place.message,
        },
    })
}

/// A path as a URI reference: relative where the path is, so that a viewer finds it from its own root.
fn uri(path: &str) -> String {
    let mut out = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    let path = path.strip_prefix("./").unwrap_or(path);
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~' | b'+' | b',' | b'=') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default().to_ascii_uppercase();
            out.extend([byte >> 4, byte & 15].map(digit));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        assert_eq!(uri("a/b c.s2c"), "a/b%20c.s2c");
        assert_eq!(uri("./ä:.s2c"), "%C3%A4%3A.s2c");
        assert_eq!(uri("/tmp/a#b"), "file:///tmp/a%23b");
    }

    #[test]
    fn names() {
        assert_eq!(pascal("bridge/leave-before-hangup"), "BridgeLeaveBeforeHangup");
    }
}
