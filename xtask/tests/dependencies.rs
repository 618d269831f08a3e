//! Every dependency has its reason in `docs/dependencies.md`, and the page names none that is gone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names under the dependency tables of a manifest, our own crates left out.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(table) = line.strip_prefix('[') {
            inside = table.contains("dependencies]");
        } else if inside && line.starts_with(|first: char| first.is_ascii_lowercase()) {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            names.extend((!name.starts_with("ami-")).then(|| name.to_owned()));
        }
    }
    names
}

#[test]
fn each_has_its_reason() {
    let mut used = BTreeSet::new();
    let mut manifests = 0;
    let skipped = |name: &str| matches!(name, "target" | ".git" | "corpus" | "mutants.out");
    let walk = WalkDir::new(root()).into_iter().filter_entry(|entry| !entry.file_name().to_str().is_some_and(skipped));
    for entry in walk {
        let entry = entry.unwrap();
        if entry.file_name() == "Cargo.toml" {
            manifests += 1;
            used.extend(dependencies(&std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
    assert!(manifests > 8 && used.len() > 30, "{manifests} manifests, {used:?}");
    let page = std::fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let listed: BTreeSet<String> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split('|').nth(1).unwrap_or_default().split(','))
        .map(|cell| cell.trim().trim_matches('`').to_owned())
        .collect();
    assert_eq!(used.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new(), "without a reason");
    assert_eq!(listed.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "listed, but not used");
}
