//! What is committed is what the schema says.

use std::path::Path;

use xtask::codegen;
use xtask::schema::Schema;

#[test]
fn generated_code_is_fresh() {
    let types = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ami-types");
    let schema = Schema::read(&types.join("schema")).expect("a schema");
    for (path, wanted) in codegen::generate(&schema).expect("generates") {
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
