//! What the tests share: the recorded sessions, and checking bytes in memory.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};

use ami_conformance::{Finding, Options, RuleCounts, Sender, Session};

/// The folder of the recorded sessions.
pub fn traces() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/traces").canonicalize().unwrap()
}

/// A recorded session, packed or not.
pub fn trace(name: &str) -> PathBuf {
    let plain = traces().join(name);
    if plain.exists() { plain } else { traces().join(format!("{name}.zst")) }
}

/// Its bytes.
pub fn bytes(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(trace(name)).unwrap();
    if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) { zstd::decode_all(&bytes[..]).unwrap() } else { bytes }
}

/// Every recorded server stream of release 12 and later, by its name below the folder, without `.zst`.
pub fn modern() -> Vec<String> {
    servers(&["12", "13", "16", "20", "22", "22-timestamped", "23"], 70)
}

/// Every recorded server stream of the releases before 12.
pub fn legacy() -> Vec<String> {
    servers(&["1.4", "1.6.2", "1.8", "10", "11"], 80)
}

/// Every recorded server stream.
pub fn all() -> Vec<String> {
    [legacy(), modern()].concat()
}

fn servers(releases: &[&str], least: usize) -> Vec<String> {
    let mut names = Vec::new();
    for release in releases {
        let folder = format!("asterisk-{release}");
        for entry in std::fs::read_dir(traces().join(&folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.strip_suffix(".zst").unwrap_or(&name);
            if name.ends_with(".s2c") {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    names.sort();
    assert!(names.len() > least, "the corpus is there");
    names
}

/// What is found in a server's stream, in order of the messages.
pub fn check(bytes: &[u8], options: Options) -> (Vec<Finding>, RuleCounts) {
    let mut session = Session::new(0, options);
    let mut findings = Vec::new();
    feed(&mut session, Sender::Server, bytes);
    let counts = session.finish();
    findings.extend(session.findings());
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    (findings, counts)
}

fn feed(session: &mut Session, sender: Sender, bytes: &[u8]) {
    let mut messages = ami_wire::Parser::new().direction(sender.direction()).messages(bytes);
    for message in &mut messages {
        match message {
            Ok(message) => session.push(sender, &message),
            Err(error) => session.skip(sender, error),
        }
    }
    if let Some(blank) = messages.trailing_blank() {
        session.trailing_blank(sender, blank);
    }
}

/// What is found in a recorded session, both sides together where the client's was recorded.
pub fn check_trace(name: &str, options: Options) -> (Vec<Finding>, RuleCounts) {
    check_sides(client_of(name).as_deref(), &bytes(name), options)
}

/// What the client sent in a recorded session, where it was recorded.
pub fn client_of(name: &str) -> Option<Vec<u8>> {
    let client = name.strip_suffix(".zst").unwrap_or(name).replace(".s2c", ".c2s");
    trace(&client).exists().then(|| bytes(&client))
}

/// What is found in the two sides of a connection, in order of the messages.
pub fn check_sides(client: Option<&[u8]>, server: &[u8], options: Options) -> (Vec<Finding>, RuleCounts) {
    let mut session = Session::new(0, options);
    if let Some(client) = client {
        feed(&mut session, Sender::Client, client);
    }
    feed(&mut session, Sender::Server, server);
    let counts = session.finish();
    let mut findings: Vec<_> = session.findings().collect();
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    (findings, counts)
}

/// What is found in a text where both sides speak in turn; what is no action is the server's.
pub fn check_both(bytes: &[u8], options: Options) -> (Vec<Finding>, RuleCounts) {
    let mut session = Session::new(0, options);
    let direction = if bytes.starts_with(b"Action:") { ami_wire::Direction::Any } else { ami_wire::Direction::Server };
    let mut messages = ami_wire::Parser::new().direction(direction).messages(bytes);
    for message in &mut messages {
        match message {
            Ok(message) if message.kind() == ami_wire::Kind::Action => session.push(Sender::Client, &message),
            Ok(message) => session.push(Sender::Server, &message),
            Err(error) => session.skip(Sender::Server, error),
        }
    }
    let counts = session.finish();
    (session.findings().collect(), counts)
}

/// The messages of a stream, each with its bytes.
pub fn split(bytes: &[u8]) -> Vec<&[u8]> {
    ami_wire::messages(bytes).map(|message| message.unwrap().as_bytes()).collect()
}

/// The classes of the events of the recorded sessions, as `Privilege` begins with them.
pub const CLASSES: [&str; 10] =
    ["agent", "agi", "call", "cdr", "dialplan", "dtmf", "reporting", "security", "system", "user"];

/// Whether a message is an event of one of these classes.
pub fn is_of(classes: &[&str], message: &[u8]) -> bool {
    message.split(|byte| *byte == b'\n').any(|line| {
        let class = line.strip_prefix(b"Privilege: ").and_then(|value| value.split(|byte| *byte == b',').next());
        class.is_some_and(|class| classes.iter().any(|one| one.as_bytes() == class))
    })
}

/// A packet capture in the classic container; the number tells the link layer.
pub fn pcap(number: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, number] {
        file.extend(word.to_le_bytes());
    }
    for (at, packet) in packets.iter().enumerate() {
        for word in [1_700_000_000 + at as u32, 5, packet.len() as u32, packet.len() as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}
