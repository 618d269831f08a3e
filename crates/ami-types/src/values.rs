//! Values with a type: what the accessors of events return for headers that are more than text.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use crate::Text;

/// A type that a header's value can have.
pub trait FromValue<'a>: Sized {
    /// Reads it from a value that is not empty; `None` if the value is not of this type.
    fn from_value(value: &'a [u8]) -> Option<Self>;
}

impl<'a> FromValue<'a> for Text<'a> {
    fn from_value(value: &'a [u8]) -> Option<Self> {
        Some(Self::new(value))
    }
}

/// Whether a value is of a type.
pub(crate) fn parses<'a, T: FromValue<'a>>(value: &'a [u8]) -> bool {
    T::from_value(value).is_some()
}

/// Why a field has no value of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError<'a> {
    /// The message has no such header.
    Absent,
    /// The header is empty.
    Empty,
    /// Its value is of another type.
    Malformed(Text<'a>),
}

impl fmt::Display for FieldError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("the header is absent"),
            Self::Empty => f.write_str("the header is empty"),
            Self::Malformed(value) => write!(f, "unexpected value `{value}`"),
        }
    }
}

impl core::error::Error for FieldError<'_> {}

/// A header with a type. What is absent, empty or malformed never makes an event fail; it shows here.
///
/// ```
/// use ami_types::{Field, FieldError};
/// let seconds = Field::<u64>::new(Some(b"30"));
/// assert_eq!(seconds.get(), Some(30));
/// assert_eq!(Field::<u64>::new(Some(b"")).parse(), Err(FieldError::Empty));
/// let odd = Field::<u64>::new(Some(b"soon"));
/// assert_eq!(odd.get(), None);
/// assert_eq!(odd.raw().unwrap(), "soon");
/// ```
pub struct Field<'a, T> {
    raw: Option<&'a [u8]>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Field<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Field<'_, T> {}

impl<'a, T: FromValue<'a>> Field<'a, T> {
    /// A field with this value, or an absent one.
    #[inline]
    pub const fn new(raw: Option<&'a [u8]>) -> Self {
        Self { raw, kind: PhantomData }
    }

    /// The value; `None` when absent, empty or malformed.
    #[inline]
    pub fn get(&self) -> Option<T> {
        T::from_value(self.raw?).filter(|_| !self.is_empty())
    }

    /// The value, or why there is none.
    ///
    /// # Errors
    /// The header is absent, empty, or of another type.
    pub fn parse(&self) -> Result<T, FieldError<'a>> {
        match self.raw {
            None => Err(FieldError::Absent),
            Some([]) => Err(FieldError::Empty),
            Some(raw) => T::from_value(raw).ok_or(FieldError::Malformed(Text::new(raw))),
        }
    }

    /// The value as it is on the wire; `None` when the header is absent.
    #[inline]
    pub fn raw(&self) -> Option<Text<'a>> {
        self.raw.map(Text::new)
    }

    /// Whether the message has the header.
    #[inline]
    pub fn is_present(&self) -> bool {
        self.raw.is_some()
    }

    fn is_empty(&self) -> bool {
        self.raw.is_some_and(<[u8]>::is_empty)
    }
}

impl<'a, T: FromValue<'a> + fmt::Debug> fmt::Debug for Field<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parse() {
            Ok(value) => value.fmt(f),
            Err(error) => error.fmt(f),
        }
    }
}

fn digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 20 {
        return None;
    }
    let mut number = 0_u64;
    for byte in value {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(number)
}

fn text(value: &[u8]) -> Option<&str> {
    core::str::from_utf8(value).ok()
}

impl FromValue<'_> for u64 {
    fn from_value(value: &[u8]) -> Option<Self> {
        digits(value)
    }
}

impl FromValue<'_> for i64 {
    fn from_value(value: &[u8]) -> Option<Self> {
        match value.split_first() {
            Some((b'-', rest)) => 0_i64.checked_sub_unsigned(digits(rest)?),
            _ => i64::try_from(digits(value)?).ok(),
        }
    }
}

