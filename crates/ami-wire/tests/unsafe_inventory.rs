//! `unsafe` is where `docs/unsafe.md` says it is, as often as it says, and each block has its argument.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sources under a folder of the repository, with their text.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            sources(&path, found);
        } else if path.extension().is_some_and(|suffix| suffix == "rs") && !path.ends_with("unsafe_inventory.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// Lines that open a block, declare a function or make a promise; not comments, nor names of lints.
fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe trait", "unsafe extern"].iter().any(|form| code.contains(form))
}

#[test]
fn the_page_counts_the_blocks() {
    let page = std::fs::read_to_string(root().join("docs/unsafe.md")).unwrap();
    let mut listed = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        listed.insert(cells[1].trim_matches('`').to_owned(), cells[2].parse::<usize>().unwrap());
    }
    let mut all = Vec::new();
    for folder in ["crates", "conformance", "benches", "xtask", "fuzz/fuzz_targets"] {
        sources(&root().join(folder), &mut all);
    }
    assert!(all.len() > 100);
    let mut counted = BTreeMap::new();
    // A program without a standard library has to declare how to end; nobody links it.
    all.retain(|(path, _)| !path.iter().any(|part| part == "no-std-check"));
    for (path, text) in &all {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_unsafe(line)) {
            assert!(path.parent().is_some_and(|folder| folder.ends_with("ami-wire/src/index")), "{}", path.display());
            let argued = lines[at.saturating_sub(3)..at].iter().any(|line| line.trim_start().starts_with("// SAFETY:"));
            assert!(argued, "{}:{}: {line}", path.display(), at + 1);
            *counted.entry(path.file_name().unwrap().to_string_lossy().into_owned()).or_insert(0) += 1;
        }
    }
    assert_eq!(counted, listed);
}

#[test]
fn every_crate_forbids_it() {
    for folder in ["ami-http", "ami-oracles", "ami-tokio", "ami-types"] {
        let text = std::fs::read_to_string(root().join("crates").join(folder).join("src/lib.rs")).unwrap();
        assert!(text.contains("#![forbid(unsafe_code)]"), "{folder}");
    }
    for file in [
        "conformance/src/lib.rs",
        "conformance/src/main.rs",
        "conformance/planting/src/lib.rs",
        "benches/src/lib.rs",
        "xtask/src/lib.rs",
    ] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        assert!(text.contains("#![forbid(unsafe_code)]"), "{file}");
    }
}

/// What `get` asks the processor for is what the functions are compiled with.
#[test]
fn proofs_cover_the_instructions() {
    for file in ["avx2.rs", "avx512.rs"] {
        let text = std::fs::read_to_string(root().join("crates/ami-wire/src/index").join(file)).unwrap();
        let argument = |call: &str| {
            let line = text.lines().find(|line| line.contains(call)).unwrap();
            // Every other part stands between quotes.
            let quoted = line.split('"').skip(1).step_by(2);
            let mut features: Vec<_> = quoted.flat_map(|part| part.split(',')).map(str::to_owned).collect();
            features.sort();
            features
        };
        let (asked, enabled) = (argument("super::detect!("), argument("entry_points!("));
        assert!(asked.len() >= 5, "{file}: {asked:?}");
        assert_eq!(asked, enabled, "{file}");
    }
}
