use std::io::{self, Write};

use super::{ListFormat, Outcome};
use crate::deviations::{DEVIATIONS, Deviation};
use crate::release::Releases;
use crate::report::page;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only those that hold for this release
    #[arg(long, value_name = "RELEASE", value_parser = Releases::parse)]
    release: Option<Releases>,

    /// How to list
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
}

impl Args {
    pub(super) fn run(self) -> io::Result<Outcome> {
        let mut out = io::stdout().lock();
        let holds = |deviation: &&Deviation| deviation.holds_for(self.release);
        let deviations: Vec<&Deviation> = DEVIATIONS.iter().copied().filter(holds).collect();
        match self.format {
            ListFormat::Text => {
                for deviation in deviations {
                    write_text(deviation, &mut out)?;
                }
            }
            ListFormat::Json => {
                let deviations: Vec<_> = deviations.into_iter().map(json).collect();
                serde_json::to_writer_pretty(&mut out, &deviations)?;
                writeln!(out)?;
            }
            ListFormat::Markdown => out.write_all(page::deviations_markdown(&deviations).as_bytes())?,
        }
        Ok(Outcome::Clean)
    }
}

fn write_text(deviation: &Deviation, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} (breaks {})", deviation.id, deviation.rule)?;
    writeln!(out, "  observed on  {}; taken to hold in between", deviation.observed.join(", "))?;
    writeln!(out, "  when         {}", deviation.condition)?;
    writeln!(out, "  why          {}", deviation.why)?;
    if deviation.is_of_note() {
        writeln!(out, "  found with   --notes")?;
    }
    for (trace, message) in deviation.evidence {
        writeln!(out, "  evidence     corpus/traces/{trace}, message {message}")?;
    }
    writeln!(out)
}

fn json(deviation: &Deviation) -> serde_json::Value {
    let evidence = |(trace, message): &(&str, u64)| serde_json::json!({ "trace": trace, "message": message });
    serde_json::json!({
        "id": deviation.id,
        "rule": deviation.rule,
        "observed": deviation.observed,
        "condition": deviation.condition,
        "why": deviation.why,
        "notes": deviation.is_of_note(),
        "evidence": deviation.evidence.iter().map(evidence).collect::<Vec<_>>(),
    })
}
