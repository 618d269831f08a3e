//! Ids of channels.

use core::fmt;

use nom::Parser;
use nom::character::complete::{char, u64};
use nom::error::context;
use nom::sequence::separated_pair;

use super::{Step, ValueError, lossy, whole};

/// A channel's id: `epoch.serial`, or `systemname-epoch.serial` where the server has a name (source: wire).
///
/// The epoch is when the channel was made; serials tell nothing about order.
///
/// ```
/// use ami_wire::values::UniqueId;
/// let id = UniqueId::parse(b"pbx-7-1795516943.398")?;
/// assert_eq!((id.system, id.epoch, id.serial), (Some(&b"pbx-7"[..]), 1_795_516_943, 398));
/// assert_eq!(id.to_string(), "pbx-7-1795516943.398");
/// assert!(UniqueId::parse(b"<unknown>").is_err());
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UniqueId<'a> {
    /// The name of the server, from `systemname` of its configuration.
    pub system: Option<&'a [u8]>,
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub epoch: u64,
    /// Counts the channels of the server since it was started.
    pub serial: u64,
}

impl<'a> UniqueId<'a> {
    /// Takes the value of `Uniqueid`, `Linkedid` and the like in other roles.
    ///
    /// # Errors
    ///
    /// The form is another one: bridges have ids of another kind, and `none`, `<unknown>`, `<null>` and the empty value
    /// stand for no channel.
    pub fn parse(value: &'a [u8]) -> Result<Self, ValueError> {
        whole(value, Self::grammar)
    }

    fn grammar(input: &'a [u8]) -> Step<'a, Self> {
        let dash = input.iter().rposition(|&byte| byte == b'-');
        let (input, system) = match dash.and_then(|at| input.split_at_checked(at)) {
            Some((system, [_, number @ ..])) if !system.is_empty() => (number, Some(system)),
            _ => (input, None),
        };
        let pair = separated_pair(context("seconds", u64), context(".", char('.')), context("a serial", u64));
        pair.map(|(epoch, serial)| Self { system, epoch, serial }).parse(input)
    }
}

impl fmt::Display for UniqueId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(system) = self.system {
            lossy(f, system)?;
            f.write_str("-")?;
        }
        write!(f, "{}.{}", self.epoch, self.serial)
    }
}
