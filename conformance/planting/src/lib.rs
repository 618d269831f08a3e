//! Breaks recorded sessions on purpose, in every way in which the sentence of a rule can be broken, to measure the
//! conformance checker: the rule is found, at the message that the contract names, and nothing unrelated fires.
//!
//! What must be found is worked out without the checker, from plain questions to the list of messages.
#![forbid(unsafe_code)]

pub mod case;
pub mod naive;
pub mod planters;
pub mod table;
pub mod trace;

pub use case::{Case, Judge, Outcome};
pub use planters::{PLANTERS, Planter};
