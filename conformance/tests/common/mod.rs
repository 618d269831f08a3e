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
    for message in ami_wire::messages(bytes) {
        session.push(Sender::Server, &message.unwrap());
        findings.extend(session.findings());
    }
    let counts = session.finish();
    findings.extend(session.findings());
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    (findings, counts)
}

/// The messages of a stream, each with its bytes.
pub fn split(bytes: &[u8]) -> Vec<&[u8]> {
    ami_wire::messages(bytes).map(|message| message.unwrap().as_bytes()).collect()
}
