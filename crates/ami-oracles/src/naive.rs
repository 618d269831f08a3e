//! A reference parser, written for clarity: it looks at everything as often as it likes.
//!
//! Lenient, without limits, for a whole input. It shares no code with the parser under test.

use ami_wire::{DefectCode, Direction, Kind};

/// A message as the reference parser sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it starts.
    pub offset: usize,
    /// Its bytes, with the terminator.
    pub bytes: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The value of the deciding key.
    pub name: Option<Vec<u8>>,
    /// Keys and values.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Lines without a colon.
    pub raw: Vec<Vec<u8>>,
    /// Lines of command output.
    pub output: Vec<Vec<u8>>,
    /// What is wrong, by offset, then by code.
    pub defects: Vec<(usize, DefectCode)>,
}

const MARKER: &[u8] = b"--END COMMAND--";
const BANNER: &[u8] = b"Asterisk Call Manager/";

#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    start: usize,
    /// Without the ending.
    text: &'a [u8],
    /// `\r\n`, `\n`, or at the end of the input `\r` or nothing.
    ending: &'a [u8],
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len() + self.ending.len()
    }

    fn is_complete(&self) -> bool {
        self.ending.ends_with(b"\n")
    }
}

fn lines(input: &[u8]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        let ending = [&b"\r\n"[..], b"\n", b"\r", b""].into_iter().find(|ending| line.ends_with(ending)).unwrap_or(b"");
        let (text, ending) = line.split_at(line.len() - ending.len());
        lines.push(Line { start, text, ending });
        start += line.len();
    }
    lines
}

fn trimmed(key: &[u8]) -> Vec<u8> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let from = key.iter().position(|byte| !blank(byte)).unwrap_or(key.len());
    let to = key.iter().rposition(|byte| !blank(byte)).map_or(from, |at| at + 1);
    key[from..to].to_ascii_lowercase()
}

/// Key, value, and whether a space followed the colon.
fn header(text: &[u8]) -> Option<(&[u8], &[u8], bool)> {
    let colon = text.iter().position(|byte| *byte == b':')?;
    let (key, value) = (&text[..colon], &text[colon + 1..]);
    Some(match value.strip_prefix(b" ") {
        Some(value) => (key, value, true),
        None => (key, value, false),
    })
}

fn deciding(text: &[u8]) -> Option<Kind> {
    match &trimmed(header(text)?.0)[..] {
        b"action" => Some(Kind::Action),
        b"response" => Some(Kind::Response),
        b"event" => Some(Kind::Event),
        _ => None,
    }
}

/// Parses a whole input. The second part of the answer is the place of blank lines behind the last message.
pub fn parse(input: &[u8], direction: Direction) -> (Vec<Message>, Option<usize>) {
    let lines = lines(input);
    let mut messages: Vec<Message> = Vec::new();
    let mut at = 0;
    loop {
        let first_blank = lines.get(at).filter(|line| line.text.is_empty()).map(|line| line.start);
        while lines.get(at).is_some_and(|line| line.text.is_empty()) {
            at += 1;
        }
        if at == lines.len() {
            return (messages, first_blank);
        }
        let (mut message, next) = one(input, &lines[at..], direction, messages.is_empty());
        if let Some(offset) = first_blank {
            message.defects.insert(0, (offset, DefectCode::BlankBeforeMessage));
        }
        messages.push(message);
        at += next;
    }
}

/// What the lines of a message are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Banner,
    Header,
    Raw,
    Output,
    Marker,
    Blank,
}

