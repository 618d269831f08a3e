//! What a file is, told by its suffix and its first bytes.

use std::ffi::OsStr;
use std::fmt;
use std::io::{Error, Read, Result};
use std::path::{Path, PathBuf};

use ami_wire::{Direction, Header, Kind};
use walkdir::WalkDir;

use super::{BLOCK, http, pcap, unpack};
use crate::finding::Sender;

/// An input that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    path: PathBuf,
    reason: String,
    no_capture: bool,
}

impl InputError {
    pub(super) fn new(path: &Path, reason: &str) -> Self {
        Self { path: path.to_owned(), reason: reason.to_owned(), no_capture: false }
    }

    /// The input was read, but it is no capture.
    pub(super) fn no_capture(path: &Path, reason: &str) -> Self {
        Self { no_capture: true, ..Self::new(path, reason) }
    }

    /// Whether the input is no capture at all, so that nothing can be said of it; else what came before the error is
    /// good.
    pub fn is_no_capture(&self) -> bool {
        self.no_capture
    }

    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        // "No such file or directory (os error 2)": the number helps nobody.
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or(&text);
        Self::new(path, &text.to_lowercase())
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if self.path.as_os_str() == "-" { "standard input".into() } else { self.path.to_string_lossy() };
        write!(f, "{shown}: {}", self.reason)
    }
}

impl std::error::Error for InputError {}

/// The form of an input, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// Bytes that text does not have. It can still be a capture, with binary values.
    Binary,
    /// A packet capture.
    Packets,
    /// The XML form of AMI over HTTP.
    Mxml,
    /// Requests or responses of HTTP with their heads.
    Http,
    /// A page for people: markup without messages.
    Markup,
}

impl Form {
    pub(super) fn of(head: &[u8]) -> Self {
        if pcap::is_capture(head) {
            return Self::Packets;
        }
        if http::is_exchange(head) {
            return Self::Http;
        }
        if http::is_mxml(head) {
            return Self::Mxml;
        }
        if http::is_markup(head) {
            return Self::Markup;
        }
        let odd = head.iter().filter(|byte| **byte < 0x20 && !byte.is_ascii_whitespace()).count();
        if head.contains(&0) || odd * 20 > head.len() { Self::Binary } else { Self::Text }
    }
}

/// A reader whose first block can be looked at.
pub(super) struct Peek {
    input: Box<dyn Read + Send>,
    head: Vec<u8>,
    taken: usize,
    /// What the input said in the first block; told when what came before it was read.
    error: Option<Error>,
}

impl Peek {
    pub(super) const fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input, head: Vec::new(), taken: 0, error: None }
    }

    /// The first block, as far as the input is that long and can be read; less of it where that says what the input is:
    /// behind a live connection nobody waits for more than that.
    pub(super) fn head(&mut self) -> &[u8] {
        // To look again after each byte would take the square of their number.
        let mut look_at = 1;
        let mut piece = [0; 16 * 1024];
        // Asked again, it does not forget what hindered the first time.
        while self.error.is_none() && self.head.len() < BLOCK {
            if self.head.len() >= look_at {
                if is_settled(&self.head) {
                    break;
                }
                look_at = self.head.len() * 2;
            }
            let room = piece.len().min(BLOCK - self.head.len());
            match self.input.read(piece.get_mut(..room).unwrap_or_default()) {
                Ok(0) => break,
                Ok(count) => self.head.extend_from_slice(piece.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => self.error = Some(error),
            }
        }
        &self.head
    }
}

impl Read for Peek {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let mut head = self.head.get(self.taken..).unwrap_or_default();
        if head.is_empty() {
            return self.error.take().map_or_else(|| self.input.read(into), Err);
        }
        let count = head.read(into)?;
        self.taken += count;
        Ok(count)
    }
}

/// The name without the suffixes that tell packing.
fn unpacked(path: &Path) -> PathBuf {
    let mut stem = path.to_owned();
    while stem.extension().is_some_and(|suffix| suffix == "gz" || suffix == "zst" || suffix == "zstd") {
        stem.set_extension("");
    }
    stem
}

/// The name without the suffixes that tell packing and direction, and the direction.
pub(super) fn by_suffix(path: &Path) -> (PathBuf, Option<Sender>) {
    let mut stem = unpacked(path);
    let sender = match stem.extension().and_then(|suffix| suffix.to_str()) {
        Some("s2c" | "response") => Some(Sender::Server),
        Some("c2s" | "request") => Some(Sender::Client),
        _ => None,
    };
    if sender.is_some() {
        stem.set_extension("");
    }
    (stem, sender)
}

/// The captures in a directory and below it, in order of their names. A file is one by its suffix (`.s2c`, `.c2s`) or
/// when it is a packet capture, holds AMI over HTTP or begins as an AMI stream does: notes and scripts that lie beside
/// captures are none, and go to `left_out`.
pub(super) fn captures_in(
    directory: &Path,
    left_out: &mut Vec<PathBuf>,
) -> Vec<std::result::Result<PathBuf, InputError>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(directory).sort_by_file_name().follow_links(true) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let path = entry.into_path();
                if is_stream(&path) || is_recognised(&path) {
                    found.push(Ok(path));
                } else {
                    left_out.push(path);
                }
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(directory).to_owned();
                found.push(Err(InputError::new(&path, &error.to_string())));
            }
        }
    }
    found
}

/// Whether the suffix alone says that it is a capture. Others write `.request` and `.response`, too.
fn is_stream(path: &Path) -> bool {
    let is = |suffix: &OsStr| suffix == "s2c" || suffix == "c2s";
    unpacked(path).extension().is_some_and(is)
}

