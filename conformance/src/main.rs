//! The program `ami`.
#![forbid(unsafe_code)]
fn main() {}
