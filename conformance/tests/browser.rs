//! The page of calls in a real browser: an integration test that needs Chromium, and says so where there is none.
//!
//! `CHROMIUM=/path/to/browser cargo test -p ami-conformance --test browser` names the browser; without the variable the
//! usual names are looked up. The browser gets a copy of a page with a script behind it that does what people do, and
//! prints the page after that.

mod common;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt as _;

/// What a person does, and what must come of it.
const SCRIPT: &str = include_str!("data/browser.js");

/// Listens to errors before the page's own script runs.
const EARLY: &str = "<script>window.wrong = []; addEventListener(\"error\", e => wrong.push(e.message));\n\
                     for (const k of [\"error\", \"warn\"]) { console[k] = (...a) => wrong.push(a.join(\" \")); }</script>";

fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|name| !name.is_empty()) {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|file| file.is_file())
}

/// A session with findings in a call and outside of any: a list whose count is wrong, a lost `BridgeLeave`.
fn broken() -> Vec<u8> {
    let bytes = common::bytes("asterisk-22/blind.s2c");
    let mut messages: Vec<Vec<u8>> = common::split(&bytes).into_iter().map(<[u8]>::to_vec).collect();
    let leave = messages.iter().rposition(|message| message.starts_with(b"Event: BridgeLeave")).unwrap();
    messages.remove(leave);
    let list = "Response: Success\r\nActionID: odd\r\nEventList: start\r\nMessage: will follow\r\n\r\n\
                Event: PeerlistComplete\r\nActionID: odd\r\nEventList: Complete\r\nListItems: 3\r\n\r\n";
    messages.push(list.as_bytes().to_vec());
    messages.concat()
}

fn visit(browser: &Path, folder: &Path, page: &Path, dark: bool) -> serde_json::Value {
    let mut command = Command::new(browser);
    // Containers rarely allow the browser's own sandbox; what it opens here is our own page.
    command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
    command.args(["--virtual-time-budget=10000", "--enable-logging=stderr", "--dump-dom", "--window-size=1280,800"]);
    command.arg(format!("--blink-settings=preferredColorScheme={}", i32::from(!dark)));
    command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
    let output = command.arg(format!("file://{}", page.display())).output().unwrap();
    let (dom, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{log}");
    assert!(!log.contains(":CONSOLE"), "the page complained: {log}");
    let told = dom.split("<pre id=\"told\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let told = told.unwrap_or_else(|| panic!("the script did not come to its end: {log}\n{dom}"));
    let told = told.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&told).unwrap()
}

#[test]
fn people_find_their_way_through_the_page() {
    let Some(browser) = browser() else {
        // Not by a macro: those are silenced in tests that pass.
        let told = "SKIPPED: the page of calls was opened in no browser: neither does CHROMIUM name one, nor is one installed\n";
        std::io::stderr().write_all(told.as_bytes()).unwrap();
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("broken.s2c");
    std::fs::write(&trace, broken()).unwrap();
    let page = folder.path().join("page.html");
    let status = Command::cargo_bin("ami").unwrap().args(["flow", "-o"]).args([&page, &trace]).status().unwrap();
    assert!(status.success());
    let text = std::fs::read_to_string(&page).unwrap();
    let text = text.replacen("<head>", &format!("<head>{EARLY}"), 1);
    std::fs::write(&page, text.replacen("</body>", &format!("<script>{SCRIPT}</script></body>"), 1)).unwrap();
    for dark in [false, true] {
        let told = visit(&browser, folder.path(), &page, dark);
        let failed: Vec<_> = told["checks"].as_array().unwrap().iter().filter(|check| check[1] != true).collect();
        assert!(failed.is_empty(), "dark: {dark}, {failed:#?}");
        assert!(told["checks"].as_array().unwrap().len() > 25, "{told}");
        assert_eq!(told["wrong"], serde_json::json!([]), "dark: {dark}");
        assert_eq!(told["dark"], dark);
    }
}
