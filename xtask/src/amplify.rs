//! Makes a long trace from a recorded one: the session again and again, each time with names of its own.
//!
//! In every copy but the first, what tells one call from another is fresh: Uniqueids and Linkedids, channel names, ids of
//! bridges and of SIP calls, ActionIDs. Times move on by the length of the session. What begins a connection stays at the
//! start, what ends it at the end. So whatever the recorded session keeps to, the long one keeps to as well.

use std::io::{self, Write};
use std::ops::Range;

use anyhow::{Result, ensure};
use chrono::{NaiveDateTime, TimeDelta};
use regex::bytes::{Captures, Regex};

/// A recorded session, taken apart.
#[derive(Debug)]
pub struct Template {
    bytes: Vec<u8>,
    /// What begins the connection, what is repeated, what ends it.
    parts: [Vec<Piece>; 3],
    strides: Strides,
}

/// How far numbers move from copy to copy.
#[derive(Clone, Copy, Debug)]
struct Strides {
    seconds: i64,
    sequence: u64,
    channel: u64,
}

/// Bytes that stay, and what follows them.
#[derive(Clone, Debug)]
struct Piece {
    same: Range<usize>,
    token: Token,
}

/// What differs from copy to copy.
#[derive(Clone, Debug)]
enum Token {
    /// Nothing: the end of a message.
    None,
    /// Seconds since 1970.
    Seconds(u64),
    /// A Uniqueid or Linkedid.
    Unique(u64, u64),
    /// The number in a channel's name.
    Channel(u64),
    /// The last part of an id of a bridge or of a SIP call.
    Node(u64),
    /// An ActionID, which gets the number of the copy behind it.
    Action,
    /// A date and the time of day, with the byte between them.
    Date(NaiveDateTime, u8),
}

/// Dates as servers write them; the byte in the middle is a space or a `T`.
const DATE: &str = "%Y-%m-%d";
const TIME: &str = "%H:%M:%S";

impl Template {
    /// Takes a stream of one direction apart. `keep` tells which events are kept, by their names; all else is kept.
    ///
    /// # Errors
    ///
    /// There is no message to repeat in it.
    pub fn new(bytes: Vec<u8>, keep: impl Fn(&[u8]) -> bool) -> Result<Self> {
        let tokens = Tokens::new()?;
        let (mut least, mut most) = (
            Strides { seconds: i64::MAX, sequence: u64::MAX, channel: u64::MAX },
            Strides { seconds: 0, sequence: 0, channel: 0 },
        );
        for captures in tokens.all.captures_iter(&bytes) {
            match tokens.read(&captures, &bytes) {
                Some((_, Token::Unique(seconds, sequence))) => {
                    let seconds = i64::try_from(seconds)?;
                    least = Strides {
                        seconds: least.seconds.min(seconds),
                        sequence: least.sequence.min(sequence),
                        ..least
                    };
                    most =
                        Strides { seconds: most.seconds.max(seconds), sequence: most.sequence.max(sequence), ..most };
                }
                Some((_, Token::Channel(number))) => {
                    least.channel = least.channel.min(number);
                    most.channel = most.channel.max(number);
                }
                _ => {}
            }
        }
        let strides = Strides {
            seconds: (most.seconds - least.seconds.min(most.seconds)) + 10,
            sequence: most.sequence.saturating_sub(least.sequence) + 1,
            channel: most.channel.saturating_sub(least.channel) + 1,
        };
        let mut parts = [Vec::new(), Vec::new(), Vec::new()];
        for message in messages(&bytes) {
            let text = bytes.get(message.clone()).unwrap_or_default();
            let name = text.strip_prefix(b"Event: ").and_then(|rest| rest.split(|byte| b"\r\n".contains(byte)).next());
            if name.is_some_and(|name| !keep(name)) {
                continue;
            }
            let part = &mut parts[Part::of(text) as usize];
            let mut from = message.start;
            for captures in tokens.all.captures_iter(text) {
                let Some((range, token)) = tokens.read(&captures, text) else { continue };
                let near = |seconds: u64| {
                    let seconds = i64::try_from(seconds).unwrap_or_default();
                    (least.seconds - 86_400..=most.seconds + 86_400).contains(&seconds)
                };
                if matches!(token, Token::Seconds(seconds) if !near(seconds)) {
                    continue;
                }
                part.push(Piece { same: from..message.start + range.start, token });
                from = message.start + range.end;
            }
            part.push(Piece { same: from..message.end, token: Token::None });
        }
        ensure!(!parts[Part::Middle as usize].is_empty(), "there is nothing to repeat");
        Ok(Self { bytes, parts, strides })
    }

