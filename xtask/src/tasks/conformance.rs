//! `cargo xtask conformance`: the checker against planted faults.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Options of the task.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only the traces whose name contains this.
    #[arg(default_value = "")]
    traces: String,
}

/// Runs the crate `ami-planting`. It is started rather than linked: this crate depends on no other of the workspace.
pub(crate) fn run(options: &Options) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // Optimised, and what `cargo test` has built already: without it the long traces take an hour.
    command.current_dir(super::root()).args(["run", "--quiet", "--profile", "test", "--package", "ami-planting", "--"]);
    command.arg(&options.traces);
    let status = command.status().context("cannot start cargo")?;
    ensure!(status.success(), "the checker missed a planted fault, or found one that was not planted");
    Ok(())
}
