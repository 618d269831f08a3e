//! The program, as a user runs it.

mod common;

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

fn ami(arguments: &[&str]) -> Output {
    Command::cargo_bin("ami").unwrap().current_dir(common::traces()).args(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A session without the given message.
fn without(name: &str, drop: usize) -> Vec<u8> {
    let bytes = common::bytes(name);
    let mut messages = common::split(&bytes);
    messages.remove(drop);
    messages.concat()
}

/// Where the last `BridgeLeave` of `blind.s2c` is, its channel's `BridgeEnter` and `Hangup`.
fn last_leave() -> (usize, usize, usize) {
    let bytes = common::bytes("asterisk-22/blind.s2c");
    let messages: Vec<_> = ami_wire::messages(&bytes).map(Result::unwrap).collect();
    let is = |at: usize, name: &[u8]| messages[at].name() == Some(name);
    let leave = (0..messages.len()).rev().find(|at| is(*at, b"BridgeLeave")).unwrap();
    let same = |at: &usize| messages[*at].get("Uniqueid") == messages[leave].get("Uniqueid");
    let enter = (0..leave).rev().filter(same).find(|at| is(*at, b"BridgeEnter")).unwrap();
    let hangup = (leave..messages.len()).filter(same).find(|at| is(*at, b"Hangup")).unwrap();
    (leave, enter, hangup)
}

#[test]
fn stock_sessions_conform() {
    let releases = ["1.4", "1.6.2", "1.8", "10", "11", "12", "13", "16", "20", "22", "22-timestamped", "23"];
    let releases = releases.map(|release| format!("asterisk-{release}"));
    let mut arguments = vec!["check"];
    arguments.extend(releases.iter().map(String::as_str));
    let output = ami(&arguments);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    // Two sessions show what this one is about, and begin too late to prove it.
    let shown = |id: &&str| *id != "recorder-without-newchannel";
    for id in ami_conformance::deviations::DEVIATIONS.iter().map(|deviation| deviation.id).filter(shown) {
        assert!(text(&output.stdout).contains(id), "{id}");
    }
    arguments.push("--no-known");
    assert_eq!(code(&ami(&arguments)), 1);
}

#[test]
fn a_missing_bridge_leave_is_found() {
    let (leave, enter, hangup) = last_leave();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.s2c");
    std::fs::write(&file, without("asterisk-22/blind.s2c", leave)).unwrap();
    let output = ami(&["check", "--format", "json", file.to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    let report = json(&output);
    let trace = &report["traces"][0];
    assert_eq!(
        (&trace["verdict"], &trace["release"], &trace["connections"]),
        (&"violates".into(), &"22".into(), &1.into())
    );
    let findings = trace["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["rule"] == "bridge/leave-before-hangup").unwrap();
    // One message is gone before the Hangup.
    assert_eq!(finding["message"], hangup as u64 - 1);
    assert_eq!((&finding["event"], &finding["direction"]), (&"Hangup".into(), &"server".into()));
    assert_eq!(finding["related"][0]["message"], enter as u64);
    assert_eq!(finding["related"][0]["event"], "BridgeEnter");
    assert!(findings.iter().all(|finding| finding["rule"].as_str().unwrap().starts_with("bridge/")), "{findings:#?}");
}

#[test]
fn the_text_report_shows_both_messages() {
    let (leave, ..) = last_leave();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.s2c"), without("asterisk-22/blind.s2c", leave)).unwrap();
    let output =
        Command::cargo_bin("ami").unwrap().current_dir(folder.path()).args(["check", "broken.s2c"]).output().unwrap();
    assert_eq!(code(&output), 1);
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn dump_prints_every_header_of_every_session() {
    for entry in walkdir::WalkDir::new(common::traces()).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        let name = path.strip_prefix(common::traces()).unwrap().to_str().unwrap().to_owned();
        if !name.trim_end_matches(".zst").ends_with(".s2c") && !name.ends_with(".c2s") {
            continue;
        }
        let bytes = common::bytes(name.trim_end_matches(".zst"));
        let output = ami(&["dump", "--format", "jsonl", &name]);
        assert_eq!(code(&output), 0);
        let objects: Vec<serde_json::Value> =
            text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(objects.len(), common::split(&bytes).len(), "{name}");
        for object in objects {
            let (from, length) = (object["offset"].as_u64().unwrap(), object["length"].as_u64().unwrap());
            let message = &bytes[from as usize..(from + length) as usize];
            let mut rest = message;
            for pair in object["headers"].as_array().unwrap() {
                for part in pair.as_array().unwrap() {
                    let part = value(part);
                    let at = memchr::memmem::find(rest, &part).unwrap_or_else(|| panic!("{name}: {object}"));
                    rest = &rest[at + part.len()..];
                }
            }
        }
    }
}

fn value(json: &serde_json::Value) -> Vec<u8> {
    use base64::Engine as _;
    match json {
        serde_json::Value::String(text) => text.clone().into_bytes(),
        other => base64::engine::general_purpose::STANDARD.decode(other["base64"].as_str().unwrap()).unwrap(),
    }
}

#[test]
fn dump_tells_defects_and_odd_bytes() {
    let mut dump = Command::cargo_bin("ami").unwrap();
    let input: &[u8] = b"Asterisk Call Manager/11.0.0\r\n\r\nEvent: X\nName: Andr\xe9\r\nraw\r\n\r\n\
        Response: Follows\r\nPrivilege: Command\r\nline: 1\n\n--END COMMAND--\r\n\r\nActionID: 1";
    let output = dump.args(["dump", "--format", "jsonl", "-"]).write_stdin(input).output().unwrap();
    assert_eq!(code(&output), 0);
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn inputs_that_are_no_captures() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("binary"), b"\x7fELF\x02\x01\x01\0\0\0\0\n\0\n\0").unwrap();
    std::fs::write(path("empty.s2c"), b"").unwrap();
    std::fs::create_dir(path("nothing")).unwrap();
    std::fs::write(path("nothing/notes.md"), "# Notes\n\nEvent: is a word.\n").unwrap();

    let cases: [(&str, i32, &str); 4] = [
        ("binary", 2, "this is a binary file without a single AMI message"),
        ("empty.s2c", 0, ""),
        ("missing", 2, "no such file or directory"),
        ("nothing", 2, "there is no capture in this directory"),
    ];
    for (name, expected, message) in cases {
        for command in ["check", "dump"] {
            let output = ami(&[command, &path(name)]);
            assert_eq!(code(&output), expected, "{command} {name}");
            assert!(!text(&output.stdout).contains("conforms") || expected == 0, "{command} {name}");
            assert!(text(&output.stderr).contains(message), "{command} {name}: {}", text(&output.stderr));
        }
    }
    // An input that cannot be read wins over findings; the others are checked all the same.
    let output = ami(&["check", "--format", "json", "--no-known", &path("missing"), "asterisk-12/queue.s2c"]);
    assert_eq!(code(&output), 2);
    assert_eq!(json(&output)["traces"][0]["verdict"], "violates");
    // An empty stream is a valid one.
    let output = ami(&["check", "--format", "json", &path("empty.s2c")]);
    assert_eq!(json(&output)["traces"][0]["messages"], 0);
    assert_eq!(json(&output)["traces"][0]["release"], serde_json::Value::Null);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in [&["check"][..], &["check", "--format", "yaml", "x"], &["explain", "no/such-rule"], &["nonsense"]]
    {
        assert_eq!(code(&ami(arguments)), 2, "{arguments:?}");
    }
    let output = ami(&["explain", "leave-before-hangup"]);
    assert!(text(&output.stderr).contains("did you mean bridge/leave-before-hangup?"));
}

#[test]
fn pairs_are_joined_when_both_are_named() {
    let connections = |arguments: &[&str]| {
        let report = json(&ami(&[&["check", "--format", "json"], arguments].concat()));
        report["traces"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| (t["connections"].as_u64(), t["messages"].as_u64()))
            .collect::<Vec<_>>()
    };
    let (server, client) = ("asterisk-22/simple.s2c", "asterisk-22/simple.c2s");
    let alone = connections(&[server]);
    let both = connections(&[server, client]);
    assert_eq!((alone.len(), both.len()), (1, 1));
    assert!(both[0].1 > alone[0].1);
    assert_eq!(connections(&[server, "asterisk-22/moh.c2s"]).len(), 2);
}

#[test]
fn packed_captures_are_unpacked() {
    let plain = common::bytes("asterisk-22/simple.s2c");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let gzip = {
        use std::io::Write as _;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&plain).unwrap();
        packer.finish().unwrap()
    };
    let expected = ami(&["dump", "--format", "jsonl", &file("a.s2c", &plain)]).stdout;
    for (name, bytes) in [("a.s2c.gz", gzip.clone()), ("odd-name", zstd::encode_all(&gzip[..], 3).unwrap())] {
        let output = ami(&["dump", "--format", "jsonl", &file(name, &bytes)]);
        assert_eq!(code(&output), 0);
        assert!(output.stdout == expected, "{name}");
    }
    // What comes before the damage is still there.
    let output = ami(&["dump", "--format", "jsonl", &file("cut.s2c.gz", &gzip[..gzip.len() / 2])]);
    assert_eq!(code(&output), 2);
    assert!(output.stdout.len() > 1000 && expected.starts_with(&output.stdout[..1000]));
}

#[test]
fn lists_and_explanations() {
    insta::assert_snapshot!("rules", text(&ami(&["rules"]).stdout));
    insta::assert_snapshot!("explain", text(&ami(&["explain", "dial/end-for-each-begin"]).stdout));
    insta::assert_snapshot!("deviations", text(&ami(&["deviations", "--release", "22"]).stdout));
    let rules: serde_json::Value = json(&ami(&["rules", "--format", "json"]));
    assert_eq!(rules.as_array().unwrap().len(), ami_conformance::rules::RULES.len());
    assert!(Path::new(&common::traces()).is_dir());
}
