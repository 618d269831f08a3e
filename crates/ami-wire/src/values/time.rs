//! Times, in the forms that events write them.

use core::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::take_while_m_n;
use nom::character::complete::{char, one_of, u64};
use nom::combinator::{map, opt, verify};
use nom::error::context;
use nom::sequence::{preceded, separated_pair, terminated};

use super::{Fault, Step, ValueError, whole};

/// Digits, exactly so many, as a number.
fn digits<'a>(count: usize) -> impl Parser<&'a [u8], Output = u32, Error = Fault<'a>> {
    map(take_while_m_n(count, count, |byte: u8| byte.is_ascii_digit()), |digits: &[u8]| {
        digits.iter().fold(0_u32, |sum, &digit| sum.wrapping_mul(10).wrapping_add(u32::from(digit - b'0')))
    })
}

/// A time as `timestampevents` writes it: seconds since 1970 and six digits of microseconds (source: wire).
///
/// ```
/// use ami_wire::values::EpochTime;
/// let time = EpochTime::parse(b"1795516800.123456")?;
/// assert_eq!((time.seconds, time.micros), (1_795_516_800, 123_456));
/// assert_eq!(time.to_string(), "1795516800.123456");
/// assert_eq!(EpochTime::parse(b"1795516800.12").unwrap_err().position, 11);
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EpochTime {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: u64,
    /// Microseconds on top of them, below one million.
    pub micros: u32,
}

impl EpochTime {
    /// Takes the value of `Timestamp`.
    ///
    /// # Errors
    ///
    /// The form is another one.
    pub fn parse(value: &[u8]) -> Result<Self, ValueError> {
        let micros = context("six digits of microseconds", digits(6));
        let pair = separated_pair(context("seconds", u64), context(".", char('.')), micros);
        whole(value, pair.map(|(seconds, micros)| Self { seconds, micros }))
    }

    /// Microseconds since 1970; `None` beyond what a `u64` holds.
    pub fn total_micros(self) -> Option<u64> {
        self.seconds.checked_mul(1_000_000)?.checked_add(u64::from(self.micros))
    }
}

impl fmt::Display for EpochTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.seconds, self.micros)
    }
}

/// The `SentNTP` of an RTCP report.
///
/// Two dialects (source: wire): up to 11 the part behind the point has ten digits and counts 1/4096 of a microsecond, the
/// way these releases approximate NTP's 2⁻³² s; from 12 on it has six digits and counts microseconds. The seconds
/// count from 1970 in both, not from 1900 as NTP itself does.
///
/// ```
/// use ami_wire::values::NtpTime;
/// assert_eq!(NtpTime::parse(b"1795517060.871547")?.micros, 871_547);
/// assert_eq!(NtpTime::parse(b"1795519564.0843759616")?.micros, 205_996);
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NtpTime {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: u64,
    /// Microseconds on top of them, below one million.
    pub micros: u32,
}

impl NtpTime {
    /// Takes the value of `SentNTP`.
    ///
    /// # Errors
    ///
    /// The form is another one, or the fraction is a second or more.
    pub fn parse(value: &[u8]) -> Result<Self, ValueError> {
        fn old(input: &[u8]) -> Step<'_, u32> {
            let ten = take_while_m_n(10, 10, |byte: u8| byte.is_ascii_digit());
            let parts =
                map(ten, |digits: &[u8]| digits.iter().fold(0_u64, |sum, &digit| sum * 10 + u64::from(digit - b'0')));
            map(verify(parts, |&parts| parts < 1_000_000 * 4096), |parts| (parts / 4096) as u32).parse(input)
        }
        let micros = context("six digits of microseconds, or ten of a fraction", alt((old, digits(6))));
        let pair = separated_pair(context("seconds", u64), context(".", char('.')), micros);
        whole(value, pair.map(|(seconds, micros)| Self { seconds, micros }))
    }

    /// The value as releases up to 11 write it.
    pub fn legacy(self) -> impl fmt::Display {
        struct Legacy(NtpTime);
        impl fmt::Display for Legacy {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}.{:010}", self.0.seconds, u64::from(self.0.micros) * 4096)
            }
        }
        Legacy(self)
    }
}

impl fmt::Display for NtpTime {
    /// As releases from 12 on write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.seconds, self.micros)
    }
}

