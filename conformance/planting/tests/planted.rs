//! Faults planted into recorded sessions are found, where they are, and nothing else is.

use std::collections::BTreeSet;

use ami_conformance::rules::RULES;
use ami_planting::planters::{self, PLANTERS};
use ami_planting::{table::Table, trace};

#[test]
fn every_rule_has_a_planter() {
    let missing: Vec<_> =
        RULES.iter().map(|rule| rule.name).filter(|name| planters::of_rule(name).next().is_none()).collect();
    assert!(missing.is_empty(), "no fault is planted against {missing:?}");
    let names: BTreeSet<_> = PLANTERS.iter().copied().flatten().map(|planter| planter.rule).collect();
    assert_eq!(names.len(), PLANTERS.iter().map(|planters| planters.len()).sum::<usize>(), "one planter a rule");
}

/// One case of each way in each trace that is not long; `cargo xtask conformance` runs all.
#[test]
fn a_sample_of_planted_faults_is_found() {
    let mut table = Table::default();
    for trace in trace::corpus().iter().filter(|trace| trace.server.len() < 700) {
        table.add(trace, 1);
    }
    assert!(table.failures.is_empty(), "{} of {}: {:#?}", table.failures.len(), table.cases(), table.failures);
    assert!(table.unbroken().is_empty(), "no recorded trace gives occasion to break {:?}", table.unbroken());
    assert!(table.cases() > 1500, "{} cases", table.cases());
}
