//! What the cases gave, as a table.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ami_conformance::rules::RULES;

use crate::case::Judge;
use crate::planters::{self, PLANTERS};
use crate::trace::Trace;

/// How the cases of one way came out.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    cases: usize,
    found: usize,
    unrelated: usize,
}

impl Row {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.found += other.found;
        self.unrelated += other.unrelated;
    }
}

/// Cases and hits of each rule and way.
#[derive(Debug, Default)]
pub struct Table {
    rows: BTreeMap<(usize, &'static str), Row>,
    /// What went wrong: rule, way, trace and why.
    pub failures: Vec<String>,
}

impl Table {
    /// Breaks every rule that the checker has, in every way, in this trace.
    pub fn add(&mut self, trace: &Arc<Trace>, most: usize) {
        self.add_group("", trace, most);
    }

    /// Breaks the rules of a group, whose names begin with this.
    pub fn add_group(&mut self, group: &str, trace: &Arc<Trace>, most: usize) {
        let mut judge = Judge::default();
        for planter in PLANTERS.iter().copied().flatten() {
            if !planter.rule.starts_with(group) || !planters::applies(planter.rule, trace) {
                continue;
            }
            let Some(position) = RULES.iter().position(|rule| rule.name == planter.rule) else { continue };
            for case in planters::cases(planter, trace, most) {
                let outcome = judge.judge(&case);
                let row = Row { cases: 1, found: usize::from(outcome.found), unrelated: outcome.unrelated };
                self.rows.entry((position, case.way)).or_default().add(row);
                if !outcome.wrong.is_empty() {
                    self.failures.push(format!("{}: {} ({}): {}", case.rule, case.way, trace.name, outcome.wrong));
                }
            }
        }
    }

    /// Adds another table.
    pub fn merge(&mut self, other: Self) {
        for (key, row) in other.rows {
            self.rows.entry(key).or_default().add(row);
        }
        self.failures.extend(other.failures);
    }

    /// How many cases there are.
    pub fn cases(&self) -> usize {
        self.rows.values().map(|row| row.cases).sum()
    }

    /// Rules that no case broke.
    pub fn unbroken(&self) -> Vec<&'static str> {
        let broken = |index: usize| self.rows.keys().any(|(position, _)| *position == index);
        RULES.iter().enumerate().filter(|(index, _)| !broken(*index)).map(|(_, rule)| rule.name).collect()
    }
}

/// A line for each way, and one for each rule.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, rule: &str, way: &str, row: Row| {
            let Row { cases, found, unrelated } = row;
            // Rounded down: all is 100, and nothing else.
            let recall = found * 100 / cases.max(1);
            writeln!(f, "{rule:34} {way:58} {cases:6} {found:6} {recall:5} % {unrelated:9}")
        };
        writeln!(f, "{:34} {:58} {:>6} {:>6} {:>7} {:>9}", "rule", "way", "cases", "found", "recall", "unrelated")?;
        let (mut all, mut rules) = (Row::default(), BTreeMap::<usize, Row>::new());
        for ((position, way), row) in &self.rows {
            line(f, RULES.get(*position).map_or("", |rule| rule.name), way, *row)?;
            rules.entry(*position).or_default().add(*row);
            all.add(*row);
        }
        writeln!(f)?;
        for (position, row) in rules {
            line(f, RULES.get(position).map_or("", |rule| rule.name), "in every way", row)?;
        }
        line(f, "every rule", "in every way", all)
    }
}
