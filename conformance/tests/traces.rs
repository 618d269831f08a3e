//! The recorded sessions of stock servers: what they break is known, and windows onto them raise no false alarm.

mod common;

use std::collections::BTreeSet;

use ami_conformance::deviations::{DEVIATIONS, Deviation};
use ami_conformance::{Finding, Options, Releases, RuleCounts, Sender, Severity, Verdict};
use ami_types::schema::Class;
use proptest::prelude::*;

fn describe(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{} at message {}: {}", f.rule.name, f.place.message, f.explanation)).collect()
}

/// Whether it is about how a message is written, which nothing around it can change.
fn is_of_wire(finding: &Finding) -> bool {
    finding.rule.name.starts_with("wire/")
}

/// All that counts on the recorded sessions is what their clients sent: some probe the server with odd messages.
#[test]
fn stock_servers_break_nothing_but_what_is_known() {
    let mut of_clients = BTreeSet::new();
    for name in common::all() {
        let (findings, _) = common::check_trace(&name, Options::default());
        for finding in findings.iter().filter(|finding| finding.known.is_none()) {
            let said = describe(std::slice::from_ref(finding));
            assert_eq!(finding.place.direction, Sender::Client, "{name}: {said:?}");
            assert_ne!(finding.severity, Severity::Error, "{name}: {said:?}");
            of_clients.insert(finding.rule.name);
        }
    }
    let expected = [
        "wire/bare-lf",
        "wire/blank-before-message",
        "wire/duplicate-kind-key",
        "wire/kind-missing",
        "wire/no-colon",
        "wire/no-space-after-colon",
        "wire/non-utf8",
    ];
    assert_eq!(of_clients.into_iter().collect::<Vec<_>>(), expected);
}

/// The trace of a piece of evidence. Where it begins less than two seconds before the channel that is never announced,
/// it proves nothing by itself: then an older channel takes the place of the answer to the login.
fn check_evidence(deviation: &Deviation, trace: &str, options: Options) -> (Vec<Finding>, RuleCounts) {
    let options = Options { notes: true, ..options };
    if deviation.id != "recorder-without-newchannel" {
        return common::check_trace(trace, options);
    }
    let bytes = common::bytes(trace);
    let mut messages = common::split(&bytes);
    assert!(messages[1].starts_with(b"Response: Success\r\n"));
    messages[1] = b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: SIP/1-1\r\nUniqueid: 1795500000.1\r\n\r\n";
    common::check(&messages.concat(), options)
}

#[test]
fn every_known_deviation_has_its_evidence() {
    for deviation in DEVIATIONS {
        assert!(!deviation.evidence.is_empty(), "{}", deviation.id);
        for (trace, message) in deviation.evidence {
            assert!(common::traces().join(trace).is_file(), "{trace} can be opened by this name");
            let (findings, _) = check_evidence(deviation, trace, Options::default());
            let found = findings.iter().find(|f| f.place.message == *message && f.rule.name == deviation.rule);
            assert_eq!(found.and_then(|finding| finding.known), Some(deviation.id), "{trace}, message {message}");
        }
        for release in deviation.observed {
            assert!(Releases::parse(release).is_ok());
        }
    }
}

#[test]
fn without_the_register_they_are_violations() {
    for deviation in DEVIATIONS {
        let (trace, message) = deviation.evidence[0];
        let (findings, _) = check_evidence(deviation, trace, Options { known: false, ..Options::default() });
        let found = findings.iter().find(|f| f.place.message == message && f.rule.name == deviation.rule).unwrap();
        assert_eq!(found.known, None);
    }
}

#[test]
fn a_deviation_does_not_excuse_other_releases() {
    for deviation in DEVIATIONS {
        let (trace, message) = deviation.evidence[0];
        // None was observed on 24, and of the releases before 12 none on 1.6.
        let release = match deviation.rule.split('/').next() {
            Some("legacy") => "1.6",
            Some("schema") => "12",
            _ => "24",
        };
        let release = Some(Releases::parse(release).unwrap());
        let (findings, _) = check_evidence(deviation, trace, Options { release, ..Options::default() });
        let found = findings.iter().find(|f| f.place.message == message && f.rule.name == deviation.rule).unwrap();
        assert_eq!(found.known, None, "{}", deviation.id);
    }
}

