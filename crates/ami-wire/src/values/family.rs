//! Keys that carry a number or a name.

use core::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while_m_n, take_while1};
use nom::character::complete::{char, u32};
use nom::combinator::{eof, map, map_opt, opt, peek};
use nom::error::context;
use nom::sequence::{delimited, preceded};

use super::{Fault, Step, ValueError, lossy, whole};

/// A key that belongs to a family: one meaning, many keys (source: wire).
///
/// ```
/// use ami_wire::values::KeyFamily;
/// let report = KeyFamily::parse(b"Report0SourceSSRC")?;
/// assert_eq!(report, KeyFamily::Report { block: 0, field: b"SourceSSRC" });
/// let line = KeyFamily::parse(b"Line-000001-000002")?;
/// assert_eq!(line, KeyFamily::Indexed { stem: b"Line", width: 6, first: 1, second: Some(2) });
/// let variable = KeyFamily::parse(b"ChanVariable(SIPURI)")?;
/// assert_eq!(variable, KeyFamily::Variable { role: b"", name: Some(b"SIPURI") });
/// assert!(KeyFamily::parse(b"Channel").is_err());
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyFamily<'a> {
    /// A field of one report block of an RTCP event: `Report0SourceSSRC`.
    Report {
        /// Which block, from 0.
        block: u32,
        /// What it tells.
        field: &'a [u8],
    },
    /// A key with one or two running numbers: `Category-000000`, `Line-000001-000002`, `Variable-000001`,
    /// `Result-00001`.
    Indexed {
        /// The key without its numbers.
        stem: &'a [u8],
        /// How many digits the numbers have: 5 or 6.
        width: u8,
        /// The first number.
        first: u32,
        /// The second, where there is one.
        second: Option<u32>,
    },
    /// The variables of a channel: `ChanVariable`, in older releases `ChanVariable(NAME)`, and with a role before it
    /// `DestChanVariable`.
    Variable {
        /// The role, empty for the event's own channel; as in `Dest`, `LocalOne`, `Parkee`.
        role: &'a [u8],
        /// The name in parentheses; without it the name stands in the value, see [`Assignment`](super::Assignment).
        name: Option<&'a [u8]>,
    },
}

const VARIABLE: &str = "ChanVariable";

impl<'a> KeyFamily<'a> {
    /// Takes a key.
    ///
    /// # Errors
    ///
    /// The key belongs to no family.
    pub fn parse(key: &'a [u8]) -> Result<Self, ValueError> {
        whole(key, context("a key of a family", alt((Self::report, Self::indexed, Self::variable))))
    }

    fn report(input: &'a [u8]) -> Step<'a, Self> {
        let field = take_while1(|byte: u8| byte.is_ascii_alphanumeric());
        preceded(tag_no_case("Report"), (u32, field)).map(|(block, field)| Self::Report { block, field }).parse(input)
    }

    fn indexed(input: &'a [u8]) -> Step<'a, Self> {
        let number = || {
            map_opt(take_while_m_n(5, 6, |byte: u8| byte.is_ascii_digit()), |digits: &[u8]| {
                let value = core::str::from_utf8(digits).ok()?.parse().ok()?;
                Some((digits.len() as u8, value))
            })
        };
        let stem = take_while1(|byte: u8| byte.is_ascii_alphanumeric());
        let (rest, (stem, (width, first), second)) =
            (stem, preceded(char('-'), number()), opt(preceded(char('-'), number()))).parse(input)?;
        match second {
            // Numbers of different width belong to nothing that is known.
            Some((other, _)) if other != width => {
                Err(nom::Err::Error(Fault { rest: input, expected: "numbers of one width" }))
            }
            _ => Ok((rest, Self::Indexed { stem, width, first, second: second.map(|(_, number)| number) })),
        }
    }

    fn variable(input: &'a [u8]) -> Step<'a, Self> {
        // The role is all that stands before the last part: letters only, so it can be found from the back.
        let end = input.iter().position(|&byte| byte == b'(').unwrap_or(input.len());
        let role = end.checked_sub(VARIABLE.len()).and_then(|at| input.split_at_checked(at));
        let Some((role, behind)) = role.filter(|(role, _)| role.iter().all(u8::is_ascii_alphanumeric)) else {
            return Err(nom::Err::Error(Fault { rest: input, expected: "" }));
        };
        let name = delimited(char('('), context("a name", name_in_parentheses), char(')'));
        map(preceded(tag_no_case(VARIABLE), alt((map(name, Some), map(peek(eof), |_| None)))), |name| Self::Variable {
            role,
            name,
        })
        .parse(behind)
    }
}

/// A name up to the last parenthesis: `CDR(dst)` is one.
fn name_in_parentheses(input: &[u8]) -> Step<'_, &[u8]> {
    match input {
        [name @ .., b')'] if !name.is_empty() => Ok((input.get(name.len()..).unwrap_or(&[]), name)),
        _ => Err(nom::Err::Error(Fault { rest: input, expected: "" })),
    }
}

impl fmt::Display for KeyFamily<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Report { block, field } => {
                write!(f, "Report{block}")?;
                lossy(f, field)
            }
            Self::Indexed { stem, width, first, second } => {
                let width = usize::from(width);
                lossy(f, stem)?;
                write!(f, "-{first:0width$}")?;
                second.map_or(Ok(()), |second| write!(f, "-{second:0width$}"))
            }
            Self::Variable { role, name } => {
                lossy(f, role)?;
                f.write_str(VARIABLE)?;
                if let Some(name) = name {
                    f.write_str("(")?;
                    lossy(f, name)?;
                    f.write_str(")")?;
                }
                Ok(())
            }
        }
    }
}
