//! Addresses.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::str::FromStr;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while1};
use nom::character::complete::{char, u16};
use nom::combinator::{map_opt, opt};
use nom::error::context;
use nom::sequence::{preceded, terminated};

use super::{Fault, Step, ValueError, lossy, whole};

/// An address as security events write it: family, transport, address and port, separated by slashes
/// (source: reference, security events).
///
/// ```
/// use ami_wire::values::PeerAddress;
/// let address = PeerAddress::parse(b"IPV4/TCP/127.0.0.1/5038")?;
/// assert_eq!(address.transport, b"TCP");
/// assert_eq!(address.socket(), "127.0.0.1:5038".parse().unwrap());
/// assert_eq!(PeerAddress::parse(b"IPV6/UDP/::1/5060")?.socket(), "[::1]:5060".parse().unwrap());
/// assert_eq!(PeerAddress::parse(b"IPV4/TCP/::1/5038").unwrap_err().position, 9);
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerAddress<'a> {
    /// `UDP`, `TCP`, `TLS`, `WS` or `WSS`.
    pub transport: &'a [u8],
    /// The address.
    pub ip: IpAddr,
    /// The zone behind `%` of a link-local address of IPv6, if there is one.
    pub zone: Option<&'a [u8]>,
    /// The port.
    pub port: u16,
}

/// An address of a family, out of bytes that can occur in one.
fn ip<'a, T: FromStr>(what: &'static str) -> impl Parser<&'a [u8], Output = T, Error = Fault<'a>> {
    let bytes = take_while1(|byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'));
    context(what, map_opt(bytes, |bytes| core::str::from_utf8(bytes).ok()?.parse().ok()))
}

impl<'a> PeerAddress<'a> {
    /// Takes the value of `LocalAddress`, `RemoteAddress` or `ExpectedAddress`.
    ///
    /// # Errors
    ///
    /// The form is another one, the address does not belong to the family, or the port is above 65535.
    pub fn parse(value: &'a [u8]) -> Result<Self, ValueError> {
        whole(value, Self::grammar)
    }

    fn grammar(input: &'a [u8]) -> Step<'a, Self> {
        let slash = || context("/", char('/'));
        let family = alt((tag_no_case("IPV4"), tag_no_case("IPV6")));
        let (input, family) = terminated(context("IPV4 or IPV6", family), slash()).parse(input)?;
        let name = take_while1(|byte: u8| byte.is_ascii_alphanumeric());
        let (input, transport) = terminated(context("a transport", name), slash()).parse(input)?;
        let (input, ip) = if family.ends_with(b"4") {
            ip::<Ipv4Addr>("an address of IPv4").map(IpAddr::V4).parse(input)?
        } else {
            ip::<Ipv6Addr>("an address of IPv6").map(IpAddr::V6).parse(input)?
        };
        let zone = context("a zone", take_while1(|byte: u8| byte.is_ascii_graphic() && byte != b'/'));
        let (input, zone) = if ip.is_ipv6() { opt(preceded(char('%'), zone)).parse(input)? } else { (input, None) };
        let (input, port) = preceded(slash(), context("a port", u16)).parse(input)?;
        Ok((input, Self { transport, ip, zone, port }))
    }

    /// Address and port, without the zone.
    pub fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.ip, self.port)
    }
}

impl fmt::Display for PeerAddress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.ip.is_ipv4() { "IPV4/" } else { "IPV6/" })?;
        lossy(f, self.transport)?;
        write!(f, "/{}", self.ip)?;
        if let Some(zone) = self.zone {
            f.write_str("%")?;
            lossy(f, zone)?;
        }
        write!(f, "/{}", self.port)
    }
}

/// An address with a port behind a colon, as `From` and `To` of RTCP events have it; `[::1]:10001` for IPv6.
///
/// ```
/// let address = ami_wire::values::socket_address(b"127.0.0.1:10001")?;
/// assert_eq!(address.port(), 10_001);
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
///
/// # Errors
///
/// The form is another one; the position is 0, as the standard library tells none.
pub fn socket_address(value: &[u8]) -> Result<SocketAddr, ValueError> {
    core::str::from_utf8(value)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(ValueError { position: 0, expected: "an address and a port" })
}
