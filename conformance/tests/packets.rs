//! Packet captures give the messages that the streams in them are made of, however the packets come.

mod common;

use std::collections::BTreeMap;

use ami_conformance::source::{Consumer, Ended, Gap, Trace};
use ami_conformance::{Checked, Options, Sender, check};
use ami_wire::{Error, Message, Parser};
use common::pcap;
use etherparse::{IpFragOffset, IpNumber, Ipv4Header, PacketBuilder, TcpHeader};
use proptest::prelude::*;

/// A message and its offset.
type At = (u64, Vec<u8>);

/// The messages of a trace as bytes, by connection and sender, and its gaps.
#[derive(Debug, Default, PartialEq, Eq)]
struct Messages {
    all: BTreeMap<(u32, Sender), Vec<At>>,
    gaps: Vec<(u32, Sender, Gap)>,
    times: usize,
}

impl Consumer for Messages {
    fn message(&mut self, connection: u32, sender: Sender, message: Result<Message<'_>, Error>) {
        let message = message.unwrap();
        self.all.entry((connection, sender)).or_default().push((message.offset(), message.as_bytes().to_vec()));
    }

    fn end(&mut self, _connection: u32, _sender: Sender, _ended: Ended) {}

    fn time(&mut self, _connection: u32, _sender: Sender, _time: std::time::Duration) {
        self.times += 1;
    }

    fn gap(&mut self, connection: u32, sender: Sender, gap: Gap) {
        self.gaps.push((connection, sender, gap));
    }
}

impl Messages {
    fn of(&self, connection: u32, sender: Sender) -> Vec<Vec<u8>> {
        self.all.get(&(connection, sender)).into_iter().flatten().map(|(_, bytes)| bytes.clone()).collect()
    }
}

fn read(capture: &[u8]) -> Messages {
    let trace = Trace::from_bytes("capture", capture);
    let mut messages = Messages::default();
    trace.read(Parser::new(), &mut messages).unwrap();
    messages
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Ethernet,
    Vlan,
    DoubleVlan,
    Cooked,
    Cooked2,
    Null,
    Raw,
}

const LINKS: [(Link, u32); 7] = [
    (Link::Ethernet, 1),
    (Link::Vlan, 1),
    (Link::DoubleVlan, 1),
    (Link::Cooked, 113),
    (Link::Cooked2, 276),
    (Link::Null, 0),
    (Link::Raw, 101),
];

/// One segment: who sends it, where it is in the stream, and its bytes.
#[derive(Clone, Debug)]
struct Part {
    sender: Sender,
    at: u32,
    bytes: Vec<u8>,
    flags: &'static str,
}

const SERVER_START: u32 = u32::MAX - 2000;
const CLIENT_START: u32 = 77;

fn tcp_header(part: &Part) -> TcpHeader {
    let (from, to, start) =
        if part.sender == Sender::Server { (5039, 40000, SERVER_START) } else { (40000, 5039, CLIENT_START) };
    let mut header = TcpHeader::new(from, to, start.wrapping_add(part.at), 65_000);
    header.syn = part.flags.contains('S');
    header.fin = part.flags.contains('F');
    header.ack = !(header.syn && part.sender == Sender::Client);
    header.acknowledgment_number = if part.sender == Sender::Server { CLIENT_START } else { SERVER_START };
    header
}

fn packet(link: Link, six: bool, part: &Part) -> Vec<u8> {
    let server = part.sender == Sender::Server;
    let tcp = tcp_header(part);
    let hosts = if server { (1, 2) } else { (2, 1) };
    let four = |host: u8| [192, 0, 2, host];
    let long = |host: u8| [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host];
    let mut ip = Vec::new();
    // IP alone, and then the link before it.
    let header = if six {
        etherparse::IpHeaders::Ipv6(
            etherparse::Ipv6Header {
                source: long(hosts.0),
                destination: long(hosts.1),
                hop_limit: 9,
                ..Default::default()
            },
            etherparse::Ipv6Extensions {
                hop_by_hop_options: Some(etherparse::Ipv6RawExtHeader::new_raw(IpNumber::TCP, &[0; 6]).unwrap()),
                ..Default::default()
            },
        )
    } else {
        etherparse::IpHeaders::Ipv4(
            Ipv4Header::new(0, 9, IpNumber::TCP, four(hosts.0), four(hosts.1)).unwrap(),
            etherparse::Ipv4Extensions::default(),
        )
    };
    PacketBuilder::ip(header).tcp_header(tcp).write(&mut ip, &part.bytes).unwrap();
    linked(link, six, ip)
}

