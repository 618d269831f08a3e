//! ami-wire with its default features links into a program that has neither std nor an allocator.
//!
//! A crate that asked for `alloc` would not link there ("no global memory allocator found").
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;

fn build(features: &str) -> std::path::PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("no-std-check/Cargo.toml");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-std-check");
    let cargo = |offline: bool| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "--quiet", "--locked", "--features", features, "--manifest-path"]).arg(&manifest);
        command.arg("--target-dir").arg(&target);
        // What the outer build was told for its own sake is not meant for this one.
        command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
        if offline {
            command.arg("--offline");
        }
        command.output().unwrap()
    };
    // The dependencies were fetched for this very test, so that the network is only a second thought.
    let mut output = cargo(true);
    if !output.status.success() {
        output = cargo(false);
    }
    assert!(
        output.status.success(),
        "(a stale lock file? cargo update --manifest-path {}) {}",
        manifest.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    target.join("debug/no-std-check")
}

/// Which names of an allocator's functions occur in a program.
fn allocator_names(program: &Path) -> Vec<&'static str> {
    const NAMES: [&str; 5] = ["__rust_alloc", "__rdl_alloc", "malloc", "realloc", "posix_memalign"];
    let bytes = fs::read(program).unwrap();
    NAMES.into_iter().filter(|name| memchr::memmem::find(&bytes, name.as_bytes()).is_some()).collect()
}

#[test]
fn links_and_runs_without_std_and_without_an_allocator() {
    // This test's own program does allocate: the search must be able to find what it looks for.
    let own = allocator_names(&std::env::current_exe().unwrap());
    assert!(own.contains(&"__rust_alloc") && own.contains(&"malloc"), "{own:?}");

    for features in ["", "all"] {
        let program = build(features);
        assert_eq!(allocator_names(&program), [""; 0], "with features {features:?}");
        let status = Command::new(&program).status().unwrap();
        assert_eq!(status.code(), Some(0), "the code is the step that failed, with features {features:?}");
    }
}
