//! Reports for machines: valid by the schemas of their formats, complete, and the same in every run.

mod common;

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// A folder with a session that lacks its last `BridgeLeave` and one that is as it was recorded, with known deviations.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bytes = common::bytes("asterisk-22/blind.s2c");
    let mut messages = common::split(&bytes);
    let leave = messages.iter().rposition(|message| message.starts_with(b"Event: BridgeLeave")).unwrap();
    messages.remove(leave);
    std::fs::write(folder.path().join("lost leave.s2c"), messages.concat()).unwrap();
    std::fs::write(folder.path().join("queue.s2c"), common::bytes("asterisk-22/queue2.s2c")).unwrap();
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::cargo_bin("ami").unwrap().current_dir(folder).arg("check").args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn report(format: &str) -> String {
    let folder = folder();
    let arguments = ["--format", format, "lost leave.s2c", "queue.s2c", "missing.s2c"];
    let (code, first) = check(folder.path(), &arguments);
    assert_eq!(code, 2, "an input is missing");
    assert_eq!(check(folder.path(), &arguments).1, first, "the same in every run");
    first
}

fn read(schema: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(schema);
    let mut schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    // The published SARIF schema has a stray bracket in the pattern of `language`, which only a lax dialect of regular
    // expressions reads as itself.
    for of in ["run", "toolComponent"] {
        if let Some(pattern) = schema.pointer_mut(&format!("/definitions/{of}/properties/language/pattern")) {
            *pattern = Value::from("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}\\]?$");
        }
    }
    schema
}

fn validate(schema: &str, instance: &Value) {
    let validator = jsonschema::validator_for(&read(schema)).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn refuses(schema: &str, instance: &Value) -> bool {
    !jsonschema::is_valid(&read(schema), instance)
}

const JSON: &str = "schema/check-report.schema.json";
const SARIF: &str = "tests/data/sarif-2.1.0.schema.json";

#[test]
fn json_is_valid_by_its_schema() {
    let log: Value = serde_json::from_str(&report("json")).unwrap();
    validate(JSON, &log);
    assert_eq!(log["traces"].as_array().unwrap().len(), 2);
    // The schema says something: what is not in the contract is refused.
    for (path, value) in [
        ("/traces/0/findings/0/message", Value::from("1")),
        ("/traces/0/findings/0/severity", Value::from("fatal")),
        ("/traces/0/findings/0/related/0", serde_json::json!({ "connection": 0 })),
        ("/traces/0/verdict", Value::from("unknown")),
        ("/traces/0/release", Value::from(22)),
    ] {
        let mut broken = log.clone();
        *broken.pointer_mut(path).unwrap() = value;
        assert!(refuses(JSON, &broken), "{path}");
    }
    let mut broken = log;
    broken["traces"][0]["findings"][0]["more"] = Value::from(1);
    assert!(refuses(JSON, &broken));
}

#[test]
fn sarif_is_valid_and_points_at_the_header() {
    let log: Value = serde_json::from_str(&report("sarif")).unwrap();
    validate(SARIF, &log);
    let run = &log["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
    assert!(told.contains("missing.s2c"), "{told}");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), ami_conformance::rules::RULES.len());

    let folder = folder();
    let results = run["results"].as_array().unwrap();
    let file = std::fs::read(folder.path().join("lost leave.s2c")).unwrap();
    let mut in_file = 0;
    for result in results {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        let related = result["relatedLocations"].as_array();
        for location in result["locations"].as_array().unwrap().iter().chain(related.into_iter().flatten()) {
            let place = &location["physicalLocation"];
            if place["artifactLocation"]["uri"] != "lost%20leave.s2c" {
                continue;
            }
            in_file += 1;
            let region = &place["region"];
            let number = |key: &str| region[key].as_u64().unwrap() as usize;
            let bytes = &file[number("byteOffset")..number("byteOffset") + number("byteLength")];
            let line = file.split(|byte| *byte == b'\n').nth(number("startLine") - 1).unwrap();
            assert_eq!(bytes, line.strip_suffix(b"\r").unwrap());
            assert_eq!(bytes, region["snippet"]["text"].as_str().unwrap().as_bytes());
            assert!(bytes.ends_with(location_entity(result).as_bytes()), "{result:#}");
        }
    }
    assert!(in_file >= 4, "two findings, each with another message");
    let known: Vec<_> = results.iter().filter(|result| result["suppressions"].is_array()).collect();
    assert!(!known.is_empty());
    for result in known {
        let justification = result["suppressions"][0]["justification"].as_str().unwrap();
        assert!(justification.starts_with("queue-"), "{justification}");
    }
}

fn location_entity(result: &Value) -> &str {
    result["locations"][0]["logicalLocations"][0]["name"].as_str().unwrap()
}

#[test]
fn the_copy_of_the_sarif_schema_is_at_work() {
    let mut log: Value = serde_json::from_str(&report("sarif")).unwrap();
    log["runs"][0]["results"][0]["level"] = Value::from("grave");
    assert!(refuses(SARIF, &log));
}

