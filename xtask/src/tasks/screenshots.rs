//! `cargo xtask screenshots`: pictures of a call for the documentation, taken of a recorded session.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// The sessions of which pictures are taken: of all calls as a page, and of the first call as a drawing.
const PAGE: &str = "corpus/traces/asterisk-22/atxfer2.s2c";
const DRAWING: &str = "corpus/traces/asterisk-22/parallel.s2c";

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
    let page = work.join("flow-page.html");
    ami(&root, &["-o", path(&page)?, PAGE])?;
    // With a message open: the part of the address behind `#` names the call and the message's place in the page.
    shoot(options, &format!("file://{}#call-1/25", page.display()), &docs.join("flow-page.png"), "1620,1000")?;

    let calls = ami(&root, &[DRAWING])?;
    let id = calls.lines().nth(2).and_then(|line| line.split_whitespace().next()).context("the session has no call")?;
    let drawing = work.join("flow-ladder.svg");
    ami(&root, &["-o", path(&drawing)?, "--call", id, DRAWING])?;
    let size = size(&fs::read_to_string(&drawing)?).context("the drawing does not tell its size")?;
    shoot(options, &format!("file://{}", drawing.display()), &docs.join("flow-ladder.png"), &size)
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("the folder's name is no text")
}

/// Width and height of a drawing, as the browser wants them.
fn size(svg: &str) -> Option<String> {
    let mut of = ["width=\"", "height=\""].into_iter().map(|key| svg.split(key).nth(1)?.split('"').next());
    Some(format!("{},{}", of.next()??, of.next()??))
}

fn ami(root: &Path, arguments: &[&str]) -> Result<String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["run", "-q", "-p", "ami-conformance", "--bin", "ami", "--", "flow"]).args(arguments);
    let output = cargo.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "ami flow failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn shoot(options: &Options, address: &str, picture: &Path, size: &str) -> Result<()> {
    let usual = ["chromium", "chromium-browser", "google-chrome"];
    let browsers = options.browser.as_deref().map_or_else(|| usual.to_vec(), |browser| vec![browser]);
    for browser in browsers {
        let mut command = Command::new(browser);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]);
        command.arg(format!("--window-size={size}")).arg(format!("--screenshot={}", picture.display()));
        let Ok(output) = command.arg(address).output() else { continue };
        ensure!(output.status.success(), "{browser} failed: {}", String::from_utf8_lossy(&output.stderr));
        println!("{}", picture.display());
        return Ok(());
    }
    bail!("no Chromium is installed; name one with --browser")
}