fn is_recognised(path: &Path) -> bool {
    let head = || -> Result<Vec<u8>> {
        let mut head = Vec::new();
        unpack::unpack(Box::new(std::fs::File::open(path)?))?.take(4096).read_to_end(&mut head)?;
        Ok(head)
    };
    let Ok(head) = head() else { return false };
    let head = match Form::of(&head) {
        Form::Packets | Form::Mxml => return true,
        Form::Markup => return false,
        // The file may go on.
        Form::Http => http::decode(Form::Http, &head[..]).map(|(text, _)| text).unwrap_or_default(),
        Form::Text | Form::Binary => head,
    };
    let Some(Ok(first)) = ami_wire::messages(&head).next() else { return false };
    // The deciding key stands first by convention; an ActionID before it is common.
    let begins = |header: Header<'_>| ["Action", "Response", "Event", "ActionID"].iter().any(|key| header.key_is(key));
    first.kind() == Kind::Banner || (first.kind() != Kind::Unknown && first.headers().next().is_some_and(begins))
}

/// Whether nothing that follows can change what the input is, and who sent it: it begins with a whole message of a server.
fn is_settled(head: &[u8]) -> bool {
    let begins =
        ["Asterisk Call Manager/", "Event:", "Response:"].iter().any(|begin| head.starts_with(begin.as_bytes()));
    begins
        && ami_wire::messages(head).next().is_some_and(|first| {
            first.is_ok_and(|message| {
                message.is_complete() && matches!(message.kind(), Kind::Banner | Kind::Response | Kind::Event)
            })
        })
}

/// Who sent a stream that begins like this: told by the first message that tells.
pub(super) fn direction_of(head: &[u8]) -> Direction {
    let mut kinds = ami_wire::messages(head).filter_map(std::result::Result::ok).map(|message| message.kind());
    match kinds.find(|kind| *kind != Kind::Unknown) {
        // Both directions in one text.
        Some(Kind::Action) if kinds.any(|kind| matches!(kind, Kind::Banner | Kind::Response | Kind::Event)) => {
            Direction::Any
        }
        Some(Kind::Action) => Direction::Client,
        Some(_) => Direction::Server,
        None => Direction::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes() {
        let sender = |name: &str| by_suffix(Path::new(name)).1;
        assert_eq!(sender("a/b.s2c"), Some(Sender::Server));
        assert_eq!(sender("a/b.c2s.zst"), Some(Sender::Client));
        assert_eq!(sender("a/b.log.gz"), None);
        assert_eq!(by_suffix(Path::new("a/b.s2c.zst")).0, by_suffix(Path::new("a/b.c2s")).0);
    }

    #[test]
    fn directions() {
        assert_eq!(direction_of(b"Asterisk Call Manager/1.1\r\n"), Direction::Server);
        assert_eq!(direction_of(b"torn\r\n\r\nAction: Ping\r\n\r\n"), Direction::Client);
        assert_eq!(direction_of(b"Action: Ping\r\n\r\nResponse: Success\r\n\r\n"), Direction::Any);
        assert_eq!(direction_of(b""), Direction::Any);
    }

    /// Gives its text in pieces, and fails when it is asked for more.
    struct Live(Vec<&'static [u8]>);

    impl Read for Live {
        fn read(&mut self, into: &mut [u8]) -> Result<usize> {
            let mut piece = self.0.pop().expect("nobody asks a live connection for more than it takes");
            piece.read(into)
        }
    }

    #[test]
    fn a_live_stream_of_a_server_is_known_by_its_first_message() {
        for pieces in [
            &[&b"Asterisk Call Manager/11.0.0\r\n"[..]][..],
            &[b"Asterisk Call", b" Manager/11.0.0\r\n"],
            &[b"Event: A\r\n\r\nAction: Ping\r\n"],
            &[b"Response: Success\r\n\r\n"],
        ] {
            let mut peek = Peek::new(Box::new(Live(pieces.iter().rev().copied().collect())));
            let text = pieces.concat();
            assert_eq!(peek.head(), text);
            assert_eq!(peek.head(), text, "asked again");
            let mut first = vec![0; text.len()];
            peek.read_exact(&mut first).unwrap();
            assert_eq!(first, text, "nothing is lost");
        }
        // A client's text can have the server's answers further on.
        let mut peek =
            Peek::new(Box::new(Read::chain(&b"Action: Ping\r\n\r\n"[..], &b"Response: Success\r\n\r\n"[..])));
        assert_eq!(direction_of(peek.head()), Direction::Any);
    }

    #[test]
    fn forms() {
        assert_eq!(Form::of(b""), Form::Text);
        assert_eq!(Form::of(b"Event: A\r\n\r\n"), Form::Text);
        assert_eq!(Form::of("Event: Ä\t\r\n".as_bytes()), Form::Text);
        assert_eq!(Form::of(b"\x7fELF\0\0"), Form::Binary);
        assert_eq!(Form::of(b"\n<ajax-response>"), Form::Mxml);
        assert_eq!(Form::of(b"<?xml version='1.0'?>\n<ajax-response>"), Form::Mxml);
        assert_eq!(Form::of(b"<?xml version='1.0'?>\n<svg>"), Form::Markup);
        assert_eq!(Form::of(b"<!DOCTYPE html>"), Form::Markup);
        assert_eq!(Form::of(b"HTTP/1.1 200 OK\r\n"), Form::Http);
        assert_eq!(Form::of(b"GET /rawman?action=ping HTTP/1.1\r\n"), Form::Http);
        // Lines of output can begin with anything.
        assert_eq!(Form::of(b"GET /it\r\n"), Form::Text);
        assert_eq!(Form::of(b"<none>\r\n"), Form::Text);
    }
}