impl FromValue<'_> for f64 {
    fn from_value(value: &[u8]) -> Option<Self> {
        text(value)?.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

impl FromValue<'_> for bool {
    fn from_value(value: &[u8]) -> Option<Self> {
        let is = |word: &&str| word.as_bytes().eq_ignore_ascii_case(value);
        if ["yes", "true", "on", "1", "enabled", "y"].iter().any(&is) {
            Some(true)
        } else if ["no", "false", "off", "0", "disabled", "n"].iter().any(is) {
            Some(false)
        } else {
            None
        }
    }
}

macro_rules! spans {
    ($($(#[$doc:meta])* $name:ident, $to:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// As a duration.
            pub fn duration(self) -> Duration {
                $to(self.0)
            }
        }

        impl FromValue<'_> for $name {
            fn from_value(value: &[u8]) -> Option<Self> {
                digits(value).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}
spans! {
    /// A time in whole seconds.
    Seconds, Duration::from_secs;
    /// A time in milliseconds.
    Milliseconds, Duration::from_millis;
    /// A time in microseconds.
    Microseconds, Duration::from_micros;
}

/// A time that has passed, as `00:01:07`: hours, minutes and seconds. (Source: wire, `CoreShowChannel`.)
///
/// ```
/// use ami_types::values::{Elapsed, FromValue};
/// assert_eq!(Elapsed::from_value(b"100:01:07"), Some(Elapsed(360_067)));
/// assert_eq!(Elapsed::from_value(b"00:61:07"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Elapsed(pub u64);

impl Elapsed {
    /// As a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl FromValue<'_> for Elapsed {
    fn from_value(value: &[u8]) -> Option<Self> {
        let mut parts = value.split(|&byte| byte == b':').map(digits);
        let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
        if parts.next().is_some() || minutes > 59 || seconds > 59 {
            return None;
        }
        hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds).map(Self)
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60, self.0 % 60)
    }
}

/// A share of a hundred.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

impl FromValue<'_> for Percent {
    fn from_value(value: &[u8]) -> Option<Self> {
        let value = value.strip_suffix(b"%").unwrap_or(value);
        f64::from_value(value).map(Self)
    }
}

/// A cause of a hangup, as Q.850 numbers them.
///
/// ```
/// use ami_types::{Cause, values::FromValue};
/// let cause = Cause::from_value(b"17").unwrap();
/// assert_eq!(cause.name(), Some("user busy"));
/// assert_eq!(cause, Cause::USER_BUSY);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause(pub u16);

