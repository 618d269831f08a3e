//! Releases of Asterisk, sets of them, and what a banner says about them.

use core::fmt;

pub use crate::generated::release::Release;
use crate::generated::release::{BANNERS, RECORDED};

impl Release {
    /// The release with this name: `1.4`, `22`, `master`.
    ///
    /// ```
    /// use ami_types::schema::Release;
    /// assert_eq!(Release::from_name("22"), Some(Release::R22));
    /// assert!(Release::R1_4 < Release::R12);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|release| release.name() == name)
    }

    /// The releases that send this banner. Takes the whole line (`Asterisk Call Manager/11.0.0`) or the version alone.
    ///
    /// `1.0` was sent by 1.0 to 1.4, `1.1` by 1.6.2 and 1.8, `2.x` by 12 and 13; `None` for a banner that no release
    /// is known to send. (Source: wire.)
    ///
    /// ```
    /// use ami_types::schema::{Release, ReleaseRange};
    /// assert_eq!(Release::from_banner(b"Asterisk Call Manager/11.0.0"), Some(ReleaseRange::from(Release::R22)));
    /// let oldest = Release::from_banner(b"Asterisk Call Manager/1.0").unwrap();
    /// assert_eq!((oldest.first(), oldest.last()), (Release::R1_0, Release::R1_4));
    /// assert_eq!(oldest.to_string(), "1.0-1.4");
    /// assert_eq!(Release::from_banner(b"Asterisk Call Manager/99.0"), None);
    /// ```
    pub fn from_banner(banner: &[u8]) -> Option<ReleaseRange> {
        let version = banner.rsplit(|&byte| byte == b'/').next()?.trim_ascii();
        let fits = |pattern: &str| match pattern.strip_suffix(".*") {
            Some(major) => version
                .strip_prefix(major.as_bytes())
                .is_some_and(|rest| rest.is_empty() || rest.first() == Some(&b'.')),
            None => version == pattern.as_bytes(),
        };
        let mut range: Option<ReleaseRange> = None;
        for (release, pattern) in Self::ALL.iter().copied().zip(BANNERS) {
            if fits(pattern) {
                range = Some(ReleaseRange { first: range.map_or(release, |range| range.first), last: release });
            }
        }
        range
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The releases that a banner leaves to choose from, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseRange {
    first: Release,
    last: Release,
}

impl ReleaseRange {
    /// From one release to another, both included; swapped if they are the wrong way round.
    pub fn new(first: Release, last: Release) -> Self {
        if first <= last { Self { first, last } } else { Self { first: last, last: first } }
    }

    /// The oldest.
    pub fn first(self) -> Release {
        self.first
    }

    /// The newest.
    pub fn last(self) -> Release {
        self.last
    }

    /// Whether a release is in it.
    pub fn contains(self, release: Release) -> bool {
        (self.first..=self.last).contains(&release)
    }

    /// As a set.
    pub const fn set(self) -> ReleaseSet {
        ReleaseSet::range(self.first, self.last)
    }
}

impl From<Release> for ReleaseRange {
    fn from(release: Release) -> Self {
        Self { first: release, last: release }
    }
}

impl fmt::Display for ReleaseRange {
    /// `22`, or `12-13`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { self.first.fmt(f) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

/// A set of releases.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ReleaseSet(u32);

impl ReleaseSet {
    /// No release.
    pub const NONE: Self = Self(0);
    /// Every release.
    pub const ALL: Self = Self((1 << Release::ALL.len()) - 1);
    /// The releases with recorded sessions: what the schema says is always there, it can say of these alone.
    pub const RECORDED: Self = RECORDED;

    /// One release.
    pub const fn only(release: Release) -> Self {
        Self(1 << release as u32)
    }

    /// A release and all that came after it.
    pub const fn since(release: Release) -> Self {
        Self(Self::ALL.0 & !((1 << release as u32) - 1))
    }

    /// From one release to another, both included.
    pub const fn range(first: Release, last: Release) -> Self {
        Self(Self::since(first).0 & ((2 << last as u32) - 1))
    }

    /// The releases in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The releases in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether no release is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a release is in it.
    pub const fn contains(self, release: Release) -> bool {
        self.0 >> release as u32 & 1 == 1
    }

    /// Whether all releases of a range are in it.
    pub const fn contains_all(self, range: ReleaseRange) -> bool {
        self.0 & range.set().0 == range.set().0
    }

    /// Whether any release of a range is in it.
    pub const fn contains_any(self, range: ReleaseRange) -> bool {
        self.0 & range.set().0 != 0
    }

    /// The releases in it, oldest first.
    pub fn iter(self) -> impl Iterator<Item = Release> {
        Release::ALL.iter().copied().filter(move |release| self.contains(*release))
    }
}

impl fmt::Display for ReleaseSet {
    /// As in the schema: `1.4..11 13..`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let newest = Release::ALL.len() - 1;
        let mut index = 0;
        let mut separator = "";
        while let Some(&first) = Release::ALL.get(index) {
            if !self.contains(first) {
                index += 1;
                continue;
            }
            let mut last = index;
            while Release::ALL.get(last + 1).is_some_and(|&next| self.contains(next)) {
                last += 1;
            }
            f.write_str(separator)?;
            match Release::ALL.get(last) {
                Some(_) if last == index => write!(f, "{first}")?,
                Some(end) if last < newest => write!(f, "{first}..{end}")?,
                _ => write!(f, "{first}..")?,
            }
            separator = " ";
            index = last + 1;
        }
        Ok(())
    }
}

impl fmt::Debug for ReleaseSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReleaseSet({self})")
    }
}
