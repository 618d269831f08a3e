//! `cargo xtask docs`: the reference as HTML.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xtask::docs::{self, Examples};
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
    let schema = Schema::read(&root.join("crates/ami-types/schema"))?;
    let examples = examples(&schema, &root.join("corpus/traces"))?;
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

/// Examples from the recorded sessions, the oldest release first.
fn examples(schema: &Schema, folder: &Path) -> Result<Examples> {
    let mut files = Vec::new();
    for (index, release) in schema.releases.iter().enumerate().filter(|(_, release)| release.recorded) {
        let name = format!("asterisk-{}", release.name);
        for entry in fs::read_dir(folder.join(&name)).with_context(|| format!("no recorded sessions of {name}"))? {
            let path = entry?.path();
            let file = path.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
            // Sessions that try odd values make no good examples.
            if !file.starts_with("multiline") && !file.starts_with("oddnames") {
                files.push((index, format!("{name}/{file}"), path));
            }
        }
    }
    files.sort();
    let mut examples = Examples::default();
    for (_, place, path) in files {
        let stem = place.trim_end_matches(".zst");
        if !stem.ends_with(".s2c") && !stem.ends_with(".c2s") {
            continue;
        }
        let bytes = if stem == place { fs::read(&path)? } else { zstd::decode_all(fs::File::open(&path)?)? };
        examples.add(stem, &bytes);
    }
    Ok(examples)
}
