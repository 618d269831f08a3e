use std::io::{self, Write};

use super::{Outcome, complain};
use crate::deviations::DEVIATIONS;
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
        let mut out = io::stdout().lock();
        writeln!(out, "{} ({}, releases {})", rule.name, rule.severity, rule.releases)?;
        writeln!(out, "source: {}\n", rule.source)?;
        writeln!(out, "{}\n", rule.promise)?;
        writeln!(out, "{}\n", rule.why)?;
        writeln!(out, "This trace keeps it:\n\n{}", indent(rule.conforming))?;
        writeln!(out, "This trace breaks it:\n\n{}", indent(rule.violating))?;
        let known: Vec<_> = DEVIATIONS.iter().filter(|deviation| deviation.rule == rule.name).collect();
        if !known.is_empty() {
            writeln!(out, "Stock servers are known to break it:\n")?;
            for deviation in known {
                writeln!(out, "  {} (seen on {})", deviation.id, deviation.observed.join(", "))?;
                writeln!(out, "      {}", deviation.condition)?;
            }
        }
        Ok(Outcome::Clean)
    }
}

fn indent(trace: &str) -> String {
    let lines = trace.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") });
    lines.collect()
}
