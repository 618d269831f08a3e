//! Finds where messages begin and end in bytes that arrive in pieces.

use crate::work::{self, memchr};

use crate::header::trim;
use crate::index;
use crate::message::{Flags, NO_OUTPUT};
use crate::window::Window;
use crate::{Defect, DefectCode, Direction, Error, Header, Kind, Limits, Message, Parser};

/// What every banner begins with.
pub(crate) const BANNER: &[u8] = b"Asterisk Call Manager/";

/// Finds messages in bytes that arrive in pieces; the memory belongs to the caller.
///
/// This is the layer below [`Messages`](crate::Messages) and the streams: it holds a few positions and no bytes. Use
/// it when you have a buffer of your own. After each message the buffer's front moves; when there is no message yet,
/// append more and call again with what was left. No byte is searched twice, however small the pieces are.
///
/// ```
/// use ami_wire::{Framer, Parser};
///
/// let mut framer = Framer::new(Parser::new());
/// let mut buffer = &b"Event: A\r\n\r\nEvent: B\r\n"[..];
/// let message = framer.next(&mut buffer, false).unwrap().unwrap();
/// assert_eq!(message.name(), Some(&b"A"[..]));
/// // The second message is not complete: its bytes stay in the buffer.
/// assert!(framer.next(&mut buffer, false).is_none());
/// assert_eq!(buffer, b"Event: B\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct Framer {
    parser: Parser,
    /// Bytes from the start of the stream to the front of the buffer.
    offset: u64,
    /// Whether a message, or a line of one, was seen before.
    started: bool,
    /// Bytes of blank lines just before the front of the buffer.
    blank_before: u64,
    state: State,
    /// Where the line begins that is being searched; from the front of the buffer.
    line: usize,
    /// Up to where the buffer was searched.
    searched: usize,
    /// What was found beyond the front of the buffer.
    window: Window,
    /// The length up to which a message exceeds no limit, whatever it holds.
    harmless: usize,
    deciding: Deciding,
    lines: usize,
    /// The number of headers, once there are more lines than headers allowed.
    headers: Option<usize>,
    /// Where output begins.
    output: usize,
    /// Where the end marker begins.
    marker: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a message: blank lines are skipped.
    Between,
    /// At the start of a message whose end is searched at a stroke, its lines not looked at one by one.
    Whole,
    /// In the lines of a message.
    Lines,
    /// In command output.
    Output,
    /// Behind the end marker.
    AfterMarker,
    /// Behind a message that exceeded a limit; the flag tells that the line under way is not blank.
    Skip { in_line: bool },
}

/// The key that decides, as far as it is known.
#[derive(Clone, Copy, Debug)]
struct Deciding {
    kind: Kind,
    name: (u32, u32),
    follows: bool,
}

const UNDECIDED: Deciding = Deciding { kind: Kind::Unknown, name: (0, 0), follows: false };

impl Framer {
    /// At the start of a stream.
    pub const fn new(parser: Parser) -> Self {
        Self {
            parser,
            offset: 0,
            started: false,
            blank_before: 0,
            state: State::Between,
            line: 0,
            searched: 0,
            window: Window::new(),
            harmless: parser.limits.harmless(),
            deciding: UNDECIDED,
            lines: 0,
            headers: None,
            output: 0,
            marker: 0,
        }
    }

    /// At a place inside a stream: offsets count on from `offset`, and no banner is expected.
    pub const fn resume_at(parser: Parser, offset: u64) -> Self {
        let mut framer = Self::new(parser);
        framer.offset = offset;
        framer.started = true;
        framer
    }

    /// The options in use.
    pub const fn parser(&self) -> &Parser {
        &self.parser
    }

    /// How many bytes of the stream are done with: where the front of the buffer is.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Blank lines that are left over after the last message, once everything was read: the one defect that belongs
    /// to no message. A strict parser returned it as its last error instead.
    pub fn trailing_blank(&self) -> Option<Defect> {
        (self.blank_before > 0)
            .then(|| Defect { code: DefectCode::BlankBeforeMessage, offset: self.offset - self.blank_before })
    }

