//! What a conforming server may send in another order, begin earlier or later, or leave out, is no finding of any rule,
//! notes included.

mod common;

use std::collections::BTreeSet;

use ami_conformance::Options;
use proptest::prelude::*;

/// What ties a message to others: channels, bridges, calls, actions. Nothing for what no rule of order looks at.
fn ties(message: &[u8]) -> Option<BTreeSet<String>> {
    let text = String::from_utf8_lossy(message);
    let event = text.lines().next()?.strip_prefix("Event: ")?;
    let judged =
        text.contains("\r\nPrivilege: ") && !matches!(event, "FullyBooted" | "BridgeMerge" | "AttendedTransfer");
    let headers = text.lines().filter_map(|line| line.split_once(": "));
    let tied = headers.filter(|(key, _)| {
        let key = key.to_ascii_lowercase();
        ["uniqueid", "linkedid", "actionid", "channel", "parkingspace", "queue", "conference"]
            .iter()
            .any(|tie| key.ends_with(tie))
    });
    let tied: BTreeSet<String> = tied.map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty()).collect();
    (judged && !tied.is_empty()).then_some(tied)
}

/// What is found, by rule and by the place of the message in the recorded session.
fn found(messages: &[(usize, &[u8])]) -> BTreeSet<(&'static str, usize)> {
    let bytes: Vec<u8> = messages.iter().flat_map(|(_, message)| message.iter().copied()).collect();
    let (findings, _) = common::check(&bytes, Options { notes: true, ..Options::default() });
    findings.iter().map(|f| (f.rule.name, messages[usize::try_from(f.place.message).unwrap()].0)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Events of channels, bridges and calls that have nothing to do with each other come in any order.
    #[test]
    fn independent_events_may_change_places(
        name in prop::sample::select(common::modern()),
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..200),
    ) {
        let bytes = common::bytes(&name);
        let mut messages: Vec<(usize, &[u8])> = common::split(&bytes).into_iter().enumerate().collect();
        let whole = found(&messages);
        let mut moved = 0;
        for place in places {
            let at = place.index(messages.len().saturating_sub(1).max(1));
            let [Some((_, one)), Some((_, other))] = [messages.get(at), messages.get(at + 1)] else { continue };
            let (Some(one), Some(other)) = (ties(one), ties(other)) else { continue };
            if one.is_disjoint(&other) {
                messages.swap(at, at + 1);
                moved += 1;
            }
        }
        let now = found(&messages);
        let new: Vec<_> = now.difference(&whole).collect();
        prop_assert!(new.is_empty(), "{name}, {moved} moved: {new:?}");
    }

    /// A capture begins and ends anywhere, and misses any classes of events.
    #[test]
    fn windows_add_no_note(
        name in prop::sample::select(common::modern()),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        classes in prop::sample::subsequence(&common::CLASSES, 0..=common::CLASSES.len()),
    ) {
        let bytes = common::bytes(&name);
        let messages: Vec<(usize, &[u8])> = common::split(&bytes).into_iter().enumerate().collect();
        let whole = found(&messages);
        let (from, to) = (from.index(messages.len()), to.index(messages.len()));
        let (from, to) = (from.min(to), from.max(to) + 1);
        let is_in = |(_, message): &&(usize, &[u8])| !common::is_of(&classes, message);
        let window: Vec<_> = messages[from..to].iter().filter(is_in).copied().collect();
        let now = found(&window);
        let new: Vec<_> = now.difference(&whole).collect();
        prop_assert!(new.is_empty(), "{name} {from}..{to} without {classes:?}: {new:?}");
    }
}
