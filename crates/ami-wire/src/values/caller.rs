//! A caller's name and number.

use core::fmt;

use super::lossy;

/// A caller, as `"Name" <number>` (source: AMI 1.4, Originate; wire).
///
/// Every value is one: `"Name" <number>`, `Name <number>`, `<number>`, `number`, `"Name"`; parts that are empty or
/// `unknown` in angle brackets are absent. Names can hold anything, quotes and angle brackets included, with and without
/// a backslash before them, so the last `<` decides where the number begins.
///
/// ```
/// use ami_wire::values::CallerId;
/// let caller = CallerId::parse(b"\"Kermit\" <100>");
/// assert_eq!((caller.name, caller.number), (Some(&b"Kermit"[..]), Some(&b"100"[..])));
/// assert_eq!(CallerId::parse(b"100").number, Some(&b"100"[..]));
/// assert_eq!(CallerId::parse(b"<unknown>"), CallerId { name: None, number: None });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallerId<'a> {
    /// The name without its quotes; a backslash before a quote inside is left where it is, see
    /// [`unescaped_name`](Self::unescaped_name).
    pub name: Option<&'a [u8]>,
    /// The number, or whatever stands in its place.
    pub number: Option<&'a [u8]>,
}

impl<'a> CallerId<'a> {
    /// Takes the value of `CallerID`, `CallerID1`, `ConnectedLine` and the like.
    pub fn parse(value: &'a [u8]) -> Self {
        let present = |part: &'a [u8]| (!part.is_empty()).then_some(part);
        let value = value.trim_ascii();
        if let Some(inside) = value.strip_suffix(b">")
            && let Some(at) = inside.iter().rposition(|&byte| byte == b'<')
            && let Some((name, [_, number @ ..])) = inside.split_at_checked(at)
        {
            let name = unquote(name.trim_ascii());
            if name.is_empty() && number.eq_ignore_ascii_case(b"unknown") {
                return Self::default();
            }
            return Self { name: present(name), number: present(number) };
        }
        if value.starts_with(b"\"") {
            // Servers up to 13 cut a long value off (`oddnames`), which can leave no number and no closing quote.
            let name = value.strip_suffix(b"\"").filter(|name| !name.is_empty()).unwrap_or(value);
            return Self { name: present(name.strip_prefix(b"\"").unwrap_or(name)), number: None };
        }
        Self { name: None, number: present(value) }
    }

    /// The bytes of the name with the backslashes removed that stand before a quote or another backslash.
    ///
    /// ```
    /// use ami_wire::values::CallerId;
    /// let caller = CallerId::parse(br#""J \"x\"" <1>"#);
    /// assert!(caller.unescaped_name().eq(br#"J "x""#.iter().copied()));
    /// ```
    pub fn unescaped_name(&self) -> impl Iterator<Item = u8> + use<'a> {
        let mut rest = self.name.unwrap_or(&[]);
        core::iter::from_fn(move || match rest {
            [b'\\', byte @ (b'"' | b'\\'), behind @ ..] | [byte, behind @ ..] => {
                rest = behind;
                Some(*byte)
            }
            [] => None,
        })
    }
}

fn unquote(name: &[u8]) -> &[u8] {
    match name {
        [b'"', inside @ .., b'"'] => inside,
        _ => name,
    }
}

impl fmt::Display for CallerId<'_> {
    /// `"name" <number>`, the parts that are absent left empty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        lossy(f, self.name.unwrap_or(&[]))?;
        f.write_str("\" <")?;
        lossy(f, self.number.unwrap_or(&[]))?;
        f.write_str(">")
    }
}
