//! The pages in `docs` that say what the program knows are those that it prints. `UPDATE_DOCS=1` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ami_conformance::deviations::DEVIATIONS;
use ami_conformance::report::page;
use ami_conformance::rules::RULES;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The pages by their path below `docs`.
fn pages() -> BTreeMap<PathBuf, String> {
    let rules = RULES.iter().map(|rule| (Path::new("rules").join(page::rule_path(rule)), page::rule_markdown(rule, 1)));
    let mut pages: BTreeMap<_, _> = rules.collect();
    pages.insert("rules/README.md".into(), page::rules_index(RULES));
    pages.insert("deviations.md".into(), page::deviations_markdown(DEVIATIONS));
    pages
}

fn written() -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(docs().join("rules")).into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| entry.file_type().is_file());
    files.map(|entry| entry.path().strip_prefix(docs()).unwrap().to_owned()).collect()
}

#[test]
fn the_pages_are_fresh() {
    let pages = pages();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        _ = fs::remove_dir_all(docs().join("rules"));
        for (path, text) in &pages {
            let path = docs().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    for (path, text) in &pages {
        let found = fs::read_to_string(docs().join(path)).unwrap_or_default();
        assert!(
            found.replace("\r\n", "\n") == *text,
            "docs/{} is stale: run `UPDATE_DOCS=1 cargo test -p ami-conformance --test docs`",
            path.display()
        );
    }
    for path in written() {
        assert!(pages.contains_key(&path), "docs/{} is the page of no rule", path.display());
    }
}

#[test]
fn the_index_leads_to_every_page() {
    let index = page::rules_index(RULES);
    for rule in RULES {
        assert_eq!(index.matches(&format!("]({})", page::rule_path(rule))).count(), 1, "{}", rule.name);
    }
    let groups: Vec<_> = index.lines().filter(|line| line.starts_with("## ")).collect();
    let mut unique = groups.clone();
    unique.dedup();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(groups.len(), unique.len(), "a group has one table");
}
