//! Names of channels.

use core::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::char;
use nom::combinator::{opt, peek};
use nom::error::context;
use nom::sequence::terminated;

use super::{Step, ValueError, lossy, whole};

/// Which half of a Local channel a name means: `;1` and `;2` at its end (`,1` and `,2` on 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Half {
    /// The half that was dialled.
    One,
    /// The half that runs the dialplan.
    Two,
}

/// The name of a channel: `TECHNOLOGY/peer-serial` (source: AMI 1.4, Channels; wire).
///
/// | name | wrapper | technology | peer | serial | half | mark |
/// |---|---|---|---|---|---|---|
/// | `PJSIP/100-0000001a` | | `PJSIP` | `100` | `0000001a` | | |
/// | `Local/100@ctx-00000001;2` | | `Local` | `100@ctx` | `00000001` | two | |
/// | `Message/ast_msg_queue` | | `Message` | `ast_msg_queue` | | | |
/// | `Parked/SIP/100-0000001a<ZOMBIE>` | `Parked` | `SIP` | `100` | `0000001a` | | `<ZOMBIE>` |
/// | `PJSIP/100@trunk` (a dial string) | | `PJSIP` | `100@trunk` | | | |
///
/// ```
/// use ami_wire::values::{ChannelName, Half};
/// let name = ChannelName::parse(b"Local/100@ctx-00000001;2")?;
/// assert_eq!((name.peer, name.serial, name.half), (&b"100@ctx"[..], Some(&b"00000001"[..]), Some(Half::Two)));
/// assert!(ChannelName::parse(b"AsyncGoto/SIP/100-0000001a<ZOMBIE>")?.is_zombie());
/// assert_eq!(ChannelName::parse(b"none").unwrap_err().expected, "/");
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChannelName<'a> {
    /// What took the channel over, while a copy of it lives under its name: `AsyncGoto`, `Parked`, `Bridge`,
    /// `Transfered` (with one r), `Surrogate`.
    pub wrapper: Option<&'a [u8]>,
    /// The channel driver.
    pub technology: &'a [u8],
    /// The endpoint; for Local `extension@context`; in a dial string all that follows the technology.
    pub peer: &'a [u8],
    /// Hexadecimal digits, decimal ones for IAX2. Eight in SIP and PJSIP; four in Local up to 1.8.
    pub serial: Option<&'a [u8]>,
    /// The half of a Local channel.
    pub half: Option<Half>,
    /// `<ZOMBIE>` or `<MASQ>` at the end, while channels swap their names.
    pub mark: Option<&'a [u8]>,
}

const WRAPPERS: [&[u8]; 5] = [b"AsyncGoto", b"Parked", b"Bridge", b"Transfered", b"Surrogate"];

fn part(input: &[u8]) -> Step<'_, &[u8]> {
    terminated(context("a technology", take_while1(|byte: u8| byte.is_ascii_graphic() && byte != b'/')), slash)
        .parse(input)
}

fn slash(input: &[u8]) -> Step<'_, char> {
    context("/", char('/')).parse(input)
}

/// The name of a wrapper, where another technology follows.
fn wrapper(input: &[u8]) -> Step<'_, &[u8]> {
    let names = alt((tag(WRAPPERS[0]), tag(WRAPPERS[1]), tag(WRAPPERS[2]), tag(WRAPPERS[3]), tag(WRAPPERS[4])));
    terminated(names, (slash, peek(part))).parse(input)
}

impl<'a> ChannelName<'a> {
    /// Takes the value of `Channel` and of the like in other roles.
    ///
    /// Serials are recognised by their form: what follows the last `-` is a serial if it is hexadecimal digits only.
    ///
    /// # Errors
    ///
    /// There is no slash, nothing before it, or nothing behind it. `none`, `<unknown>` and the empty value are no names.
    pub fn parse(value: &'a [u8]) -> Result<Self, ValueError> {
        whole(value, Self::grammar)
    }

    fn grammar(input: &'a [u8]) -> Step<'a, Self> {
        let (input, wrapper) = opt(wrapper).parse(input)?;
        let (input, technology) = part(input)?;
        let (end, name) = context("a peer", take_while1(|_| true)).parse(input)?;
        let (name, mark) = [&b"<ZOMBIE>"[..], b"<MASQ>"]
            .iter()
            .find_map(|mark| Some((name.strip_suffix(*mark)?, Some(*mark))))
            .unwrap_or((name, None));
        let (name, half) = match name {
            [name @ .., b';' | b',', b'1'] => (name, Some(Half::One)),
            [name @ .., b';' | b',', b'2'] => (name, Some(Half::Two)),
            _ => (name, None),
        };
        let serial = name.iter().rposition(|&byte| byte == b'-').and_then(|at| {
            let (peer, serial) = name.split_at_checked(at)?;
            let serial = serial.get(1..)?;
            let fits = !serial.is_empty() && serial.iter().all(u8::is_ascii_hexdigit);
            fits.then_some((peer, serial))
        });
        let (peer, serial) = serial.map_or((name, None), |(peer, serial)| (peer, Some(serial)));
        Ok((end, Self { wrapper, technology, peer, serial, half, mark }))
    }

    /// Whether it is a zombie: what is left of a channel whose place another one took.
    pub fn is_zombie(&self) -> bool {
        self.mark == Some(b"<ZOMBIE>")
    }

    /// The serial as a number, hexadecimal for every technology but IAX2.
    pub fn serial_number(&self) -> Option<u64> {
        let radix = if self.technology.eq_ignore_ascii_case(b"IAX2") { 10 } else { 16 };
        u64::from_str_radix(core::str::from_utf8(self.serial?).ok()?, radix).ok()
    }

    /// Extension and context of a Local channel, or user and host of a dial string.
    ///
    /// ```
    /// # use ami_wire::values::ChannelName;
    /// let name = ChannelName::parse(b"Local/100@ctx-00000001;2").unwrap();
    /// assert_eq!(name.extension_and_context(), Some((&b"100"[..], &b"ctx"[..])));
    /// ```
    pub fn extension_and_context(&self) -> Option<(&'a [u8], &'a [u8])> {
        let at = self.peer.iter().rposition(|&byte| byte == b'@')?;
        Some((self.peer.get(..at)?, self.peer.get(at + 1..)?))
    }
}

impl fmt::Display for ChannelName<'_> {
    /// The name; the halves of Local channels as all releases but 1.4 write them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(wrapper) = self.wrapper {
            lossy(f, wrapper)?;
            f.write_str("/")?;
        }
        lossy(f, self.technology)?;
        f.write_str("/")?;
        lossy(f, self.peer)?;
        if let Some(serial) = self.serial {
            f.write_str("-")?;
            lossy(f, serial)?;
        }
        f.write_str(match self.half {
            Some(Half::One) => ";1",
            Some(Half::Two) => ";2",
            None => "",
        })?;
        lossy(f, self.mark.unwrap_or(&[]))
    }
}