macro_rules! causes {
    ($($number:literal $constant:ident $name:literal,)+) => {
        impl Cause {
            $(#[doc = concat!($name, ".")] pub const $constant: Self = Self($number);)+

            /// Its name in Q.850; `None` for a number that has none.
            pub fn name(self) -> Option<&'static str> {
                match self.0 { $($number => Some($name),)+ _ => None }
            }
        }
    };
}
causes! {
    0 NOT_DEFINED "not defined",
    1 UNALLOCATED "unallocated number",
    2 NO_ROUTE_TRANSIT_NET "no route to the transit network",
    3 NO_ROUTE_DESTINATION "no route to the destination",
    4 SEND_SPECIAL_INFORMATION_TONE "send special information tone",
    5 MISDIALLED_TRUNK_PREFIX "misdialled trunk prefix",
    6 CHANNEL_UNACCEPTABLE "channel unacceptable",
    7 CALL_AWARDED_DELIVERED "call awarded and delivered in an established channel",
    8 PREEMPTION "preemption",
    9 PREEMPTION_RESERVED "preemption, circuit reserved for reuse",
    14 NUMBER_PORTED "query on release: number ported",
    16 NORMAL_CLEARING "normal call clearing",
    17 USER_BUSY "user busy",
    18 NO_USER_RESPONSE "no user responding",
    19 NO_ANSWER "no answer from the user",
    20 SUBSCRIBER_ABSENT "subscriber absent",
    21 CALL_REJECTED "call rejected",
    22 NUMBER_CHANGED "number changed",
    23 REDIRECTED_TO_NEW_DESTINATION "redirected to a new destination",
    25 EXCHANGE_ROUTING_ERROR "exchange routing error",
    26 ANSWERED_ELSEWHERE "non-selected user clearing, answered elsewhere",
    27 DESTINATION_OUT_OF_ORDER "destination out of order",
    28 INVALID_NUMBER_FORMAT "invalid number format",
    29 FACILITY_REJECTED "facility rejected",
    30 RESPONSE_TO_STATUS_ENQUIRY "response to a status enquiry",
    31 NORMAL_UNSPECIFIED "normal, unspecified",
    34 NORMAL_CIRCUIT_CONGESTION "no circuit or channel available",
    38 NETWORK_OUT_OF_ORDER "network out of order",
    39 PERMANENT_FRAME_MODE_OUT_OF_SERVICE "permanent frame mode connection out of service",
    40 PERMANENT_FRAME_MODE_OPERATIONAL "permanent frame mode connection operational",
    41 TEMPORARY_FAILURE "temporary failure",
    42 SWITCH_CONGESTION "switching equipment congestion",
    43 ACCESS_INFO_DISCARDED "access information discarded",
    44 REQUESTED_CHANNEL_UNAVAILABLE "requested circuit or channel not available",
    46 PRECEDENCE_CALL_BLOCKED "precedence call blocked",
    47 RESOURCE_UNAVAILABLE "resource unavailable, unspecified",
    49 QUALITY_UNAVAILABLE "quality of service not available",
    50 FACILITY_NOT_SUBSCRIBED "facility not subscribed",
    52 OUTGOING_CALL_BARRED "outgoing calls barred",
    53 OUTGOING_CALL_BARRED_IN_GROUP "outgoing calls barred within the closed user group",
    54 INCOMING_CALL_BARRED "incoming calls barred",
    55 INCOMING_CALL_BARRED_IN_GROUP "incoming calls barred within the closed user group",
    57 BEARER_CAPABILITY_NOT_AUTHORIZED "bearer capability not authorized",
    58 BEARER_CAPABILITY_NOT_AVAILABLE "bearer capability not available",
    62 INCONSISTENT_ACCESS_INFORMATION "inconsistent outgoing access information",
    63 SERVICE_UNAVAILABLE "service or option not available",
    65 BEARER_CAPABILITY_NOT_IMPLEMENTED "bearer capability not implemented",
    66 CHANNEL_TYPE_NOT_IMPLEMENTED "channel type not implemented",
    69 FACILITY_NOT_IMPLEMENTED "facility not implemented",
    70 ONLY_RESTRICTED_DIGITAL "only restricted digital information available",
    79 SERVICE_NOT_IMPLEMENTED "service or option not implemented",
    81 INVALID_CALL_REFERENCE "invalid call reference",
    82 CHANNEL_DOES_NOT_EXIST "identified channel does not exist",
    83 CALL_IDENTITY_UNKNOWN "call identity does not exist",
    84 CALL_IDENTITY_IN_USE "call identity in use",
    85 NO_CALL_SUSPENDED "no call suspended",
    86 CALL_CLEARED "call with the requested identity has been cleared",
    87 NOT_MEMBER_OF_GROUP "user not member of the closed user group",
    88 INCOMPATIBLE_DESTINATION "incompatible destination",
    90 GROUP_DOES_NOT_EXIST "closed user group does not exist",
    91 INVALID_TRANSIT_NETWORK "invalid transit network selection",
    95 INVALID_MESSAGE "invalid message, unspecified",
    96 MANDATORY_ELEMENT_MISSING "mandatory information element is missing",
    97 MESSAGE_TYPE_NONEXISTENT "message type does not exist",
    98 WRONG_MESSAGE "message does not fit the call state",
    99 ELEMENT_NONEXISTENT "information element does not exist",
    100 INVALID_ELEMENT_CONTENTS "invalid contents of an information element",
    101 WRONG_CALL_STATE "message does not fit the call state, or none is defined",
    102 RECOVERY_ON_TIMER_EXPIRE "recovery on expiry of a timer",
    103 PARAMETER_NONEXISTENT "parameter does not exist, passed on",
    110 UNRECOGNIZED_PARAMETER "message with an unrecognized parameter discarded",
    111 PROTOCOL_ERROR "protocol error, unspecified",
    127 INTERWORKING "interworking, unspecified",
}

impl FromValue<'_> for Cause {
    fn from_value(value: &[u8]) -> Option<Self> {
        digits(value)?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// State of a channel. (Source: AMI 1.4 specification, Basic Channel Lifetime.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelState {
    /// Down and available.
    Down,
    /// Down, but reserved.
    Reserved,
    /// Off hook.
    OffHook,
    /// Digits have been dialled.
    Dialing,
    /// Ringing at the other end.
    Ring,
    /// Ringing here.
    Ringing,
    /// Up: answered.
    Up,
    /// Busy.
    Busy,
    /// Digits have been dialled while off hook.
    DialingOffHook,
    /// About to ring.
    PreRing,
    /// Unknown.
    Unknown,
}