fn linked(link: Link, six: bool, ip: Vec<u8>) -> Vec<u8> {
    let kind: &[u8] = if six { &[0x86, 0xdd] } else { &[8, 0] };
    let before: Vec<u8> = match link {
        Link::Ethernet => [&[2; 12], kind].concat(),
        Link::Vlan => [&[2; 12], &[0x81, 0, 0, 7][..], kind].concat(),
        Link::DoubleVlan => [&[2; 12], &[0x88, 0xa8, 0, 7, 0x81, 0, 0, 8][..], kind].concat(),
        Link::Cooked => [&[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0][..], kind].concat(),
        Link::Cooked2 => [kind, &[0; 18][..]].concat(),
        Link::Null => vec![if six { 30 } else { 2 }, 0, 0, 0],
        Link::Raw => Vec::new(),
    };
    [before, ip].concat()
}

fn pcapng(number: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let padded = body.len().next_multiple_of(4);
        let length = (padded + 12) as u32;
        file.extend(kind.to_be_bytes());
        file.extend(length.to_be_bytes());
        file.extend(body);
        file.resize(file.len() + padded - body.len(), 0);
        file.extend(length.to_be_bytes());
    };
    block(0x0a0d_0d0a, &[&[0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0][..], &[0xff; 8]].concat());
    block(1, &[&(number as u16).to_be_bytes()[..], &[0; 6]].concat());
    for packet in packets {
        let length = (packet.len() as u32).to_be_bytes();
        block(6, &[&[0, 0, 0, 0, 0, 5, 0, 0, 9, 9, 9, 9][..], &length, &length, packet].concat());
    }
    file
}

/// A session cut into segments of this size, both directions in turn, from its SYN to its FIN.
fn parts(server: &[u8], client: &[u8], size: usize) -> Vec<Part> {
    let part = |sender, at: usize, bytes: &[u8], flags| Part { sender, at: at as u32, bytes: bytes.to_vec(), flags };
    let mut parts = vec![part(Sender::Client, 0, b"", "S"), part(Sender::Server, 0, b"", "S")];
    let cut = |sender, bytes: &[u8]| -> Vec<Part> {
        let cut = bytes.chunks(size).enumerate();
        cut.map(|(at, bytes)| part(sender, 1 + at * size, bytes, "")).collect()
    };
    let (mut a, mut b) = (cut(Sender::Server, server).into_iter(), cut(Sender::Client, client).into_iter());
    loop {
        let (one, other) = (a.next(), b.next());
        if one.is_none() && other.is_none() {
            break;
        }
        parts.extend(one.into_iter().chain(other));
    }
    parts.push(part(Sender::Server, 1 + server.len(), b"", "F"));
    parts.push(part(Sender::Client, 1 + client.len(), b"", "F"));
    parts
}

fn packets(link: Link, six: bool, parts: &[Part]) -> Vec<Vec<u8>> {
    parts.iter().map(|part| packet(link, six, part)).collect()
}

fn session() -> (Vec<u8>, Vec<u8>) {
    (common::bytes("asterisk-22/simple.s2c"), common::bytes("asterisk-22/simple.c2s"))
}

fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    common::split(bytes).into_iter().map(<[u8]>::to_vec).collect()
}

#[test]
fn every_link_and_container() {
    let (server, client) = session();
    let parts = parts(&server, &client, 1400);
    for (link, number) in LINKS {
        for six in [false, true] {
            let packets = packets(link, six, &parts);
            for capture in [pcap(number, &packets), pcapng(number, &packets)] {
                let found = read(&capture);
                assert_eq!(found.of(0, Sender::Server), split(&server), "{link:?}, {six}");
                assert_eq!(found.of(0, Sender::Client), split(&client), "{link:?}, {six}");
                assert_eq!((found.all.len(), found.gaps.len()), (2, 0));
                assert!(found.times > 10);
            }
        }
    }
    // The same packed.
    let capture = pcap(1, &packets(Link::Ethernet, false, &parts));
    assert_eq!(read(&zstd::encode_all(&capture[..], 1).unwrap()).of(0, Sender::Server), split(&server));
}

