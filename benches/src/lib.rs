//! What the benches measure, and on what: each job takes bytes and returns a number that depends on all of them, so
//! that nothing can be left out.
//!
//! `cargo bench -p ami-benches --bench groups` runs the criterion groups. `--bench ratios` runs all jobs in turn, round
//! by round, which is what to compare on a machine that has other things to do; `cargo xtask bench-report` writes its
//! medians, and the instruction counts of `examples/counted.rs`, into `benches/REPORT.md`.
#![forbid(unsafe_code)]

pub mod inputs;
pub mod jobs;
#[cfg(feature = "layers")]
pub mod layers;
#[cfg(feature = "peers")]
pub mod peers;
