//! `cargo xtask docs`: the reference as HTML.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use xtask::docs;
use xtask::examples::Examples;
use xtask::schema::Schema;

/// Options of the task.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where to write the pages.
    #[arg(long, default_value = "target/reference")]
    out: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = super::root();
    let folder = root.join("crates/ami-types/schema");
    let schema = Schema::read(&folder)?;
    let examples = Examples::of_folder(&folder)?;
    let out = root.join(&options.out);
    fs::create_dir_all(&out)?;
    let pages = docs::pages(&schema, &examples);
    for (path, text) in &pages {
        let file = out.join(path);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    println!("{} pages in {}", pages.len(), out.display());
    Ok(())
}
