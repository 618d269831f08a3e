//! The HTTP forms of AMI: bodies of `/rawman` and `/mxml`, and actions as queries.
//!
//! Bodies only: requests, cookies and connections are the business of an HTTP client, and any will do. A server keeps a
//! session in the cookie `mansession_id`; events queue up and come with the answer to the next `WaitEvent`
//! (source: wire, Sessions).
//!
//! ```
//! // What to ask for …
//! let query = ami_http::Query::new("Originate")?.header("Channel", "PJSIP/200@trunk")?.header("Exten", "100")?;
//! assert_eq!(query.as_str(), "action=Originate&Channel=PJSIP%2F200%40trunk&Exten=100");
//!
//! // … and what comes back, in either form.
//! let rawman = b"Response: Success\r\nMessage: Originate successfully queued\r\n\r\n";
//! let mxml = b"<ajax-response>
//! <response type='object' id='unknown'><generic response='Success' message='Originate successfully queued' /></response>
//! </ajax-response>";
//! let decoded = ami_http::mxml(mxml)?;
//! for body in [&rawman[..], &decoded] {
//!     let answer = ami_http::messages(body).next().unwrap()?;
//!     assert_eq!(answer.get("Message"), Some(&b"Originate successfully queued"[..]));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
// No input makes library code panic; tests may. See docs/assurance.md.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::exit,
        clippy::mem_forget
    )
)]

mod mxml;
mod query;

pub use mxml::{MxmlError, mxml, mxml_into};
pub use query::{Query, QueryError, action_from_query};

/// The messages of a body in wire form: what `/rawman` returns, or what [`mxml`] made. There is no banner.
///
/// ```
/// let body = b"Response: Success\r\nPing: Pong\r\n\r\n";
/// assert_eq!(ami_http::messages(body).next().unwrap().unwrap().get("Ping"), Some(&b"Pong"[..]));
/// ```
pub const fn messages(body: &[u8]) -> ami_wire::Messages<'_> {
    // Not as a server's stream: that begins with a banner, and its lack would be judged.
    ami_wire::messages(body)
}
