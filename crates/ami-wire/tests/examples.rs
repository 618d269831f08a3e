//! The examples run: against a server of this test on the loopback interface, and on the corpus.
#![allow(dead_code, reason = "the examples' own main functions are for the command line")]

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use ami_wire::{ChallengeKey, Direction, Encoder, Kind, Message, Parser, Reader};

#[path = "../examples/count.rs"]
mod count;
#[path = "../examples/monitor.rs"]
mod monitor;
#[path = "../examples/proxy.rs"]
mod proxy;
#[path = "../examples/send_action.rs"]
mod send_action;

const SECRET: &str = "a secret";
const CHALLENGE: &str = "840415273";

/// What a client asked for and what it is answered with.
fn answer(action: &Message<'_>, to: &mut TcpStream, events: &[u8]) {
    let name = action.name().unwrap();
    let granted = name != b"Login"
        || action.get("Secret") == Some(SECRET.as_bytes())
        || action.get("Key").is_some_and(|key| ChallengeKey::new(CHALLENGE, SECRET).matches(key));
    let id = action.get("ActionID").unwrap_or(b"none");
    let mut out = Vec::new();
    let value = if name == b"Logoff" {
        "Goodbye"
    } else if granted {
        "Success"
    } else {
        "Error"
    };
    let mut response = Encoder::response(&mut out, value).unwrap();
    response.header("ActionID", id).unwrap();
    match name {
        b"Challenge" => response.header("Challenge", CHALLENGE).unwrap(),
        b"Status" => response.header("EventList", "start").unwrap(),
        _ => response.header("Message", if granted { "ok" } else { "Authentication failed" }).unwrap(),
    }
    response.end().unwrap();
    if name == b"Status" {
        // An event of something else goes in between.
        for (event, id, complete) in [("Status", id, false), ("Hangup", b"-", false), ("StatusComplete", id, true)] {
            let mut item = Encoder::event(&mut out, event).unwrap();
            item.header("ActionID", id).unwrap();
            if complete {
                item.header("EventList", "Complete").unwrap();
                item.header("ListItems", "1").unwrap();
            } else {
                item.header("Channel", action.get("Channel").unwrap_or_default()).unwrap();
            }
            item.end().unwrap();
        }
    }
    if name == b"Login" && granted {
        out.extend_from_slice(events);
    }
    to.write_all(&out).unwrap();
}

/// A server that takes one client and plays `events` after its login; then it goes on until the client logs off or hangs
/// up, or, if `hang_up`, no further.
fn server(events: Vec<u8>, hang_up: bool) -> (String, thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.write_all(b"Asterisk Call Manager/11.0.0\r\n").unwrap();
        let mut reader = Reader::new(Parser::new().direction(Direction::Client), socket.try_clone().unwrap());
        let mut received = Vec::new();
        while let Some(action) = reader.next() {
            let action = action.unwrap();
            received.extend_from_slice(action.as_bytes());
            answer(&action, &mut socket, &events);
            if action.name() == Some(b"Logoff") || (hang_up && action.name() == Some(b"Login")) {
                break;
            }
        }
        socket.shutdown(Shutdown::Write).unwrap();
        received
    });
    (address, thread)
}

/// The messages of a recorded session, without what stands between them.
fn recorded(name: &str) -> Vec<u8> {
    let trace = common::trace(name);
    let messages = Parser::new().direction(trace.direction).messages(&trace.bytes).map(Result::unwrap);
    messages.filter(|message| message.kind() == Kind::Event).flat_map(|message| message.as_bytes().to_vec()).collect()
}