#[test]
fn fragments_are_put_together() {
    let (server, client) = session();
    let mut all = Vec::new();
    for (number, part) in parts(&server, &client, 1400).iter().enumerate() {
        let whole = packet(Link::Raw, false, part);
        let (header, payload) = whole.split_at(20);
        let mut header = Ipv4Header::from_slice(header).unwrap().0;
        header.identification = number as u16;
        header.dont_fragment = false;
        let mut pieces: Vec<Vec<u8>> = payload
            .chunks(512)
            .enumerate()
            .map(|(at, piece)| {
                header.fragment_offset = IpFragOffset::try_new((at * 64) as u16).unwrap();
                header.more_fragments = (at + 1) * 512 < payload.len();
                header.set_payload_len(piece.len()).unwrap();
                let mut bytes = Vec::new();
                header.write(&mut bytes).unwrap();
                linked(Link::Cooked, false, [bytes, piece.to_vec()].concat())
            })
            .collect();
        pieces.reverse();
        all.extend(pieces);
    }
    let found = read(&pcap(113, &all));
    assert_eq!(found.of(0, Sender::Server), split(&server));
    assert_eq!(found.gaps, []);
}

#[test]
fn a_byte_at_a_time() {
    let (server, client) = session();
    let capture = pcap(101, &packets(Link::Raw, false, &parts(&server, &client, 1)));
    let found = read(&capture);
    assert_eq!((found.of(0, Sender::Server), found.of(0, Sender::Client)), (split(&server), split(&client)));
}

#[test]
fn a_missing_segment_is_a_gap_to_the_next_blank_line() {
    let (server, client) = session();
    let all = parts(&server, &client, 700);
    let lost = (0..all.len()).filter(|at| all[*at].sender == Sender::Server).nth(20).unwrap();
    let (from, length) = (u64::from(all[lost].at) - 1, all[lost].bytes.len() as u64);
    let mut rest = all;
    rest.remove(lost);
    let found = read(&pcap(101, &packets(Link::Raw, false, &rest)));
    let whole: Vec<At> =
        ami_wire::messages(&server).map(Result::unwrap).map(|m| (m.offset(), m.as_bytes().to_vec())).collect();
    let end = |(at, bytes): &At| at + bytes.len() as u64;
    // Behind the gap one message is under way, or seems to be.
    let resumed = whole.iter().map(end).find(|end| *end >= from + length + 2).unwrap();
    let expected: Vec<_> = whole.iter().filter(|one| end(one) <= from || one.0 >= resumed).cloned().collect();
    assert!(expected.len() + 2 < whole.len() + 2 && expected.len() < whole.len());
    assert_eq!(found.all[&(0, Sender::Server)], expected);
    assert_eq!(found.of(0, Sender::Client), split(&client));
    let (_, sender, gap) = found.gaps[0];
    assert_eq!((found.gaps.len(), sender, gap.to), (1, Sender::Server, from + length));
    assert!(gap.from <= from);
}

#[test]
fn a_capture_can_begin_midway_and_ports_be_used_again() {
    let (server, client) = session();
    let all = parts(&server, &client, 900);
    // Without the handshake and the first segments, and without the end.
    let found = read(&pcap(101, &packets(Link::Raw, false, &all[8..all.len() - 6])));
    let messages = found.of(0, Sender::Server);
    assert!(messages.len() > 10 && split(&server).windows(messages.len()).any(|window| window == messages));
    // The same four numbers once more, without an end of the first.
    let mut twice = packets(Link::Raw, false, &all[..all.len() - 2]);
    twice.push(packets(Link::Raw, false, &all[all.len() - 3..all.len() - 2]).remove(0));
    let mut again = packets(Link::Raw, true, &all);
    twice.append(&mut again);
    let found = read(&pcap(101, &twice));
    assert_eq!(found.all.len(), 4);
    assert_eq!(found.of(1, Sender::Server), split(&server));
}

