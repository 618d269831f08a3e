//! Faults planted into recorded sessions are found, where they are, and nothing else is.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use ami_conformance::rules::RULES;
use ami_planting::planters::{self, PLANTERS};
use ami_planting::table::Table;
use ami_planting::trace::{self, Trace};

#[test]
fn every_rule_has_a_planter() {
    let missing: Vec<_> =
        RULES.iter().map(|rule| rule.name).filter(|name| planters::of_rule(name).next().is_none()).collect();
    assert!(missing.is_empty(), "no fault is planted against {missing:?}");
    let names: BTreeSet<_> = PLANTERS.iter().copied().flatten().map(|planter| planter.rule).collect();
    assert_eq!(names.len(), PLANTERS.iter().map(|planters| planters.len()).sum::<usize>(), "one planter a rule");
}

/// Recorded sessions that are not long.
static SESSIONS: LazyLock<Vec<Arc<Trace>>> =
    LazyLock::new(|| trace::corpus().into_iter().filter(|trace| trace.server.len() < 700).collect());

/// One case of each way in each session that is not long; `cargo xtask conformance` runs all.
fn a_sample_is_found(group: &str, least: usize) {
    let mut table = Table::default();
    for trace in SESSIONS.iter() {
        table.add_group(group, trace, 1);
    }
    assert!(table.failures.is_empty(), "{} of {}: {:#?}", table.failures.len(), table.cases(), table.failures);
    let mut unbroken = table.unbroken();
    unbroken.retain(|rule| rule.starts_with(group));
    assert!(unbroken.is_empty(), "no recorded session gives occasion to break {unbroken:?}");
    assert!(table.cases() >= least, "{} cases of {group}", table.cases());
}

/// A test for each group of rules, and how many cases it has at least.
macro_rules! planted {
    ($($group:ident: $least:literal,)*) => {
        mod planted_faults_are_found {
            $(#[test]
            fn $group() {
                super::a_sample_is_found(concat!(stringify!($group), "/"), $least);
            })*
        }

        #[test]
        fn every_group_has_its_test() {
            let groups: BTreeSet<_> = RULES.iter().filter_map(|rule| rule.name.split('/').next()).collect();
            assert_eq!(groups, BTreeSet::from([$(stringify!($group)),*]));
        }
    };
}

planted! {
    action: 1200,
    agi: 15,
    bridge: 1500,
    channel: 7000,
    confbridge: 100,
    dial: 1700,
    dialplan: 100,
    dtmf: 50,
    legacy: 1000,
    list: 300,
    local: 280,
    media: 340,
    originate: 250,
    parking: 60,
    queue: 100,
    schema: 5500,
    session: 3000,
    transfer: 80,
    wire: 7000,
}