#[test]
fn the_counter_counts() {
    let trace = common::trace("asterisk-22/queries.s2c");
    let mut out = Vec::new();
    count::run(&trace.bytes[..], &mut out).unwrap();
    let lines: Vec<(usize, String)> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| line.trim().split_once(' ').unwrap())
        .map(|(count, name)| (count.parse().unwrap(), name.to_owned()))
        .collect();
    // By hand: lines of the file that begin with the key.
    let by_hand = |name: &str| {
        let line = format!("Event: {name}\r\n");
        memchr::memmem::find_iter(&trace.bytes, line.as_bytes()).count()
    };
    let events: Vec<_> =
        lines.iter().filter(|(_, name)| name.starts_with(|first: char| first.is_uppercase())).collect();
    assert!(events.len() > 20, "{events:?}");
    for (count, name) in &events {
        assert_eq!(*count, by_hand(name), "{name}");
    }
    let defects: Vec<_> = lines.iter().filter(|line| !events.contains(line)).cloned().collect();
    assert_eq!(defects, [(4, "bare-lf".to_owned()), (6, "blank-before-message".to_owned())]);
}

#[test]
fn the_monitor_prints_every_event() {
    let events = recorded("asterisk-22/simple.s2c");
    let (address, server) = server(events.clone(), true);
    let mut out = Vec::new();
    monitor::run(&address, "admin", SECRET, &mut out).unwrap();
    server.join().unwrap();
    let out = String::from_utf8(out).unwrap();
    assert_eq!(out.lines().count(), ami_wire::messages(&events).count());
    assert!(
        out.lines().any(|line| line == "FullyBooted ") && out.lines().any(|line| line.starts_with("Hangup PJSIP/"))
    );
}

#[test]
fn the_monitor_tells_of_a_wrong_secret() {
    let (address, server) = server(Vec::new(), true);
    let error = monitor::run(&address, "admin", "wrong", &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "login refused: Authentication failed");
    server.join().unwrap();
}

#[test]
fn the_sender_prints_a_list_to_its_end() {
    let (address, server) = server(recorded("asterisk-22/challenge.s2c"), false);
    let mut out = Vec::new();
    send_action::run(&address, "admin", SECRET, "Status", &["Channel=PJSIP/1".to_owned()], &mut out).unwrap();
    let received = server.join().unwrap();
    let names: Vec<_> = ami_wire::messages(&out).map(|message| message.unwrap().name().unwrap().to_vec()).collect();
    assert_eq!(names, [&b"Success"[..], b"Status", b"StatusComplete"]);
    assert!(memchr::memmem::find(&received, SECRET.as_bytes()).is_none(), "the secret went over the wire");
    let status = ami_wire::messages(&received).map(Result::unwrap).nth(2).unwrap();
    assert_eq!(status.get("Channel"), Some(&b"PJSIP/1"[..]));
}

/// What several threads write.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The messiest sessions there are go through the proxy, both ways, and come out as they went in.
#[test]
fn the_proxy_passes_everything_untouched() {
    let without_blanks = |name: &str| {
        let trace = common::trace(name);
        let messages = Parser::new().direction(trace.direction).messages(&trace.bytes).map(Result::unwrap);
        let passed: Vec<u8> = messages.flat_map(|message| message.as_bytes().to_vec()).collect();
        (trace.bytes, passed)
    };
    let (from_server, expected_down) = without_blanks("asterisk-13/multiline.s2c");
    let (from_client, expected_up) = without_blanks("asterisk-22/queries.c2s");

    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = upstream.local_addr().unwrap().to_string();
    let upstream = thread::spawn(move || {
        let (mut socket, _) = upstream.accept().unwrap();
        socket.write_all(&from_server).unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        let mut received = Vec::new();
        socket.read_to_end(&mut received).unwrap();
        received
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let log = Shared::default();
    let proxy_log = log.clone();
    // It serves for as long as the test runs.
    thread::spawn(move || proxy::serve(&listener, &server, &proxy_log));

    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(&from_client).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut down = Vec::new();
    client.read_to_end(&mut down).unwrap();
    let up = upstream.join().unwrap();
    assert!(down == expected_down, "{} bytes of {}", down.len(), expected_down.len());
    assert!(up == expected_up, "{} bytes of {}", up.len(), expected_up.len());
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("server banner \"Asterisk Call Manager/2.10.6\"") && log.contains("client action \"Login\""),
        "{log}"
    );
}
