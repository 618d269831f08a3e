//! Why a message could not be had.

use core::fmt;

use crate::DefectCode;

/// A message that is not available: a limit was exceeded, or the strict parser met a defect.
///
/// Parsing goes on behind it: after a limit at the next blank line, in strict mode at the next message.
///
/// ```
/// use ami_wire::{DefectCode, Parser};
///
/// let error = Parser::new().strict(true).messages(b"Event:X\r\n\r\n").next().unwrap().unwrap_err();
/// assert_eq!((error.code, error.offset), (DefectCode::NoSpaceAfterColon, 6));
/// assert_eq!(error.to_string(), "no-space-after-colon at byte 6: no space follows the colon of a header");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Error {
    /// What is wrong.
    pub code: DefectCode,
    /// Where: bytes from the start of the stream.
    pub offset: u64,
    /// Where the message starts that is not available: bytes from the start of the stream.
    pub message: u64,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.code, self.offset, self.code.describe())
    }
}

impl core::error::Error for Error {}
