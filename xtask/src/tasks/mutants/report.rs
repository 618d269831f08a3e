//! Figures of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use xtask::mutants::Mutant;

use super::Outcome;

#[derive(Clone, Copy, Default)]
struct Figures {
    mutants: usize,
    invalid: usize,
    noticed: usize,
    timed_out: usize,
    alive: usize,
    open: usize,
}

impl Figures {
    fn add(&mut self, outcome: Option<&Outcome>) {
        self.mutants += 1;
        *match outcome {
            None => &mut self.open,
            Some(Outcome::Invalid) => &mut self.invalid,
            Some(Outcome::Noticed(_)) => &mut self.noticed,
            Some(Outcome::TimedOut(_)) => &mut self.timed_out,
            Some(Outcome::Alive | Outcome::Unreached) => &mut self.alive,
        } += 1;
    }

    fn row(&self, name: &str) -> String {
        let run = self.noticed + self.timed_out + self.alive;
        #[allow(clippy::cast_precision_loss, reason = "a share of at most some thousands")]
        let share = 100.0 * self.alive as f64 / run.max(1) as f64;
        let Self { mutants, invalid, noticed, timed_out, alive, open } = self;
        format!("| {name} | {mutants} | {invalid} | {open} | {noticed} | {timed_out} | {alive} | {share:.1} % |\n")
    }
}

/// A table with a row for each file, and those that live.
pub(super) fn report(mutants: &[Mutant], results: &BTreeMap<String, Outcome>) -> String {
    let mut files: BTreeMap<&str, Figures> = BTreeMap::new();
    let mut all = Figures::default();
    let mut alive = String::new();
    for mutant in mutants {
        let outcome = results.get(&mutant.identity);
        files.entry(&mutant.file).or_default().add(outcome);
        all.add(outcome);
        match outcome {
            Some(Outcome::Alive) => _ = writeln!(alive, "alive: {}", mutant.name),
            Some(Outcome::Unreached) => _ = writeln!(alive, "no test comes past: {}", mutant.name),
            _ => {}
        }
    }
    let mut text = String::from(
        "| file | mutants | do not compile | not run | noticed | timed out | alive | alive of those run |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (file, figures) in files {
        text.push_str(&figures.row(&format!("`{file}`")));
    }
    text.push_str(&all.row("all"));
    text.push('\n');
    text.push_str(&alive);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_of_those_that_ran() {
        let mut figures = Figures::default();
        let outcomes = [
            Some(Outcome::Invalid),
            None,
            Some(Outcome::Noticed(String::new())),
            Some(Outcome::TimedOut(String::new())),
            Some(Outcome::Noticed(String::new())),
            Some(Outcome::Unreached),
        ];
        for outcome in &outcomes {
            figures.add(outcome.as_ref());
        }
        assert_eq!(figures.row("a"), "| a | 6 | 1 | 1 | 2 | 1 | 1 | 25.0 % |\n");
    }
}
