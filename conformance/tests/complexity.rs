//! Hostile captures cost work in proportion to their length and memory within limits: counted in allocations and in bytes
//! held at once, which no machine changes.

mod common;

use std::fmt::Write as _;

use allocation_counter::measure;
use ami_conformance::source::Trace;
use ami_conformance::{Options, Sender, Session, check};
use etherparse::PacketBuilder;

/// A capture of raw IP.
fn capture(packets: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    common::pcap(101, &packets.into_iter().collect::<Vec<_>>())
}

/// A segment of the server, for the client with this number.
fn segment(client: u32, sequence: u32, syn: bool, bytes: &[u8]) -> Vec<u8> {
    let [a, b, c, _] = (client / 60_000 + 1).to_be_bytes();
    let address = [10, b, c, a + 1 + (client / 60_000) as u8];
    let port = (client % 60_000) as u16 + 1024;
    let builder = PacketBuilder::ipv4([192, 0, 2, 1], address, 64).tcp(5038, port, sequence, 65_000);
    let builder = if syn { builder.syn().ack(1) } else { builder.ack(1) };
    let mut packet = Vec::new();
    builder.write(&mut packet, bytes).unwrap();
    packet
}

/// Allocations, and the most bytes held at once, of checking a capture.
fn cost(capture: Vec<u8>) -> (u64, u64) {
    let trace = Trace::from_bytes("capture", capture);
    let info = measure(|| {
        let (checked, result) = check(&trace, Options::default());
        result.unwrap();
        assert!(checked.findings.len() < 100);
    });
    (info.count_total, info.bytes_max)
}

/// What four times the input costs is not much more than four times as much.
fn assert_linear(what: &str, small: u64, large: u64) {
    println!("{what}: {small} and {large} allocations");
    assert!(large < small * 5 + 10_000, "{what}: {small} allocations become {large}");
}

#[test]
fn a_hundred_thousand_connections() {
    let banner = b"Asterisk Call Manager/9.0.0\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n";
    let make = |count: u32| {
        capture((0..count).flat_map(|client| [segment(client, 9, true, b""), segment(client, 10, false, banner)]))
    };
    let (small, _) = cost(make(25_000));
    let (large, held) = cost(make(100_000));
    assert_linear("connections", small, large);
    // 16,384 are open at most, each with its buffers and its checker; none of the rest is held.
    println!("{held} bytes");
    assert!(held < 512 << 20, "{held}");
}

#[test]
fn segments_that_never_come_in_order() {
    // Every second segment is missing at first; they come at the very end.
    let make = |count: u32| {
        let text = b"Asterisk Call Manager/9.0.0\r\n";
        let start = [segment(0, 9, true, b""), segment(0, 10, false, text)];
        let first = 10 + text.len() as u32;
        let even = (0..count).map(move |at| segment(0, first + (2 * at + 1) * 500, false, &[b'x'; 500]));
        let odd = (0..count).map(move |at| segment(0, first + 2 * at * 500, false, &[b'x'; 500]));
        capture(start.into_iter().chain(even).chain(odd))
    };
    let (small, _) = cost(make(6_000));
    let (large, held) = cost(make(24_000));
    assert_linear("reordered segments", small, large);
    assert!(held < 64 << 20, "{held}");
}

/// Messages pushed into a session.
fn session_cost(messages: impl Iterator<Item = String>) -> (u64, u64) {
    let info = measure(|| {
        let mut session = Session::new(0, Options { window: 1000, ..Options::default() });
        for text in messages {
            let message = ami_wire::messages(text.as_bytes()).next().unwrap().unwrap();
            session.push(Sender::Server, &message);
            session.findings().for_each(drop);
        }
        session.finish();
    });
    (info.count_total, info.bytes_max)
}

fn event(name: &str, id: usize) -> String {
    format!(
        "Event: {name}\r\nPrivilege: call,all\r\nChannel: PJSIP/a-{id}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n\
         Priority: 1\r\nUniqueid: {}.{id}\r\n\r\n",
        1_700_000_000 + id / 10
    )
}

/// Memory is bounded by what lives and by the window, whatever came before.
#[test]
fn channels_that_come_and_go() {
    let lives = |count: usize| (0..count).flat_map(|id| [event("Newchannel", id), event("Hangup", id)]);
    let (small, held) = session_cost(lives(10_000));
    let (large, later) = session_cost(lives(40_000));
    assert_linear("channels", small, large);
    assert!(later < held + held / 4, "{held} bytes become {later}");
}

/// The same for channels that nobody announces or ends, and for bridges without an end.
#[test]
fn entities_that_are_only_named() {
    let named = |count: usize| (0..count).map(|id| event("VarSet", id));
    let (_, held) = session_cost(named(10_000));
    let (_, later) = session_cost(named(40_000));
    assert!(later < held + held / 4, "{held} bytes become {later}");
}

#[test]
fn a_message_of_many_headers() {
    let wide = |count: usize| {
        let mut text = String::from("Event: VarSet\r\nPrivilege: dialplan,all\r\n");
        for at in 0..count {
            write!(text, "Role{at}Uniqueid: 1700000000.{at}\r\n").unwrap();
        }
        text + "\r\n"
    };
    let (small, _) = session_cost(std::iter::once(wide(5_000)));
    let (large, _) = session_cost(std::iter::once(wide(20_000)));
    assert_linear("roles", small, large);
}
