//! What comes out of captures with several connections does not depend on how many threads read them.

mod common;

use std::io::Write as _;
use std::path::PathBuf;

use ami_conformance::report;
use ami_conformance::source::{Consumer, Ended, Trace};
use ami_conformance::stats::{Shown, Stats};
use ami_conformance::{Checked, Options, Sender, check};
use ami_wire::{Error, Message, Parser};
use assert_cmd::Command;
use etherparse::PacketBuilder;

/// How many connections the capture has: more than there are shares of them.
const CONNECTIONS: usize = 40;

/// Recorded streams of servers, short ones, each of another session; some have defects and findings.
fn streams() -> Vec<Vec<u8>> {
    let all = common::all().into_iter().map(|name| common::bytes(&name));
    let some: Vec<_> = all.filter(|bytes| (2_000..120_000).contains(&bytes.len())).take(CONNECTIONS).collect();
    assert_eq!(some.len(), CONNECTIONS);
    some
}

/// The streams as connections of one capture, which send in turn, each in pieces of its own size.
fn capture(streams: &[Vec<u8>]) -> Vec<u8> {
    let packet = |stream: usize, at: usize, bytes: &[u8], flag: char| {
        let builder = PacketBuilder::ethernet2([2; 6], [3; 6]).ipv4([192, 0, 2, 1], [192, 0, 2, 2], 9);
        let builder = builder.tcp(5038, 40_000 + stream as u16, at as u32, 65_000);
        let builder = match flag {
            'S' => builder.syn(),
            'F' => builder.fin(),
            _ => builder,
        };
        let mut packet = Vec::new();
        builder.write(&mut packet, bytes).unwrap();
        packet
    };
    let mut packets: Vec<_> = (0..streams.len()).map(|stream| packet(stream, 0, b"", 'S')).collect();
    let size = |stream: usize| 60 + stream * 37 % 1400;
    let longest = streams.iter().enumerate().map(|(at, bytes)| bytes.len().div_ceil(size(at))).max().unwrap();
    for round in 0..longest {
        for (stream, bytes) in streams.iter().enumerate() {
            let at = round * size(stream);
            if at < bytes.len() {
                let end = bytes.len().min(at + size(stream));
                packets.push(packet(stream, at + 1, &bytes[at..end], ' '));
                if end == bytes.len() {
                    packets.push(packet(stream, end + 1, b"", 'F'));
                }
            }
        }
    }
    common::pcap(1, &packets)
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// Connection, direction, offset and length of each message, in the order of the capture.
#[derive(Default)]
struct Order(Vec<(u32, Sender, u64, u64)>);

impl Consumer for Order {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        let message = message.unwrap();
        self.0.push((connection, sender, message.offset(), message.len() as u64));
    }

    fn end(&mut self, _connection: u32, _sender: Sender, _ended: Ended) {}
}

#[test]
fn a_check_finds_the_same_with_any_number_of_threads() {
    let streams = streams();
    let trace = Trace::from_bytes("capture", capture(&streams));
    let options = Options { notes: true, strict: true, known: false, ..Options::default() };
    let checked = |threads: usize| -> (Checked, String) {
        let (checked, result) = with_threads(threads, || check(&trace, options.clone()));
        result.unwrap();
        let mut json = Vec::new();
        report::json::write(&[&checked], &mut json).unwrap();
        (checked, String::from_utf8(json).unwrap())
    };
    let (one, report) = checked(1);
    for threads in [2, 3, 8] {
        assert_eq!(checked(threads).1, report, "{threads} threads");
    }
    // The same as each stream gives for itself, but that a capture may begin midway.
    assert_eq!(one.connections, CONNECTIONS);
    let mut messages = 0;
    let mut findings = Vec::new();
    for (connection, stream) in streams.iter().enumerate() {
        messages += ami_wire::messages(stream).count() as u64;
        let (found, _) = common::check(stream, options.clone());
        findings.extend(found.iter().map(|one| (connection as u32, one.place.offset, one.rule.name)));
    }
    assert_eq!(one.messages, messages);
    let mut found: Vec<_> =
        one.findings.iter().map(|one| (one.place.connection, one.place.offset, one.rule.name)).collect();
    findings.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, findings);
    assert!(found.len() > 100, "{}", found.len());
}

