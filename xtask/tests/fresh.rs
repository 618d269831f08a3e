//! What is committed is what the schema says.

use std::collections::BTreeSet;
use std::path::Path;

use xtask::codegen;
use xtask::examples::{Examples, each_trace};
use xtask::schema::Schema;

#[test]
fn generated_code_is_fresh() {
    let types = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ami-types");
    let schema = Schema::read(&types.join("schema")).expect("a schema");
    let examples = Examples::of_folder(&types.join("schema")).expect("examples");
    for (path, wanted) in codegen::generate(&schema, &examples).expect("generates") {
        let present = std::fs::read_to_string(types.join("src/generated").join(&path)).unwrap_or_default();
        assert!(present == wanted, "{} is stale: run `cargo xtask codegen`", path.display());
    }
}

/// Every topic but the one that every build has is a feature, and part of `all`.
#[test]
fn every_topic_is_a_feature() {
    let types = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ami-types");
    let schema = Schema::read(&types.join("schema")).expect("a schema");
    let manifest = std::fs::read_to_string(types.join("Cargo.toml")).expect("a manifest");
    for topic in schema.topics.iter().filter(|topic| topic.name != "session") {
        assert!(manifest.contains(&format!("\n{} = []\n", topic.name)), "no feature {}", topic.name);
        assert!(manifest.contains(&format!("\n    \"{}\",\n", topic.name)), "{} is not in `all`", topic.name);
    }
}

/// Every event and action that was recorded has an example, and every example is in the session that it names.
#[test]
fn examples_are_recorded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let schema = Schema::read(&root.join("crates/ami-types/schema")).expect("a schema");
    let examples = Examples::of_folder(&root.join("crates/ami-types/schema")).expect("examples");
    let mut open: Vec<_> = examples.events.values().chain(examples.actions.values()).collect();
    let mut missing = BTreeSet::new();
    each_trace(&schema, &root.join("corpus/traces"), |place, stream| {
        let mut here = Examples::default();
        here.add(place, stream);
        let known = |name: &String| schema.events().any(|(_, event)| event.wire.eq_ignore_ascii_case(name));
        let events = here.events.keys().filter(|name| known(name) && !examples.events.contains_key(*name));
        let actions = here.actions.keys().filter(|name| !examples.actions.contains_key(*name));
        missing.extend(events.chain(actions).cloned());
        // An example that is not the longest of its session any more stays a good one if its lines are there.
        let text = String::from_utf8_lossy(stream);
        let lines: BTreeSet<&str> = text.lines().map(str::trim_end).collect();
        open.retain(|example| {
            let shown = |line: &str| lines.contains(line) || line.contains(char::REPLACEMENT_CHARACTER);
            example.place != place || !example.text.lines().all(shown)
        });
    })
    .expect("traces");
    assert!(missing.is_empty(), "run `cargo xtask schema examples`: {missing:?}");
    assert!(open.is_empty(), "{open:?}");
}