    /// The next message, or `None` when the buffer holds no whole one.
    ///
    /// `buffer` begins where the last call left it; bytes may have been appended. `end` tells that nothing will
    /// follow: then a message under way is handed out as [truncated](DefectCode::Truncated).
    ///
    /// # Errors
    ///
    /// A limit was exceeded, or the parser is strict and the message has a defect. Call again to go on behind it.
    #[inline]
    pub fn next<'a>(&mut self, buffer: &mut &'a [u8], end: bool) -> Option<Result<Message<'a>, Error>> {
        match self.at_once(buffer) {
            Some(message) => Some(Ok(message)),
            None => self.in_steps(buffer, end),
        }
    }

    /// As [`next`](Self::next), but the message borrows from the framer as well: where its lines and keys end was found
    /// on the way, and need not be searched again when its headers are looked at.
    ///
    /// # Errors
    ///
    /// As for [`next`](Self::next).
    ///
    /// ```
    /// use ami_wire::{Framer, Parser};
    ///
    /// let mut framer = Framer::new(Parser::new());
    /// let mut buffer = &b"Event: A\r\nB: 1\r\n\r\nEvent: C\r\n\r\n"[..];
    /// let mut headers = 0;
    /// while let Some(message) = framer.lend(&mut buffer, true) {
    ///     headers += message?.headers().count();
    /// }
    /// assert_eq!(headers, 3);
    /// # Ok::<(), ami_wire::Error>(())
    /// ```
    #[inline]
    pub fn lend<'s, 'a: 's>(&'s mut self, buffer: &mut &'a [u8], end: bool) -> Option<Result<Message<'s>, Error>> {
        match self.at_once(buffer) {
            Some(message) => Some(Ok(self.mark(message))),
            None => match self.in_steps(buffer, end)? {
                Ok(message) => Some(Ok(self.mark(message))),
                Err(error) => Some(Err(error)),
            },
        }
    }

    /// The message that was handed out last, with its marks.
    #[inline]
    pub(crate) fn mark<'a>(&'a self, message: Message<'a>) -> Message<'a> {
        let (marks, base) = self.window.given();
        message.marked(marks, base)
    }

    /// The next message where all that is to be known of it is its end and its first line: nearly always.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a message that is returned through memory costs half as much again")]
    fn at_once<'a>(&mut self, buffer: &mut &'a [u8]) -> Option<Message<'a>> {
        if self.state != State::Between || self.parser.strict || !self.started {
            return None;
        }
        let bytes: &'a [u8] = buffer;
        let (kind, name) = decided_at_once(bytes)?;
        let known = self.window.message(name - 2, bytes)?;
        let length = known.length;
        if length > self.harmless {
            return None;
        }
        let message = bytes.get(..length)?;
        let line = bytes.get(name..known.line_end)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let message = Message {
            bytes: message,
            offset: self.offset,
            name: (name as u32, line.len() as u32),
            output: NO_OUTPUT,
            blank_before: u32::try_from(self.blank_before).unwrap_or(u32::MAX),
            kind,
            flags: Flags::default(),
            marks: &[],
            base: 0,
        };
        self.blank_before = 0;
        self.window.take(&known);
        self.consume(buffer, length);
        Some(message)
    }

    /// The next message, whatever it is.
    #[inline(never)]
    fn in_steps<'a>(&mut self, buffer: &mut &'a [u8], end: bool) -> Option<Result<Message<'a>, Error>> {
        work::detour();
        self.window.give_none();
        loop {
            match self.state {
                State::Skip { in_line } => {
                    if !self.skip(buffer, in_line, end) {
                        return None;
                    }
                }
                State::Between => {
                    if !self.skip_blank(buffer, end) {
                        return self.refuse_trailing_blank(end).map(Err);
                    }
                }
                State::Whole => match self.whole(buffer, end) {
                    Step::More => return None,
                    Step::Again => {}
                    Step::Done(result) => return Some(result),
                },
                State::Lines | State::Output => match self.step(buffer, end) {
                    Step::More => return None,
                    Step::Again => {}
                    Step::Done(result) => return Some(result),
                },
                State::AfterMarker => {
                    let rest = buffer.get(self.line..).unwrap_or(&[]);
                    let blank = match rest {
                        [b'\n', ..] => 1,
                        [b'\r', b'\n', ..] => 2,
                        [] | [b'\r'] if !end => return None,
                        _ => 0,
                    };
                    // At the end of the input the blank line can be cut off.
                    let truncated = matches!(rest, [] | [b'\r']);
                    let flags = Flags { truncated, ..Flags::default() };
                    let length = if truncated { buffer.len() } else { self.line + blank };
                    return Some(self.finish(buffer, length, (self.output, self.marker), flags));
                }
            }
        }
    }

    /// Moves the front of the buffer.
    fn consume(&mut self, buffer: &mut &[u8], length: usize) {
        *buffer = buffer.get(length..).unwrap_or(&[]);
        self.offset += length as u64;
        self.line = 0;
        self.searched = 0;
        self.window.consume(length);
    }

    /// Skips to behind the next blank line; `false` when the buffer ends first.
    fn skip(&mut self, buffer: &mut &[u8], mut in_line: bool, end: bool) -> bool {
        loop {
            let Some(lf) = memchr(b'\n', buffer) else {
                // A CR may be the first half of a blank line's ending: it is kept until that is known.
                if in_line || end || **buffer != *b"\r" {
                    in_line |= !buffer.is_empty();
                    self.consume(buffer, buffer.len());
                }
                self.state = State::Skip { in_line };
                return false;
            };
            let blank = !in_line && matches!(buffer.get(..lf), Some([] | [b'\r']));
            self.consume(buffer, lf + 1);
            in_line = false;
            if blank {
                self.state = State::Between;
                return true;
            }
        }
    }

    /// Skips blank lines before a message; `false` when the buffer ends first.
    fn skip_blank(&mut self, buffer: &mut &[u8], end: bool) -> bool {
        let mut length = 0;
        loop {
            match buffer.get(length..).unwrap_or(&[]) {
                [b'\n', ..] => length += 1,
                [b'\r', b'\n', ..] => length += 2,
                // Half a blank line, where nothing follows.
                [b'\r'] if end => length += 1,
                rest => {
                    self.blank_before += length as u64;
                    self.consume(buffer, length);
                    if matches!(rest, [] | [b'\r']) {
                        return false;
                    }
                    self.state = State::Whole;
                    return true;
                }
            }
        }
    }

    /// Blank lines at the end of the stream belong to no message: a strict parser refuses them by themselves, once.
    fn refuse_trailing_blank(&mut self, end: bool) -> Option<Error> {
        let Defect { code, offset } = self.trailing_blank().filter(|_| end && self.parser.strict)?;
        self.blank_before = 0;
        Some(Error { code, offset, message: self.offset })
    }

    /// Takes a whole message whose first line decides, without looking at the others.
    ///
    /// That is right for nearly all: what could be different (another first line, command output, a limit that may be
    /// exceeded, the end of the input inside the message) is left to [`step`](Self::step), which begins anew with the
    /// first line. Bytes are searched twice at most.
    fn whole<'a>(&mut self, buffer: &mut &'a [u8], end: bool) -> Step<'a> {
        let bytes: &'a [u8] = buffer;
        let Some((kind, name)) = decided_at_once(bytes) else {
            // A line of its beginning can still become one that decides, unless nothing follows.
            let undecided = [&b"Event: "[..], b"Action: ", b"Response: "].iter().any(|start| start.starts_with(bytes));
            let wait = undecided && !end && bytes.len() <= self.harmless;
            return if wait { Step::More } else { self.line_by_line() };
        };
        let Some(length) = self.window.end(bytes) else {
            return if end || bytes.len() > self.harmless { self.line_by_line() } else { Step::More };
        };
        let message = bytes.get(..length).unwrap_or(bytes);
        if length > self.harmless && !self.parser.limits.hold(message) {
            return self.line_by_line();
        }
        let line_end = index::line_end(bytes).unwrap_or(length);
        let line = message.get(..line_end).unwrap_or(message);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.deciding =
            Deciding { kind, name: (name as u32, (line.len().saturating_sub(name)) as u32), follows: false };
        Step::Done(self.finish(buffer, length, (usize::MAX, usize::MAX), Flags::default()))
    }

    /// Goes on with the first line of the message.
    fn line_by_line<'a>(&mut self) -> Step<'a> {
        work::detour();
        self.window.give_none();
        self.state = State::Lines;
        self.line = 0;
        self.searched = 0;
        self.deciding = UNDECIDED;
        self.lines = 0;
        self.headers = None;
        Step::Again
    }

    /// Takes one line of a message.
    fn step<'a>(&mut self, buffer: &mut &'a [u8], end: bool) -> Step<'a> {
        let bytes: &'a [u8] = buffer;
        let Some(lf) = bytes.get(self.searched..).and_then(|rest| memchr(b'\n', rest)) else {
            self.searched = bytes.len();
            let text = bytes.get(self.line..).unwrap_or(&[]);
            // A CR at the end is half an ending, whether the other half is still to come or never will.
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if let Some(code) = self.exceeded(text) {
                return self.exceed(buffer, code, true);
            }
            if !end {
                return Step::More;
            }
            if text.is_empty() {
                if self.state == State::Lines && self.deciding.follows && self.line < bytes.len() {
                    self.begin_output();
                }
            } else if let Some(code) = self.look_at(bytes, text) {
                return self.give_up(buffer, code, true);
            }
            let output = match self.state {
                State::Output => (self.output, self.find_marker(text).map_or(bytes.len(), |at| self.line + at)),
                _ => (usize::MAX, usize::MAX),
            };
            let flags = Flags { truncated: true, ..Flags::default() };
            return Step::Done(self.finish(buffer, bytes.len(), output, flags));
        };
        let after = self.searched + lf + 1;
        let text = bytes.get(self.line..after - 1).unwrap_or(&[]);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        // Limits come before anything that a whole line could tell: a line under way is judged the same.
        if let Some(code) = self.exceeded(text) {
            return self.exceed(buffer, code, false);
        }
        if self.state == State::Output {
            if text.is_empty() {
                // A blank line ends output without an end marker when a message follows: that must be known first.
                match starts_message(bytes.get(after..).unwrap_or(&[])) {
                    Some(true) => {
                        let flags = Flags { unterminated_output: true, ..Flags::default() };
                        return Step::Done(self.finish(buffer, after, (self.output, self.line), flags));
                    }
                    None if !end => {
                        self.searched = after - 1;
                        return Step::More;
                    }
                    _ => {}
                }
            } else if let Some(at) = self.find_marker(text) {
                self.marker = self.line + at;
                self.advance(after);
                self.state = State::AfterMarker;
                return Step::Again;
            }
        } else if text.is_empty() {
            if self.deciding.follows {
                self.begin_output();
                return Step::Again;
            }
            return Step::Done(self.finish(buffer, after, (usize::MAX, usize::MAX), Flags::default()));
        }
        let before = self.state;
        if let Some(code) = self.look_at(bytes, text) {
            return self.give_up(buffer, code, false);
        }
        if self.state != before {
            // The line begins the output, and is now taken as a line of it: it can be the end marker.
            return Step::Again;
        }
        self.advance(after);
        if self.deciding.kind == Kind::Banner {
            return Step::Done(self.finish(buffer, after, (usize::MAX, usize::MAX), Flags::default()));
        }
        Step::Again
    }

    fn advance(&mut self, after: usize) {
        self.line = after;
        self.searched = after;
    }

    fn begin_output(&mut self) {
        self.state = State::Output;
        self.output = self.line;
    }

    /// Where in a line the end marker begins: the line is it, or ends with it.
    fn find_marker(&self, text: &[u8]) -> Option<usize> {
        let marker = self.parser.end_marker;
        (!marker.is_empty() && text.ends_with(marker)).then(|| text.len() - marker.len())
    }

    /// Looks at a line of a message (not of output): kind, output, number of headers. The answer is a limit that it
    /// exceeds.
    fn look_at(&mut self, bytes: &[u8], text: &[u8]) -> Option<DefectCode> {
        if self.state != State::Lines {
            return None;
        }
        if self.lines == 0
            && self.parser.direction != Direction::Client
            && text.len() > BANNER.len()
            && text.starts_with(BANNER)
        {
            self.deciding = Deciding { kind: Kind::Banner, name: (0, text.len() as u32), follows: false };
            return None;
        }
        if self.deciding.kind == Kind::Unknown {
            self.decide(text);
        } else if self.deciding.follows {
            let header = Header::from_line(text);
            if !header.is_some_and(|header| header.key_is("Privilege") || header.key_is("ActionID")) {
                self.begin_output();
                return None;
            }
        }
        self.lines += 1;
        if self.lines > self.parser.limits.headers {
            let is_header = usize::from(memchr(b':', text).is_some());
            let before = self.headers.unwrap_or_else(|| {
                let before = Message {
                    bytes: bytes.get(..self.line).unwrap_or(&[]),
                    offset: 0,
                    name: (0, 0),
                    output: NO_OUTPUT,
                    blank_before: 0,
                    kind: Kind::Unknown,
                    flags: Flags::default(),
                    marks: &[],
                    base: 0,
                };
                before.headers().count()
            });
            self.headers = Some(before + is_header);
            if before + is_header > self.parser.limits.headers {
                return Some(DefectCode::TooManyHeaders);
            }
        }
        None
    }

    /// Looks whether a line has the key that decides.
    fn decide(&mut self, text: &[u8]) {
        let first = text.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
        if !matches!(first, Some(b'A' | b'a' | b'E' | b'e' | b'R' | b'r')) {
            return;
        }
        let Some(header) = Header::from_line(text) else { return };
        if let Some(kind) = Kind::decided_by(trim(header.key)) {
            let start = self.line + text.len() - header.value.len();
            let follows = kind == Kind::Response && header.value.eq_ignore_ascii_case(b"Follows");
            self.deciding = Deciding { kind, name: (start as u32, header.value.len() as u32), follows };
        }
    }

    /// The limit of bytes that a line exceeds; of two the one that is met first, so that a line under way and a whole
    /// one are judged the same.
    fn exceeded(&self, text: &[u8]) -> Option<DefectCode> {
        let Limits { line, message, .. } = self.parser.limits;
        let end = self.line + text.len();
        // A blank line ends a message, but not in output: there it takes part like any other.
        let oversize_message = (!text.is_empty() || self.state == State::Output) && end > message;
        if text.len() > line && !(oversize_message && message < self.line + line) {
            Some(DefectCode::OversizeLine)
        } else {
            oversize_message.then_some(DefectCode::OversizeMessage)
        }
    }

    /// Command output ends where the message exceeds its limit; anything else is given up.
    fn exceed<'a>(&mut self, buffer: &mut &'a [u8], code: DefectCode, in_line: bool) -> Step<'a> {
        if code == DefectCode::OversizeMessage && self.state == State::Output && self.line > self.output {
            let flags = Flags { unterminated_output: true, ..Flags::default() };
            let line = self.line;
            return Step::Done(self.finish(buffer, line, (self.output, line), flags));
        }
        self.give_up(buffer, code, in_line)
    }

    /// Gives the message up because of the line under way, and skips to the next blank line.
    fn give_up<'a>(&mut self, buffer: &mut &'a [u8], code: DefectCode, in_line: bool) -> Step<'a> {
        let error = Error { code, offset: self.offset + self.line as u64, message: self.offset };
        self.blank_before = 0;
        self.started = true;
        self.state = State::Skip { in_line };
        let length = if in_line {
            // A CR at the end can belong to the line's ending; the rest of the line is skipped either way.
            buffer.len()
        } else {
            let rest = buffer.get(self.line..).unwrap_or(&[]);
            self.line + memchr(b'\n', rest).map_or(rest.len(), |lf| lf + 1)
        };
        self.consume(buffer, length);
        Step::Done(Err(error))
    }

    /// Hands the first `length` bytes out as a message.
    fn finish<'a>(
        &mut self,
        buffer: &mut &'a [u8],
        length: usize,
        output: (usize, usize),
        flags: Flags,
    ) -> Result<Message<'a>, Error> {
        let bytes = buffer.get(..length).unwrap_or(buffer);
        let first = !self.started && self.parser.direction == Direction::Server && self.deciding.kind != Kind::Banner;
        let banner_malformed = first && self.banner_malformed(bytes);
        let message = Message {
            bytes,
            offset: self.offset,
            name: self.deciding.name,
            output: if output.0 == usize::MAX { NO_OUTPUT } else { (output.0 as u32, output.1 as u32) },
            blank_before: u32::try_from(self.blank_before).unwrap_or(u32::MAX),
            kind: self.deciding.kind,
            flags: Flags { banner_malformed, ..flags },
            marks: &[],
            base: 0,
        };
        self.started = true;
        self.blank_before = 0;
        self.state = State::Between;
        self.consume(buffer, length);
        if self.parser.strict
            && let Some(defect) = message.defects().find(|defect| defect.code.is_strict_error())
        {
            return Err(Error { code: defect.code, offset: defect.offset, message: message.offset });
        }
        Ok(message)
    }
}

