//! The recorded sessions.

use std::path::{Path, PathBuf};

use ami_types::schema::Release;

/// One recorded stream.
pub(crate) struct Trace {
    /// Its file, relative to the folder of all traces.
    pub(crate) name: String,
    /// The release that sent it.
    pub(crate) release: Release,
    /// What was sent.
    pub(crate) bytes: Vec<u8>,
}

/// All recorded streams of one direction: `s2c` or `c2s`.
pub(crate) fn traces(direction: &str) -> Vec<Trace> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/traces");
    let mut traces = Vec::new();
    let mut folders: Vec<PathBuf> = list(&root).into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let release = name.split('-').nth(1).and_then(Release::from_name).expect("a folder named after a release");
        for file in list(&folder) {
            let path = file.to_string_lossy().into_owned();
            let bytes = if path.ends_with(&format!(".{direction}")) {
                std::fs::read(&file).expect("a readable trace")
            } else if path.ends_with(&format!(".{direction}.zst")) {
                zstd::decode_all(std::fs::File::open(&file).expect("a readable trace")).expect("zstd")
            } else {
                continue;
            };
            let name = file.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
            traces.push(Trace { name, release, bytes });
        }
    }
    assert!(traces.len() > 150, "the corpus is there");
    traces
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}
