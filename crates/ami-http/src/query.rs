//! Actions as queries.

use std::borrow::Cow;
use std::fmt;

use ami_wire::{EncodeError, Encoder, Header, Kind, Message};

/// Why an action could not be turned into a query, or a query into an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryError {
    /// CR, LF or NUL in a key or value, percent-encoded or not; an empty key; a colon in one.
    Encode(EncodeError),
    /// The message is no action, or the query has no `action`.
    NoAction,
    /// The message has a line without a colon, which a query cannot say.
    RawLine,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(error) => error.fmt(f),
            Self::NoAction => f.write_str("not an action"),
            Self::RawLine => f.write_str("a line without a colon has no place in a query"),
        }
    }
}

impl std::error::Error for QueryError {}

impl From<EncodeError> for QueryError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

/// An action as a form-encoded query: what stands behind the `?` of `/rawman?…` and `/mxml?…`, or in the body of a POST of
/// `application/x-www-form-urlencoded`.
///
/// A query that logs in holds a secret: it belongs into the body of a POST, where logs do not show it. Neither does
/// [`Debug`](fmt::Debug) here, which tells keys alone.
///
/// ```
/// use ami_http::Query;
/// let login = Query::new("Login")?.header("Username", "admin")?.header("Secret", "a&b")?;
/// assert_eq!(login.as_str(), "action=Login&Username=admin&Secret=a%26b");
/// assert_eq!(format!("{login:?}"), "Query(action, Username, Secret)");
/// assert!(Query::new("Command")?.header("Command", "x\r\nAction: y").is_err());
/// # Ok::<(), ami_http::QueryError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    text: String,
}

impl Query {
    /// Begins an action.
    ///
    /// # Errors
    ///
    /// As for [`header`](Self::header).
    pub fn new(action: impl AsRef<[u8]>) -> Result<Self, QueryError> {
        let empty = Self { text: String::new() };
        empty.header("action", action)
    }

    /// Adds a header. A key can be added several times.
    ///
    /// # Errors
    ///
    /// [`QueryError::Encode`]: the server would decode CR and LF and read another header, so they are refused here.
    pub fn header(mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Self, QueryError> {
        let (key, value) = (key.as_ref(), value.as_ref());
        // The encoder of the wire knows what is allowed.
        Encoder::message(Nowhere).header(key, value)?;
        if !self.text.is_empty() {
            self.text.push('&');
        }
        self.text.extend(form_urlencoded::byte_serialize(key));
        self.text.push('=');
        self.text.extend(form_urlencoded::byte_serialize(value));
        Ok(self)
    }

    /// An action in wire form as a query.
    ///
    /// ```
    /// let action = ami_wire::messages(b"Action: Ping\r\nActionID: 1\r\n\r\n").next().unwrap().unwrap();
    /// assert_eq!(ami_http::Query::from_message(&action)?.as_str(), "Action=Ping&ActionID=1");
    /// # Ok::<(), ami_http::QueryError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The message is no action, has a line without a colon, or a value that [`header`](Self::header) refuses.
    pub fn from_message(message: &Message<'_>) -> Result<Self, QueryError> {
        if message.kind() != Kind::Action {
            return Err(QueryError::NoAction);
        }
        if message.raw_lines().next().is_some() {
            return Err(QueryError::RawLine);
        }
        message.headers().try_fold(Self { text: String::new() }, |query, header| query.header(header.key, header.value))
    }

    /// The query, without a `?`.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for Query {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<Query> for String {
    fn from(query: Query) -> Self {
        query.text
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Query(")?;
        for (position, pair) in self.text.split('&').enumerate() {
            let key = pair.split('=').next().unwrap_or_default();
            write!(f, "{}{key}", if position == 0 { "" } else { ", " })?;
        }
        f.write_str(")")
    }
}

/// A sink for those who want to know only whether something may be written.
struct Nowhere;

impl ami_wire::Sink for Nowhere {
    fn put(&mut self, _: &[u8]) -> Result<(), EncodeError> {
        Ok(())
    }
}

/// The action that a query means, in wire form: for servers, proxies, and those who look at recorded requests.
///
/// Percent-encoding is undone, and `+` is a blank. Pairs without a key are skipped. The action comes first where a key
/// before it would make something else of the message.
///
/// ```
/// let action = ami_http::action_from_query("action=command&command=core+show%20version")?;
/// assert_eq!(action, b"action: command\r\ncommand: core show version\r\n\r\n");
/// assert!(ami_http::action_from_query("action=ping&x=1%0D%0AAction:%20y").is_err());
/// # Ok::<(), ami_http::QueryError>(())
/// ```
///
/// # Errors
///
/// There is no `action`, or a key or value cannot stand in a header.
pub fn action_from_query(query: impl AsRef<[u8]>) -> Result<Vec<u8>, QueryError> {
    let pairs = query.as_ref().split(|&byte| byte == b'&').map(|pair| {
        let mut parts = pair.splitn(2, |&byte| byte == b'=');
        (decode(parts.next().unwrap_or_default()), decode(parts.next().unwrap_or_default()))
    });
    let mut pairs: Vec<_> = pairs.filter(|(key, _)| !key.is_empty()).collect();
    let place = |name: &str| pairs.iter().position(|(key, value)| Header { key, value }.key_is(name));
    let action = place("action").ok_or(QueryError::NoAction)?;
    // The server looks for the action wherever it stands. On the wire the first of these keys decides what a message is.
    if [place("event"), place("response")].into_iter().flatten().any(|other| other < action)
        && let Some(pairs) = pairs.get_mut(..=action)
    {
        pairs.rotate_right(1);
    }
    let mut message = Encoder::message(Vec::new());
    for (key, value) in &pairs {
        message.header(key, value)?;
    }
    Ok(message.end()?)
}

fn decode(part: &[u8]) -> Vec<u8> {
    let blanks: Cow<'_, [u8]> = if part.contains(&b'+') {
        part.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect()
    } else {
        part.into()
    };
    percent_encoding::percent_decode(&blanks).collect()
}
