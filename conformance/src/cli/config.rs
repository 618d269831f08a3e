//! The configuration file `ami.toml`: options of `ami check` that belong to a project rather than to one run.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The name under which it is looked for in the current directory.
const NAME: &str = "ami.toml";

/// What the file can set. Keys that are not here are an error: a misspelt rule must not pass unseen.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Config {
    pub(super) allow: Vec<String>,
    pub(super) warn: Vec<String>,
    pub(super) deny: Vec<String>,
    pub(super) strict: bool,
    pub(super) notes: bool,
    pub(super) complete: bool,
    pub(super) fail_on: Option<String>,
    pub(super) read: Option<String>,
    pub(super) eventfilter: Vec<String>,
    pub(super) release: Option<String>,
    pub(super) race: Option<u64>,
    pub(super) window: Option<usize>,
    pub(super) baseline: Option<PathBuf>,
}

impl Config {
    /// Reads the file that was named, or the one in the current directory, if there is one.
    ///
    /// # Errors
    ///
    /// A sentence with the line of the file that is wrong.
    pub(super) fn load(named: Option<&Path>) -> Result<Self, String> {
        let path = named.unwrap_or(Path::new(NAME));
        if named.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut config: Self =
            toml::from_str(&text).map_err(|error| format!("{}: {}", path.display(), error.to_string().trim_end()))?;
        // A path in a file is meant from where the file is.
        if let (Some(baseline), Some(folder)) = (&mut config.baseline, path.parent()) {
            *baseline = folder.join(&*baseline);
        }
        Ok(config)
    }
}
