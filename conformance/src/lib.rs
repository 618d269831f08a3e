//! Proves from captured AMI sessions which of the protocol's promises were broken.
#![forbid(unsafe_code)]

mod check;
pub mod cli;
pub mod deviations;
pub mod facts;
mod finding;
pub mod flow;
pub mod model;
mod release;
pub mod report;
pub mod rules;
mod session;
pub mod source;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

pub use check::{Checked, Conformance, check};
pub use finding::{Counts, Finding, Place, Reference, Sender, Severity, Verdict};
pub use release::Releases;
pub use session::{Options, RuleCounts, Session};