/// A date and time of day.
///
/// Two forms (source: wire): `EventTV` and `SessionTV` of security events are `2026-11-24T10:40:00.890+0000`;
/// `EventTime` of `CEL` is `2026-11-24 10:40:00` in the server's local time, of which nothing more is known.
///
/// ```
/// use ami_wire::values::DateTime;
/// let event = DateTime::parse(b"2026-11-24T10:40:00.890+0100")?;
/// assert_eq!((event.year, event.hour, event.millis, event.offset), (2026, 10, Some(890), Some(60)));
/// assert_eq!(event.to_epoch_millis(), Some(1_795_513_200_890));
///
/// let cel = DateTime::parse(b"2026-11-24 10:40:00")?;
/// assert_eq!((cel.millis, cel.offset, cel.to_epoch_millis()), (None, None, None));
/// assert_eq!(DateTime::parse(b"2026-13-01 00:00:00").unwrap_err().expected, "a month");
/// # Ok::<(), ami_wire::values::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// 0 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60; 60 in a leap second.
    pub second: u8,
    /// Milliseconds, below 1000, where they are written.
    pub millis: Option<u16>,
    /// Minutes that local time is ahead of UTC, where that is written.
    pub offset: Option<i16>,
}

/// Two digits within bounds.
fn two<'a>(what: &'static str, least: u32, most: u32) -> impl Parser<&'a [u8], Output = u8, Error = Fault<'a>> {
    map(context(what, verify(digits(2), move |number| (least..=most).contains(number))), |number| number as u8)
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl DateTime {
    /// Takes the value of `EventTV`, `SessionTV` or `EventTime`.
    ///
    /// # Errors
    ///
    /// The form is another one, or a part is out of range.
    pub fn parse(value: &[u8]) -> Result<Self, ValueError> {
        whole(value, Self::grammar)
    }

    fn grammar(input: &[u8]) -> Step<'_, Self> {
        let colon = || context(":", char(':'));
        let dash = || context("-", char('-'));
        let (input, year) = terminated(context("a year", digits(4)), dash()).parse(input)?;
        let (input, month) = terminated(two("a month", 1, 12), dash()).parse(input)?;
        let year = year as u16;
        let (input, day) = two("a day of that month", 1, u32::from(days_in(year, month))).parse(input)?;
        let (input, _) = context("T or a space", one_of("T ")).parse(input)?;
        let (input, hour) = terminated(two("an hour", 0, 23), colon()).parse(input)?;
        let (input, minute) = terminated(two("a minute", 0, 59), colon()).parse(input)?;
        let (input, second) = two("a second", 0, 60).parse(input)?;
        let (input, millis) =
            opt(preceded(char('.'), nom::combinator::cut(context("three digits of milliseconds", digits(3)))))
                .parse(input)?;
        let zone = (one_of("+-"), two("hours of an offset", 0, 23), two("minutes of an offset", 0, 59));
        let (input, offset) = opt(zone).parse(input)?;
        let offset = offset.map(|(sign, hours, minutes)| {
            let minutes = i16::from(hours) * 60 + i16::from(minutes);
            if sign == '-' { -minutes } else { minutes }
        });
        let millis = millis.map(|millis| millis as u16);
        Ok((input, Self { year, month, day, hour, minute, second, millis, offset }))
    }

    /// Milliseconds since 1970-01-01 00:00:00 UTC; `None` where the offset is not written.
    pub fn to_epoch_millis(&self) -> Option<i64> {
        let offset = i64::from(self.offset?);
        // Years are counted from March, so that the leap day is a year's last day.
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let month = (i64::from(self.month) + 9) % 12;
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = year * 365 + leap_days + (month * 153 + 2) / 5 + i64::from(self.day) - 1 - 719_468;
        let minutes = (days * 24 + i64::from(self.hour)) * 60 + i64::from(self.minute) - offset;
        Some((minutes * 60 + i64::from(self.second)) * 1000 + i64::from(self.millis.unwrap_or(0)))
    }
}

impl fmt::Display for DateTime {
    /// As it was written: with `T` where there is an offset, with a space where there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.offset.is_some() { 'T' } else { ' ' };
        write!(f, "{:04}-{:02}-{:02}{between}", self.year, self.month, self.day)?;
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if let Some(millis) = self.millis {
            write!(f, ".{millis:03}")?;
        }
        if let Some(offset) = self.offset {
            let sign = if offset < 0 { '-' } else { '+' };
            let minutes = offset.unsigned_abs();
            write!(f, "{sign}{:02}{:02}", minutes / 60, minutes % 60)?;
        }
        Ok(())
    }
}
