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
const STATS: &str = "schema/stats-report.schema.json";
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
fn json_with_a_baseline_is_valid_by_its_schema() {
    let folder = folder();
    assert_eq!(check(folder.path(), &["--write-baseline", "pbx.json", "lost leave.s2c"]).0, 0);
    let (code, text) = check(folder.path(), &["--format", "json", "--baseline", "pbx.json", "lost leave.s2c"]);
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &log["traces"][0]["findings"][0]["baselined"]), (0, &Value::from(true)));
    validate(JSON, &log);
}

/// Over all recorded sessions: the reports that programs read keep their contracts.
#[test]
fn reports_on_the_corpus_are_valid_by_their_schemas() {
    let json = |arguments: &[&str]| -> Value {
        let mut ami = Command::cargo_bin("ami").unwrap();
        let output = ami.current_dir(common::traces()).args(arguments).arg(".").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    for (schema, command) in [(JSON, "check"), (STATS, "stats")] {
        let report = json(&[command, "--format", "json"]);
        assert!(report["traces"].as_array().unwrap().len() > 100);
        validate(schema, &report);
    }
    let total = json(&["stats", "--format", "json", "--total", "--top", "100"]);
    assert_eq!(total["traces"].as_array().unwrap().len(), 1);
    validate(STATS, &total);
}

#[test]
fn the_schema_of_statistics_says_something() {
    let folder = folder();
    std::fs::write(folder.path().join("empty.s2c"), b"").unwrap();
    std::fs::write(folder.path().join("odd.s2c"), b"Event: A\nPrivilege: call\n\nno kind\n\n").unwrap();
    let mut ami = Command::cargo_bin("ami").unwrap();
    let arguments = ["stats", "--format", "json", "queue.s2c", "empty.s2c", "odd.s2c"];
    let output = ami.current_dir(folder.path()).args(arguments).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    validate(STATS, &report);
    assert_eq!(report["traces"][1]["longest"], Value::Null);
    assert!(report["traces"][2]["defects"]["bare-lf"]["count"].as_u64().unwrap() >= 1, "{report}");
    let one = || Value::from("1");
    for (path, value) in [
        ("/version", Value::from(1)),
        ("/traces/0/messages", one()),
        ("/traces/0/release", Value::from(22)),
        ("/traces/0/longest/offset", one()),
        ("/traces/0/longest/direction", one()),
        ("/traces/0/kinds/event", one()),
        ("/traces/0/banners/top/0/count", Value::from(0)),
        ("/traces/0/events/exact", one()),
        ("/traces/0/events/top/0/class", Value::from(1)),
        ("/traces/0/channels/top/0/channel", Value::Null),
        ("/traces/0/queues/top/0/joined", Value::from(-1)),
        ("/traces/0/rate/clock", one()),
        ("/traces/0/rate/steps/0", serde_json::json!([1, 2, 3])),
        ("/traces/2/defects/bare-lf/count", Value::from(0)),
        ("/traces/2/defects/bare-lf/first/offset", one()),
    ] {
        let mut broken = report.clone();
        *broken.pointer_mut(path).unwrap_or_else(|| panic!("{path} is there")) = value;
        assert!(refuses(STATS, &broken), "{path}");
    }
    // Every object is closed: a key that the contract does not have is refused, and one that it has must be there.
    let objects = ["", "/traces/0", "/traces/0/gaps", "/traces/0/bytes", "/traces/0/longest", "/traces/0/kinds"];
    let more =
        ["/kinds/event", "/banners", "/banners/top/0", "/events/top/0", "/channels/top/0", "/queues/top/0", "/rate"];
    let more = more.iter().map(|path| format!("/traces/0{path}"));
    let of_defects = ["/traces/2/defects/bare-lf", "/traces/2/defects/bare-lf/first"].map(str::to_owned);
    for path in objects.map(str::to_owned).into_iter().chain(more).chain(of_defects) {
        let object = report.pointer(&path).unwrap().as_object().unwrap();
        let mut broken = report.clone();
        broken.pointer_mut(&path).unwrap().as_object_mut().unwrap().insert("more".to_owned(), one());
        assert!(refuses(STATS, &broken), "{path}/more");
        for key in object.keys().filter(|key| !(path.ends_with("/longest") && *key == "name")) {
            let mut broken = report.clone();
            broken.pointer_mut(&path).unwrap().as_object_mut().unwrap().remove(key);
            assert!(refuses(STATS, &broken), "{path}/{key}");
        }
    }
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

/// An element of JUnit XML as the schema of its readers has it: its attributes, those that must be there first, and its
/// children in their order, with whether each comes at most once.
struct Element {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: &'static [(&'static str, bool)],
    text: bool,
}