#[test]
fn sarif_of_standard_input_has_no_lines() {
    let folder = folder();
    let bytes = std::fs::read(folder.path().join("lost leave.s2c")).unwrap();
    let mut ami = Command::cargo_bin("ami").unwrap();
    let output = ami.args(["check", "--format", "sarif", "-"]).write_stdin(bytes).output().unwrap();
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    validate(SARIF, &log);
    let region = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert!(region["byteOffset"].is_u64() && region["startLine"].is_null(), "{region}");
}

/// What every reader of JUnit XML relies on: suites of cases, the counts in the attributes, one outcome a case.
#[test]
fn junit_is_well_formed_and_counts_right() {
    let text = report("junit");
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!((root.tag_name().name(), root.attribute("name")), ("testsuites", Some("ami check")));
    let elements = |node: roxmltree::Node<'_, '_>| {
        node.children().filter(roxmltree::Node::is_element).map(|child| child.tag_name().name().to_owned()).collect()
    };
    let number = |node: &roxmltree::Node<'_, '_>, key: &str| node.attribute(key).unwrap().parse::<usize>().unwrap();
    let mut totals = [0; 3];
    let mut names = Vec::new();
    for suite in root.children().filter(roxmltree::Node::is_element) {
        assert_eq!(suite.tag_name().name(), "testsuite");
        names.push(suite.attribute("name").unwrap());
        let mut counts = [0; 4];
        for case in suite.children().filter(roxmltree::Node::is_element) {
            assert_eq!(case.tag_name().name(), "testcase");
            assert!(!case.attribute("name").unwrap().is_empty());
            let inside: Vec<String> = elements(case);
            let outcome: Vec<_> = inside.iter().filter(|name| *name != "system-out").collect();
            assert!(outcome.len() <= 1, "{inside:?}");
            counts[0] += 1;
            match outcome.first().map(|name| name.as_str()) {
                Some("failure") => counts[1] += 1,
                Some("error") => counts[2] += 1,
                Some("skipped") => counts[3] += 1,
                Some(other) => panic!("{other} is no outcome"),
                None => {}
            }
        }
        let told = ["tests", "failures", "errors", "skipped"].map(|key| number(&suite, key));
        assert_eq!(told, counts, "{:?}", suite.attribute("name"));
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
        }
    }
    assert_eq!(names, ["lost leave.s2c", "queue.s2c", "inputs"]);
    assert_eq!(["tests", "failures", "errors"].map(|key| number(&root, key)), totals);
    assert_eq!((totals[1], totals[2]), (2, 1));
    let failure = document.descendants().find(|node| node.tag_name().name() == "failure").unwrap();
    assert!(failure.attribute("message").unwrap().contains("is still in bridge"));
    let known = document.descendants().find(|node| node.tag_name().name() == "system-out").unwrap();
    assert!(known.text().unwrap().contains("known deviation queue-second-dialend"));
}

#[test]
fn junit_holds_what_xml_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let stream = b"Event: Hangup\r\nPrivilege: call,all\r\nChannel: <A&B>\x01\"]]>/1\r\nUniqueid: 1.1\r\nPriority: 1\r\n\
        ChannelStateDesc: Up\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nChannel: <A&B>\x01\"]]>/1\r\nUniqueid: 1.1\r\n\r\n";
    std::fs::write(folder.path().join("odd.s2c"), stream).unwrap();
    let (code, text) = check(folder.path(), &["--format", "junit", "odd.s2c"]);
    assert_eq!(code, 1);
    let document = roxmltree::Document::parse(&text).unwrap();
    let failure = document.descendants().find(|node| node.tag_name().name() == "failure").unwrap();
    assert!(failure.attribute("message").unwrap().contains("<A&B>\u{fffd}\"]]>/1"), "{text}");
}

#[test]
fn explanations_come_once_a_rule() {
    let folder = folder();
    let (_, text) = check(folder.path(), &["--explain", "--no-known", "lost leave.s2c", "queue.s2c"]);
    let (_, findings) = check(folder.path(), &["--no-known", "lost leave.s2c", "queue.s2c"]);
    let pages = text.strip_prefix(findings.as_str()).expect("the pages come behind the findings");
    for rule in ami_conformance::rules::RULES {
        let broken = findings.contains(&format!("[{}]", rule.name));
        let shown = pages.matches(&format!("{} ({}, releases", rule.name, rule.severity)).count();
        assert_eq!(shown, usize::from(broken), "{}", rule.name);
    }
}

#[test]
fn pages_of_rules_and_deviations() {
    let print = |arguments: &[&str]| {
        let output = Command::cargo_bin("ami").unwrap().args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let rules = print(&["rules", "--format", "markdown"]);
    for rule in ami_conformance::rules::RULES {
        assert!(rules.contains(&format!("\n## {}\n", rule.name)), "{}", rule.name);
        assert!(rules.contains(rule.violating.trim_end()), "{}", rule.name);
    }
    let page = print(&["deviations", "--format", "markdown"]);
    let list: Value = serde_json::from_str(&print(&["deviations", "--format", "json"])).unwrap();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), ami_conformance::deviations::DEVIATIONS.len());
    for deviation in list {
        assert!(page.contains(&format!("\n## {}\n", deviation["id"].as_str().unwrap())));
        assert!(deviation["evidence"][0]["trace"].is_string());
    }
}
