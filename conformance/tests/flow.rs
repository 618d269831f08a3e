//! Drawings of calls: what they show, that they are well-formed whatever a server says, and the same in every run.

mod common;

use assert_cmd::Command;

fn flow(arguments: &[&str]) -> String {
    let output =
        Command::cargo_bin("ami").unwrap().current_dir(common::traces()).arg("flow").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn well_formed(text: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    roxmltree::Document::parse_with_options(text, options).unwrap()
}

/// The first call that a listing names.
fn first_call(trace: &str) -> String {
    flow(&[trace]).lines().nth(2).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[test]
fn ladders_of_recorded_calls() {
    for (name, trace) in [
        ("blind", "asterisk-22/blind.s2c"),
        ("park2", "asterisk-22/park2.s2c"),
        ("parallel", "asterisk-22/parallel.s2c"),
        ("legacy", "asterisk-1.8/parallel.s2c"),
    ] {
        let call = first_call(trace);
        let text = flow(&["--call", &call, trace]);
        insta::assert_snapshot!(name, format!("{}\n{text}", flow(&[trace])));
        let svg = flow(&["--format", "svg", "--call", &call, trace]);
        well_formed(&svg);
        assert_eq!(svg, flow(&["--format", "svg", "--call", &call, trace]), "the same in every run");
    }
}

#[test]
fn every_recorded_session_makes_a_well_formed_page() {
    for name in common::modern() {
        let page = flow(&["--format", "html", common::trace(&name).to_str().unwrap()]);
        let document = well_formed(&page);
        let outside = ["http://", "https://", "src=", "@import", "url("];
        let text = page.replace("http://www.w3.org/", "");
        let before_messages = text.split("<script type=\"application/json\"").next().unwrap();
        for mark in outside {
            assert!(!before_messages.contains(mark), "{name}: {mark}");
        }
        // Each row leads to a message.
        let messages = document.descendants().find(|node| node.attribute("id") == Some("messages")).unwrap();
        let messages: Vec<serde_json::Value> = serde_json::from_str(messages.text().unwrap()).unwrap();
        for row in document.descendants().filter_map(|node| node.attribute("data-m")) {
            assert!(row.parse::<usize>().unwrap() < messages.len(), "{name}");
        }
    }
}

#[test]
fn hostile_values_stay_text() {
    let evil = "PJSIP/<script>alert('1')</script>&\"]]>--><!--\u{1}\u{1b}[31m";
    let stream = format!(
        "Event: Newchannel\r\nPrivilege: call,all\r\nChannel: {evil}\r\nChannelStateDesc: {evil}\r\nUniqueid: 1.1\r\n\
         Linkedid: {evil}\r\nPriority: 1\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nChannel: {evil}\r\nUniqueid: 1.1\r\n\
         Linkedid: {evil}\r\nCause-txt: {evil}\r\n\r\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evil.s2c");
    std::fs::write(&file, stream).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [&["--format", "svg", file][..], &["--format", "html", file]] {
        let drawn = flow(arguments);
        let document = well_formed(&drawn);
        assert!(!drawn.contains("<script>alert") && !drawn.contains('\u{1b}'));
        assert!(
            document
                .descendants()
                .filter(roxmltree::Node::is_text)
                .any(|node| node.text().unwrap().contains("<script>"))
        );
    }
    assert!(!flow(&["--channel", "1.1", file]).contains('\u{1b}'));
}

#[test]
fn a_finding_is_drawn_at_its_message() {
    let bytes = common::bytes("asterisk-22/blind.s2c");
    let mut messages = common::split(&bytes);
    let leave = messages.iter().rposition(|message| message.starts_with(b"Event: BridgeLeave")).unwrap();
    messages.remove(leave);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lost.s2c");
    std::fs::write(&file, messages.concat()).unwrap();
    let text = flow(&["--channel", "PJSIP/loop-0000001e", file.to_str().unwrap()]);
    let lines: Vec<_> = text.lines().collect();
    let at = lines.iter().position(|line| line.contains("▲ error[bridge/leave-before-hangup]")).unwrap();
    assert!(lines[at - 1].contains('╳') && lines[at - 1].contains("#106"), "{text}");
    // BridgeDestroy is no step of its own; a finding makes it one.
    let at = lines.iter().position(|line| line.contains("▲ error[bridge/empty-before-destroy]")).unwrap();
    assert!(lines[at - 1].contains("BridgeDestroy"), "{text}");
}

#[test]
fn lines_fit_and_wrong_usage_is_told() {
    let trace = "asterisk-22/parallel.s2c";
    let text = flow(&["--call", &first_call(trace), trace]);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    for arguments in [&["--call", "nobody", trace][..], &["--format", "svg", trace]] {
        let output =
            Command::cargo_bin("ami").unwrap().current_dir(common::traces()).arg("flow").args(arguments).output();
        assert_eq!(output.unwrap().status.code(), Some(2), "{arguments:?}");
    }
}
