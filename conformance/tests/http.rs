//! AMI over HTTP: bodies of `/rawman` and `/mxml`, and recorded requests and responses.

mod common;

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn ami(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::cargo_bin("ami").unwrap().current_dir(folder).args(arguments).output().unwrap();
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Every message that `ami dump` prints.
fn dump(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = ami(folder, &[&["dump", "--format", "jsonl"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The recorded exchanges of a form by release, without their suffixes.
fn exchanges(form: &str) -> Vec<String> {
    let names = |release| (0..6).map(move |number| format!("asterisk-{release}/http-{form}-{number:02}"));
    ["1.8", "11", "13"].into_iter().flat_map(names).collect()
}

#[test]
fn recorded_exchanges_conform_and_hold_both_sides() {
    for name in [exchanges("rawman"), exchanges("mxml")].concat() {
        let (request, response) = (format!("{name}.request"), format!("{name}.response"));
        let output = ami(&common::traces(), &["check", "--format", "json", &request, &response]);
        assert_eq!(output.status.code(), Some(0));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let traces = report["traces"].as_array().unwrap();
        assert_eq!(traces.len(), 1, "{name}: one connection");
        assert_eq!(traces[0]["findings"].as_array().unwrap().len(), 0, "{name}");
        let messages = dump(&common::traces(), &[&request, &response]);
        assert_eq!(traces[0]["messages"], messages.len());
        assert_eq!((&messages[0]["kind"], &messages[0]["direction"]), (&"action".into(), &"client".into()), "{name}");
        assert_eq!((&messages[1]["kind"], &messages[1]["direction"]), (&"response".into(), &"server".into()), "{name}");
        assert!(messages.len() == 2 || name.ends_with("05"), "{name}: only WaitEvent brings events");
        // Each direction counts for itself, and nothing is left out between messages.
        let mut at = [0, 0];
        for message in &messages {
            let at = &mut at[usize::from(message["direction"] == "client")];
            assert_eq!(message["offset"].as_u64(), Some(*at), "{name}");
            *at += message["length"].as_u64().unwrap();
        }
    }
}

/// The offsets of a rawman body are those of its bytes.
#[test]
fn offsets_of_rawman_are_bytes_of_the_body() {
    for name in exchanges("rawman") {
        let file = std::fs::read(common::trace(&format!("{name}.response"))).unwrap();
        let body = &file[memchr::memmem::find(&file, b"\r\n\r\n").unwrap() + 4..];
        for message in dump(&common::traces(), &[&format!("{name}.response")]) {
            let from = message["offset"].as_u64().unwrap() as usize;
            let bytes = &body[from..from + message["length"].as_u64().unwrap() as usize];
            let first = message["headers"][0].as_array().unwrap();
            let line = format!("{}: {}\r\n", first[0].as_str().unwrap(), first[1].as_str().unwrap());
            assert!(bytes.starts_with(line.as_bytes()), "{name}: {line}");
        }
    }
}

/// The same events asked for as text and as XML have the same names, up to case.
#[test]
fn both_forms_give_the_same_names() {
    for number in 0..8 {
        let names = |form: &str| -> Vec<String> {
            let messages = dump(&common::traces(), &[&format!("asterisk-22/http-{form}-{number}.txt")]);
            let names = messages.iter().map(|message| format!("{} {}", message["kind"], message["name"]));
            names.filter(|name| name.starts_with("\"response")).collect()
        };
        assert_eq!(names("rawman"), names("mxml"), "{number}");
        assert_eq!(names("rawman").len(), 1);
    }
}

/// A body of events in which the first `Hangup` comes a second time.
fn broken() -> Vec<u8> {
    let body = common::bytes("asterisk-22/http-mxml-5.txt");
    let lines: Vec<&[u8]> = body.split_inclusive(|byte| *byte == b'\n').collect();
    let is = |line: &&[u8]| memchr::memmem::find(line, b"event='Hangup'").is_some();
    let hangup = *lines.iter().find(|line| is(line)).unwrap();
    let (end, before) = lines.split_last().unwrap();
    [before, &[hangup, end]].concat().concat()
}

#[test]
fn a_break_in_a_body_is_shown_as_it_was_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("events.xml"), broken()).unwrap();
    let output = ami(folder.path(), &["check", "events.xml"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stdout));
    // The place is that of `ami dump`.
    let output = ami(folder.path(), &["check", "--format", "json", "events.xml"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &report["traces"][0]["findings"][0];
    assert_eq!(finding["rule"], "channel/hangup-once");
    let messages = dump(folder.path(), &["events.xml"]);
    let place = finding["message"].as_u64().unwrap() as usize;
    assert_eq!(messages[place]["offset"], finding["offset"]);
    assert_eq!(messages[place]["name"], "Hangup");
}

#[test]
fn packed_and_piped_bodies_are_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let expected = dump(&common::traces(), &["asterisk-13/http-mxml-05.response"]);
    let file = std::fs::read(common::trace("asterisk-13/http-mxml-05.response")).unwrap();
    std::fs::write(folder.path().join("one.response.zst"), zstd::encode_all(&file[..], 1).unwrap()).unwrap();
    assert_eq!(dump(folder.path(), &["one.response.zst"]), expected);
    let mut piped = Command::cargo_bin("ami").unwrap();
    let output = piped.args(["dump", "--format", "jsonl", "-"]).write_stdin(file).output().unwrap();
    let piped: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(piped, expected);
}

#[test]
fn calls_and_statistics_of_a_body() {
    let output = ami(&common::traces(), &["flow", "asterisk-22/http-mxml-5.txt"]);
    assert!(text(&output.stdout).contains("2 calls"), "{}", text(&output.stdout));
    let output = ami(&common::traces(), &["stats", "asterisk-22/http-mxml-5.txt"]);
    assert!(text(&output.stdout).contains("PJSIP/loop"), "{}", text(&output.stdout));
}

#[test]
fn what_holds_no_messages() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    write("lost.response", "HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>");
    write("cut.xml", "<ajax-response><response><generic event='A' /></response><response><generic ev");
    for (name, expected) in
        [("lost.response", "the HTTP server answered 404 Not Found"), ("cut.xml", "no well-formed XML at byte")]
    {
        let output = ami(folder.path(), &["dump", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(text(&output.stderr).contains(expected), "{name}: {}", text(&output.stderr));
    }
    // What came before the cut is there.
    assert!(text(&ami(folder.path(), &["dump", "cut.xml"]).stdout).contains("event: A"));
    let output = ami(&common::traces(), &["check", "asterisk-22/http-manager-5.txt"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("markup without messages"), "{}", text(&output.stderr));
    // In a directory what is no AMI is passed over, and exchanges are joined.
    write("page.response", "HTTP/1.1 200 OK\r\n\r\n<html></html>");
    write("ping.request", "GET /rawman?action=ping HTTP/1.1\r\n\r\n");
    write("ping.response", "HTTP/1.1 200 OK\r\n\r\nResponse: Success\r\nPing: Pong\r\n\r\n");
    std::fs::remove_file(folder.path().join("cut.xml")).unwrap();
    let messages = dump(folder.path(), &["."]);
    assert_eq!(messages.len(), 2, "{messages:?}");
}
