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
    let is_note = |rule: &str| ami_conformance::rules::find(rule).unwrap().severity == ami_conformance::Severity::Note;
    let deviations = ami_conformance::deviations::DEVIATIONS.iter().filter(|deviation| !is_note(deviation.rule));
    for id in deviations.map(|deviation| deviation.id).filter(shown) {
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

/// Whoever watches a live connection sees each message as it comes.
#[test]
fn a_live_stream_is_dumped_as_it_comes() {
    use std::io::{BufRead, BufReader, Write};
    let mut ami = std::process::Command::new(assert_cmd::cargo::cargo_bin("ami"));
    let pipe = std::process::Stdio::piped;
    let mut ami = ami.args(["dump", "--format", "jsonl", "-"]).stdin(pipe()).stdout(pipe()).spawn().unwrap();
    let mut input = ami.stdin.take().unwrap();
    let mut output = BufReader::new(ami.stdout.take().unwrap());
    for (message, name) in
        [("Asterisk Call Manager/11.0.0\r\n", "Manager/11.0.0"), ("Event: FullyBooted\r\n\r\n", "FullyBooted")]
    {
        input.write_all(message.as_bytes()).unwrap();
        input.flush().unwrap();
        // The input is still open: a program that waited for more would never come to an end here.
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains(name), "{line}");
    }
    drop(input);
    assert!(ami.wait().unwrap().success());
}

/// What is not looked at, or is hardly what was meant, must not pass for a capture that conforms.
#[test]
fn what_does_not_look_like_ami_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(path("day")).unwrap();
    std::fs::write(path("day/notes.md"), "# Notes\n\nEvent: is a word.\n").unwrap();
    std::fs::copy(common::trace("asterisk-22/blind.s2c"), path("day/blind.s2c")).unwrap();
    for command in ["check", "dump", "stats"] {
        let output = ami(&[command, &path("day")]);
        assert_eq!(code(&output), 0);
        let expected =
            format!("note: 1 file does not look like a capture: left out unless named: {}\n", path("day/notes.md"));
        assert_eq!(text(&output.stderr), expected, "{command}");
    }
    for number in 0..6 {
        std::fs::write(path(&format!("day/script{number}.sh")), "#!/bin/sh\n").unwrap();
    }
    let output = ami(&["check", &path("day")]);
    let told = text(&output.stderr);
    assert!(
        told.contains("7 files do not") && told.contains("script3.sh, …") && !told.contains("script4.sh"),
        "{told}"
    );

    // Any text is a stream, and its defects are found; but one without AMI in it is hardly a capture.
    let output = ami(&["check", &path("day/notes.md")]);
    assert_eq!(code(&output), 0);
    assert!(text(&output.stderr).is_empty(), "an Event is in it: {}", text(&output.stderr));
    let output = ami(&["check", &path("day/script0.sh"), &path("day/blind.s2c")]);
    assert_eq!(code(&output), 0);
    assert!(text(&output.stdout).contains("warning[wire/kind-missing]"));
    let expected = format!("note: {}: no message of it is AMI: is it a capture?\n", path("day/script0.sh"));
    assert_eq!(text(&output.stderr), expected);
}

