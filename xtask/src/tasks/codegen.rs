//! `cargo xtask codegen`: generated code from the schema.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xtask::codegen;
use xtask::examples::Examples;
use xtask::schema::Schema;

/// Options of the task.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Write nothing; fail when a committed file differs from what would be written.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = super::root();
    let folder = root.join("crates/ami-types/schema");
    let schema = Schema::read(&folder)?;
    let examples = Examples::of_folder(&folder)?;
    let target = root.join("crates/ami-types/src/generated");
    let wanted = codegen::generate(&schema, &examples)?;
    let present = files_below(&target)?;
    let mut stale = Vec::new();
    for (path, text) in &wanted {
        if present.get(path).is_none_or(|old| old != text) {
            stale.push(path.clone());
            if !options.check {
                let file = target.join(path);
                if let Some(folder) = file.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
            }
        }
    }
    for path in present.keys().filter(|path| !wanted.contains_key(*path)) {
        stale.push(path.clone());
        if !options.check {
            fs::remove_file(target.join(path))?;
        }
    }
    if options.check && !stale.is_empty() {
        bail!("stale: {}; run `cargo xtask codegen`", list(&stale));
    }
    if !stale.is_empty() {
        println!("written: {}", list(&stale));
    }
    Ok(())
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn files_below(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    fn walk(base: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, String>) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                walk(base, &path, found)?;
            } else {
                found.insert(path.strip_prefix(base)?.to_path_buf(), fs::read_to_string(&path)?);
            }
        }
        Ok(())
    }
    let mut found = BTreeMap::new();
    if folder.exists() {
        walk(folder, folder, &mut found)?;
    }
    Ok(found)
}
