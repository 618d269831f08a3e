//! Texts that hold both directions: offsets count per direction, and reports show what stands there.

mod common;

use std::path::Path;
use std::process::Output;

use ami_conformance::source::{Consumer, Ended, Trace};
use ami_conformance::{Finding, Options, Sender, check};
use ami_wire::{Error, Kind, Message, Parser};
use assert_cmd::Command;
use serde_json::Value;

/// Both sides of a session in one text: what the client sent comes as early as it can, each action before a response.
fn mix(client: &[u8], server: &[u8]) -> Vec<u8> {
    let mut actions = ami_wire::messages(client).map(Result::unwrap).peekable();
    let mut text = Vec::new();
    let (mut at, mut asked) = (0, 0);
    for message in ami_wire::messages(server).map(Result::unwrap) {
        if message.kind() == Kind::Response
            && let Some(action) = actions.next()
        {
            // Blank lines before a message belong to it.
            let end = action.offset() as usize + action.len();
            text.extend_from_slice(&client[asked..end]);
            asked = end;
        }
        let end = message.offset() as usize + message.len();
        text.extend_from_slice(&server[at..end]);
        at = end;
    }
    text.extend_from_slice(&client[asked..]);
    text.extend_from_slice(&server[at..]);
    text
}

/// Who sent each message, its offset and its bytes.
#[derive(Default)]
struct Places(Vec<(Sender, u64, Vec<u8>)>);

impl Consumer for Places {
    fn message(&mut self, _: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        let message = message.unwrap();
        self.0.push((sender, message.offset(), message.as_bytes().to_vec()));
    }

    fn end(&mut self, _: u32, _: Sender, _: Ended) {}
}

fn told(finding: &Finding) -> (String, Sender, u64, u64, String) {
    let place = finding.place;
    (finding.rule.name.to_owned(), place.direction, place.message, place.offset, finding.explanation.clone())
}

fn checked(bytes: &[u8], options: &Options) -> Vec<Finding> {
    let (checked, result) = check(&Trace::from_bytes("trace", bytes), options.clone());
    result.unwrap();
    checked.findings
}

/// Sessions that can be told apart again in a mixed text: every message has a kind, and the client is not odd.
fn sessions() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let is_plain = |bytes: &[u8], client: bool| {
        ami_wire::messages(bytes).map(Result::unwrap).all(|message| {
            message.is_complete() && message.kind() != Kind::Unknown && (message.kind() == Kind::Action) == client
        })
    };
    let both = common::all().into_iter().filter_map(|name| {
        let (client, server) = (common::client_of(&name)?, common::bytes(&name));
        Some((name, client, server))
    });
    both.filter(|(_, client, server)| is_plain(client, true) && is_plain(server, false)).collect()
}

#[test]
fn offsets_are_those_of_the_streams() {
    let sessions = sessions();
    assert!(sessions.len() > 60, "{}", sessions.len());
    for (name, client, server) in sessions {
        let text = mix(&client, &server);
        assert_eq!(text.len(), client.len() + server.len());
        let mut places = Places::default();
        Trace::from_bytes("text", &text[..]).read(Parser::new(), &mut places).unwrap();
        for (sender, stream) in [(Sender::Client, &client), (Sender::Server, &server)] {
            let here: Vec<_> = places.0.iter().filter(|(by, ..)| *by == sender).collect();
            let expected: Vec<_> = ami_wire::messages(stream).map(Result::unwrap).collect();
            assert_eq!(here.len(), expected.len(), "{name}");
            for ((_, offset, bytes), message) in here.into_iter().zip(expected) {
                assert_eq!((*offset, &bytes[..]), (message.offset(), message.as_bytes()), "{name}");
            }
        }
    }
}

#[test]
fn findings_are_those_of_the_streams() {
    // Every rule is on, so that there is something to compare.
    let options = Options { notes: true, strict: true, known: false, ..Options::default() };
    let mut compared = 0;
    for (name, client, server) in sessions() {
        let text = checked(&mix(&client, &server), &options);
        let (alone, _) = common::check_sides(Some(&client), &server, options.clone());
        // What both sides together prove depends on who spoke first; this is about what one side did.
        let of_one = |findings: &[Finding]| -> Vec<_> {
            let talk = ["action/", "session/", "originate/", "list/"];
            findings.iter().map(told).filter(|(rule, ..)| !talk.iter().any(|group| rule.starts_with(group))).collect()
        };
        compared += of_one(&alone).len();
        let sorted = |mut findings: Vec<(String, Sender, u64, u64, String)>| {
            findings.sort_by(|a, b| (a.1, a.2, &a.0, a.3).cmp(&(b.1, b.2, &b.0, b.3)));
            findings
        };
        assert_eq!(sorted(of_one(&text)), sorted(of_one(&alone)), "{name}");
    }
    assert!(compared > 100, "{compared}");
}

fn ami(folder: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("ami").unwrap().current_dir(folder).args(arguments).output().unwrap()
}

/// A mixed text in which the last `BridgeLeave` is missing.
fn broken() -> Vec<u8> {
    let server = common::bytes("asterisk-22/blind.s2c");
    let mut messages = common::split(&server);
    let leave = messages.iter().rposition(|message| message.starts_with(b"Event: BridgeLeave")).unwrap();
    messages.remove(leave);
    mix(&common::bytes("asterisk-22/blind.c2s"), &messages.concat())
}

#[test]
fn reports_show_what_stands_in_the_text() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("console.log"), broken()).unwrap();
    let output = ami(folder.path(), &["check", "console.log"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn the_lines_are_those_of_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let text = broken();
    std::fs::write(folder.path().join("console.log"), &text).unwrap();
    let output = ami(folder.path(), &["check", "--format", "sarif", "console.log"]);
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let line = lines[region["startLine"].as_u64().unwrap() as usize - 1];
        let line = std::str::from_utf8(line).unwrap().trim_end();
        let expected = if result["ruleId"] == "bridge/empty-before-destroy" {
            "BridgeUniqueid: 86c2"
        } else {
            "Uniqueid: 1795516840.35"
        };
        assert!(line.starts_with(expected), "{line}");
    }
}

#[test]
fn an_error_in_what_the_client_sent_is_shown() {
    // The same place among what each side sent, but not in the text.
    let text = b"Asterisk Call Manager/11.0.0\r\nAction: Login\r\nUsername: a\r\n\r\nResponse: Success\r\n\r\nAction: Ping\r\nActionID: 1\r\n\r\n\
        Response: Success\r\nPing: Pong\r\nActionID: 2\r\n\r\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("console.log"), text).unwrap();
    let output = ami(folder.path(), &["check", "console.log"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}
