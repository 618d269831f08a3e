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

#[inline]
pub(crate) fn key_eq(on_wire: &[u8], wanted: &[u8]) -> bool {
    if on_wire.len() == wanted.len() {
        on_wire.eq_ignore_ascii_case(wanted)
    } else {
        on_wire.len() > wanted.len() && trim(on_wire).eq_ignore_ascii_case(wanted)
    }
}

#[inline]
pub(crate) fn trim(mut key: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = key {
        key = rest;
    }
    key
}