impl Framer {
    /// Whether the first line of a server's first message should have been a banner.
    #[cold]
    fn banner_malformed(&self, bytes: &[u8]) -> bool {
        let (first_line, first_length) = crate::line::split(bytes);
        // Bare text of several lines that belongs to no message is an old answer, such as that of `Queues`.
        let alone = crate::line::split(bytes.get(first_length..).unwrap_or(&[])).0.is_empty();
        memchr(b':', first_line).is_none() && (self.deciding.kind != Kind::Unknown || alone)
    }
}

/// The kind of a message by its first bytes, and where the name starts, in the spelling that nearly all have.
///
/// `Response: F…` is left out: `Follows` has command output behind it.
#[inline]
fn decided_at_once(bytes: &[u8]) -> Option<(Kind, usize)> {
    if bytes.starts_with(b"Event: ") {
        Some((Kind::Event, 7))
    } else if bytes.starts_with(b"Response: ") && !matches!(bytes.get(10), None | Some(b'F' | b'f')) {
        Some((Kind::Response, 10))
    } else if bytes.starts_with(b"Action: ") {
        Some((Kind::Action, 8))
    } else {
        None
    }
}

enum Step<'a> {
    /// The buffer holds no whole line.
    More,
    /// A line was taken.
    Again,
    Done(Result<Message<'a>, Error>),
}

/// Whether bytes begin with `Event: ` or `Response: `; `None` when there are too few to tell.
fn starts_message(bytes: &[u8]) -> Option<bool> {
    let mut known = true;
    for start in [&b"Event: "[..], b"Response: "] {
        if bytes.starts_with(start) {
            return Some(true);
        }
        known &= !start.starts_with(bytes);
    }
    known.then_some(false)
}
