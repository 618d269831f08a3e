//! Recorded sessions, as the planters look at them: lists of messages with their headers, nothing clever.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A message with its headers as text.
#[derive(Clone, Debug)]
pub struct Msg {
    /// As it stands on the wire.
    pub bytes: Vec<u8>,
    /// Where it stood in the recorded stream; `None` for what was planted.
    pub origin: Option<usize>,
    headers: Vec<(String, String)>,
    /// Of those, which name channels, with the length of the role's prefix. Asked for all messages in every case.
    channels: Vec<(usize, usize)>,
    is_unsolicited: bool,
}

impl Msg {
    /// Takes a message apart.
    pub fn new(bytes: Vec<u8>, origin: Option<usize>) -> Self {
        let text = String::from_utf8_lossy(&bytes);
        let headers: Vec<(String, String)> = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key.trim().to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned()))
            .collect();
        let names = |(at, (key, id)): (usize, &(String, String))| Some((at, channel_prefix(key, id)?));
        let channels = headers.iter().enumerate().filter_map(names).collect();
        let is_unsolicited = headers.iter().any(|(key, _)| key.eq_ignore_ascii_case("Privilege"));
        Self { bytes, origin, headers, channels, is_unsolicited }
    }

    /// Makes a message of lines, for insertion.
    pub fn planted(lines: &str) -> Arc<Self> {
        let lines: Vec<&str> = lines.lines().map(str::trim_start).collect();
        Arc::new(Self::new(format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes(), None))
    }

    /// The same message a second time.
    pub fn copy(&self) -> Arc<Self> {
        Arc::new(Self { origin: None, ..self.clone() })
    }

    /// Its headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of the first header with this key.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.headers().find(|(other, _)| other.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    /// The values of all headers with this key.
    pub fn all<'m>(&'m self, key: &'m str) -> impl Iterator<Item = &'m str> {
        self.headers().filter(move |(other, _)| other.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    /// The same as [`find`](Self::find); empty where there is none.
    pub fn get(&self, key: &str) -> &str {
        self.find(key).unwrap_or_default()
    }

    /// Whether it has this header.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The name of the event; empty where it is none.
    pub fn event(&self) -> &str {
        match self.headers().next() {
            Some((key, value)) if key.eq_ignore_ascii_case("Event") => value,
            _ => "",
        }
    }

    /// Whether it is this event, not asked for.
    pub fn is(&self, event: &str) -> bool {
        self.is_unsolicited && self.event() == event
    }

    /// Whether it is a response.
    pub fn is_response(&self) -> bool {
        self.headers().next().is_some_and(|(key, _)| key.eq_ignore_ascii_case("Response"))
    }

    /// Rewrites it line by line: each line of a header becomes what the function returns for its key and value.
    pub fn rewritten(&self, mut line: impl FnMut(&str, &str) -> Option<(String, String)>) -> Arc<Self> {
        let mut bytes = Vec::new();
        for raw in self.bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(raw);
            let text = text.trim_end_matches(['\r', '\n']);
            match text.split_once(": ").or_else(|| text.strip_suffix(':').map(|key| (key, ""))) {
                None => bytes.extend_from_slice(raw),
                Some((key, value)) => match line(key, value) {
                    Some((new_key, new_value)) if (new_key.as_str(), new_value.as_str()) == (key, value) => {
                        bytes.extend_from_slice(raw);
                    }
                    Some((key, value)) => bytes.extend_from_slice(format!("{key}: {value}\r\n").as_bytes()),
                    None => {}
                },
            }
        }
        Arc::new(Self::new(bytes, self.origin))
    }

    /// With another value in a header that it has.
    pub fn with(&self, key: &str, new: &str) -> Arc<Self> {
        let mut done = false;
        self.rewritten(|other, value| {
            let hit = !done && other.eq_ignore_ascii_case(key);
            done |= hit;
            Some((other.to_owned(), if hit { new } else { value }.to_owned()))
        })
    }

    /// Without a header.
    pub fn without(&self, key: &str) -> Arc<Self> {
        self.rewritten(|other, value| (!other.eq_ignore_ascii_case(key)).then(|| (other.to_owned(), value.to_owned())))
    }

    /// With one more header at its end.
    pub fn and(&self, key: &str, value: &str) -> Arc<Self> {
        let mut bytes = self.bytes.clone();
        let end = bytes.len() - if bytes.ends_with(b"\r\n\r\n") { 2 } else { 1 };
        bytes.splice(end..end, format!("{key}: {value}\r\n").into_bytes());
        Arc::new(Self::new(bytes, self.origin))
    }

    /// With other bytes for some of its bytes.
    pub fn replaced(&self, old: &str, new: &[u8]) -> Arc<Self> {
        let at = self.bytes.windows(old.len()).position(|window| window == old.as_bytes());
        let mut bytes = self.bytes.clone();
        if let Some(at) = at {
            bytes.splice(at..at + old.len(), new.iter().copied());
        }
        Arc::new(Self::new(bytes, self.origin))
    }

    /// The channels that it names: the role's prefix and the Uniqueid.
    pub fn channels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.channels.iter().filter_map(|(at, prefix)| {
            let (key, id) = self.headers.get(*at)?;
            Some((key.get(..*prefix)?, id.as_str()))
        })
    }

    /// Whether it names this channel in any role.
    pub fn names(&self, id: &str) -> bool {
        self.channels().any(|(_, other)| other == id)
    }

    /// Whether the rules of order look at it.
    pub fn is_judged(&self) -> bool {
        !matches!(self.event(), "" | "CEL" | "Cdr" | "UserEvent" | "TestEvent" | "Status") && self.is_unsolicited
    }

    /// Whether one hand writes it: snapshot, dial, bridge, DTMF and variable events.
    pub fn is_ordered(&self) -> bool {
        self.is_judged()
            && matches!(
                self.event(),
                "Newchannel"
                    | "Newstate"
                    | "Newexten"
                    | "NewCallerid"
                    | "NewConnectedLine"
                    | "NewAccountCode"
                    | "Hangup"
                    | "Rename"
                    | "DialBegin"
                    | "DialState"
                    | "DialEnd"
                    | "BridgeCreate"
                    | "BridgeDestroy"
                    | "BridgeEnter"
                    | "BridgeLeave"
                    | "BridgeMerge"
                    | "DTMFBegin"
                    | "DTMFEnd"
                    | "VarSet"
            )
    }

    /// Identifiers by which it belongs together with others.
    pub fn entities(&self) -> impl Iterator<Item = &str> {
        self.headers()
            .filter(|(key, value)| {
                let key = key.to_ascii_lowercase();
                // Up to release 11 a link names its channels by number.
                let key = key.trim_end_matches(['1', '2']);
                !value.is_empty() && (key.ends_with("uniqueid") || key.ends_with("linkedid") || key == "actionid")
            })
            .map(|(_, value)| value)
    }
}