#[test]
fn the_rules_are_at_work_on_the_recorded_sessions() {
    let mut options = Options { notes: true, ..Options::default() };
    options.subscription.read("all").unwrap();
    let mut at_work = BTreeSet::new();
    for name in common::all() {
        let (_, counts) = common::check_trace(&name, options.clone());
        at_work.extend(counts.iter().filter(|(_, counts)| counts.held > 0).map(|(rule, _)| rule.name));
    }
    for rule in ami_conformance::rules::RULES {
        // A rule without a trace behind it is unproven, and stays a note until there is one.
        let unproven = rule.severity == Severity::Note;
        assert!(at_work.contains(rule.name) || unproven, "{} holds nowhere in the corpus", rule.name);
    }
}

#[test]
fn each_generation_is_judged_by_its_own_rules() {
    for name in common::all() {
        let is_legacy = common::legacy().contains(&name);
        let bytes = common::bytes(&name);
        // With and without the banner.
        let first = common::split(&bytes)[0].len();
        for bytes in [&bytes[..], &bytes[first..]] {
            let (findings, counts) = common::check(bytes, Options { notes: true, ..Options::default() });
            for (rule, counts) in counts.iter() {
                let (group, _) = rule.name.split_once('/').unwrap();
                let of_12 = ["channel", "dial", "bridge", "dtmf", "local"].contains(&group);
                let foreign = if is_legacy { of_12 } else { group == "legacy" };
                assert!(!foreign || counts == ami_conformance::Counts::default(), "{name}: {}, {counts:?}", rule.name);
            }
            if is_legacy {
                let unknown: Vec<_> = findings
                    .into_iter()
                    .filter(|finding| {
                        finding.known.is_none() && finding.severity > Severity::Note && !is_of_wire(finding)
                    })
                    .collect();
                assert!(unknown.is_empty(), "{name}: {:#?}", describe(&unknown));
            }
        }
    }
}

#[test]
fn a_small_window_of_dead_entities_raises_no_false_alarm() {
    for name in ["asterisk-22/flood.s2c", "asterisk-13/flood.s2c", "asterisk-20/dtmffeat.s2c", "asterisk-1.8/flood.s2c"]
    {
        let bytes = common::bytes(name);
        let (whole, full) = common::check(&bytes, Options::default());
        for window in [0, 1, 7, 64] {
            let (findings, counts) = common::check(&bytes, Options { window, ..Options::default() });
            let mut unknown: Vec<_> = findings.into_iter().filter(|finding| finding.known.is_none()).collect();
            // What is wrong with a message on the wire is so with any window.
            unknown.retain(|f| !(is_of_wire(f) && whole.iter().any(|w| (w.rule, w.place) == (f.rule, f.place))));
            assert!(unknown.is_empty(), "{name}, window {window}: {:#?}", describe(&unknown));
            if window == 64 {
                assert!(counts.iter().zip(full.iter()).all(|((_, a), (_, b))| a.violated == b.violated));
            }
        }
    }
}

#[test]
fn what_is_open_is_a_violation_of_a_complete_trace() {
    let bytes = common::bytes("asterisk-22/blind.s2c");
    let messages = common::split(&bytes);
    let enter = messages.iter().position(|message| message.starts_with(b"Event: BridgeEnter")).unwrap();
    let cut = messages[..=enter].concat();
    let (findings, _) = common::check(&cut, Options::default());
    assert!(findings.is_empty());
    let (findings, counts) = common::check(&cut, Options { complete: true, ..Options::default() });
    let rules: BTreeSet<_> = findings.iter().map(|finding| finding.rule.name).collect();
    assert!(rules.contains("bridge/leave-before-hangup") && rules.contains("channel/hangup-once"), "{rules:?}");
    let held: u64 =
        counts.iter().filter(|(rule, _)| rule.name == "channel/newchannel-first").map(|(_, c)| c.held).sum();
    assert!(held > 0);
    let mut all = ami_conformance::Counts::default();
    all.add(Verdict::Open);
    assert_eq!(all.open, 1);
}

/// The places of the messages that stay when some are left out. What a value with a line break tears off a message is left
/// out with it.
fn stay(messages: &[&[u8]], mut is_out: impl FnMut(&[u8]) -> bool) -> Vec<usize> {
    let mut goes = false;
    let mut stays = |message: &[u8]| {
        if ["Event:", "Response:", "Asterisk Call"].iter().any(|kind| message.starts_with(kind.as_bytes())) {
            goes = is_out(message);
        }
        !goes
    };
    (0..messages.len()).filter(|at| stays(messages[*at])).collect()
}

