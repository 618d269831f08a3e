//! The ways in which real peers depart from the protocol, as data.

use core::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What is wrong with some bytes, by the name that is used everywhere: reports, JSON, tests.
        ///
        /// Each of these is sent by a real server or client. A lenient parser carries on through all of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum DefectCode { $($(#[$doc])* $variant,)* }

        impl DefectCode {
            /// Every code, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code's name.
            ///
            /// ```
            /// assert_eq!(ami_wire::DefectCode::BareLf.as_str(), "bare-lf");
            /// ```
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// A line, the empty one included, ended by LF alone. Offset: the LF.
    BareLf = "bare-lf",
    /// A CR inside a line. It stays part of the value. Offset: the CR.
    BareCr = "bare-cr",
    /// Extra blank lines before a message, or at the end of the input. Offset: the first of them.
    BlankBeforeMessage = "blank-before-message",
    /// `Key:value`; the value starts right after the colon. Offset: the byte after the colon.
    NoSpaceAfterColon = "no-space-after-colon",
    /// A line without a colon, kept as a raw line. Offset: the line.
    NoColon = "no-colon",
    /// `: value`, kept as a header with an empty key. Offset: the line.
    EmptyKey = "empty-key",
    /// A byte outside 0x21–0x7E in a key, a blank at its end included. Offset: that byte.
    KeyNotToken = "key-not-token",
    /// A value that is not UTF-8. Offset: the first byte that does not fit.
    NonUtf8 = "non-utf8",
    /// A byte below 0x20 other than TAB and CR in a value. Offset: that byte.
    ControlByte = "control-byte",
    /// No `Action`, `Response` or `Event` key. Offset: the message.
    KindMissing = "kind-missing",
    /// `Action` together with one of the other two, or `Event` after `Response`. Offset: the later line.
    KindConflict = "kind-conflict",
    /// The deciding key is not the first. The specification implies no order: a note, never a strict error.
    /// Offset: the line of the deciding key.
    KindNotFirst = "kind-not-first",
    /// `Event`, `Action`, `Response`, `ActionID` or `Privilege` again in one message. Offset: the later line.
    DuplicateKindKey = "duplicate-kind-key",
    /// `Response: Follows` whose output has no end line before the next message. Offset: where the output was ended.
    UnterminatedOutput = "unterminated-output",
    /// The stream ends inside a message. Offset: the end of the stream.
    Truncated = "truncated",
    /// A line longer than [`Limits::line`](crate::Limits::line). Offset: the line.
    OversizeLine = "oversize-line",
    /// A message longer than [`Limits::message`](crate::Limits::message). Offset: the line that exceeds it.
    OversizeMessage = "oversize-message",
    /// More headers than [`Limits::headers`](crate::Limits::headers). Offset: the first one too many.
    TooManyHeaders = "too-many-headers",
    /// The first line of a server's stream is neither a banner nor a header. Offset: the line.
    BannerMalformed = "banner-malformed",
}

impl DefectCode {
    /// Whether a strict parser refuses it: every code but [`KindNotFirst`](Self::KindNotFirst).
    pub const fn is_strict_error(self) -> bool {
        !matches!(self, Self::KindNotFirst)
    }

    /// The code with this name.
    ///
    /// ```
    /// use ami_wire::DefectCode;
    /// assert_eq!(DefectCode::from_name("no-colon"), Some(DefectCode::NoColon));
    /// assert_eq!(DefectCode::from_name("No-Colon"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// One plain sentence: what is on the wire.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::BareLf => "a line ends with LF alone instead of CR LF",
            Self::BareCr => "a CR stands inside a line",
            Self::BlankBeforeMessage => "extra blank lines stand before a message or at the end",
            Self::NoSpaceAfterColon => "no space follows the colon of a header",
            Self::NoColon => "a line has no colon, so it is no header",
            Self::EmptyKey => "a header has no key before its colon",
            Self::KeyNotToken => "a key holds a blank, a control byte or a byte above 0x7E",
            Self::NonUtf8 => "a value is not UTF-8",
            Self::ControlByte => "a value holds a control byte",
            Self::KindMissing => "a message has no Action, Response or Event key",
            Self::KindConflict => "a message has deciding keys that exclude each other",
            Self::KindNotFirst => "the key that decides the kind of a message is not its first",
            Self::DuplicateKindKey => "a key that may occur once occurs again",
            Self::UnterminatedOutput => "command output has no end line",
            Self::Truncated => "the stream ends inside a message",
            Self::OversizeLine => "a line is longer than the limit",
            Self::OversizeMessage => "a message is longer than the limit",
            Self::TooManyHeaders => "a message has more headers than the limit",
            Self::BannerMalformed => "the first line of a server's stream is neither a banner nor a header",
        }
    }
}

impl fmt::Display for DefectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A defect and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Defect {
    /// What is wrong.
    pub code: DefectCode,
    /// Where: bytes from the start of the stream.
    pub offset: u64,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.code, self.offset)
    }
}
