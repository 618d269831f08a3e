//! Values of `ActionID` for those who want them made.

use core::fmt;

use crate::EncodeError;

/// Makes values of `ActionID`: a prefix of yours and a number that counts up.
///
/// ```
/// use ami_wire::{ActionIds, Encoder};
///
/// let mut ids = ActionIds::new("dialer-7-")?;
/// let mut out = Vec::new();
/// let id = ids.next();
/// let mut action = Encoder::action(&mut out, "Ping")?;
/// action.header("ActionID", &id)?;
/// action.end()?;
/// assert_eq!(out, b"Action: Ping\r\nActionID: dialer-7-0\r\n\r\n");
/// // The answer carries it back.
/// assert_eq!(ids.number(b"dialer-7-0"), Some(0));
/// assert_eq!(ids.number(b"somebody-else-0"), None);
/// # Ok::<(), ami_wire::EncodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ActionIds {
    prefix: [u8; Self::LONGEST_PREFIX],
    prefix_length: usize,
    next: u64,
}

impl ActionIds {
    /// How many bytes a prefix may have.
    pub const LONGEST_PREFIX: usize = 44;

    /// Counts from 0.
    ///
    /// # Errors
    ///
    /// [`EncodeError::ForbiddenByte`] for CR, LF or NUL in the prefix, [`EncodeError::Full`] if it is longer than
    /// [`LONGEST_PREFIX`](Self::LONGEST_PREFIX).
    pub fn new(prefix: impl AsRef<[u8]>) -> Result<Self, EncodeError> {
        let given = prefix.as_ref();
        if let Some((position, &byte)) = given.iter().enumerate().find(|(_, byte)| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(EncodeError::ForbiddenByte { byte, position });
        }
        let mut prefix = [0; Self::LONGEST_PREFIX];
        prefix.get_mut(..given.len()).ok_or(EncodeError::Full)?.copy_from_slice(given);
        Ok(Self { prefix, prefix_length: given.len(), next: 0 })
    }

    /// The next one.
    #[allow(clippy::should_implement_trait, reason = "an iterator would promise more: adapters, and an end")]
    pub fn next(&mut self) -> ActionId {
        let id = self.format(self.next);
        self.next = self.next.wrapping_add(1);
        id
    }

    /// The number in a value that this generator made or will make; `None` for a value of somebody else's.
    pub fn number(&self, action_id: &[u8]) -> Option<u64> {
        let digits = action_id.strip_prefix(self.prefix())?;
        let number = core::str::from_utf8(digits).ok()?.parse().ok()?;
        // `+1` and `01` are numbers too, but not ours.
        (self.format(number).as_bytes() == action_id).then_some(number)
    }

    fn prefix(&self) -> &[u8] {
        self.prefix.get(..self.prefix_length).unwrap_or(&[])
    }

    fn format(&self, number: u64) -> ActionId {
        let mut id = ActionId { bytes: [0; ActionId::LONGEST], start: ActionId::LONGEST };
        let mut rest = number;
        loop {
            id.put(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        for &byte in self.prefix().iter().rev() {
            id.put(byte);
        }
        id
    }
}

/// A value of `ActionID`, on the stack. Made by [`ActionIds`].
#[derive(Clone, Copy)]
pub struct ActionId {
    /// Filled from the end.
    bytes: [u8; Self::LONGEST],
    start: usize,
}

impl ActionId {
    /// A prefix and the 20 digits of the largest `u64`.
    const LONGEST: usize = ActionIds::LONGEST_PREFIX + 20;

    fn put(&mut self, byte: u8) {
        self.start -= 1;
        if let Some(slot) = self.bytes.get_mut(self.start) {
            *slot = byte;
        }
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or(&[])
    }
}

impl AsRef<[u8]> for ActionId {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for ActionId {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for ActionId {}

impl fmt::Debug for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}