#[test]
fn inputs_that_are_no_captures() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("binary"), b"\x7fELF\x02\x01\x01\0\0\0\0\n\0\n\0").unwrap();
    std::fs::write(path("empty.s2c"), b"").unwrap();
    std::fs::create_dir(path("nothing")).unwrap();
    std::fs::write(path("nothing/notes.md"), "# Notes\n\nEvent: is a word.\n").unwrap();

    // Nothing was captured, or something that is not AMI.
    std::fs::write(path("none.pcap"), common::pcap(1, &[])).unwrap();
    let section: Vec<u8> = [0x0a0d_0d0a_u32, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    std::fs::write(path("none.pcapng"), section).unwrap();
    let mut query = Vec::new();
    let packet = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64);
    packet.udp(5000, 53).write(&mut query, b"Event: A\r\n\r\n").unwrap();
    std::fs::write(path("other.pcap"), common::pcap(1, &[query])).unwrap();

    let cases: [(&str, i32, &str); 7] = [
        ("none.pcap", 0, ""),
        ("none.pcapng", 0, ""),
        ("other.pcap", 2, "there is no AMI connection in this packet capture"),
        ("binary", 2, "this is a binary file without a single AMI message"),
        ("empty.s2c", 0, ""),
        ("missing", 2, "no such file or directory"),
        ("nothing", 2, "there is no capture in this directory"),
    ];
    for (name, expected, message) in cases {
        for command in ["check", "dump", "stats"] {
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
    for name in ["empty.s2c", "none.pcap", "none.pcapng"] {
        let output = ami(&["check", "--complete", "--format", "json", &path(name)]);
        assert_eq!(json(&output)["traces"][0]["messages"], 0);
        assert_eq!(json(&output)["traces"][0]["release"], serde_json::Value::Null);
        assert_eq!(json(&output)["traces"][0]["verdict"], "conforms");
    }
    let help = text(&ami(&["check", "--help"]).stdout);
    assert!(help.contains("A capture of nothing is a valid one"), "{help}");
    // Nobody broke lines where the terminal should: none is short in the middle of a paragraph.
    let paragraph = help.split("\n\n").find(|part| part.starts_with("ami.toml can set")).unwrap();
    let mut lines = paragraph.lines().rev().skip(1);
    assert!(lines.all(|line| line.len() > 80), "{paragraph}");
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
    let gzip = gzip(&plain);
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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// The end of an archive that was cut is the end of the capture, and nobody's doing: what came before is checked.
#[test]
fn what_an_archive_lacks_is_held_against_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (server, client) = (common::bytes("asterisk-22/blind.s2c"), common::bytes("asterisk-22/blind.c2s"));
    let packed = [gzip(&server), zstd::encode_all(&server[..], 3).unwrap()];
    std::fs::write(path("x.c2s"), &client).unwrap();
    let check = |arguments: &[&str]| {
        let output = ami(&[&["check", "--format", "json", "--strict"], arguments].concat());
        let trace = json(&output)["traces"][0].clone();
        (code(&output), trace["messages"].as_u64().unwrap(), trace["findings"].clone(), text(&output.stderr))
    };
    // Of the whole session there is nothing to say, so that all that is said of a part comes of the cut.
    std::fs::write(path("x.s2c"), &server).unwrap();
    let (whole_code, whole, findings, _) = check(&[&path("x.s2c"), &path("x.c2s")]);
    assert_eq!((whole_code, findings), (0, serde_json::json!([])));
    for archive in &packed {
        let mut counts = std::collections::BTreeSet::new();
        for part in 1..20 {
            std::fs::write(path("x.s2c"), &archive[..archive.len() * part / 20]).unwrap();
            for complete in [&[][..], &["--complete"]] {
                let (code, messages, findings, told) =
                    check(&[complete, &[path("x.s2c").as_str(), &path("x.c2s")]].concat());
                assert_eq!((code, findings), (2, serde_json::json!([])), "{part}");
                assert!(told.contains("archive is cut off"), "{told}");
                assert!(messages <= whole);
                counts.insert(messages);
            }
        }
        // zstd holds back all of so short a session until its end.
        let is_zstd = archive.starts_with(&[0x28]);
        assert!(counts.len() > 10 || is_zstd, "what came before the cut is read: {counts:?}");
    }
    // Nor is an answer to what the client's archive lacks.
    std::fs::write(path("x.s2c"), &server).unwrap();
    let archive = gzip(&client);
    for part in 5..20 {
        std::fs::write(path("x.c2s"), &archive[..archive.len() * part / 20]).unwrap();
        let (code, messages, findings, _) = check(&[&path("x.s2c"), &path("x.c2s")]);
        assert_eq!((code, findings), (2, serde_json::json!([])), "{part}");
        assert!(messages < whole && messages >= common::split(&server).len() as u64, "the server's side is read");
    }
    // Behind the end there may be a lot, but nothing of the capture.
    std::fs::write(path("y.s2c"), [&packed[0][..], b"tail"].concat()).unwrap();
    let (code, messages, findings, told) = check(&["--complete", &path("y.s2c")]);
    assert_eq!((code, findings), (2, serde_json::json!([])));
    assert_eq!(messages, common::split(&server).len() as u64);
    assert!(told.contains("behind the end of the gzip data stands something else"), "{told}");
}

#[test]
fn counts_begin_at_one() {
    for arguments in [["--jobs", "0"], ["--jobs", "100000"], ["--window", "0"], ["--window", "many"], ["-j", "-1"]] {
        let output = ami(&[&["check"], &arguments[..], &["asterisk-22/blind.s2c"]].concat());
        assert_eq!(code(&output), 2, "{arguments:?}");
        let told = text(&output.stderr);
        assert!(told.contains("expected a number from 1 ") || arguments == ["-j", "-1"], "{told}");
    }
    assert_eq!(code(&ami(&["check", "--jobs", "1", "--window", "1", "asterisk-22/blind.s2c"])), 0);
    assert!(
        text(&ami(&["dump", "--jobs", "0", "asterisk-22/blind.s2c"]).stderr)
            .contains("expected a number from 1 to 256")
    );
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

/// A folder with a session in which a `BridgeLeave` is missing.
fn broken() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("broken.s2c");
    std::fs::write(&trace, without("asterisk-22/blind.s2c", last_leave().0)).unwrap();
    let trace = trace.to_str().unwrap().to_owned();
    (folder, trace)
}

fn ami_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("ami").unwrap().current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn a_configuration_file_sets_options_and_the_command_line_comes_on_top() {
    let (folder, trace) = broken();
    let config = folder.path().join("ami.toml");
    let check = |text: &str, more: &[&str]| {
        std::fs::write(&config, text).unwrap();
        ami_in(folder.path(), &[&["check", "--format", "json", &trace], more].concat())
    };
    let severities = |output: &Output| {
        let report = json(output);
        let findings = report["traces"][0]["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .map(|f| format!("{} {}", f["rule"].as_str().unwrap(), f["severity"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let leave = "bridge/leave-before-hangup";
    let output = check("", &[]);
    assert_eq!(code(&output), 1);
    assert!(severities(&output).contains(&format!("{leave} error")));
    let output = check("warn = ['bridge']", &[]);
    assert_eq!(code(&output), 0);
    assert!(severities(&output).contains(&format!("{leave} warning")));
    assert_eq!(code(&check("warn = ['bridge']\nfail-on = 'warning'", &[])), 1);
    assert_eq!(code(&check("warn = ['bridge']\nfail-on = 'warning'", &["--fail-on", "error"])), 0);
    let output = check("allow = ['bridge']", &[]);
    assert_eq!((code(&output), severities(&output)), (0, Vec::new()));
    assert!(severities(&check("allow = ['bridge']", &["--warn", leave])).contains(&format!("{leave} warning")));
    assert_eq!(code(&check("release = '1.8'", &[])), 0, "no rule of release 12 speaks of 1.8");
    let output = check("read = 'system'\nfail-on = 'never'", &[]);
    assert!(severities(&output).contains(&"session/read-mask warning".to_owned()));
    let output = check("eventfilter = ['!Event: Hangup']", &[]);
    assert!(severities(&output).contains(&"session/read-mask warning".to_owned()));
    // A file elsewhere, instead of the one here.
    let other = folder.path().join("other.toml");
    std::fs::write(&other, "allow = ['bridge']\nrace = 4\nwindow = 100\ncomplete = false\nnotes = true\nstrict = true")
        .unwrap();
    assert_eq!(code(&check("", &["--config", other.to_str().unwrap()])), 0);
}

#[test]
fn mistakes_in_a_configuration_file_are_told_with_their_line() {
    let (folder, trace) = broken();
    for (text, expected) in [
        ("strict = true\nbaselin = 'x'", "ami.toml:2:1: there is no option 'baselin'; known are allow, "),
        ("strict = 1", "ami.toml:1:10: strict: expected true or false, found a number"),
        ("strict = ", "ami.toml:1:10: no TOML: "),
        ("race = 'many'", "ami.toml:1:8: race: expected a number of messages, such as 32, found a text"),
        ("race = -1", "ami.toml:1:8: race: expected a number of messages, such as 32"),
        ("\nwindow = 0", "ami.toml:2:10: window: expected a number of channels from 1 on"),
        (
            "deny = ['wire', 'bridge/no-such']",
            "ami.toml:1:17: deny: there is no rule and no group of rules 'bridge/no-",
        ),
        ("warn = [\n  'wire',\n  7\n]", "ami.toml:3:3: warn: expected a list of rules and groups of rules"),
        ("allow = 'wire'", "ami.toml:1:9: allow: expected a list of rules and groups of rules"),
        ("# ä\nrelease = '99' # ä", "ami.toml:2:11: release: '99' is no release; known are 1.0, "),
        ("release = 22", "ami.toml:1:11: release: expected a release in quotes, such as \"22\", found a number"),
        ("fail-on = 'sometimes'", "ami.toml:1:11: fail-on: expected \"error\", \"warning\", \"note\" or \"never\""),
        ("fail-on = false", "ami.toml:1:11: fail-on: expected \"error\", \"warning\", \"note\" or \"never\", found tr"),
        ("read = 'cal'", "ami.toml:1:8: read: 'cal' is no class"),
        ("eventfilter = ['(']", "ami.toml:1:16: eventfilter: '(' is no regular expression"),
        ("baseline = 'nowhere.json'", "nowhere.json"),
    ] {
        std::fs::write(folder.path().join("ami.toml"), text).unwrap();
        let output = ami_in(folder.path(), &["check", &trace]);
        assert_eq!(code(&output), 2, "{text}");
        assert!(text_of(&output).contains(expected), "{text}: {}", text_of(&output));
    }
    assert_eq!(code(&ami_in(folder.path(), &["check", "--config", "no-such.toml", &trace])), 2);
    // The place is shown.
    std::fs::write(folder.path().join("ami.toml"), "notes = true\nwarn = ['ä', 'wire']").unwrap();
    let output = ami_in(folder.path(), &["check", &trace]);
    let expected = "error: ami.toml:2:9: warn: there is no rule and no group of rules 'ä'\n  |\n\
        2 | warn = ['ä', 'wire']\n  |         ^^^\n";
    assert_eq!(text_of(&output), expected);
}

fn text_of(output: &Output) -> String {
    text(&output.stderr)
}

#[test]
fn a_baseline_excuses_what_it_tells_as_often_as_it_tells_it() {
    let (folder, trace) = broken();
    let file = folder.path().join("pbx.json");
    let baseline = file.to_str().unwrap();
    assert_eq!(code(&ami(&["check", &trace])), 1);
    assert_eq!(code(&ami(&["check", "--write-baseline", baseline, &trace])), 0);
    let output = ami_in(folder.path(), &["check", "--baseline", baseline, "broken.s2c"]);
    assert_eq!(code(&output), 0);
    insta::assert_snapshot!("baselined", text(&output.stdout));
    // Machines are told as well.
    let report = json(&ami(&["check", "--format", "json", "--baseline", baseline, &trace]));
    assert_eq!(report["traces"][0]["verdict"], "conforms");
    let findings = report["traces"][0]["findings"].as_array().unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|f| f["baselined"] == true));
    let log = json(&ami(&["check", "--format", "sarif", "--baseline", baseline, &trace]));
    assert_eq!(log["runs"][0]["results"][0]["suppressions"][0]["justification"], "in the baseline");
    let junit = ami(&["check", "--format", "junit", "--baseline", baseline, &trace]);
    assert!(code(&junit) == 0 && text(&junit.stdout).contains("(in the baseline)"));
    // The same session a second time has each fault once more.
    let again = folder.path().join("again.s2c");
    std::fs::copy(&trace, &again).unwrap();
    let both = ["check", "--format", "json", "--baseline", baseline, &trace, again.to_str().unwrap()];
    let output = ami(&both);
    assert_eq!(code(&output), 1);
    let report = json(&output);
    assert_eq!(
        (&report["traces"][0]["verdict"], &report["traces"][1]["verdict"]),
        (&"conforms".into(), &"violates".into())
    );
    // Another fault is none of it.
    let again_text = text(&ami(&["check", "--baseline", baseline, &trace, again.to_str().unwrap()]).stdout);
    let row = again_text.lines().find(|line| line.starts_with("bridge/leave-before-hangup ")).unwrap();
    assert_eq!(row.split_whitespace().skip(1).take(2).collect::<Vec<_>>(), ["1", "1"], "violated and excused: {row}");
    std::fs::write(&again, without("asterisk-22/blind.s2c", last_leave().2)).unwrap();
    let output = ami(&["check", "--complete", "--baseline", baseline, again.to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    // The file reads like text, with nothing of the session in it.
    let written = std::fs::read_to_string(&file).unwrap();
    insta::assert_snapshot!("baseline_file", written);
    std::fs::write(&file, "{\"version\": 2, \"faults\": []}").unwrap();
    let output = ami(&["check", "--baseline", baseline, &trace]);
    assert!(code(&output) == 2 && text_of(&output).contains("version 2"));
    let fault = "{\"rule\": \"wire/bare-cr\", \"explanation\": \"\", \"count\": 1}";
    for (text, expected) in [
        ("nonsense", "this is no JSON (line 1, column 2)"),
        ("", "this is no JSON"),
        ("[]", "this is JSON, but no object"),
        ("{\"traces\": []}", "it has no `version`"),
        ("{\"version\": 1}", "it has no list of `faults`"),
        ("{\"version\": 1, \"faults\": {}}", "it has no list of `faults`"),
        ("{\"version\": 1, \"faults\": [], \"more\": 1}", "it has `more`, which this program does not know"),
        (&format!("{{\"version\": 1, \"faults\": [{fault}, 7]}}"), "fault 2 of its list is none: each has a `rule`"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = ami(&["check", "--baseline", baseline, &trace]);
        assert_eq!(code(&output), 2, "{text}");
        let told = text_of(&output);
        assert!(told.contains(&format!("pbx.json: no baseline: {expected}")), "{text}: {told}");
    }
    std::fs::write(&file, format!("{{\"version\": 1, \"faults\": [{fault}]}}")).unwrap();
    assert_eq!(code(&ami(&["check", "--baseline", baseline, &trace])), 1);
}

#[test]
fn the_race_and_the_window_can_be_set() {
    let trace = "asterisk-22/queue2.s2c";
    let held = |arguments: &[&str]| {
        let output = ami(&[&["check", "--format", "json", trace], arguments].concat());
        assert_eq!(code(&output), 0);
        json(&output)["traces"][0]["rules"].clone()
    };
    assert_eq!(held(&[]), held(&["--race", "32", "--window", "8192"]));
    assert_eq!(code(&ami(&["check", "--race", "few", trace])), 2);
    // Without any allowance for races, what applications say late is a break.
    let output = ami(&["check", "--format", "json", "--race", "0", "asterisk-13"]);
    let late = "channel/application-after-hangup";
    assert!(text(&output.stdout).contains(&format!("\"rule\":\"{late}\",\"severity\"")));
    let output = ami(&["check", "--format", "json", "asterisk-13"]);
    assert!(!text(&output.stdout).contains(&format!("\"rule\":\"{late}\",\"severity\"")));
}

#[test]
fn a_baseline_takes_the_place_of_no_capture_and_of_no_better_one() {
    let (folder, trace) = broken();
    let before = std::fs::read(&trace).unwrap();
    let output = ami(&["check", "--write-baseline", &trace, &trace]);
    assert_eq!((code(&output), std::fs::read(&trace).unwrap()), (2, before));
    assert!(text(&output.stderr).contains("can't be written as well"), "{}", text(&output.stderr));
    let file = folder.path().join("pbx.json");
    let baseline = file.to_str().unwrap();
    assert_eq!(code(&ami(&["check", "--write-baseline", baseline, &trace])), 0);
    let before = std::fs::read(&file).unwrap();
    let output = ami(&["check", "--write-baseline", baseline, &trace, "no-such.s2c"]);
    assert_eq!((code(&output), std::fs::read(&file).unwrap()), (2, before));
    assert!(text(&output.stderr).contains("no-such.s2c"), "{}", text(&output.stderr));
}

#[test]
fn what_a_filter_can_have_kept_out_is_not_held_against_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("filtered.s2c");
    let path = file.to_str().unwrap();
    let bytes = common::bytes("asterisk-22/parallel.s2c");
    let messages = common::split(&bytes);
    for (event, rule) in [("DialEnd", "dial/end-for-each-begin"), ("BridgeLeave", "bridge/leave-before-hangup")] {
        let kept: Vec<_> = messages
            .iter()
            .filter(|message| !message.starts_with(format!("Event: {event}").as_bytes()))
            .copied()
            .collect();
        std::fs::write(&file, kept.concat()).unwrap();
        assert_eq!(code(&ami(&["check", path])), 1);
        let filter = format!("!Event: {event}");
        let output = ami(&["check", "--format", "json", "--eventfilter", &filter, path]);
        assert_eq!(code(&output), 0, "{}", text(&output.stdout));
        let report = json(&output);
        let counts =
            report["traces"][0]["rules"].as_array().unwrap().iter().find(|counts| counts["rule"] == rule).unwrap();
        assert!(counts["unobservable"].as_u64().unwrap() > 0 && counts["violated"] == 0, "{counts}");
    }
    // What came is still judged.
    let twice = [&messages[..], &messages[messages.len() - 3..]].concat();
    let hangup = twice.iter().rposition(|message| message.starts_with(b"Event: Hangup"));
    let hangup = hangup.or_else(|| messages.iter().rposition(|message| message.starts_with(b"Event: Hangup"))).unwrap();
    let again = [messages.concat(), twice[hangup].to_vec()].concat();
    std::fs::write(&file, again).unwrap();
    let output = ami(&["check", "--eventfilter", "!Event: DialEnd", path]);
    assert!(code(&output) == 1 && text(&output.stdout).contains("channel/hangup-once"), "{}", text(&output.stdout));
}

#[test]
fn results_of_a_report_for_code_review_differ() {
    let log = json(&ami(&["check", "--format", "sarif", "asterisk-22/conf.s2c"]));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let fingerprints: std::collections::BTreeSet<_> =
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
    assert!(results.len() > 1);
    assert_eq!(fingerprints.len(), results.len());
}
