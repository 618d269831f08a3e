use std::io::{self, Write};

use super::{Outcome, complain};
use crate::report::page;
use crate::rules::{RULES, find};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rule, as reports name it: bridge/leave-before-hangup
    #[arg(value_name = "RULE")]
    rule: String,
}

impl Args {
    pub(super) fn run(self) -> io::Result<Outcome> {
        let Some(rule) = find(&self.rule) else {
            let mut what = format!("there is no rule '{}'", self.rule);
            // The part behind the slash is what people remember.
            let part = self.rule.rsplit('/').next().unwrap_or_default();
            let similar: Vec<_> =
                RULES.iter().map(|rule| rule.name).filter(|name| !part.is_empty() && name.contains(part)).collect();
            match similar.as_slice() {
                [] => what.push_str("; `ami rules` lists them"),
                names => what = format!("{what}; did you mean {}?", names.join(" or ")),
            }
            complain(&what);
            return Ok(Outcome::Failed);
        };
        io::stdout().lock().write_all(page::rule_text(rule).as_bytes())?;
        Ok(Outcome::Clean)
    }
}