/// There is no one schema: this is what those of Jenkins and of Surefire have in common, and `skipped` of suites.
const JUNIT: &[Element] = &[
    Element {
        name: "testsuites",
        required: &["name", "tests", "failures", "errors"],
        optional: &["time", "skipped"],
        children: &[("testsuite", false)],
        text: false,
    },
    Element {
        name: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &["time", "timestamp", "skipped"],
        children: &[("testcase", false)],
        text: false,
    },
    Element {
        name: "testcase",
        required: &["name", "classname"],
        optional: &["time"],
        children: &[("skipped", true), ("error", true), ("failure", true), ("system-out", true)],
        text: false,
    },
    Element { name: "skipped", required: &[], optional: &["message"], children: &[], text: false },
    Element { name: "error", required: &["message"], optional: &["type"], children: &[], text: true },
    Element { name: "failure", required: &["message", "type"], optional: &[], children: &[], text: true },
    Element { name: "system-out", required: &[], optional: &[], children: &[], text: true },
];

/// What an element breaks of its description.
fn wrong_in(node: roxmltree::Node<'_, '_>, out: &mut Vec<String>) {
    let name = node.tag_name().name();
    let Some(element) = JUNIT.iter().find(|element| element.name == name) else {
        out.push(format!("<{name}> is not known"));
        return;
    };
    for required in element.required.iter().filter(|key| node.attribute(**key).is_none()) {
        out.push(format!("<{name}> has no {required}"));
    }
    for attribute in node.attributes() {
        if !element.required.contains(&attribute.name()) && !element.optional.contains(&attribute.name()) {
            out.push(format!("<{name} {}> is not known", attribute.name()));
        }
    }
    let mut last = None;
    for child in node.children() {
        if child.is_text() && !element.text && !child.text().unwrap_or_default().trim().is_empty() {
            out.push(format!("<{name}> has text"));
        }
        if child.is_element() {
            let place = element.children.iter().position(|(other, _)| *other == child.tag_name().name());
            match place.and_then(|place| element.children.get(place).map(|(_, once)| (place, *once))) {
                None => out.push(format!("<{name}> has a <{}>", child.tag_name().name())),
                Some((place, once)) => {
                    if last.is_some_and(|last| place < last || (once && place == last)) {
                        out.push(format!("<{}> stands in the wrong place of <{name}>", child.tag_name().name()));
                    }
                    last = Some(place);
                }
            }
            wrong_in(child, out);
        }
    }
}

fn wrong_in_junit(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    wrong_in(roxmltree::Document::parse(text).unwrap().root_element(), &mut wrong);
    wrong
}

#[test]
fn junit_has_the_structure_that_its_readers_know() {
    let text = report("junit");
    assert_eq!(wrong_in_junit(&text), Vec::<String>::new());
    // Suites in the order of the inputs, cases in the order of the rules.
    let document = roxmltree::Document::parse(&text).unwrap();
    let expected: Vec<_> = ami_conformance::rules::RULES.iter().map(|rule| rule.name.to_owned()).collect();
    let suites: Vec<_> = document.root_element().children().filter(roxmltree::Node::is_element).collect();
    for suite in &suites[..2] {
        let name = |case: roxmltree::Node<'_, '_>| {
            format!("{}/{}", case.attribute("classname").unwrap(), case.attribute("name").unwrap())
        };
        let cases: Vec<_> = suite.children().filter(roxmltree::Node::is_element).map(name).collect();
        assert_eq!(cases, expected);
    }
    let (code, clean) = check(&common::traces(), &["--format", "junit", "asterisk-22", "asterisk-1.4"]);
    assert_eq!((code, wrong_in_junit(&clean)), (0, Vec::new()));
    // The description says something.
    for (old, new) in [
        ("<testsuite name=", "<testsuite title="),
        ("<testsuites name=", "<testsuites more=\"1\" name="),
        (" classname=\"channel\"", ""),
        ("<system-out>", "<skipped/><system-out>again</system-out><system-out>"),
        ("<failure message=", "<system-out/><failure message="),
        ("<skipped ", "<omitted "),
        ("</testsuite>", "text</testsuite>"),
    ] {
        assert!(text.contains(old), "{old}");
        assert!(!wrong_in_junit(&text.replacen(old, new, 1)).is_empty(), "{old}");
    }
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
