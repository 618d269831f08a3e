//! What a report says of where and when it was made.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

/// Now.
pub(super) fn date() -> Result<DateTime<Utc>> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    DateTime::from_timestamp(i64::try_from(seconds)?, 0).context("a date")
}

/// A field of the first processor, such as `model name`.
pub(super) fn processor(field: &str) -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim()).to_owned()
}

/// Which of these features the processor has, with commas.
pub(super) fn features(wanted: &[&str]) -> String {
    let flags = processor("flags");
    let has = |feature: &&&str| flags.split(' ').any(|flag| flag == **feature);
    wanted.iter().filter(has).copied().collect::<Vec<_>>().join(", ")
}
