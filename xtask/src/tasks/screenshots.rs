//! `cargo xtask screenshots`: pictures of a call for the documentation, taken of a recorded session.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// The session of which pictures are taken.
const TRACE: &str = "corpus/traces/asterisk-22/blind.s2c";

/// Options of the task.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The browser. Without it, the ones that are usually called Chromium are tried.
    #[arg(long)]
    browser: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = super::root();
    let work = root.join("target/screenshots");
    let docs = root.join("docs");
    fs::create_dir_all(&work)?;
    fs::create_dir_all(&docs)?;
    let calls = ami(&root, &[TRACE])?;
    let id = calls.lines().nth(2).and_then(|line| line.split_whitespace().next()).context("the session has no call")?;
    let drawings = [
        ("flow-page", "html", vec!["--format", "html", TRACE], "1280,640"),
        ("flow-ladder", "svg", vec!["--format", "svg", "--call", id, TRACE], "500,570"),
    ];
    for (name, suffix, arguments, size) in drawings {
        let file = work.join(format!("{name}.{suffix}"));
        fs::write(&file, ami(&root, &arguments)?)?;
        let picture = docs.join(format!("{name}.png"));
        shoot(options, &file, &picture, size)?;
        println!("{}", picture.display());
    }
    Ok(())
}

fn ami(root: &Path, arguments: &[&str]) -> Result<String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["run", "-q", "-p", "ami-conformance", "--bin", "ami", "--", "flow"]).args(arguments);
    let output = cargo.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "ami flow failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn shoot(options: &Options, file: &Path, picture: &Path, size: &str) -> Result<()> {
    let usual = ["chromium", "chromium-browser", "google-chrome"];
    let browsers = options.browser.as_deref().map_or_else(|| usual.to_vec(), |browser| vec![browser]);
    for browser in browsers {
        let mut command = Command::new(browser);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]);
        command.arg(format!("--window-size={size}")).arg(format!("--screenshot={}", picture.display()));
        let Ok(output) = command.arg(format!("file://{}", file.display())).output() else { continue };
        ensure!(output.status.success(), "{browser} failed: {}", String::from_utf8_lossy(&output.stderr));
        return Ok(());
    }
    bail!("no Chromium is installed; name one with --browser")
}
