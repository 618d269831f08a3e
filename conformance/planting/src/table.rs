//! What the cases gave, as a table.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ami_conformance::rules::RULES;

use crate::case::{Judge, Outcome};
use crate::planters::{self, PLANTERS};
use crate::trace::Trace;

/// Cases and hits of each rule and way.
#[derive(Debug, Default)]
pub struct Table {
    rows: BTreeMap<(usize, &'static str), (usize, usize)>,
    /// What went wrong: rule, way, trace and why.
    pub failures: Vec<String>,
}

impl Table {
    /// Breaks every rule that the checker has, in every way, in this trace.
    pub fn add(&mut self, trace: &Arc<Trace>, most: usize) {
        let mut judge = Judge::default();
        for planter in PLANTERS.iter().copied().flatten() {
            if !planters::applies(planter.rule, trace) {
                continue;
            }
            let Some(position) = RULES.iter().position(|rule| rule.name == planter.rule) else { continue };
            for case in planters::cases(planter, trace, most) {
                let (cases, found) = self.rows.entry((position, case.way)).or_default();
                *cases += 1;
                match judge.judge(&case) {
                    Outcome::Found => *found += 1,
                    Outcome::Failed(why) => {
                        self.failures.push(format!("{}: {} ({}): {why}", case.rule, case.way, trace.name));
                    }
                }
            }
        }
    }

    /// Adds another table.
    pub fn merge(&mut self, other: Self) {
        for (key, (cases, found)) in other.rows {
            let row = self.rows.entry(key).or_default();
            row.0 += cases;
            row.1 += found;
        }
        self.failures.extend(other.failures);
    }

    /// How many cases there are.
    pub fn cases(&self) -> usize {
        self.rows.values().map(|(cases, _)| cases).sum()
    }

    /// Rules that no case broke.
    pub fn unbroken(&self) -> Vec<&'static str> {
        let broken = |index: usize| self.rows.keys().any(|(position, _)| *position == index);
        RULES.iter().enumerate().filter(|(index, _)| !broken(*index)).map(|(_, rule)| rule.name).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:34} {:58} {:>6} {:>6}", "rule", "way", "cases", "found")?;
        for ((position, way), (cases, found)) in &self.rows {
            let rule = RULES.get(*position).map_or("", |rule| rule.name);
            writeln!(f, "{rule:34} {way:58} {cases:6} {found:6}")?;
        }
        let found: usize = self.rows.values().map(|(_, found)| found).sum();
        write!(f, "{:34} {:58} {:6} {found:6}", "all", "", self.cases())
    }
}