#[test]
fn other_protocols_are_no_ami() {
    let part = |text: &str| Part { sender: Sender::Server, at: 1, bytes: text.into(), flags: "" };
    let sip = part("NOTIFY sip:100@192.0.2.1 SIP/2.0\r\nEvent: message-summary\r\n\r\n");
    let trace = Trace::from_bytes("sip", pcap(101, &packets(Link::Raw, false, &[sip])));
    let error = trace.read(Parser::new(), &mut Messages::default()).unwrap_err();
    assert!(error.to_string().ends_with("there is no AMI connection in this packet capture"), "{error}");
    // A capture without packets is a valid, empty one.
    assert_eq!(read(&pcap(1, &[])).all.len(), 0);
}

#[test]
fn the_recorded_capture_conforms_and_agrees_with_its_streams() {
    let capture = common::traces().join("asterisk-22.pcap");
    let trace = Trace::gather(std::slice::from_ref(&capture)).traces.pop().unwrap().unwrap();
    let (checked, result) = check(&trace, Options::default());
    result.unwrap();
    assert_eq!((checked.connections, checked.release.unwrap().to_string().as_str()), (8, "22"));
    assert_eq!(checked.verdict(), ami_conformance::Conformance::Conforms);
    // Written out as streams by other hands, its connections give the same findings.
    let streams = streams_of(&std::fs::read(&capture).unwrap());
    assert_eq!(streams.len(), 8);
    let mut messages = Messages::default();
    trace.read(Parser::new(), &mut messages).unwrap();
    assert_eq!((messages.gaps.len(), messages.all.len()), (0, 16));
    for (connection, [server, client]) in streams.iter().enumerate() {
        for (sender, stream) in [(Sender::Server, server), (Sender::Client, client)] {
            let expected = ami_wire::messages(stream).map(Result::unwrap);
            let expected: Vec<At> = expected.map(|one| (one.offset(), one.as_bytes().to_vec())).collect();
            assert_eq!(messages.all[&(connection as u32, sender)], expected);
        }
    }
    // The session is clean; taken for one of another release it is not, so that there is something to compare.
    let mut compared = 0;
    for release in ["22", "13", "11", "1.4"] {
        let release = Some(ami_conformance::Releases::parse(release).unwrap());
        let options = Options { release, notes: true, known: false, ..Options::default() };
        let mut findings = Vec::new();
        for (connection, [server, client]) in streams.iter().enumerate() {
            let (found, _) = common::check_sides(Some(client), server, options.clone());
            findings.extend(found.iter().map(|one| told(connection as u32, one)));
        }
        let (checked, _) = check(&trace, options);
        let mut of_capture: Vec<_> = checked.findings.iter().map(|one| told(one.place.connection, one)).collect();
        findings.sort();
        of_capture.sort();
        assert_eq!(of_capture, findings);
        compared += findings.len();
    }
    assert!(compared > 100, "{compared}");
}

