//! Booleans and numbers.

use nom::bytes::complete::{tag_no_case, take_while_m_n};
use nom::character::complete::{i64, u64};
use nom::combinator::map;
use nom::error::context;
use nom::sequence::preceded;

use super::{ValueError, trim, whole};

/// A boolean in any spelling that Asterisk writes or reads: `yes`/`no`, `true`/`false`, `on`/`off`, `1`/`0`, `y`/`n`,
/// `t`/`f`, `Enabled`/`Disabled`; without regard to case and to blanks around it (source: wire).
///
/// ```
/// use ami_wire::values::boolean;
/// assert_eq!(boolean(b"Yes"), Ok(true));
/// assert_eq!(boolean(b"disabled"), Ok(false));
/// assert!(boolean(b"2").is_err());
/// ```
///
/// # Errors
///
/// Anything else.
pub fn boolean(value: &[u8]) -> Result<bool, ValueError> {
    const SPELLINGS: [(&[u8], bool); 14] = [
        (b"yes", true),
        (b"no", false),
        (b"true", true),
        (b"false", false),
        (b"1", true),
        (b"0", false),
        (b"on", true),
        (b"off", false),
        (b"y", true),
        (b"n", false),
        (b"t", true),
        (b"f", false),
        (b"enabled", true),
        (b"disabled", false),
    ];
    let word = trim(value);
    SPELLINGS
        .iter()
        .find(|(spelling, _)| word.eq_ignore_ascii_case(spelling))
        .map(|&(_, truth)| truth)
        .ok_or(ValueError { position: value.len() - value.trim_ascii_start().len(), expected: "a boolean" })
}

/// An unsigned number: decimal digits, nothing around them.
///
/// ```
/// use ami_wire::values::unsigned;
/// assert_eq!(unsigned(b"65536"), Ok(65_536));
/// assert!(unsigned(b"-1").is_err());
/// ```
///
/// # Errors
///
/// No digits, something behind them, or more than a `u64` holds.
pub fn unsigned(value: &[u8]) -> Result<u64, ValueError> {
    whole(value, context("an unsigned number", u64))
}

/// A signed number: decimal digits, a sign before them if any.
///
/// ```
/// assert_eq!(ami_wire::values::signed(b"-1"), Ok(-1));
/// ```
///
/// # Errors
///
/// As for [`unsigned`].
pub fn signed(value: &[u8]) -> Result<i64, ValueError> {
    whole(value, context("a number", i64))
}

/// A number in hexadecimal with `0x` before it, as RTCP events write an `SSRC` and security events a `SessionID`.
///
/// ```
/// use ami_wire::values::hexadecimal;
/// assert_eq!(hexadecimal(b"0x5f3a00ff"), Ok(0x5f3a_00ff));
/// assert_eq!(hexadecimal(b"5f").unwrap_err().expected, "0x");
/// ```
///
/// # Errors
///
/// No `0x`, no digits, something behind them, or more than a `u64` holds.
pub fn hexadecimal(value: &[u8]) -> Result<u64, ValueError> {
    let digits = map(take_while_m_n(1, 16, |byte: u8| byte.is_ascii_hexdigit()), |digits: &[u8]| {
        digits.iter().fold(0, |sum, &digit| sum << 4 | u64::from(char::from(digit).to_digit(16).unwrap_or(0)))
    });
    whole(value, preceded(context("0x", tag_no_case("0x")), context("a hexadecimal number", digits)))
}
