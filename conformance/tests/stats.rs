//! What is in a trace, as `ami stats` tells it.

mod common;

use std::process::Output;

use ami_conformance::source::Trace;
use ami_conformance::stats::Stats;
use ami_wire::{Kind, Parser};
use assert_cmd::Command;
use serde_json::Value;

fn stats(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::cargo_bin("ami").unwrap();
    let output =
        command.current_dir(common::traces()).arg("stats").args(arguments).write_stdin(input).output().unwrap();
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn print(arguments: &[&str]) -> String {
    let output = stats(arguments, b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn json(arguments: &[&str], input: &[u8]) -> Value {
    let output = stats(&[&["--format", "json"], arguments].concat(), input);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["traces"].as_array().unwrap().iter().for_each(|trace| assert!(trace["messages"].is_u64()));
    report
}

#[test]
fn a_session_with_queues() {
    insta::assert_snapshot!(print(&["asterisk-22/queue2.s2c", "asterisk-22/queue2.c2s"]));
}

#[test]
fn a_packet_capture() {
    insta::assert_snapshot!(print(&["--top", "3", "asterisk-22.pcap"]));
}

#[test]
fn an_old_server_and_many_defects() {
    insta::assert_snapshot!(print(&["--top", "4", "asterisk-1.4/queue.s2c", "asterisk-1.8/iaxcall.s2c"]));
}

#[test]
fn a_session_with_timestamps_as_json() {
    let report = print(&["--format", "json", "--top", "2", "asterisk-22-timestamped"]);
    insta::assert_snapshot!(report);
}

/// What the statistics say is what a second, naive count says, for every recorded session.
#[test]
fn the_counts_are_right() {
    let mut timed = 0;
    for name in common::all() {
        let bytes = common::bytes(&name);
        let trace = Trace::gather(&[common::trace(&name)]).traces.pop().unwrap().unwrap();
        let mut stats = Stats::new(&name);
        trace.read(Parser::new(), &mut stats).unwrap();
        let messages: Vec<_> = ami_wire::messages(&bytes).map(Result::unwrap).collect();
        for kind in [Kind::Banner, Kind::Action, Kind::Response, Kind::Event, Kind::Unknown] {
            let of_kind = messages.iter().filter(|message| message.kind() == kind);
            let expected = of_kind.clone().count() as u64;
            assert_eq!(stats.kind(kind).messages, expected, "{name}: {kind}");
            assert_eq!(stats.kind(kind).bytes, of_kind.map(|message| message.len() as u64).sum::<u64>());
        }
        if let Some((clock, rate)) = stats.rate() {
            timed += 1;
            let of_steps: u64 = rate.steps().iter().map(|step| step.messages).sum();
            assert_eq!(of_steps, rate.total(), "{name}: {clock:?}");
        }
        let hangups = |of: &[u8]| {
            let is = |message: &&ami_wire::Message<'_>| {
                message.name() == Some(b"Hangup") && message.get("Uniqueid") == Some(of)
            };
            messages.iter().filter(is).count() as u64
        };
        for channel in stats.channels().most(5) {
            assert!(channel.count >= hangups(&channel.name) && channel.over == 0, "{name}");
        }
    }
    assert!(timed > 100, "most sessions have channels: {timed}");
}

#[test]
fn every_form_of_a_session_tells_the_same() {
    let bytes = common::bytes("asterisk-22/blind.s2c");
    let plain = &json(&["asterisk-22/blind.s2c"], b"")["traces"][0];
    for packed in [bytes.clone(), zstd::encode_all(&bytes[..], 1).unwrap()] {
        let mut piped = json(&["-"], &packed)["traces"][0].clone();
        assert_eq!(piped["source"], "-");
        piped["source"] = plain["source"].clone();
        assert_eq!(&piped, plain);
    }
}

#[test]
fn all_together() {
    let folder = json(&["asterisk-16"], b"");
    let traces = folder["traces"].as_array().unwrap();
    let total = json(&["--total", "asterisk-16"], b"");
    assert_eq!(total["traces"].as_array().unwrap().len(), 1);
    let total = &total["traces"][0];
    assert_eq!(total["source"], format!("{} traces", traces.len()));
    for number in ["messages", "connections", "without_class"] {
        let sum: u64 = traces.iter().map(|trace| trace[number].as_u64().unwrap()).sum();
        assert_eq!(total[number], sum, "{number}");
    }
}

#[test]
fn what_the_schema_does_not_know() {
    let input = b"Asterisk Call Manager/11.0.0\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nNovelty: 1\r\n\r\n\
        Event: Surprise\r\nPrivilege: call,all\r\n\r\n";
    let report = json(&["-"], input);
    let trace = &report["traces"][0];
    assert_eq!(trace["unknown_headers"]["top"][0]["name"], "Hangup: Novelty");
    assert_eq!(trace["unknown_events"]["top"][0]["name"], "Surprise");
    assert_eq!(trace["unknown_events"]["top"][0]["count"], 1);
}

#[test]
fn more_channels_than_are_told_apart() {
    use std::fmt::Write as _;
    let mut input = String::new();
    for number in 0..20_000 {
        // One channel is named every other time.
        for id in [7, number + 100] {
            write!(
                input,
                "Event: Newstate\r\nPrivilege: call,all\r\nChannel: A/{id}\r\nUniqueid: 1795516800.{id}\r\n\r\n"
            )
            .unwrap();
        }
    }
    let report = json(&["--top", "1", "-"], input.as_bytes());
    let channels = &report["traces"][0]["channels"];
    assert_eq!((&channels["distinct"], &channels["exact"]), (&4096.into(), &false.into()));
    assert_eq!((&channels["top"][0]["name"], &channels["top"][0]["count"]), (&"1795516800.7".into(), &20_000.into()));
    let shown = text(&stats(&["--top", "2", "-"], input.as_bytes()).stdout);
    assert!(shown.contains("of more than 4,096 channels; counts can be too high by"), "{shown}");
}

#[test]
fn what_cannot_be_read() {
    let output = stats(&["missing.s2c", "asterisk-22/noauth.s2c"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("missing.s2c: no such file"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("asterisk-22/noauth.s2c"), "the other one is told");
    let output = stats(&["--top", "many", "x"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&stats(&["-"], b"").stdout).contains("0 messages"), "an empty stream is one");
    assert_eq!(stats(&["-"], b"\x7fELF\0\0\0\0").status.code(), Some(2));
    // What came before the broken end of an archive is told.
    let packed = zstd::encode_all(&common::bytes("asterisk-22/blind.s2c")[..], 1).unwrap();
    let output = stats(&["-"], &packed[..packed.len() - 20]);
    assert_eq!(output.status.code(), Some(2));
}