impl ChannelState {
    /// Every state; the index is its number.
    pub const ALL: [Self; 11] = [
        Self::Down,
        Self::Reserved,
        Self::OffHook,
        Self::Dialing,
        Self::Ring,
        Self::Ringing,
        Self::Up,
        Self::Busy,
        Self::DialingOffHook,
        Self::PreRing,
        Self::Unknown,
    ];

    /// Its number in `ChannelState`.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Its name in `ChannelStateDesc`.
    pub fn description(self) -> &'static str {
        match self {
            Self::Down => "Down",
            Self::Reserved => "Rsrvd",
            Self::OffHook => "OffHook",
            Self::Dialing => "Dialing",
            Self::Ring => "Ring",
            Self::Ringing => "Ringing",
            Self::Up => "Up",
            Self::Busy => "Busy",
            Self::DialingOffHook => "Dialing Offhook",
            Self::PreRing => "Pre-ring",
            Self::Unknown => "Unknown",
        }
    }
}

impl FromValue<'_> for ChannelState {
    fn from_value(value: &[u8]) -> Option<Self> {
        Self::ALL.get(usize::try_from(digits(value)?).ok()?).copied()
    }
}

/// A time as seconds since 1970, with microseconds where the server sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch {
    /// Whole seconds since 1970-01-01 00:00 UTC.
    pub seconds: u64,
    /// Microseconds of the second.
    pub microseconds: u32,
}

impl FromValue<'_> for Epoch {
    fn from_value(value: &[u8]) -> Option<Self> {
        let mut parts = value.splitn(2, |&byte| byte == b'.');
        let seconds = digits(parts.next()?)?;
        let microseconds = parts.next().map_or(Some(0), fraction)?;
        Some(Self { seconds, microseconds })
    }
}

/// Digits after a point as millionths.
fn fraction(value: &[u8]) -> Option<u32> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |n: usize| value.get(n).map_or(0, |byte| u32::from(byte - b'0'));
    Some((0..6).fold(0, |number, n| number * 10 + digit(n)))
}

/// A date and time without a time zone, as call detail records have it: the server's local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub struct DateTime {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub microsecond: u32,
}

fn number<T: TryFrom<u64>>(value: &[u8], range: core::ops::Range<usize>) -> Option<T> {
    digits(value.get(range)?)?.try_into().ok()
}

fn date_time(value: &[u8], between: u8) -> Option<(DateTime, &[u8])> {
    let at = |n: usize| value.get(n).copied();
    let separators = [at(4), at(7), at(10), at(13), at(16)];
    if separators != [Some(b'-'), Some(b'-'), Some(between), Some(b':'), Some(b':')] {
        return None;
    }
    let mut rest = value.get(19..)?;
    let mut microsecond = 0;
    if let Some(after) = rest.strip_prefix(b".") {
        let end = after.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(after.len());
        let (digits, tail) = after.split_at(end);
        microsecond = fraction(digits)?;
        rest = tail;
    }
    let time = DateTime {
        year: number(value, 0..4)?,
        month: number(value, 5..7)?,
        day: number(value, 8..10)?,
        hour: number(value, 11..13)?,
        minute: number(value, 14..16)?,
        second: number(value, 17..19)?,
        microsecond,
    };
    let valid = (1..=12).contains(&time.month) && (1..=31).contains(&time.day);
    let valid = valid && time.hour < 24 && time.minute < 60 && time.second <= 60;
    valid.then_some((time, rest))
}

impl FromValue<'_> for DateTime {
    fn from_value(value: &[u8]) -> Option<Self> {
        date_time(value, b' ').filter(|(_, rest)| rest.is_empty()).map(|(time, _)| time)
    }
}

/// A date and time with its distance from UTC, as security events have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IsoTime {
    /// Local date and time.
    pub local: DateTime,
    /// What to subtract from it to get UTC, in minutes.
    pub offset_minutes: i16,
}

