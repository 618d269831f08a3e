//! Which release of Asterisk sent a stream.

use std::fmt;

use serde::{Serialize, Serializer};

/// The releases that are told apart, in order.
const RELEASES: [&str; 20] = [
    "1.0", "1.2", "1.4", "1.6", "1.8", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22",
    "23", "24",
];

/// A release, or a range of releases where the banner leaves a choice.
///
/// ```
/// use ami_conformance::Releases;
///
/// assert_eq!(Releases::from_banner(b"Asterisk Call Manager/11.0.0").unwrap().to_string(), "22");
/// assert_eq!(Releases::from_banner(b"Asterisk Call Manager/2.10.6").unwrap().to_string(), "12-13");
/// assert!(Releases::from_banner(b"Asterisk Call Manager/99").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Releases {
    first: u8,
    last: u8,
}

impl Releases {
    /// The releases that send this banner (source: wire, Releases and dialects).
    pub fn from_banner(line: &[u8]) -> Option<Self> {
        let version = std::str::from_utf8(line).ok()?.strip_prefix("Asterisk Call Manager/")?.trim();
        let mut parts = version.split('.');
        let major: u8 = parts.next()?.parse().ok()?;
        let minor: Option<u8> = parts.next().and_then(|part| part.parse().ok());
        let (first, last) = match (major, minor) {
            (1, Some(0)) => ("1.0", "1.4"),
            (1, Some(1)) => ("1.6", "1.8"),
            (1, Some(2)) => ("10", "10"),
            (1, Some(3)) => ("11", "11"),
            (2, _) => ("12", "13"),
            (3..=13, _) => {
                let at = Self::position("14")? + major - 3;
                return Some(Self { first: at, last: at });
            }
            _ => return None,
        };
        Some(Self { first: Self::position(first)?, last: Self::position(last)? })
    }

    fn position(name: &str) -> Option<u8> {
        let name = name.strip_prefix("1.6.").map_or(name, |_| "1.6");
        RELEASES.iter().position(|release| *release == name).map(|at| at as u8)
    }

    /// A release or range by name: `22`, `12-13`, `1.6.2`.
    ///
    /// # Errors
    ///
    /// A sentence that names what is not known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let find = |name: &str| {
            Self::position(name).ok_or_else(|| format!("'{name}' is no release; known are {}", RELEASES.join(", ")))
        };
        let releases = Self { first: find(first)?, last: find(last)? };
        if releases.first > releases.last {
            return Err(format!("'{text}' ends before it begins"));
        }
        Ok(releases)
    }

    /// Whether a release of the one range can be one of the other.
    pub fn intersects(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether they include 1.0, 1.2 or 1.4, which share the oldest banner.
    pub fn has_oldest_banner(self) -> bool {
        Self::position("1.4").is_some_and(|last| self.first <= last)
    }

    /// Whether they are of the message-bus generation, 12 and later; the generations share no banner.
    pub fn is_modern(self) -> bool {
        Self::position("12").is_some_and(|twelve| self.first >= twelve)
    }
}

impl fmt::Display for Releases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |at: u8| RELEASES.get(usize::from(at)).copied().unwrap_or("?");
        f.write_str(name(self.first))?;
        if self.first == self.last { Ok(()) } else { write!(f, "-{}", name(self.last)) }
    }
}

impl Serialize for Releases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banners() {
        let release = |banner: &str| {
            Releases::from_banner(format!("Asterisk Call Manager/{banner}").as_bytes()).map(|found| found.to_string())
        };
        for (banner, expected) in [
            ("1.0", "1.0-1.4"),
            ("1.1", "1.6-1.8"),
            ("1.2", "10"),
            ("1.3", "11"),
            ("2.5.0", "12-13"),
            ("3.0.0", "14"),
            ("5.0.4", "16"),
            ("9.0.0", "20"),
            ("12.0.0", "23"),
            ("13.0.0", "24"),
        ] {
            assert_eq!(release(banner).as_deref(), Some(expected), "{banner}");
        }
        assert_eq!(release("0.9"), None);
        assert_eq!(release("x"), None);
    }

    #[test]
    fn names() {
        assert_eq!(Releases::parse("12-13").unwrap().to_string(), "12-13");
        assert_eq!(Releases::parse("1.6.2").unwrap().to_string(), "1.6");
        assert!(Releases::parse("13-12").is_err());
        assert!(Releases::parse("2").is_err());
        assert!(Releases::parse("12").unwrap().intersects(Releases::parse("12-13").unwrap()));
        assert!(!Releases::parse("11").unwrap().is_modern());
    }
}
