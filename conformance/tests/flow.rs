//! Drawings of calls: what they show, that they are well-formed whatever a server says, and the same in every run.

mod common;

use std::path::PathBuf;

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

/// A list whose count is wrong is nothing that happened in a call.
fn miscounted(folder: &std::path::Path) -> PathBuf {
    let list = "Response: Success\r\nActionID: odd\r\nEventList: start\r\nMessage: will follow\r\n\r\n\
                Event: PeerlistComplete\r\nActionID: odd\r\nEventList: Complete\r\nListItems: 3\r\n\r\n";
    let file = folder.join("miscounted.s2c");
    let bytes = common::bytes("asterisk-22/blind.s2c");
    let mut messages = common::split(&bytes);
    // Before the response to Logoff.
    messages.insert(messages.len() - 1, list.as_bytes());
    std::fs::write(&file, messages.concat()).unwrap();
    file
}

#[test]
fn findings_that_belong_to_no_call_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = miscounted(folder.path());
    let file = file.to_str().unwrap();
    let text = flow(&[file]);
    assert!(text.contains("1 finding belongs to no call:\n  ▲ error[list/item-count] at message 160: "), "{text}");
    let page = flow(&["--format", "html", file]);
    let document = well_formed(&page);
    let find = |id: &str| document.descendants().find(|node| node.attribute("id") == Some(id));
    let section = find("loose-1").unwrap();
    let row = section.descendants().find_map(|node| node.attribute("data-m")).unwrap();
    let messages: Vec<serde_json::Value> = serde_json::from_str(find("messages").unwrap().text().unwrap()).unwrap();
    assert_eq!(messages[row.parse::<usize>().unwrap()][2], 160);
    // A choice of calls leaves them out, and a trace without any has no such section.
    let page = flow(&["--format", "html", "--channel", "PJSIP/loop-0000001e", file]);
    assert!(!page.contains("loose-1"));
    assert!(!flow(&["--format", "html", "asterisk-22/blind.s2c"]).contains("loose-1"));
    // What the client did wrong is told as the client's.
    let client = folder.path().join("miscounted.c2s");
    std::fs::write(&client, "Action: Ping\r\nnonsense\r\n\r\n").unwrap();
    let text = flow(&[folder.path().to_str().unwrap()]);
    assert!(text.contains("warning[wire/no-colon] at the client's message 0: "), "{text}");
}

#[test]
fn the_output_goes_to_a_file_that_tells_how_to_draw() {
    let trace = common::trace("asterisk-22/blind.s2c");
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("ami").unwrap();
        let output = command.current_dir(folder.path()).arg("flow").args(arguments).arg(&trace).output().unwrap();
        assert!(output.stdout.is_empty() || arguments.contains(&"-"), "{arguments:?}");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let call = first_call("asterisk-22/blind.s2c");
    for (name, begin) in
        [("a.svg", "<svg "), ("a.HTML", "<!DOCTYPE html>"), ("a.htm", "<!DOCTYPE html>"), ("a.txt", "call ")]
    {
        assert_eq!(run(&["-o", name, "--call", &call]), (Some(0), String::new()), "{name}");
        assert!(read(name).starts_with(begin), "{name}");
    }
    // The option wins over the name, and a file that is there is replaced.
    assert_eq!(run(&["--output", "a.txt", "--format", "svg", "--call", &call]).0, Some(0));
    assert!(read("a.txt").starts_with("<svg "));
    assert_eq!(run(&["-o", "-"]).0, Some(0));
    let (code, why) = run(&["-o", "a.pdf"]);
    assert!(code == Some(2) && why.contains("--format") && !folder.path().join("a.pdf").exists(), "{why}");
    let (code, why) = run(&["-o", "missing/a.svg", "--call", &call]);
    assert!(code == Some(2) && why.contains("missing"), "{why}");
    // A failure leaves alone what is there.
    assert_eq!(run(&["-o", "a.svg", "--call", "nobody"]).0, Some(2));
    assert!(read("a.svg").starts_with("<svg "));
}

#[test]
fn what_is_read_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = miscounted(folder.path());
    let before = std::fs::read(&file).unwrap();
    let output = file.to_str().unwrap();
    for input in [output, folder.path().to_str().unwrap()] {
        let mut command = Command::cargo_bin("ami").unwrap();
        let run = command.args(["flow", "--format", "html", "-o", output, input]).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{input}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
}
