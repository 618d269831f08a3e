use std::io::{self, Write};

use super::{ListFormat, Outcome};
use crate::report::page;
use crate::rules::RULES;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How to list
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
}

impl Args {
    pub(super) fn run(self) -> io::Result<Outcome> {
        let mut out = io::stdout().lock();
        match self.format {
            ListFormat::Text => {
                for rule in RULES {
                    let (name, severity, releases) = (rule.name, rule.severity, rule.releases);
                    writeln!(out, "{name:<32} {severity:<8} {releases:<8} {}", rule.promise)?;
                }
            }
            ListFormat::Json => {
                let rules: Vec<_> = RULES
                    .iter()
                    .map(|rule| {
                        serde_json::json!({
                            "name": rule.name,
                            "severity": rule.severity,
                            "source": rule.source,
                            "releases": rule.releases,
                            "promise": rule.promise,
                            "why": rule.why,
                            "conforming": rule.conforming,
                            "violating": rule.violating,
                        })
                    })
                    .collect();
                serde_json::to_writer_pretty(&mut out, &rules)?;
                writeln!(out)?;
            }
            ListFormat::Markdown => out.write_all(page::rules_markdown(RULES).as_bytes())?,
        }
        Ok(Outcome::Clean)
    }
}