/// The bytes of some messages.
fn only(messages: &[&[u8]], kept: &[usize]) -> Vec<u8> {
    kept.iter().flat_map(|at| messages[*at].iter().copied()).collect()
}

/// What is found in the messages that stayed and is not in the whole. Where the message is gone at which it was found, the next
/// one shows it.
fn new_in(findings: &[Finding], kept: &[usize], whole: &[Finding]) -> Vec<Finding> {
    let was_there = |f: &&Finding| {
        let at = kept.get(f.place.message as usize).map(|at| *at as u64);
        let same = |w: &Finding| Some(w.place.message) == at || w.entity == f.entity;
        whole.iter().any(|w| w.rule == f.rule && w.known.is_some() == f.known.is_some() && same(w))
    };
    findings.iter().filter(|f| !was_there(f)).cloned().collect()
}

/// A user can read few classes: one alone, none, or all but those that tell of queues. What is said in pieces, because a
/// value ends a message early, is left out whole.
#[test]
fn whoever_reads_few_classes_gets_no_false_alarm() {
    for name in common::all() {
        let bytes = common::bytes(&name);
        if bytes.len() > 1_000_000 {
            continue;
        }
        let messages = common::split(&bytes);
        let complete = Options { complete: true, ..Options::default() };
        let [whole, complete_whole] = [Options::default(), complete.clone()].map(|o| common::check(&bytes, o).0);
        let all = common::CLASSES;
        let but = |kept: &[&str]| all.into_iter().filter(|class| !kept.contains(class)).collect::<Vec<_>>();
        let choices = all.map(|class| but(&[class])).into_iter().chain([but(&[]), vec!["agent", "dialplan"]]);
        for gone in choices {
            let kept = stay(&messages, |message| common::is_of(&gone, message));
            let window = only(&messages, &kept);
            // Where a trace is said to be complete, so are the classes.
            let mut read = complete.clone();
            let classes = Class::ALL.iter().map(|class| class.as_str()).filter(|class| !gone.contains(class));
            read.subscription.read(&classes.collect::<Vec<_>>().join(",")).unwrap();
            for (options, whole) in [(Options::default(), &whole), (read, &complete_whole)] {
                let (findings, _) = common::check(&window, options);
                let new = new_in(&findings, &kept, whole);
                assert!(new.is_empty(), "{name} without {gone:?}: {:#?}", describe(&new));
            }
        }
    }
}