    /// Writes the session so often that it has at least `size` bytes, and at least once; the answer is how many bytes it
    /// has, and how many copies there are.
    ///
    /// # Errors
    ///
    /// What the output says.
    pub fn write(&self, size: u64, out: &mut impl Write) -> io::Result<(u64, u64)> {
        let (mut written, mut copies) = (0, 0);
        let mut text = Vec::new();
        let mut send = |part: Part, copy: u64| {
            text.clear();
            for piece in &self.parts[part as usize] {
                self.piece(piece, copy, &mut text)?;
            }
            out.write_all(&text)?;
            Ok::<_, io::Error>(text.len() as u64)
        };
        written += send(Part::Start, 0)?;
        while copies == 0 || written < size {
            written += send(Part::Middle, copies)?;
            copies += 1;
        }
        written += send(Part::End, copies - 1)?;
        out.flush()?;
        Ok((written, copies))
    }

    fn piece(&self, piece: &Piece, copy: u64, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(self.bytes.get(piece.same.clone()).unwrap_or_default());
        let later = self.strides.seconds.unsigned_abs() * copy;
        match &piece.token {
            Token::None => Ok(()),
            Token::Seconds(seconds) => write!(out, "{}", seconds + later),
            Token::Unique(seconds, sequence) => {
                write!(out, "{}.{}", seconds + later, sequence + self.strides.sequence * copy)
            }
            Token::Channel(number) => write!(out, "{:08x}", (number + self.strides.channel * copy) & 0xffff_ffff),
            Token::Node(number) => write!(out, "{:012x}", number.wrapping_add(copy) & 0xffff_ffff_ffff),
            Token::Action if copy == 0 => Ok(()),
            Token::Action => write!(out, "-{copy}"),
            Token::Date(date, between) => {
                let date = *date + TimeDelta::seconds(self.strides.seconds * i64::try_from(copy).unwrap_or_default());
                write!(out, "{}{}{}", date.format(DATE), char::from(*between), date.format(TIME))
            }
        }
    }
}

/// Where in a connection a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Start,
    Middle,
    End,
}

impl Part {
    fn of(message: &[u8]) -> Self {
        let begins = |start: &str| message.starts_with(start.as_bytes());
        let has = |line: &str| message.split(|byte| *byte == b'\n').any(|text| text.starts_with(line.as_bytes()));
        if begins("Asterisk Call Manager/")
            || begins("Event: FullyBooted")
            || begins("Event: SuccessfulAuth")
            || begins("Action: Login")
            || begins("Action: Challenge")
            || (begins("Response: ") && (has("Message: Authentication accepted") || has("Challenge: ")))
        {
            Self::Start
        } else if begins("Response: Goodbye") || begins("Action: Logoff") {
            Self::End
        } else {
            Self::Middle
        }
    }
}

/// The messages of a stream, each with its blank line, and the banner with its line.
fn messages(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut all, mut start, mut line) = (Vec::<Range<usize>>::new(), 0, 0);
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let text = bytes.get(line..at).unwrap_or_default();
        let banner = start == 0 && text.starts_with(b"Asterisk Call Manager/");
        line = at + 1;
        let blank = text.is_empty() || text == b"\r";
        match all.last_mut() {
            // One blank line too many goes with the message before.
            Some(last) if blank && text.as_ptr() == bytes.get(start..).unwrap_or_default().as_ptr() => last.end = line,
            _ if blank || banner => all.push(start..line),
            _ => continue,
        }
        start = line;
    }
    // A message that the end of the capture cuts would not be cut where something follows: it is left out.
    all
}

/// Finds what differs from copy to copy.
struct Tokens {
    all: Regex,
    /// The start of a line whose value is a time.
    time: Regex,
}

impl Tokens {
    fn new() -> Result<Self> {
        let all = Regex::new(
            r"(?mx-u)
            ^ActionID:\x20?[^\r\n]+?(?P<action>)\r?$
            | \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-(?P<node>[0-9a-f]{12})\b
            | (?P<date>\b\d{4}-\d\d-\d\d(?P<between>[\x20T])\d\d:\d\d:\d\d)\b
            | \b(?P<seconds>\d{10})(?:\.(?P<sequence>\d+))?\b
            | -(?P<channel>[0-9a-f]{8})\b
            ",
        )?;
        Ok(Self { all, time: Regex::new(r"^\w*(?:Timestamp|NTP|TV):")? })
    }