/// How long the role's prefix in a key is, where the header names a channel.
fn channel_prefix(key: &str, id: &str) -> Option<usize> {
    let at = key.len().checked_sub("Uniqueid".len())?;
    let (prefix, rest) = key.split_at_checked(at)?;
    let named = rest.eq_ignore_ascii_case("Uniqueid") && !prefix.to_ascii_lowercase().ends_with("bridge");
    (named && !matches!(id, "" | "none" | "<none>" | "<unknown>" | "<null>" | "(null)")).then_some(at)
}

/// A recorded connection.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its name: `asterisk-22/blind`.
    pub name: String,
    /// What the server sent.
    pub server: Vec<Arc<Msg>>,
    /// What the client sent.
    pub client: Vec<Arc<Msg>>,
}

impl Trace {
    /// Whether release 12 or later sent it.
    pub fn is_modern(&self) -> bool {
        !["1.4", "1.6.2", "1.8", "10", "11"].iter().any(|old| self.name.starts_with(&format!("asterisk-{old}/")))
    }

    /// Where this event stands.
    pub fn all(&self, event: &str) -> Vec<usize> {
        (0..self.server.len()).filter(|at| self.server[*at].is(event)).collect()
    }

    /// The first message after `from` of which this is true.
    pub fn next(&self, from: usize, is: impl Fn(&Msg) -> bool) -> Option<usize> {
        (from + 1..self.server.len()).find(|at| is(&self.server[*at]))
    }

    /// The last message before `from` of which this is true.
    pub fn previous(&self, from: usize, is: impl Fn(&Msg) -> bool) -> Option<usize> {
        (0..from).rev().find(|at| is(&self.server[*at]))
    }

    /// Where the channel is named by a message that is judged.
    pub fn life(&self, id: &str) -> Vec<usize> {
        (0..self.server.len()).filter(|at| self.server[*at].is_judged() && self.server[*at].names(id)).collect()
    }

    /// The `Newchannel` of a channel.
    pub fn birth(&self, id: &str) -> Option<usize> {
        (0..self.server.len()).find(|at| self.server[*at].is("Newchannel") && self.server[*at].get("Uniqueid") == id)
    }

    /// The `Hangup` of a channel.
    pub fn death(&self, id: &str) -> Option<usize> {
        (0..self.server.len()).find(|at| self.server[*at].is("Hangup") && self.server[*at].get("Uniqueid") == id)
    }
}

/// The folder of the recorded sessions.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/traces")
}

fn read(path: &Path) -> Vec<u8> {
    let packed = path.with_extension(format!("{}.zst", path.extension().unwrap_or_default().to_string_lossy()));
    match fs::read(path) {
        Ok(bytes) => bytes,
        Err(_) => fs::read(packed).and_then(|bytes| zstd::decode_all(&bytes[..])).unwrap_or_default(),
    }
}

fn split(messages: ami_wire::Messages<'_>) -> Vec<Arc<Msg>> {
    let messages = messages.filter_map(Result::ok).enumerate();
    messages.map(|(at, message)| Arc::new(Msg::new(message.as_bytes().to_vec(), Some(at)))).collect()
}

/// Every recorded connection, in order of the names.
///
/// # Panics
///
/// When the corpus is not there.
pub fn corpus() -> Vec<Arc<Trace>> {
    let mut names = Vec::new();
    let folders = fs::read_dir(folder()).expect("the corpus is a part of the project");
    for folder in folders.flatten().filter(|entry| entry.path().is_dir()) {
        for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(stem) = name.strip_suffix(".zst").unwrap_or(&name).strip_suffix(".s2c") {
                names.push(format!("{}/{stem}", folder.file_name().to_string_lossy()));
            }
        }
    }
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let server = read(&folder().join(format!("{name}.s2c")));
            let client = read(&folder().join(format!("{name}.c2s")));
            let from_client = ami_wire::Parser::new().direction(ami_wire::Direction::Client);
            let (server, client) = (split(ami_wire::messages(&server)), split(from_client.messages(&client)));
            Arc::new(Trace { name, server, client })
        })
        .collect()
}
