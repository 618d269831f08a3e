//! The answer to a challenge.

use core::fmt;

use md5::{Digest, Md5};

/// The value of `Key` in a `Login` with `AuthType: MD5`: the MD5 digest of the challenge and the secret behind it, in
/// lower-case hexadecimal (source: AMI 1.4, Authorization).
///
/// MD5 keeps a secret from going over the wire in plain text, and no more than that; for privacy, use TLS.
/// [`Debug`](fmt::Debug) does not show it.
///
/// ```
/// use ami_wire::{ChallengeKey, Encoder};
///
/// let answer = b"Response: Success\r\nChallenge: 840415273\r\n\r\n";
/// let answer = ami_wire::messages(answer).next().unwrap().unwrap();
/// let key = ChallengeKey::new(answer.get("Challenge").unwrap(), "secret");
///
/// let mut out = Vec::new();
/// let mut login = Encoder::action(&mut out, "Login")?;
/// login.header("AuthType", "MD5")?;
/// login.header("Username", "admin")?;
/// login.header("Key", &key)?;
/// login.end()?;
/// assert!(out.ends_with(b"Key: 81c3ab5534a432bec402f6d988ee45b4\r\n\r\n"));
/// # Ok::<(), ami_wire::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChallengeKey {
    hexadecimal: [u8; 32],
}

impl ChallengeKey {
    /// From the value of `Challenge` in the answer to the action `Challenge`, and the secret of the user.
    pub fn new(challenge: impl AsRef<[u8]>, secret: impl AsRef<[u8]>) -> Self {
        let digest = Md5::new().chain_update(challenge).chain_update(secret).finalize();
        let mut hexadecimal = [0; 32];
        for (pair, byte) in hexadecimal.chunks_exact_mut(2).zip(digest) {
            for (digit, half) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                *digit = if half < 10 { b'0' + half } else { b'a' + half - 10 };
            }
        }
        Self { hexadecimal }
    }

    /// The 32 digits.
    pub fn as_bytes(&self) -> &[u8] {
        &self.hexadecimal
    }

    /// Whether a client sent the right key; for servers. Takes as long for a wrong one as for the right one.
    pub fn matches(&self, key: impl AsRef<[u8]>) -> bool {
        let key = key.as_ref();
        let differences = self.hexadecimal.iter().zip(key).fold(0, |sum, (ours, theirs)| sum | (ours ^ theirs));
        key.len() == self.hexadecimal.len() && differences == 0
    }
}

impl AsRef<[u8]> for ChallengeKey {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for ChallengeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChallengeKey(***)")
    }
}
