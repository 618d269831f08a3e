//! The conformance checker.
#![forbid(unsafe_code)]