/// Parses the message that begins with the first line; the second part of the answer is how many lines it has.
fn one(input: &[u8], lines: &[Line<'_>], direction: Direction, first: bool) -> (Message, usize) {
    let mut parts: Vec<(Part, Line<'_>)> = Vec::new();
    let mut kind = Kind::Unknown;
    let mut name = None;
    let (mut follows, mut in_output) = (false, false);
    let (mut complete, mut unterminated) = (false, false);
    let mut used = 0;
    let first_line = lines[0];
    let is_banner = first_line.text.len() > BANNER.len() && first_line.text.starts_with(BANNER);
    if is_banner && direction != Direction::Client {
        kind = Kind::Banner;
        name = Some(first_line.text.to_vec());
        complete = first_line.is_complete();
        parts.push((Part::Banner, first_line));
        used = 1;
    } else {
        for (index, line) in lines.iter().enumerate() {
            used = index + 1;
            let decides = if kind == Kind::Unknown { deciding(line.text) } else { None };
            let asked =
                header(line.text).is_some_and(|(key, ..)| matches!(&trimmed(key)[..], b"privilege" | b"actionid"));
            if follows && !in_output && !asked {
                in_output = true;
            }
            if in_output {
                if line.text.ends_with(MARKER) {
                    let (before, marker) = line.text.split_at(line.text.len() - MARKER.len());
                    if !before.is_empty() {
                        parts.push((Part::Output, Line { start: line.start, text: before, ending: b"" }));
                    }
                    let start = line.start + before.len();
                    parts.push((Part::Marker, Line { start, text: marker, ending: line.ending }));
                    // The blank line behind the marker belongs to the message; anything else does not.
                    match lines.get(index + 1) {
                        Some(next) if next.text.is_empty() => {
                            parts.push((Part::Blank, *next));
                            used += 1;
                            complete = next.is_complete();
                        }
                        Some(_) => complete = true,
                        None => complete = false,
                    }
                    break;
                }
                let next = &input[line.end()..];
                if line.text.is_empty()
                    && line.is_complete()
                    && (next.starts_with(b"Event: ") || next.starts_with(b"Response: "))
                {
                    parts.push((Part::Blank, *line));
                    (complete, unterminated) = (true, true);
                    break;
                }
                parts.push((Part::Output, *line));
                continue;
            }
            if line.text.is_empty() {
                parts.push((Part::Blank, *line));
                complete = line.is_complete();
                break;
            }
            if let Some(decided) = decides {
                kind = decided;
                let value = header(line.text).map(|(_, value, _)| value).unwrap_or_default();
                name = Some(value.to_vec());
                follows = kind == Kind::Response && value.eq_ignore_ascii_case(b"Follows");
            }
            parts.push((if header(line.text).is_some() { Part::Header } else { Part::Raw }, *line));
        }
    }
    let end = lines[used - 1].end();
    let texts = |wanted: Part| -> Vec<Vec<u8>> {
        parts.iter().filter(|(part, _)| *part == wanted).map(|(_, line)| line.text.to_vec()).collect()
    };
    let headers = parts
        .iter()
        .filter(|(part, _)| *part == Part::Header)
        .filter_map(|(_, line)| header(line.text))
        .map(|(key, value, _)| (key.to_vec(), value.to_vec()))
        .collect();
    let malformed = first
        && direction == Direction::Server
        && kind != Kind::Banner
        && header(first_line.text).is_none()
        && (kind != Kind::Unknown || lines.get(1).is_none_or(|line| line.text.is_empty()));
    let mut defects = defects(&parts, kind, malformed);
    defects.sort_unstable();
    if unterminated {
        defects.push((end, DefectCode::UnterminatedOutput));
    }
    if !complete {
        defects.push((end, DefectCode::Truncated));
    }
    let message = Message {
        offset: first_line.start,
        bytes: input[first_line.start..end].to_vec(),
        kind,
        name,
        headers,
        raw: texts(Part::Raw),
        output: texts(Part::Output),
        defects,
    };
    (message, used)
}

fn defects(parts: &[(Part, Line<'_>)], kind: Kind, malformed: bool) -> Vec<(usize, DefectCode)> {
    let mut found = Vec::new();
    if kind == Kind::Unknown {
        found.push((parts[0].1.start, DefectCode::KindMissing));
    }
    let mut before: Vec<Vec<u8>> = Vec::new();
    for (index, (part, line)) in parts.iter().enumerate() {
        if *part != Part::Output && line.ending == b"\n" {
            found.push((line.start + line.text.len(), DefectCode::BareLf));
        }
        let value = match part {
            Part::Output | Part::Marker | Part::Blank => continue,
            Part::Banner | Part::Raw => line.text,
            Part::Header => header(line.text).map(|(_, value, _)| value).unwrap_or_default(),
        };
        let at = line.start + line.text.len() - value.len();
        if let Some(position) = value.iter().position(|byte| *byte == b'\r') {
            found.push((at + position, DefectCode::BareCr));
        }
        if let Some(position) = value.iter().position(|byte| *byte < b' ' && *byte != b'\t' && *byte != b'\r') {
            found.push((at + position, DefectCode::ControlByte));
        }
        if let Err(error) = std::str::from_utf8(value) {
            found.push((at + error.valid_up_to(), DefectCode::NonUtf8));
        }
        if *part == Part::Raw {
            let code = if malformed && index == 0 { DefectCode::BannerMalformed } else { DefectCode::NoColon };
            found.push((line.start, code));
        }
        let Some((key, _, space)) = header(line.text).filter(|_| *part == Part::Header) else { continue };
        if !space {
            found.push((line.start + key.len() + 1, DefectCode::NoSpaceAfterColon));
        }
        if key.is_empty() {
            found.push((line.start, DefectCode::EmptyKey));
        } else if let Some(position) = key.iter().position(|byte| !(0x21..=0x7e).contains(byte)) {
            found.push((line.start + position, DefectCode::KeyNotToken));
        }
        let key = trimmed(key);
        let had = |key: &[u8]| before.iter().any(|earlier| earlier == key);
        let single: [&[u8]; 5] = [b"action", b"response", b"event", b"actionid", b"privilege"];
        if single.contains(&&key[..]) && had(&key) {
            found.push((line.start, DefectCode::DuplicateKindKey));
        }
        let conflict = match &key[..] {
            b"action" => had(b"response") || had(b"event"),
            b"response" => had(b"action"),
            b"event" => had(b"action") || (had(b"response") && !event_came_first(&before)),
            _ => false,
        };
        if conflict {
            found.push((line.start, DefectCode::KindConflict));
        }
        let kinds: [&[u8]; 3] = [b"action", b"response", b"event"];
        if kinds.contains(&&key[..]) && !kinds.iter().any(|kind| had(kind)) && !before.is_empty() {
            found.push((line.start, DefectCode::KindNotFirst));
        }
        before.push(key);
    }
    found
}

/// `Response` is an ordinary field of an event.
fn event_came_first(before: &[Vec<u8>]) -> bool {
    before.iter().find(|key| matches!(&key[..], b"event" | b"response")).is_some_and(|key| key == b"event")
}
