//! Project tasks: `cargo xtask help` lists them. One module per task.
#![forbid(unsafe_code)]

mod tasks;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Tasks of this project that cargo has no command for.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Make a long trace from a recorded one, with fresh names and later times in every copy.
    Amplify(tasks::amplify::Options),
    /// Run the benches and count instructions, and write benches/REPORT.md.
    BenchReport(tasks::bench_report::Options),
    /// Write the generated code of ami-types anew from its schema.
    Codegen(tasks::codegen::Options),
    /// Plant faults into the recorded sessions, and print which of them the checker finds.
    Conformance(tasks::conformance::Options),
    /// Measure which lines the tests run, and write docs/coverage.md; needs cargo-llvm-cov.
    Coverage(tasks::coverage::Options),
    /// Build the reference: one HTML page for each event, action and upgrade.
    Docs(tasks::docs::Options),
    /// Run every fuzz target in turn.
    Fuzz(tasks::fuzz::Options),
    /// Change the code in one place after another, and print what no test notices.
    Mutants(tasks::mutants::Options),
    /// Run the tests under AddressSanitizer, ThreadSanitizer and Miri; needs a nightly toolchain.
    Sanitize(tasks::sanitize::Options),
    /// Work with the schema of ami-types.
    Schema(tasks::schema::Options),
    /// Take the pictures of `ami flow` that the documentation shows; needs Chromium.
    Screenshots(tasks::screenshots::Options),
}

fn main() -> ExitCode {
    match run(Options::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Amplify(options) => tasks::amplify::run(&options),
        Task::BenchReport(options) => tasks::bench_report::run(&options),
        Task::Codegen(options) => tasks::codegen::run(&options),
        Task::Conformance(options) => tasks::conformance::run(&options),
        Task::Coverage(options) => tasks::coverage::run(&options),
        Task::Docs(options) => tasks::docs::run(&options),
        Task::Fuzz(options) => tasks::fuzz::run(&options),
        Task::Mutants(options) => tasks::mutants::run(&options),
        Task::Sanitize(options) => tasks::sanitize::run(&options),
        Task::Schema(options) => tasks::schema::run(&options),
        Task::Screenshots(options) => tasks::screenshots::run(&options),
    }
}
