//! Lists of event classes.

use core::fmt;

use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::{cut, recognize};
use nom::error::context;
use nom::multi::fold_many0;
use nom::sequence::preceded;

use super::{Step, ValueError, lossy, whole};

fn class(input: &[u8]) -> Step<'_, &[u8]> {
    context("an event class", take_while1(|byte: u8| byte.is_ascii_graphic() && byte != b',')).parse(input)
}

/// The classes of an event or action, separated by commas: `call,all` (source: AMI 1.4, Class Authorizations).
///
/// ```
/// use ami_wire::values::Privileges;
/// let classes = Privileges::parse(b"call,reporting,all")?;
/// assert!(classes.iter().eq([&b"call"[..], b"reporting", b"all"]));
/// assert!(classes.contains("Call"));
/// assert_eq!(Privileges::parse(b"call,,all").unwrap_err().position, 5);
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Privileges<'a> {
    list: &'a [u8],
}

impl<'a> Privileges<'a> {
    /// Takes the value of `Privilege`, `EventMask` or `Events`.
    ///
    /// # Errors
    ///
    /// A class is empty or holds a blank or a control byte.
    pub fn parse(value: &'a [u8]) -> Result<Self, ValueError> {
        let more = fold_many0(preceded(char(','), cut(class)), || (), |(), _| ());
        whole(value, recognize((class, more))).map(|list| Self { list })
    }

    /// The classes in wire order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.list.split(|&byte| byte == b',')
    }

    /// The first class, the one that decides who sees an event.
    pub fn first(&self) -> &'a [u8] {
        self.iter().next().unwrap_or(&[])
    }

    /// Whether `class` is among them, without regard to case.
    pub fn contains(&self, class: impl AsRef<[u8]>) -> bool {
        self.iter().any(|one| one.eq_ignore_ascii_case(class.as_ref()))
    }
}

impl fmt::Display for Privileges<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lossy(f, self.list)
    }
}
