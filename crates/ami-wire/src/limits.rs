//! How much one message may hold.

/// How much one message may hold before the parser gives it up.
///
/// Limits bound the memory that a hostile or broken peer can make a stream hold. A message that exceeds one becomes
/// an [`Error`](crate::Error); parsing resumes after the next blank line.
///
/// ```
/// use ami_wire::{DefectCode, Limits, Parser};
///
/// let parser = Parser::new().limits(Limits { line: 8, ..Limits::default() });
/// let mut messages = parser.messages(b"Event: Newchannel\r\n\r\nEvent: A\r\n\r\n");
/// assert_eq!(messages.next().unwrap().unwrap_err().code, DefectCode::OversizeLine);
/// assert_eq!(messages.next().unwrap().unwrap().name(), Some(&b"A"[..]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Bytes in one line, its CR LF not counted. Default 1 MiB.
    pub line: usize,
    /// Bytes in one message, up to its blank line. Default 16 MiB; at most 4 GiB − 1 is ever allowed.
    pub message: usize,
    /// Headers in one message. Default 65,536.
    pub headers: usize,
}

impl Limits {
    /// The defaults: 1 MiB a line, 16 MiB and 65,536 headers a message.
    pub const DEFAULT: Self = Self { line: 1 << 20, message: 16 << 20, headers: 65_536 };

    /// Positions inside a message are 32 bits wide.
    pub(crate) const fn clamped(self) -> Self {
        let most = u32::MAX as usize - 8;
        Self { message: if self.message < most { self.message } else { most }, ..self }
    }

    /// The length up to which no message, whatever it holds, exceeds a limit: a header has two bytes at least.
    pub(crate) const fn harmless(self) -> usize {
        let headers = self.headers.saturating_mul(2);
        let least = if self.line < self.message { self.line } else { self.message };
        if least < headers { least } else { headers }
    }

    /// Whether a whole message surely exceeds no limit; more exact than [`harmless`](Self::harmless), and slower.
    pub(crate) fn hold(self, message: &[u8]) -> bool {
        let mut start = 0;
        let mut lines = 0;
        message.len() <= self.message
            && memchr::memchr_iter(b'\n', message).all(|lf| {
                let length = lf - start;
                crate::work::looked_at(length + 1);
                start = lf + 1;
                lines += 1;
                length <= self.line && lines <= self.headers
            })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn positions_in_a_message_have_room() {
        let message = |message| Limits { message, line: 7, headers: 9 }.clamped();
        let most = (1 << 32) - 9;
        for (asked, given) in [(10, 10), (most - 1, most - 1), (most, most), (most + 1, most), (usize::MAX, most)] {
            assert_eq!(message(asked), Limits { message: given, line: 7, headers: 9 });
        }
    }

    /// Each limit can be the one that is met first.
    #[test]
    fn what_is_harmless_exceeds_no_limit() {
        for (line, message, headers, harmless) in
            [(5, 6, 4, 5), (6, 5, 4, 5), (6, 7, 2, 4), (7, 6, 2, 4), (usize::MAX, usize::MAX, usize::MAX, usize::MAX)]
        {
            assert_eq!(Limits { line, message, headers }.harmless(), harmless, "{line} {message} {headers}");
        }
    }
}