impl FromValue<'_> for IsoTime {
    fn from_value(value: &[u8]) -> Option<Self> {
        let (local, zone) = date_time(value, b'T')?;
        let (sign, zone) = match zone.split_first()? {
            (b'+', zone) => (1, zone),
            (b'-', zone) => (-1, zone),
            _ => return None,
        };
        if zone.len() != 4 {
            return None;
        }
        let minutes = number::<i16>(zone, 0..2)? * 60 + number::<i16>(zone, 2..4)?;
        Some(Self { local, offset_minutes: sign * minutes })
    }
}

/// A time as NTP counts it. The part after the point is a fraction in units of 2⁻³² seconds or in decimal digits:
/// servers differ, so it is kept as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ntp {
    /// Whole seconds; servers count them from 1900 or from 1970.
    pub seconds: u64,
    /// The digits after the point, as a number.
    pub fraction: u64,
}

impl FromValue<'_> for Ntp {
    fn from_value(value: &[u8]) -> Option<Self> {
        let mut parts = value.splitn(2, |&byte| byte == b'.');
        let seconds = digits(parts.next()?)?;
        Some(Self { seconds, fraction: parts.next().map_or(Some(0), digits)? })
    }
}

/// An address and port: `192.0.2.1:5060`, `[2001:db8::1]:5060`, or a host alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address<'a> {
    /// The host, without brackets.
    pub host: Text<'a>,
    /// The port, where there is one.
    pub port: Option<u16>,
}

impl<'a> FromValue<'a> for Address<'a> {
    fn from_value(value: &'a [u8]) -> Option<Self> {
        let port = |digits_of: &[u8]| digits(digits_of)?.try_into().ok();
        if let Some(bracketed) = value.strip_prefix(b"[") {
            let end = bracketed.iter().position(|&byte| byte == b']')?;
            let rest = bracketed.get(end + 1..)?;
            let port = match rest.strip_prefix(b":") {
                Some(rest) => Some(port(rest)?),
                None if rest.is_empty() => None,
                None => return None,
            };
            return Some(Self { host: Text::new(bracketed.get(..end)?), port });
        }
        match value.iter().rposition(|&byte| byte == b':') {
            Some(colon) => {
                let host = value.get(..colon)?;
                let port = if host.contains(&b':') {
                    return Some(Self { host: Text::new(value), port: None });
                } else {
                    port(value.get(colon + 1..)?)?
                };
                Some(Self { host: Text::new(host), port: Some(port) })
            }
            None => Some(Self { host: Text::new(value), port: None }),
        }
    }
}

/// An address as security events have it: `IPV4/UDP/192.0.2.1/5060`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecurityAddress<'a> {
    /// `IPV4` or `IPV6`.
    pub family: Text<'a>,
    /// `UDP`, `TCP`, `TLS`, `WS` or `WSS`.
    pub transport: Text<'a>,
    /// The host.
    pub host: Text<'a>,
    /// The port.
    pub port: u16,
}

impl<'a> FromValue<'a> for SecurityAddress<'a> {
    fn from_value(value: &'a [u8]) -> Option<Self> {
        let mut parts = value.split(|&byte| byte == b'/').map(Text::new);
        let address = Self {
            family: parts.next()?,
            transport: parts.next()?,
            host: parts.next()?,
            port: digits(parts.next()?.as_bytes())?.try_into().ok()?,
        };
        parts.next().is_none().then_some(address)
    }
}

/// Source of an RTP stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ssrc(pub u32);

impl FromValue<'_> for Ssrc {
    fn from_value(value: &[u8]) -> Option<Self> {
        match value.strip_prefix(b"0x") {
            Some(hex) => u32::from_str_radix(text(hex)?, 16).ok().map(Self),
            None => digits(value)?.try_into().ok().map(Self),
        }
    }
}

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// A value that begins with a certain word and goes on with any text, like `GOTO:label`.
///
/// ```
/// use ami_types::{enums::DialStatus, values::FromValue};
/// let Some(DialStatus::GotoLabel(goto)) = DialStatus::from_value(b"GOTO:default^200^1") else { panic!() };
/// assert_eq!(goto.label(), "default^200^1");
/// assert_eq!(goto.as_bytes(), b"GOTO:default^200^1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Labelled<'a> {
    whole: Text<'a>,
    label: Text<'a>,
}