    /// What is replaced, and what it is.
    fn read(&self, captures: &Captures<'_>, text: &[u8]) -> Option<(Range<usize>, Token)> {
        let found = |name: &str| {
            let found = captures.name(name)?;
            Some((found.range(), std::str::from_utf8(found.as_bytes()).ok()?))
        };
        let hex = |digits: &str| u64::from_str_radix(digits, 16).ok();
        if let Some((range, digits)) = found("seconds") {
            let seconds = digits.parse().ok()?;
            let line = text.get(..range.start)?.rsplit(|byte| *byte == b'\n').next()?;
            // Times can have a fraction, which stays.
            return match found("sequence") {
                Some((end, sequence)) if !self.time.is_match(line) => {
                    Some((range.start..end.end, Token::Unique(seconds, sequence.parse().ok()?)))
                }
                _ => Some((range, Token::Seconds(seconds))),
            };
        }
        if let (Some((range, date)), Some((_, between))) = (found("date"), found("between")) {
            let between = *between.as_bytes().first()?;
            let date = NaiveDateTime::parse_from_str(&date.replace('T', " "), &format!("{DATE} {TIME}")).ok()?;
            return Some((range, Token::Date(date, between)));
        }
        if let Some((range, digits)) = found("node") {
            return Some((range, Token::Node(hex(digits)?)));
        }
        if let Some((range, digits)) = found("channel") {
            return Some((range, Token::Channel(hex(digits)?)));
        }
        found("action").map(|(range, _)| (range, Token::Action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: l\r\nMessage: Authentication accepted\r\n\r\n\
        Event: Newchannel\r\nTimestamp: 1795516921.123456\r\nChannel: PJSIP/a-0000000f\r\nUniqueid: 1795516921.86\r\n\r\n\
        Event: Hangup\r\nChannel: PJSIP/a-0000000f\r\nUniqueid: 1795516925.87\r\n\
        BridgeUniqueid: 8cc92d37-63a4-4a1a-9c5a-0000000000ff\r\nCallerIDNum: 5551234567\r\nEventTime: 2026-11-24 23:59:59\r\n\r\n\
        Response: Success\r\nActionID: x-1\r\n\r\nResponse: Goodbye\r\nActionID: b\r\n\r\nEvent: cut";

    fn write(size: u64, keep: impl Fn(&[u8]) -> bool) -> (String, u64, u64) {
        let mut out = Vec::new();
        let (written, copies) = Template::new(SESSION.into(), keep).unwrap().write(size, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), written, copies)
    }

    #[test]
    fn one_copy_is_the_session() {
        let (text, written, copies) = write(0, |_| true);
        let cut = text.len();
        assert_eq!((text.as_str(), copies), (&SESSION[..SESSION.len() - "Event: cut".len()], 1));
        assert_eq!(written, cut as u64);
    }

    #[test]
    fn every_copy_has_names_of_its_own() {
        let (text, written, copies) = write(1300, |_| true);
        assert!(written >= 1300 && written == text.len() as u64 && copies == 4, "{written} {copies}");
        assert_eq!((text.matches("Asterisk Call Manager").count(), text.matches("Goodbye").count()), (1, 1));
        assert!(text.ends_with("Response: Goodbye\r\nActionID: b-3\r\n\r\n"));
        // The session takes four seconds, and ten more pass; the names have two numbers.
        for (what, count) in [
            ("Uniqueid: 1795516921.86\r", 1),
            ("Uniqueid: 1795516935.88\r", 1),
            ("Uniqueid: 1795516963.92\r", 1),
            ("Timestamp: 1795516935.123456\r", 1),
            ("PJSIP/a-0000000f\r", 2),
            ("PJSIP/a-00000010\r", 2),
            ("-4a1a-9c5a-000000000100\r", 1),
            ("2026-11-25 00:00:13\r", 1),
            ("CallerIDNum: 5551234567\r", 4),
            ("ActionID: x-1\r", 1),
            ("ActionID: x-1-3\r", 1),
        ] {
            assert_eq!(text.matches(what).count(), count, "{what} {text}");
        }
    }

    #[test]
    fn events_can_be_left_out() {
        let all = messages(b"Event: A\r\n\r\n\r\nEvent: B\r\n\r\n");
        assert_eq!(all, [0..14, 14..26]);
        let (text, ..) = write(3000, |name| name == b"Hangup");
        assert!(!text.contains("Newchannel") && text.contains("Hangup") && text.contains("ActionID: x-1"));
        assert!(Template::new(b"Asterisk Call Manager/1.0\r\n".to_vec(), |_| true).is_err());
    }
}
