//! Proves from captured AMI sessions which of the protocol's promises were broken.
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

mod baseline;
mod check;
pub mod cli;
pub mod deviations;
pub mod facts;
mod finding;
pub mod flow;
mod levels;
mod meaning;
pub mod model;
mod release;
pub mod report;
pub mod rules;
pub mod said;
mod session;
pub mod source;
pub mod stats;
mod subscription;
mod vocabulary;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

pub use baseline::Baseline;
pub use check::{Checked, Conformance, Gaps, check};
pub use finding::{Counts, Finding, Place, Reference, Sender, Severity, Verdict};
pub use levels::Levels;
pub use release::Releases;
pub use session::{Options, RuleCounts, Session};
pub use subscription::Subscription;