impl<'a> Labelled<'a> {
    /// The value, if it begins with this word, without regard to case.
    pub fn new(value: &'a [u8], word: &[u8]) -> Option<Self> {
        let (start, label) = value.split_at_checked(word.len())?;
        let labelled = Self { whole: Text::new(value), label: Text::new(label) };
        start.eq_ignore_ascii_case(word).then_some(labelled)
    }

    /// What follows the word.
    pub const fn label(&self) -> Text<'a> {
        self.label
    }

    /// The whole value as it is on the wire.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.whole.as_bytes()
    }
}

/// A password, or what is as good as one. `Debug` does not show it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Secret<'a>(Text<'a>);

impl<'a> Secret<'a> {
    /// Wraps bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Text::new(bytes))
    }

    /// What it is.
    pub const fn text(&self) -> Text<'a> {
        self.0
    }
}

impl<'a> From<&'a str> for Secret<'a> {
    fn from(text: &'a str) -> Self {
        Self(Text::from(text))
    }
}

impl<'a> From<&'a [u8]> for Secret<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::new(bytes)
    }
}

impl<'a> FromValue<'a> for Secret<'a> {
    fn from_value(value: &'a [u8]) -> Option<Self> {
        Some(Self::new(value))
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Words separated by commas: `call,all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct List<'a>(pub Text<'a>);

impl<'a> List<'a> {
    /// The words, blanks around them removed.
    pub fn iter(&self) -> impl Iterator<Item = Text<'a>> + use<'a> {
        self.0.as_bytes().split(|&byte| byte == b',').map(|word| Text::new(word.trim_ascii()))
    }
}

impl<'a> FromValue<'a> for List<'a> {
    fn from_value(value: &'a [u8]) -> Option<Self> {
        Some(Self(Text::new(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(u64::from_value(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(u64::from_value(b"18446744073709551616"), None);
        assert_eq!(u64::from_value(b"+1"), None);
        assert_eq!(i64::from_value(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(i64::from_value(b"9223372036854775808"), None);
        assert_eq!(i64::from_value(b"-"), None);
        assert_eq!(f64::from_value(b"0.25"), Some(0.25));
        assert_eq!(f64::from_value(b"NaN"), None);
        assert_eq!(bool::from_value(b"Yes"), Some(true));
        assert_eq!(bool::from_value(b"off"), Some(false));
        assert_eq!(bool::from_value(b"maybe"), None);
    }

    #[test]
    fn times() {
        assert_eq!(Epoch::from_value(b"1795516943.398"), Some(Epoch { seconds: 1_795_516_943, microseconds: 398_000 }));
        assert_eq!(Epoch::from_value(b"1795516943"), Some(Epoch { seconds: 1_795_516_943, microseconds: 0 }));
        assert_eq!(Epoch::from_value(b"1795516943."), None);
        let time =
            IsoTime::from_value(b"2026-11-24T10:43:16.349-0130").map(|t| (t.local.microsecond, t.offset_minutes));
        assert_eq!(time, Some((349_000, -90)));
        assert!(DateTime::from_value(b"2026-11-24 10:43:16").is_some());
        assert!(DateTime::from_value(b"2026-13-24 10:43:16").is_none());
        assert!(DateTime::from_value(b"2026-11-24T10:43:16").is_none());
    }

    #[test]
    fn addresses() {
        let parts = |value| Address::from_value(value).map(|a| (a.host.as_bytes(), a.port));
        assert_eq!(parts(b"192.0.2.1:5060"), Some((&b"192.0.2.1"[..], Some(5060))));
        assert_eq!(parts(b"[2001:db8::1]:5060"), Some((&b"2001:db8::1"[..], Some(5060))));
        assert_eq!(parts(b"2001:db8::1"), Some((&b"2001:db8::1"[..], None)));
        assert_eq!(parts(b"192.0.2.1:99999"), None);
        let security = SecurityAddress::from_value(b"IPV4/TCP/192.0.2.1/5038");
        assert_eq!(security.map(|a| a.port), Some(5038));
        assert_eq!(SecurityAddress::from_value(b"IPV4/TCP/192.0.2.1"), None);
        assert_eq!(Ssrc::from_value(b"0x6f0c499f"), Some(Ssrc(0x6f0c_499f)));
        assert_eq!(Ssrc::from_value(b"650183177"), Some(Ssrc(650_183_177)));
    }
}
