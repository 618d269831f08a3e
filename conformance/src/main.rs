//! The program `ami`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ami_conformance::cli::run()
}
