//! AMI over HTTP inside of packets: the exchanges of a connection, as the text that they carry.
//!
//! A request is an action, and the body of its response holds messages; see [`http`](super::http). An exchange is handed on
//! when it is whole, request before response, so that what is no AMI (a page, a file, a refusal) leaves no trace: neither an
//! action that nobody answered nor an answer that nobody asked for.

use std::collections::VecDeque;
use std::time::Duration;

use httparse::{EMPTY_HEADER, Status};

use super::http;
use crate::finding::Sender;

/// The longest response; a longer one is something else, or not worth its memory.
const LONGEST: usize = 16 << 20;

/// The longest request.
const LONGEST_REQUEST: usize = 64 << 10;

/// The longest head.
const LONGEST_HEAD: usize = 16 << 10;

/// The most requests that wait for their responses.
const ASKED: usize = 256;

/// Takes the text of exchanges: who sent it, and when.
type Out<'o> = dyn FnMut(Sender, Duration, &[u8]) + 'o;

/// Whether a text of a client asks for messages of AMI: a request for `/rawman`, `/mxml`, or one of the forms of them with
/// digest authentication. `/manager` is for people.
pub(super) fn asks_for_messages(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| {
        let mut words = line.trim_ascii_end().split(|byte| *byte == b' ');
        let is_method = words.next().is_some_and(|method| method == b"GET" || method == b"POST");
        let path = words.next().unwrap_or_default();
        is_method && words.next().is_some_and(|version| version.starts_with(b"HTTP/1.")) && is_of_messages(path)
    })
}

fn is_of_messages(path: &[u8]) -> bool {
    let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    let last = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    path.starts_with(b"/") && [&b"rawman"[..], b"mxml", b"arawman", b"amxml"].contains(&last)
}

/// A connection that speaks HTTP.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    /// What came of each side and is not understood yet.
    requests: Vec<u8>,
    responses: Vec<u8>,
    /// Requests without a response: the action of each, where it is one.
    asked: VecDeque<Option<(Vec<u8>, Duration)>>,
    /// How long the response was when it was looked through for its last chunk, and that was not there.
    tried: usize,
    /// When something came last.
    last: Duration,
    /// Bytes are missing, or what comes is no HTTP: nothing that follows can be understood.
    is_lost: bool,
}

/// What the beginning of a text is.
enum Step {
    /// More of it is needed.
    More,
    /// The same, of chunks that were looked through.
    NoLastChunk,
    /// A message of this length.
    Message(usize),
    Malformed,
}

impl Exchanges {
    /// Takes bytes; `out` gets the text of every exchange that has become whole.
    pub(super) fn bytes(&mut self, sender: Sender, time: Duration, bytes: &[u8], out: &mut Out<'_>) {
        if self.is_lost {
            return;
        }
        match sender {
            Sender::Server => self.responses.extend_from_slice(bytes),
            Sender::Client => self.requests.extend_from_slice(bytes),
        }
        self.last = time;
        self.advance(time, false, out);
        if self.responses.len() > LONGEST || self.requests.len() > LONGEST_REQUEST || self.asked.len() > ASKED {
            self.lose();
        }
    }

    /// Whether nothing can be understood any more.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// From here on nothing can be understood.
    pub(super) fn lose(&mut self) {
        *self = Self { is_lost: true, ..Self::default() };
    }

    /// Nothing more comes. Where the server has `ended` the connection, this is the end of a body that does not tell its
    /// length. What was asked and not answered is handed on as well.
    pub(super) fn end(&mut self, ended: bool, out: &mut Out<'_>) {
        self.advance(self.last, ended, out);
        for (action, time) in std::mem::take(&mut self.asked).into_iter().flatten() {
            out(Sender::Client, time, &action);
        }
    }

    fn advance(&mut self, time: Duration, ended: bool, out: &mut Out<'_>) {
        loop {
            match request(&self.requests) {
                Step::Message(length) => {
                    let message: Vec<u8> = self.requests.drain(..length).collect();
                    self.asked.push_back(action(&message).map(|action| (action, time)));
                }
                Step::More | Step::NoLastChunk => break,
                Step::Malformed => return self.lose(),
            }
        }
        while !self.asked.is_empty() {
            let length = match response(&self.responses, ended, self.tried) {
                Step::Message(length) => length,
                Step::More => return,
                Step::NoLastChunk => {
                    self.tried = self.responses.len();
                    return;
                }
                Step::Malformed => return self.lose(),
            };
            let message: Vec<u8> = self.responses.drain(..length).collect();
            self.tried = 0;
            // `100 Continue` is no answer.
            if message.get(8..10) == Some(b" 1") {
                continue;
            }
            if let Some(Some((action, asked))) = self.asked.pop_front()
                && let Some(text) = answer(&message)
            {
                out(Sender::Client, asked, &action);
                out(Sender::Server, time, &text);
            }
        }
    }
}

/// The action that a request is.
fn action(message: &[u8]) -> Option<Vec<u8>> {
    let path = message.split(|byte| *byte == b' ').nth(1)?;
    let mut text = Vec::new();
    is_of_messages(path).then(|| http::exchange(message, &mut text).is_ok())?.then_some(text)
}

/// The messages in a response.
fn answer(message: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let result = http::exchange(message, &mut text);
    // XML that is damaged at its end has messages before it.
    (result.is_ok() || !text.is_empty()).then_some(text)
}

fn request(bytes: &[u8]) -> Step {
    let mut headers = [EMPTY_HEADER; http::HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(Status::Complete(head)) => message(bytes, head, request.headers, Some(0), 0),
        Ok(Status::Partial) if bytes.len() <= LONGEST_HEAD => Step::More,
        _ => Step::Malformed,
    }
}