/// An event filter can keep out the events of any name, all of them or some. Nothing is held against the server because of it,
/// and what the filter cannot have touched is judged as before.
#[test]
fn whoever_filters_events_gets_no_false_alarm() {
    let mut judged = 0;
    for name in common::all() {
        let bytes = common::bytes(&name);
        if bytes.len() > 1_000_000 {
            continue;
        }
        let messages = common::split(&bytes);
        let event = |message: &[u8]| {
            let line = message.split(|byte| *byte == b'\r').next().unwrap_or_default();
            Some(String::from_utf8_lossy(line.strip_prefix(b"Event: ")?).into_owned())
        };
        // What answers an action passes by the filters; of these, Status alone has a Privilege.
        let is_filtered = |message: &[u8]| {
            !message.starts_with(b"Event: Status\r") && message.windows(13).any(|bytes| bytes == b"\r\nPrivilege: ")
        };
        let events: BTreeSet<_> =
            messages.iter().filter(|message| is_filtered(message)).filter_map(|m| event(m)).collect();
        let options = |complete| Options { notes: true, complete, ..Options::default() };
        let [whole, complete_whole] = [false, true].map(|complete| common::check(&bytes, options(complete)).0);
        for gone in &events {
            for (every, complete) in [(1, false), (2, false), (1, true)] {
                let whole = if complete { &complete_whole } else { &whole };
                let mut seen = 0;
                let kept = stay(&messages, |message| {
                    let is_meant = event(message).as_ref() == Some(gone) && is_filtered(message);
                    seen += usize::from(is_meant);
                    is_meant && seen % every == 0
                });
                let window = only(&messages, &kept);
                let mut filtered = options(complete);
                filtered.subscription.filter(&format!("!Event: {gone}\r")).unwrap();
                let (findings, _) = common::check(&window, filtered);
                // The filter says that these should not have come, and every second one did.
                let mut new = new_in(&findings, &kept, whole);
                new.retain(|f| f.rule.name != "session/read-mask");
                assert!(new.is_empty(), "{name} without every {every}. {gone}: {:#?}", describe(&new));
                if gone == "RTCPSent" {
                    let still = |w: &&Finding| {
                        let at = kept.iter().position(|at| *at as u64 == w.place.message);
                        at.is_none_or(|at| findings.iter().any(|f| f.rule == w.rule && f.place.message == at as u64))
                    };
                    let lost: Vec<_> = whole.iter().filter(|w| !is_of_wire(w) && !still(w)).cloned().collect();
                    assert!(lost.is_empty(), "{name}: {:#?}", describe(&lost));
                    judged += whole.len();
                }
            }
        }
    }
    assert!(judged > 20, "{judged} findings stay");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// A capture can begin and end anywhere, and can miss any classes of events.
    #[test]
    fn windows_onto_a_session_raise_no_false_alarm(
        name in prop::sample::select(common::all()),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        classes in prop::sample::subsequence(&common::CLASSES, 0..=common::CLASSES.len()),
    ) {
        let bytes = common::bytes(&name);
        let messages = common::split(&bytes);
        let (from, to) = (from.index(messages.len()), to.index(messages.len()));
        let (from, to) = (from.min(to), from.max(to) + 1);
        let kept: Vec<usize> = (from..to).filter(|at| !common::is_of(&classes, messages[*at])).collect();
        let window = only(&messages, &kept);
        let (whole, _) = common::check(&bytes, Options::default());
        let (findings, _) = common::check(&window, Options::default());
        // What is found in a window is found in the whole, too, at the same message: known deviations, and what is wrong with a
        // message on the wire.
        let was_there = |f: &Finding| {
            let at = kept.get(f.place.message as usize).map(|at| *at as u64);
            whole.iter().any(|w| w.rule == f.rule && Some(w.place.message) == at)
        };
        let is_new = |f: &Finding| !(was_there(f) && (f.known.is_some() || is_of_wire(f)));
        let new: Vec<_> = findings.iter().filter(|f| is_new(f)).cloned().collect();
        prop_assert!(new.is_empty(), "{} {}..{} without {:?}: {:#?}", name, from, to, classes, describe(&new));
    }
}

/// A client's stream can begin later than the server's: what it sent before cannot be known.
#[test]
fn a_client_that_is_seen_later_has_sent_nothing_wrong() {
    let mut cuts = 0;
    for name in common::all() {
        let Some(client) = common::client_of(&name) else { continue };
        let server = common::bytes(&name);
        let errors = |client: &[u8]| {
            let (findings, _) = common::check_sides(Some(client), &server, Options::default());
            findings.iter().filter(|f| f.known.is_none() && f.severity == Severity::Error).count()
        };
        let starts: Vec<_> = ami_wire::messages(&client).flatten().map(|action| action.offset() as usize).collect();
        let whole = errors(&client);
        for part in [10, 30, 60, 90] {
            let from = starts[starts.len() * part / 100];
            assert!(errors(&client[from..]) <= whole, "{name} from {part} %");
            cuts += 1;
        }
    }
    assert!(cuts > 100, "{cuts}");
}

/// An emulator that leaves `Privilege` out is no more exempt from what channels promise than others.
#[test]
fn events_of_channels_without_privilege_are_judged() {
    let bytes = common::bytes("asterisk-22/blind.s2c");
    let messages: Vec<Vec<u8>> = common::split(&bytes)
        .into_iter()
        .filter(|message| !message.starts_with(b"Event: BridgeLeave"))
        .map(|message| {
            let lines = message.split_inclusive(|byte| *byte == b'\n');
            lines.filter(|line| !line.starts_with(b"Privilege:")).flatten().copied().collect()
        })
        .collect();
    let (findings, _) = common::check(&messages.concat(), Options::default());
    assert!(
        findings.iter().any(|finding| finding.rule.name == "bridge/leave-before-hangup"),
        "{:#?}",
        describe(&findings)
    );
}
