//! `name=value`.

use core::fmt;
use core::iter::FusedIterator;

use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::rest;
use nom::error::context;
use nom::sequence::separated_pair;

use super::{ValueError, lossy, whole};

/// A variable with its value, as in `Variable` of an action and `ChanVariable` of an event: `NAME=value`
/// (source: AMI 1.4, Channel Variables).
///
/// ```
/// use ami_wire::values::Assignment;
/// let variable = Assignment::parse(b"CDR(userfield)=a=b")?;
/// assert_eq!((variable.name, variable.value), (&b"CDR(userfield)"[..], &b"a=b"[..]));
/// assert_eq!(Assignment::parse(b"NAME").unwrap_err().expected, "=");
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Assignment<'a> {
    /// What stands before the first `=`.
    pub name: &'a [u8],
    /// What follows it; can be empty.
    pub value: &'a [u8],
}

impl<'a> Assignment<'a> {
    /// Takes a value apart at its first `=`.
    ///
    /// # Errors
    ///
    /// The name is empty, or there is no `=`.
    pub fn parse(value: &'a [u8]) -> Result<Self, ValueError> {
        let name = context("a name", take_while1(|byte| byte != b'='));
        let pair = separated_pair(name, context("=", char('=')), rest);
        whole(value, pair.map(|(name, value)| Self { name, value }))
    }
}

impl fmt::Display for Assignment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lossy(f, self.name)?;
        f.write_str("=")?;
        lossy(f, self.value)
    }
}

/// Several assignments in one value, with a separator between them: `|` in `Variable` of `Originate` on 1.4, `,` later;
/// `;` in `RTPAUDIOQOS`. Empty parts are skipped, blanks before a name too.
///
/// ```
/// use ami_wire::values::assignments;
/// let names: Vec<_> = assignments(b"a=1|b=2", b'|').map(|one| one.unwrap().name).collect();
/// assert_eq!(names, [b"a", b"b"]);
/// ```
pub const fn assignments(value: &[u8], separator: u8) -> Assignments<'_> {
    Assignments { value, at: 0, separator }
}

/// Made by [`assignments`].
#[derive(Clone, Debug)]
pub struct Assignments<'a> {
    value: &'a [u8],
    at: usize,
    separator: u8,
}

impl<'a> Iterator for Assignments<'a> {
    type Item = Result<Assignment<'a>, ValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(rest) = self.value.get(self.at..).filter(|rest| !rest.is_empty()) {
            let part = rest.split(|&byte| byte == self.separator).next().unwrap_or(rest);
            let start = self.at;
            self.at += part.len() + 1;
            let trimmed = part.trim_ascii_start();
            if !trimmed.is_empty() {
                let start = start + part.len() - trimmed.len();
                return Some(
                    Assignment::parse(trimmed)
                        .map_err(|error| ValueError { position: start + error.position, ..error }),
                );
            }
        }
        None
    }
}

impl FusedIterator for Assignments<'_> {}
