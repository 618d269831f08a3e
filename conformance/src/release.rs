//! Which release of Asterisk sent a stream.

use std::fmt;

use ami_types::schema::{Release, ReleaseRange};
use serde::{Serialize, Serializer};

/// A release, or a range of releases where the banner leaves a choice.
///
/// The releases are those of [`ami_types::schema::Release`], under the names of the reports: `1.6` stands for 1.6.2, the
/// only one of its kind, and `24` for what comes after 23.
///
/// ```
/// use ami_conformance::Releases;
///
/// assert_eq!(Releases::from_banner(b"Asterisk Call Manager/11.0.0").unwrap().to_string(), "22");
/// assert_eq!(Releases::from_banner(b"Asterisk Call Manager/2.10.6").unwrap().to_string(), "12-13");
/// assert!(Releases::from_banner(b"Asterisk Call Manager/99").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Releases(ReleaseRange);

/// Names that differ from those of the schema.
const NAMES: [(Release, &str); 2] = [(Release::R1_6_2, "1.6"), (Release::Master, "24")];

fn name(release: Release) -> &'static str {
    NAMES.iter().find(|(other, _)| *other == release).map_or(release.name(), |(_, name)| name)
}

impl Releases {
    /// The releases that send this banner (source: wire, Releases and dialects).
    pub fn from_banner(line: &[u8]) -> Option<Self> {
        Release::from_banner(line.strip_prefix(b"Asterisk Call Manager/")?).map(Self)
    }

    /// A release or range by name: `22`, `12-13`, `1.6.2`.
    ///
    /// # Errors
    ///
    /// A sentence that names what is not known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let find = |wanted: &str| {
            let is = |release: &Release| name(*release) == wanted || release.name() == wanted;
            Release::ALL.iter().copied().find(is).ok_or_else(|| {
                let known: Vec<_> = Release::ALL.iter().map(|release| name(*release)).collect();
                format!("'{wanted}' is no release; known are {}", known.join(", "))
            })
        };
        let (first, last) = (find(first)?, find(last)?);
        if first > last {
            return Err(format!("'{text}' ends before it begins"));
        }
        Ok(Self(ReleaseRange::new(first, last)))
    }

    /// The same for the schema.
    pub fn range(self) -> ReleaseRange {
        self.0
    }

    /// Whether a release of the one range can be one of the other.
    pub fn intersects(self, other: Self) -> bool {
        self.0.first() <= other.0.last() && other.0.first() <= self.0.last()
    }

    /// Whether they include 1.0, 1.2 or 1.4, which share the oldest banner.
    pub fn has_oldest_banner(self) -> bool {
        self.0.first() <= Release::R1_4
    }

    /// Whether they are of the message-bus generation, 12 and later; the generations share no banner.
    pub fn is_modern(self) -> bool {
        self.0.first() >= Release::R12
    }
}

impl fmt::Display for Releases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(self.0.first()))?;
        if self.0.first() == self.0.last() { Ok(()) } else { write!(f, "-{}", name(self.0.last())) }
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
        assert_eq!(Releases::parse("master").unwrap(), Releases::parse("24").unwrap());
        assert!(Releases::parse("2").is_err());
        assert!(Releases::parse("12").unwrap().intersects(Releases::parse("12-13").unwrap()));
        assert!(!Releases::parse("11").unwrap().is_modern());
    }
}
