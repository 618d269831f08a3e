//! A key and a value.

use crate::work::memchr;

/// One `Key: value` line of a message: two byte slices, exactly as they are on the wire.
///
/// A value is bytes, not text: latin-1 and cut UTF-8 are common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Header<'a> {
    /// What stands before the first colon.
    pub key: &'a [u8],
    /// What follows the colon and one space.
    pub value: &'a [u8],
}

impl<'a> Header<'a> {
    /// Takes a line apart at its first colon; `None` without one. A single space after the colon is not part of the
    /// value.
    ///
    /// ```
    /// use ami_wire::Header;
    /// let header = Header::from_line(b"CallerID: \"Kermit\" <1>").unwrap();
    /// assert_eq!((header.key, header.value), (&b"CallerID"[..], &b"\"Kermit\" <1>"[..]));
    /// assert!(Header::from_line(b"no header").is_none());
    /// ```
    #[inline]
    pub fn from_line(line: &'a [u8]) -> Option<Self> {
        Self::cut(line, memchr(b':', line)?)
    }

    /// Takes a line apart at its first colon, which is at `colon`.
    #[inline]
    pub(crate) fn cut(line: &'a [u8], colon: usize) -> Option<Self> {
        let (key, rest) = line.split_at_checked(colon)?;
        let value = match rest {
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            _ => rest,
        };
        Some(Self { key, value })
    }

    /// The key without blanks around it, which have no meaning in a look-up (`Reg-Contact :` on 1.4).
    #[inline]
    pub fn trimmed_key(&self) -> &'a [u8] {
        trim(self.key)
    }

    /// Whether the key is `key`: without regard to case and to blanks around it.
    ///
    /// ```
    /// # use ami_wire::Header;
    /// let header = Header::from_line(b"Reg-Contact : sip:a@b").unwrap();
    /// assert!(header.key_is("reg-contact"));
    /// ```
    #[inline]
    pub fn key_is(&self, key: impl AsRef<[u8]>) -> bool {
        key_eq(self.key, key.as_ref())
    }

    /// Whether the key is spelled exactly like `key`: for those who foresee the next key, and look for another only
    /// where it is not the one.
    ///
    /// ```
    /// # use ami_wire::Header;
    /// let header = Header::from_line(b"Channel: PJSIP/100-00000001").unwrap();
    /// assert!(header.is_spelled(b"Channel"));
    /// assert!(!header.is_spelled(b"channel"));
    /// ```
    #[inline]
    pub fn is_spelled(&self, key: &[u8]) -> bool {
        same(self.key, key)
    }

    /// The value as text, where it is UTF-8.
    ///
    /// # Errors
    ///
    /// The standard library's, with the position of the first byte that does not fit.
    #[inline]
    pub fn to_str(&self) -> Result<&'a str, core::str::Utf8Error> {
        core::str::from_utf8(self.value)
    }
}

impl core::fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let value = if is_secret(self.key) { b"***" } else { self.value };
        write!(f, "{}: {}", self.key.escape_ascii(), value.escape_ascii())
    }
}

/// Whether the value of this key must not be shown in logs: passwords and login digests.
pub(crate) fn is_secret(key: &[u8]) -> bool {
    const SECRETS: [&[u8]; 8] = [
        b"Secret",
        b"Key",
        b"Password",
        b"MD5Secret",
        // VoicemailPasswordChange.
        b"NewPassword",
        // AuthDetail and AuthList.
        b"Md5Cred",
        b"PasswordDigest",
        b"OauthSecret",
    ];
    let key = trim(key);
    SECRETS.iter().any(|secret| key.eq_ignore_ascii_case(secret))
}

/// Whether two keys are the same: two words each that may overlap, which costs less than a call.
#[inline]
fn same(one: &[u8], other: &[u8]) -> bool {
    #[inline]
    fn ends<const N: usize>(bytes: &[u8]) -> Option<([u8; N], [u8; N])> {
        Some((*bytes.first_chunk()?, *bytes.last_chunk()?))
    }
    if one.len() != other.len() {
        return false;
    }
    if one.len() > 32 {
        return one == other;
    }
    if let (Some(one), Some(other)) = (ends::<16>(one), ends::<16>(other)) {
        return one == other;
    }
    if let (Some(one), Some(other)) = (ends::<8>(one), ends::<8>(other)) {
        return one == other;
    }
    match (ends::<4>(one), ends::<4>(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.iter().zip(other).all(|(a, b)| a == b),
    }
}

#[inline]
pub(crate) fn key_eq(on_wire: &[u8], wanted: &[u8]) -> bool {
    if on_wire.len() == wanted.len() {
        // Nearly all other keys of the same length begin with another letter.
        let first = |key: &[u8]| key.first().map(u8::to_ascii_lowercase);
        first(on_wire) == first(wanted) && on_wire.eq_ignore_ascii_case(wanted)
    } else {
        let blank = matches!(on_wire, [b' ' | b'\t', ..] | [.., b' ' | b'\t']);
        blank && trim(on_wire).eq_ignore_ascii_case(wanted)
    }
}

#[inline]
pub(crate) fn trim(mut key: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = key {
        key = rest;
    }
    key
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// Every length has its own way of being compared, and every byte counts.
    #[test]
    fn keys_are_spelled_alike_or_not() {
        let key: Vec<u8> = (b'A'..b'A' + 40).collect();
        for length in 0..=key.len() {
            let one = &key[..length];
            let header = Header { key: one, value: b"" };
            assert!(header.is_spelled(one));
            for at in 0..length {
                let mut other = one.to_vec();
                other[at] ^= 0x20;
                assert!(!header.is_spelled(&other), "{length} {at}");
            }
            assert_eq!(header.is_spelled(&key[..length.saturating_sub(1)]), length == 0);
        }
    }
}
