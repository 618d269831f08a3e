use std::io::{self, Write};

use super::Outcome;
use crate::deviations::DEVIATIONS;
use crate::release::Releases;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only those that hold for this release
    #[arg(long, value_name = "RELEASE", value_parser = Releases::parse)]
    release: Option<Releases>,
}

impl Args {
    pub(super) fn run(self) -> io::Result<Outcome> {
        let mut out = io::stdout().lock();
        for deviation in DEVIATIONS.iter().filter(|deviation| deviation.holds_for(self.release)) {
            writeln!(out, "{} (breaks {})", deviation.id, deviation.rule)?;
            writeln!(out, "  observed on  {}; taken to hold in between", deviation.observed.join(", "))?;
            writeln!(out, "  when         {}", deviation.condition)?;
            writeln!(out, "  why          {}", deviation.why)?;
            for (trace, message) in deviation.evidence {
                writeln!(out, "  evidence     corpus/traces/{trace}, message {message}")?;
            }
            writeln!(out)?;
        }
        Ok(Outcome::Clean)
    }
}