#[test]
fn statistics_are_the_same_with_any_number_of_threads() {
    let streams = streams();
    let trace = Trace::from_bytes("capture", capture(&streams));
    let counted = |threads: usize| {
        let (stats, result) = with_threads(threads, || Stats::of(&trace));
        result.unwrap();
        let json = serde_json::to_value(Shown(&stats, 4096)).unwrap();
        (stats, json)
    };
    let (stats, one) = counted(1);
    for threads in [2, 3, 8] {
        assert_eq!(counted(threads).1, one, "{threads} threads");
    }
    assert_eq!(stats.connections(), CONNECTIONS as u64);
    // All that is counted is the sum over the streams.
    let mut sum = Stats::new("sum");
    for stream in &streams {
        let (stats, result) = Stats::of(&Trace::from_bytes("stream", &stream[..]));
        result.unwrap();
        sum.add_trace(stats);
    }
    let sum = serde_json::to_value(Shown(&sum, 4096)).unwrap();
    for what in ["connections", "messages", "kinds", "bytes", "classes", "queues", "release", "without_class"] {
        assert_eq!(one[what], sum[what], "{what}");
    }
    assert_eq!(one["longest"]["bytes"], sum["longest"]["bytes"]);
    // What else is known of an event or a channel is of the first connection that tells, and that is another one.
    for what in ["events", "channels", "endpoints", "actions", "unknown_headers"] {
        let names = |of: &serde_json::Value| -> Vec<_> {
            let top = of[what]["top"].as_array().unwrap();
            top.iter().map(|one| (one["name"].clone(), one["count"].clone())).collect()
        };
        assert_eq!(names(&one), names(&sum), "{what}");
    }
    let counts = |of: &serde_json::Value| -> Vec<(String, u64)> {
        let defects = of["defects"].as_object().unwrap();
        defects.iter().map(|(code, defect)| (code.clone(), defect["count"].as_u64().unwrap())).collect()
    };
    assert_eq!(counts(&one), counts(&sum));
    assert!(!counts(&one).is_empty());
}

/// `ami dump` of these files with so many jobs.
fn dump(files: &[PathBuf], format: &str, jobs: &str) -> Vec<u8> {
    let mut command = Command::cargo_bin("ami").unwrap();
    let output = command.args(["dump", "--format", format, "--jobs", jobs]).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn a_dump_keeps_the_order_of_the_capture() {
    let streams = streams();
    let bytes = capture(&streams);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.pcap");
    std::fs::write(&path, &bytes).unwrap();
    let mut order = Order::default();
    Trace::from_bytes("capture", bytes).read(Parser::new(), &mut order).unwrap();
    let lines = dump(std::slice::from_ref(&path), "jsonl", "1");
    for jobs in ["2", "5"] {
        assert!(dump(std::slice::from_ref(&path), "jsonl", jobs) == lines, "{jobs} jobs");
        let text = dump(std::slice::from_ref(&path), "text", jobs);
        assert!(text == dump(std::slice::from_ref(&path), "text", "1"), "{jobs} jobs");
    }
    let lines: Vec<serde_json::Value> = lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let sender = if line["direction"] == "server" { Sender::Server } else { Sender::Client };
            let number = |key: &str| line[key].as_u64().unwrap();
            (line["connection"].as_u64().unwrap_or(0) as u32, sender, number("offset"), number("length"))
        })
        .collect();
    assert_eq!(told, order.0);
    // From the second connection on each message tells its own.
    let first = told.iter().position(|(connection, ..)| *connection > 0).unwrap();
    assert!(lines[first..].iter().all(|line| line.get("connection").is_some()));
}

#[test]
fn several_files_are_printed_in_their_order() {
    let streams = streams();
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut write = |name: String, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        files.push(path);
    };
    for (at, stream) in streams.iter().enumerate().take(6) {
        write(format!("{at}.s2c"), stream);
    }
    write("6.pcap".to_owned(), &capture(&streams[..3]));
    // Longer than what a trace may be ahead of the one that is printed.
    write("7.s2c".to_owned(), &streams.concat().repeat(4));
    write("8.s2c".to_owned(), b"");
    write("9.s2c".to_owned(), &streams[7]);
    let (one, text) = (dump(&files, "jsonl", "1"), dump(&files, "text", "1"));
    for jobs in ["2", "4", "16"] {
        assert!(dump(&files, "jsonl", jobs) == one, "{jobs} jobs");
        assert!(dump(&files, "text", jobs) == text, "{jobs} jobs");
    }
    let mut connections: Vec<u64> = Vec::new();
    for line in one.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: serde_json::Value = serde_json::from_slice(line).unwrap();
        connections.push(line["connection"].as_u64().unwrap());
    }
    connections.dedup();
    // Six files, a capture of three connections, a long file, an empty one, and another.
    assert!(connections.starts_with(&[0, 1, 2, 3, 4, 5, 6]), "{:?}", connections.get(..9));
    assert!(connections.ends_with(&[9, 11]));
    assert!(connections.contains(&7) && connections.contains(&8) && !connections.contains(&10));
}

#[test]
fn a_file_that_cannot_be_read_has_no_heading() {
    let there = common::trace("asterisk-22/blind.c2s");
    let output = Command::cargo_bin("ami").unwrap().args(["dump", "/nowhere/none.s2c"]).arg(&there).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with(&format!("# {}", there.display())), "{}", &text[..60]);
    assert!(!text.contains("none.s2c"));
}

/// `tail -f … | ami dump - | head` ends when `head` does, although more could come in.
#[test]
fn a_dump_ends_when_nobody_reads_it() {
    let bytes = common::bytes("asterisk-22/flood.s2c");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("ami"))
        .args(["dump", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    let writer = std::thread::spawn(move || {
        // It may end before it has taken all.
        _ = input.write_all(&bytes[..1 << 20]);
        input
    });
    std::io::Read::read_exact(&mut output, &mut [0; 100]).unwrap();
    drop(output);
    let input = writer.join().unwrap();
    let begin = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed().as_secs() > 60 {
            child.kill().unwrap();
            panic!("it waits for more input");
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(input);
}
