//! One module per task, each with its `Options` and its `run`.

pub(crate) mod amplify;
pub(crate) mod bench_report;
pub(crate) mod codegen;
pub(crate) mod conformance;
pub(crate) mod coverage;
pub(crate) mod docs;
pub(crate) mod fuzz;
mod machine;
pub(crate) mod mutants;
pub(crate) mod sanitize;
pub(crate) mod schema;
pub(crate) mod screenshots;

use std::path::PathBuf;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