/// What a finding tells, and where.
type Told = (u32, &'static str, &'static str, &'static str, u64, u64, String, Vec<(u64, u64)>);

fn told(connection: u32, one: &ami_conformance::Finding) -> Told {
    let related = one.related.iter().map(|at| (at.place.message, at.place.offset)).collect();
    let place = one.place;
    let (severity, direction) = (one.severity.as_str(), place.direction.as_str());
    (connection, one.rule.name, severity, direction, place.message, place.offset, one.explanation.clone(), related)
}

/// What server and client sent on each connection of a capture without losses, in order of the connections' first bytes from
/// the server: read off the packets one by one, without the reader under test.
fn streams_of(capture: &[u8]) -> Vec<[Vec<u8>; 2]> {
    /// Ports of client and server, and the segments of both by their places.
    type Connection = (u16, [BTreeMap<u32, Vec<u8>>; 2]);
    let word = |at: usize| u32::from_le_bytes(capture[at..at + 4].try_into().unwrap());
    assert_eq!(word(0), 0xa1b2_c3d4, "the classic container");
    let mut connections: Vec<Connection> = Vec::new();
    let mut at = 24;
    while at < capture.len() {
        let length = word(at + 8) as usize;
        let packet = etherparse::SlicedPacket::from_ethernet(&capture[at + 16..at + 16 + length]).unwrap();
        at += 16 + length;
        let Some(etherparse::TransportSlice::Tcp(tcp)) = packet.transport else { continue };
        let from_server = tcp.source_port() == 5038;
        let client = if from_server { tcp.destination_port() } else { tcp.source_port() };
        let known = connections.iter().position(|(port, _)| *port == client);
        let place = known.unwrap_or_else(|| {
            connections.push((client, [BTreeMap::new(), BTreeMap::new()]));
            connections.len() - 1
        });
        if !tcp.payload().is_empty() {
            connections[place].1[usize::from(!from_server)].insert(tcp.sequence_number(), tcp.payload().to_vec());
        }
    }
    connections
        .into_iter()
        .map(|(_, sides)| sides.map(|side| side.into_values().collect::<Vec<_>>().concat()))
        .collect()
}

/// Each recorded session, put into packets and read from them again, tells the same as its two files.
#[test]
fn a_session_in_packets_gives_the_findings_of_its_files() {
    let options = Options { notes: true, strict: true, known: false, ..Options::default() };
    let (mut compared, mut sessions) = (0, 0);
    for name in common::all() {
        let Some(client) = common::client_of(&name) else { continue };
        let server = common::bytes(&name);
        if server.len() > 1 << 20 || server.is_empty() {
            continue;
        }
        sessions += 1;
        // First all that the client sent, as it is when files are read; then what the server did.
        let in_turn = parts(&server, &client, 1400);
        let speaks = |sender: Sender| in_turn.iter().filter(move |part| part.sender == sender && part.flags.is_empty());
        let is_end = |part: &&Part| part.flags == "F";
        let ordered: Vec<Part> = (in_turn.iter().take(2))
            .chain(speaks(Sender::Client))
            .chain(speaks(Sender::Server))
            .chain(in_turn.iter().filter(is_end))
            .cloned()
            .collect();
        let capture = pcap(1, &packets(Link::Ethernet, false, &ordered));
        let (checked, result) = check(&Trace::from_bytes("capture", capture), options.clone());
        result.unwrap();
        assert_eq!(checked.connections, 1, "{name}");
        let (findings, counts) = common::check_sides(Some(&client), &server, options.clone());
        let of_files: Vec<_> = findings.iter().map(|one| told(0, one)).collect();
        let of_capture: Vec<_> = checked.findings.iter().map(|one| told(0, one)).collect();
        assert_eq!(of_capture, of_files, "{name}");
        assert_eq!(checked.rules, counts, "{name}: what was held, open and unobservable, too");
        compared += of_files.len();
    }
    assert!(sessions > 140 && compared > 500, "{sessions} sessions, {compared} findings");
}

/// The excerpts of a text report are the bytes of the streams in the packets.
#[test]
fn reports_show_what_stands_in_the_packets() {
    let (_, client) = session();
    let server = common::bytes("asterisk-22/blind.s2c");
    let mut messages = common::split(&server);
    let leave = messages.iter().rposition(|message| message.starts_with(b"Event: BridgeLeave")).unwrap();
    messages.remove(leave);
    let server = messages.concat();
    let folder = tempfile::tempdir().unwrap();
    // Segments end inside lines, and some come twice or late.
    let mut sent = packets(Link::Ethernet, false, &parts(&server, &client, 333));
    for at in (10..sent.len() - 10).step_by(7) {
        sent.swap(at, at + 1);
        let again = sent[at].clone();
        sent.insert(at + 3, again);
    }
    std::fs::write(folder.path().join("lost leave.pcap"), pcap(1, &sent)).unwrap();
    std::fs::write(folder.path().join("lost leave.s2c"), &server).unwrap();
    let report = |file: &str| {
        let mut ami = assert_cmd::Command::cargo_bin("ami").unwrap();
        let output = ami
            .current_dir(folder.path())
            .args(["check", "--allow", "action", "--allow", "session", file])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let of_packets = report("lost leave.pcap");
    insta::assert_snapshot!(of_packets);
    // But for the name and the number of messages it is the report on the stream.
    let plain = |text: &str, name: &str| -> Vec<String> {
        let findings = text.split("lost leave.").take(5).map(|part| part.replace(name, ""));
        findings.collect()
    };
    assert_eq!(plain(&of_packets, "pcap (connection 0, server)"), plain(&report("lost leave.s2c"), "s2c"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Segments that come late, twice, or overlapping are put in order.
    #[test]
    fn disorder(size in 200..1600_usize, seed in prop::collection::vec((0..12_usize, 0..4_u8), 20..60)) {
        let (server, client) = session();
        let all = parts(&server, &client, size);
        let mut order: Vec<(usize, Part)> = Vec::new();
        for (at, part) in all.iter().enumerate() {
            let (late, kind) = seed[at % seed.len()];
            // Handshake and end stay where they are.
            let late = if part.flags.is_empty() { late } else { 0 };
            let key = if part.flags == "F" { usize::MAX } else { at + late };
            order.push((key, part.clone()));
            if kind == 0 && part.flags.is_empty() {
                order.push((at + 9, part.clone()));
            } else if kind == 1 && part.flags.is_empty() {
                // Two at once, as when segments are sent again.
                let stream = if part.sender == Sender::Server { &server } else { &client };
                let from = part.at as usize - 1;
                let bytes = stream[from..stream.len().min(from + size * 2)].to_vec();
                order.push((at + 5, Part { bytes, ..part.clone() }));
            }
        }
        order.sort_by_key(|(key, _)| *key);
        let order: Vec<Part> = order.into_iter().map(|(_, part)| part).collect();
        let found = read(&pcap(101, &packets(Link::Raw, false, &order)));
        prop_assert_eq!(found.of(0, Sender::Server), split(&server));
        prop_assert_eq!(found.of(0, Sender::Client), split(&client));
        prop_assert!(found.gaps.is_empty());
    }

    /// Whatever is lost of a capture raises no finding.
    #[test]
    fn lost_packets_raise_no_false_alarm(every in 2..40_usize, from in 0..40_usize) {
        let (server, client) = session();
        let all: Vec<Part> = parts(&server, &client, 500).into_iter().enumerate()
            .filter(|(at, _)| at % every != from % every).map(|(_, part)| part).collect();
        let trace = Trace::from_bytes("lossy", pcap(101, &packets(Link::Raw, false, &all)));
        let (checked, result) = check(&trace, Options { complete: true, ..Options::default() });
        result.unwrap();
        prop_assert_eq!(checked.count(ami_conformance::Severity::Error), 0, "{:#?}", checked.findings);
    }

    /// Damage is told or read around; it never takes the program down.
    #[test]
    fn damage(
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        next_generation in any::<bool>(),
    ) {
        let (server, client) = session();
        let packets = packets(Link::DoubleVlan, false, &parts(&server, &client, 300));
        let mut capture = if next_generation { pcapng(1, &packets) } else { pcap(1, &packets) };
        capture.truncate(cut.index(capture.len()) + 1);
        for (at, byte) in changes {
            let at = at.index(capture.len());
            capture[at] = byte;
        }
        let trace = Trace::from_bytes("damaged", capture);
        _ = check(&trace, Options::default());
    }
}

/// What is wrong with a capture is told with its place.
#[test]
fn errors_tell_where_they_are() {
    let (server, client) = session();
    let whole = pcap(1, &packets(Link::Ethernet, false, &parts(&server, &client, 700)));
    let error = |capture: &[u8]| {
        let (checked, result) = check(&Trace::from_bytes("capture", capture), Options::default());
        (checked.messages, result.unwrap_err().to_string())
    };
    let (messages, told) = error(&whole[..whole.len() - 3]);
    assert!(messages > 100, "what came before is good");
    let count = parts(&server, &client, 700).len();
    let last = 16 + packet(Link::Ethernet, false, parts(&server, &client, 700).last().unwrap()).len();
    let place = format!("at byte {}, behind packet {}", whole.len() - last, count - 1);
    assert_eq!(told, format!("capture in memory: the packet capture ends inside a packet {place}"));
    // A link that is not read: IEEE 802.11.
    let (_, told) = error(&pcap(105, &packets(Link::Ethernet, false, &parts(&server, &client, 700))));
    assert!(told.contains(&format!("; {count} of its {count} packets")) && told.contains("105"), "{told}");
}

fn said(checked: &Checked) -> Vec<String> {
    checked.findings.iter().map(|finding| format!("{}: {}", finding.rule.name, finding.explanation)).collect()
}

/// A recorded exchange over HTTP: the request and the response.
fn exchange(name: &str) -> [Vec<u8>; 2] {
    [common::bytes(&format!("{name}.request")), common::bytes(&format!("{name}.response"))]
}

fn exchanges() -> Vec<String> {
    let names = |(release, form)| (0..6).map(move |number| format!("asterisk-{release}/http-{form}-{number:02}"));
    let forms = ["1.8", "11", "13"].into_iter().flat_map(|release| [(release, "rawman"), (release, "mxml")]);
    forms.flat_map(names).collect()
}

fn captured(server: &[u8], client: &[u8], size: usize) -> Vec<u8> {
    pcap(1, &packets(Link::Ethernet, false, &parts(server, client, size)))
}

#[test]
fn exchanges_over_http_give_what_their_files_give() {
    for name in exchanges() {
        let [request, response] = exchange(&name);
        let (asked, answered) = (read(&request), read(&response));
        assert!(!asked.of(0, Sender::Client).is_empty() && !answered.of(0, Sender::Server).is_empty(), "{name}");
        for size in [1, 50, 1400, 1 << 16] {
            // The answer is in the capture before the question, too: the two directions are cut in turn.
            let found = read(&captured(&response, &request, size));
            assert_eq!(found.all.get(&(0, Sender::Client)), asked.all.get(&(0, Sender::Client)), "{name} {size}");
            assert_eq!(found.all.get(&(0, Sender::Server)), answered.all.get(&(0, Sender::Server)), "{name} {size}");
            assert!(found.times > 0 && found.gaps.is_empty());
        }
        let trace = Trace::from_bytes("capture", captured(&response, &request, 1400));
        let (checked, result) = check(&trace, Options { complete: true, ..Options::default() });
        result.unwrap();
        assert_eq!(said(&checked), Vec::<String>::new(), "{name}");
        assert_eq!(checked.messages, (asked.of(0, Sender::Client).len() + answered.of(0, Sender::Server).len()) as u64);
    }
}

/// Several exchanges in one connection. What is no AMI between them leaves nothing: neither the question nor the answer.
#[test]
fn exchanges_follow_each_other_and_pages_are_passed_over() {
    let names = ["asterisk-13/http-rawman-01", "asterisk-13/http-mxml-05", "asterisk-13/http-rawman-05"];
    let page = |path: &str, status: &str, body: &str| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        [format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes(), (head + body).into_bytes()]
    };
    let chunked = [
        b"GET /mxml?action=ping HTTP/1.1\r\n\r\n".to_vec(),
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
          13\r\nResponse: Success\r\n\r\n2\r\n\r\n\r\n0\r\n\r\n"
            .to_vec(),
    ];
    let all = [
        page("/static/a.js", "200 OK", "Event: none\r\n\r\n"),
        exchange(names[0]),
        page("/rawman?action=ping", "401 Unauthorized", "<html>no</html>"),
        page("/manager?action=ping", "200 OK", "<html>Response: Success</html>"),
        exchange(names[1]),
        [
            page("/rawman?action=ping", "", "")[0].clone(),
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 44\r\n\r\n".to_vec(),
        ],
        chunked,
        exchange(names[2]),
    ];
    let requests: Vec<u8> = all.iter().flat_map(|[request, _]| request.clone()).collect();
    let responses: Vec<u8> = all.iter().flat_map(|[_, response]| response.clone()).collect();
    let of = |side: usize, sender| -> Vec<Vec<u8>> {
        let one = |name: &str| read(&exchange(name)[side]).of(0, sender);
        let ping = if side == 0 { "action: ping\r\n\r\n" } else { "Response: Success\r\n\r\n" };
        [one(names[0]), one(names[1]), vec![ping.as_bytes().to_vec()], one(names[2])].concat()
    };
    for size in [7, 1400] {
        let found = read(&captured(&responses, &requests, size));
        assert_eq!(found.of(0, Sender::Client), of(0, Sender::Client), "{size}");
        assert_eq!(found.of(0, Sender::Server), of(1, Sender::Server), "{size}");
    }
}

#[test]
fn what_is_missing_of_an_exchange_is_held_against_nobody() {
    let [request, response] = exchange("asterisk-13/http-rawman-05");
    let options = || Options { complete: true, ..Options::default() };
    let findings = |parts: &[Part]| {
        let trace = Trace::from_bytes("capture", pcap(1, &packets(Link::Ethernet, false, parts)));
        let (checked, result) = check(&trace, options());
        result.unwrap();
        (said(&checked), checked.messages, checked.gaps.count)
    };
    let whole = parts(&response, &request, 100);
    let (found, all, _) = findings(&whole);
    assert!(found.is_empty() && all > 5);
    // The capture ends before the response does; with and without a length in its head.
    let at = memchr::memmem::find(&response, b"Content-Length").unwrap();
    let unsaid = [&response[..at], b"Content-Langth", &response[at + 14..]].concat();
    for response in [&response, &unsaid] {
        let whole = parts(response, &request, 100);
        for end in 4..whole.len() - 2 {
            let (found, messages, _) = findings(&whole[..end]);
            assert_eq!((found, messages <= all), (Vec::new(), true), "{end}");
        }
        let (found, messages, _) = findings(&whole);
        assert_eq!((found, messages), (Vec::new(), all), "a body ends with the connection at the latest");
    }
    // A segment of the response was not captured: there is a gap, and no exchange.
    for lost in 8..whole.len() - 4 {
        if whole[lost].sender == Sender::Server && !whole[lost].bytes.is_empty() {
            let kept: Vec<_> =
                whole.iter().enumerate().filter(|(at, _)| *at != lost).map(|(_, part)| part.clone()).collect();
            let (found, messages, gaps) = findings(&kept);
            assert_eq!((found, messages, gaps), (Vec::new(), 0, 1), "{lost}");
        }
    }
}

/// A break in a body is found, and shown as it was decoded.
#[test]
fn a_break_over_http_is_found() {
    let hangup =
        "Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/1-01\r\nUniqueid: 1795516800.1\r\nPriority: 1\r\n\r\n";
    let body = format!("Response: Success\r\n\r\n{hangup}{hangup}Event: WaitEventComplete\r\n\r\n");
    let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let request = b"GET /arawman?action=waitevent HTTP/1.1\r\n\r\n";
    let file = tempfile::NamedTempFile::with_suffix(".pcap").unwrap();
    std::fs::write(file.path(), captured(response.as_bytes(), request, 90)).unwrap();
    let output = assert_cmd::Command::cargo_bin("ami")
        .unwrap()
        .args(["check", "--release", "22"])
        .arg(file.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error[channel/hangup-once]") && text.contains("Uniqueid: 1795516800.1"), "{text}");
}

#[test]
fn what_is_no_http_any_more_is_told_as_a_gap() {
    let [request, response] = exchange("asterisk-13/http-rawman-01");
    let whole = read(&captured(&response, &request, 1400));
    let found = read(&captured(&[&response[..], b"HTTP/1.1 odd\r\n\r\n"].concat(), &request.repeat(2), 1 << 16));
    assert_eq!(found.gaps.len(), 1);
    assert_eq!(found.of(0, Sender::Server), whole.of(0, Sender::Server));
}

/// A capture that is cut ends nobody's calls, and not the server's connection either, whatever is said of it.
#[test]
fn what_a_cut_capture_lacks_is_held_against_nobody() {
    let (server, client) = session();
    let whole = captured(&server, &client, 1400);
    let found = |capture: &[u8]| {
        let trace = Trace::from_bytes("capture", capture);
        let (checked, result) = check(&trace, Options { complete: true, ..Options::default() });
        (said(&checked), checked.messages, result.err().map(|error| error.to_string()))
    };
    let (expected, all, error) = found(&whole);
    assert_eq!(error, None);
    let mut later = 0;
    for part in 2..40 {
        let at = whole.len() * part / 40;
        let (told, messages, error) = found(&whole[..at]);
        assert!(error.unwrap().contains("ends inside a packet"), "{at}");
        assert!(told.iter().all(|told| expected.contains(told)), "{at}: {told:?}");
        assert!(messages <= all);
        // Where it ends between two packets nothing shows that it was cut: what is said of it counts.
        later += usize::from(messages > 2);
    }
    assert!(later > 30);
}

#[test]
fn other_http_is_no_ami() {
    let request = b"GET /rawmanual HTTP/1.1\r\nReferer: /rawman\r\n\r\n";
    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nResponse: Success\r\n\r\n";
    let trace = Trace::from_bytes("capture", captured(response, request, 1400));
    let (checked, result) = check(&trace, Options::default());
    assert_eq!((checked.connections, checked.messages), (0, 0));
    assert!(result.unwrap_err().to_string().contains("no AMI connection"));
}
