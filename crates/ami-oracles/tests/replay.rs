//! The oracles on what is in the corpus: the wire suite, and every input that once broke something.

use std::path::Path;

use ami_oracles::ALL;
use walkdir::WalkDir;

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(folder);
    let mut found = Vec::new();
    for entry in WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
    found
}

#[test]
fn the_wire_suite() {
    let inputs = files("wire");
    assert!(inputs.len() > 300);
    for (name, bytes) in inputs.iter().filter(|(name, _)| name.ends_with(".in")) {
        println!("{name}");
        // Oracles that take options from the first bytes see the input with the usual ones.
        let with_options = [&[0, 0, 0, 0], &bytes[..]].concat();
        for (oracle, check) in ALL {
            println!("  {oracle}");
            check(bytes);
            check(&with_options);
        }
    }
}

#[test]
fn recorded_sessions() {
    let inputs = files("traces");
    assert!(inputs.len() > 300);
    for (name, bytes) in inputs.iter().filter(|(name, bytes)| !name.ends_with(".zst") && bytes.len() < 100_000) {
        println!("{name}");
        let with_options = [&[0, 0, 0, 0], &bytes[..]].concat();
        for (oracle, check) in ALL {
            println!("  {oracle}");
            check(&with_options);
        }
    }
}

/// `corpus/regressions/<oracle>/<file>`: found by fuzzing, fixed, and kept.
#[test]
fn regressions() {
    for (name, bytes) in files("regressions") {
        let oracle = name.split('/').next().unwrap_or_default();
        let Some((_, check)) = ALL.iter().find(|(of, _)| *of == oracle) else { continue };
        println!("{name}");
        check(&bytes);
    }
}