fn response(bytes: &[u8], ended: bool, tried: usize) -> Step {
    let mut headers = [EMPTY_HEADER; http::HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(bytes) {
        Ok(Status::Complete(head)) => {
            // These have none, whatever the head says of it.
            if matches!(response.code, Some(100..200 | 204 | 304)) {
                return Step::Message(head);
            }
            message(bytes, head, response.headers, ended.then(|| bytes.len() - head), tried)
        }
        Ok(Status::Partial) if bytes.len() <= LONGEST_HEAD => Step::More,
        _ => Step::Malformed,
    }
}

/// The length of a message with its body; `unsaid` is that of a body of which the head says nothing. Chunks are not looked
/// through again before they have grown by an eighth since they were `tried`: all of it stays linear.
fn message(bytes: &[u8], head: usize, headers: &[httparse::Header<'_>], unsaid: Option<usize>, tried: usize) -> Step {
    let body = bytes.get(head..).unwrap_or_default();
    let length = match (http::Extent::of(headers), unsaid) {
        (Ok(http::Extent::Length(length)), _) | (Ok(http::Extent::Unsaid), Some(length)) => length,
        (Ok(http::Extent::Unsaid), None) => return Step::More,
        // Looked at where the last chunk can have come, and not after each packet.
        (Ok(http::Extent::Chunked), None)
            if !body.ends_with(b"0\r\n\r\n") || bytes.len() < tried.saturating_add(tried / 8) =>
        {
            return Step::More;
        }
        (Ok(http::Extent::Chunked), _) => match http::chunks(body) {
            Ok((_, rest)) => body.len() - rest.len(),
            Err(_) => return Step::NoLastChunk,
        },
        (Err(_), _) => return Step::Malformed,
    };
    if length <= body.len() { Step::Message(head + length) } else { Step::More }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_messages() {
        for (text, expected) in [
            ("GET /rawman?action=ping HTTP/1.1\r\n", true),
            ("Host: x\r\n\r\nPOST /asterisk/amxml HTTP/1.0\r\n", true),
            ("GET /arawman HTTP/1.1", true),
            ("GET /manager?action=ping HTTP/1.1\r\n", false),
            ("GET /static/rawman.js HTTP/1.1\r\n", false),
            ("GET /x?a=/rawman HTTP/1.1\r\n", false),
            ("PUT /rawman HTTP/1.1\r\n", false),
            ("GET /rawman\r\n", false),
            ("GET rawman HTTP/1.1\r\n", false),
            ("", false),
        ] {
            assert_eq!(asks_for_messages(text.as_bytes()), expected, "{text}");
        }
    }

    /// What comes out of the parts that the two sides send in turn.
    fn joined(parts: &[(Sender, &str)]) -> String {
        let mut exchanges = Exchanges::default();
        let mut all = String::new();
        let mut out = |_: Sender, _: Duration, text: &[u8]| all.push_str(std::str::from_utf8(text).unwrap());
        for (sender, text) in parts {
            exchanges.bytes(*sender, Duration::ZERO, text.as_bytes(), &mut out);
        }
        exchanges.end(true, &mut out);
        all
    }

    #[test]
    fn the_last_chunk_may_only_look_like_it() {
        use Sender::{Client, Server};
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = format!("27\r\na: b0\r\n\r\n{}0\r\n\r\n\r\n", "x".repeat(25));
        let mut expected = "action: ping\r\n\r\n".to_owned();
        expected.extend(chunk.get(4..43).into_iter().chain(chunk.get(4..43)));
        for size in [1, 13, 500] {
            let text = format!("{head}{chunk}{chunk}0\r\n\r\n");
            let parts: Vec<_> = text.as_bytes().chunks(size).map(|part| std::str::from_utf8(part).unwrap()).collect();
            let parts: Vec<_> = parts.into_iter().map(|part| (Server, part)).collect();
            assert_eq!(joined(&[&[(Client, ASK)][..], &parts].concat()), expected, "{size}");
        }
    }

    const ASK: &str = "GET /rawman?action=ping HTTP/1.1\r\n\r\n";
    const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na: b";

    #[test]
    fn memory_has_its_limits() {
        use Sender::{Client, Server};
        let asked = "action: ping\r\n\r\n";
        assert_eq!(joined(&[(Client, ASK), (Server, ANSWER)]), format!("{asked}a: b"));
        assert_eq!(joined(&[(Server, ANSWER), (Client, ASK)]), format!("{asked}a: b"));
        assert_eq!(joined(&[(Client, &ASK.repeat(3)), (Server, ANSWER)]), format!("{asked}a: b{asked}{asked}"));
        // More than is kept: nothing of the connection is understood from then on.
        let long = "x".repeat(LONGEST_HEAD);
        for (sender, text) in [
            (Client, ASK.repeat(ASKED + 1)),
            (Client, format!("GET /{long} HTTP/1.1")),
            (Client, format!("POST /rawman HTTP/1.1\r\nContent-Length: 99999\r\n\r\n{}", long.repeat(5))),
            (Client, "no request\r\n\r\n".to_owned()),
            (Server, format!("HTTP/1.1 200 OK\r\nA: {long}")),
            (Server, "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n".to_owned()),
            (Server, format!("HTTP/1.1 200 OK\r\n\r\n{}", long.repeat(LONGEST / LONGEST_HEAD))),
        ] {
            let first = if sender == Server { "" } else { "a: b" };
            let before = if sender == Server { vec![(Client, ASK)] } else { vec![(Client, ASK), (Server, ANSWER)] };
            let parts = [before, vec![(sender, &text), (Client, ASK), (Server, ANSWER)]].concat();
            let expected = if sender == Server { String::new() } else { format!("{asked}{first}") };
            assert_eq!(joined(&parts), expected, "{}", text.chars().take(60).collect::<String>());
        }
    }
}
