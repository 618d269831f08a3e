//! Every rule keeps what it says of itself: its conforming example holds, its violating one is found.

mod common;

use ami_conformance::rules::RULES;
use ami_conformance::{Finding, Options, Releases};

/// An example as bytes. Pictures of control characters stand for them: `␊` at the end of a line for LF alone, `␄` for
/// the end of the stream; `�` is a byte that is not UTF-8, `⋯N` is N times `x`, and a line `⋮N` repeats the one before.
fn on_the_wire(example: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut last = Vec::new();
    for line in example.lines().chain([""]) {
        if let Some(times) = line.strip_prefix('⋮') {
            (0..times.parse().unwrap()).for_each(|_| bytes.extend_from_slice(&last));
            continue;
        }
        last.clear();
        let mut ending: &[u8] = b"\r\n";
        let (text, filler) = line.split_once('⋯').unwrap_or((line, "0"));
        for char in text.chars() {
            match char {
                '␄' => {
                    bytes.extend_from_slice(&last);
                    return bytes;
                }
                '␊' => ending = b"\n",
                '\u{2400}'..='\u{241f}' => last.push((char as u32 - 0x2400) as u8),
                '\u{fffd}' => last.push(0xff),
                other => last.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        last.resize(last.len() + filler.parse::<usize>().unwrap(), b'x');
        last.extend_from_slice(ending);
        bytes.extend_from_slice(&last);
    }
    bytes
}

fn options(rule: &ami_conformance::rules::Rule) -> Options {
    // Examples are short: of a release that was not recorded, no header is promised to be there.
    let release = match rule.name {
        "schema/release" => "11",
        name if name.starts_with("schema/") => "22",
        name if name.starts_with("legacy/") => "1.0-11",
        _ => "21",
    };
    let mut options = Options { release: Some(Releases::parse(release).unwrap()), notes: true, ..Options::default() };
    if rule.name == "session/read-mask" {
        options.subscription.read("system,call").unwrap();
    }
    options
}

#[test]
fn conforming_examples_conform() {
    for rule in RULES {
        let (findings, counts) = common::check_both(&on_the_wire(rule.conforming), options(rule));
        let said: Vec<_> = findings.iter().map(|finding| &finding.explanation).collect();
        assert!(said.is_empty(), "{}: {said:?}", rule.name);
        let (_, counts) = counts.iter().find(|(of, _)| of.name == rule.name).unwrap();
        assert!(counts.held > 0, "{}: the example shows the rule at work, {counts:?}", rule.name);
    }
}

/// Examples that break a promise of the schema as well, and cannot help it: rule, the schema's rule, header.
const ALSO_OF_SCHEMA: &[(&str, &str, &str)] = &[
    ("dial/status-known", "schema/bad-value", "DialStatus"),
    ("dtmf/duration", "schema/bad-value", "DurationMs"),
    ("wire/empty-key", "schema/unknown-field", ""),
    ("wire/key-not-token", "schema/unknown-field", "System uptime"),
];

/// The rules about channels whose proof lies in what came: an event that a filter kept out can excuse nobody. What
/// others miss, or compare with what was said before, can have been in it.
#[test]
fn a_filter_leaves_the_rules_that_need_no_other_event() {
    let families = "channel dial bridge dtmf local transfer parking queue confbridge media dialplan legacy";
    let mut left = Vec::new();
    for rule in RULES {
        if !families.split(' ').any(|family| rule.name.starts_with(&format!("{family}/"))) {
            continue;
        }
        let complete = rule.name == "local/halves-end-together";
        let mut options = Options { complete, ..options(rule) };
        let (all, _) = common::check_both(&on_the_wire(rule.violating), options.clone());
        assert!(all.iter().any(|finding| finding.rule == *rule), "{}", rule.name);
        options.subscription.filter("!no event has this").unwrap();
        let (findings, _) = common::check_both(&on_the_wire(rule.violating), options);
        if findings.iter().any(|finding| finding.rule == *rule) {
            left.push(rule.name);
        }
    }
    let expected = [
        "channel/nothing-after-hangup",
        "channel/hangup-once",
        "channel/newchannel-once",
        "channel/newchannel-fields",
        "channel/state-description",
        "channel/application-after-hangup",
        "channel/unknown-party",
        "channel/chanvariable-form",
        "dial/dest-fields",
        "dial/caller-fields",
        "dial/status-known",
        "bridge/nothing-after-destroy",
        "dtmf/duration",
    ];
    assert_eq!(left, expected);
}

#[test]
fn a_parameter_of_an_action_is_no_conflict() {
    for (action, conflicts) in [
        ("QueueLog\r\nQueue: a\r\nEvent: OPENED", 0),
        ("Ping\r\nEvent: OPENED", 1),
        ("QueueLog\r\nResponse: Success\r\nEvent: OPENED", 1),
    ] {
        let client = format!("Action: {action}\r\n\r\n");
        let (findings, _) = common::check_sides(Some(client.as_bytes()), b"", Options::default());
        let found: Vec<_> = findings.iter().map(|finding| finding.rule.name).collect();
        assert_eq!(found, vec!["wire/kind-conflict"; conflicts], "{client}");
    }
}

#[test]
fn violating_examples_are_found() {
    for rule in RULES {
        // That a half of a Local channel stays behind is proven by a complete trace only.
        let complete = rule.name == "local/halves-end-together";
        let (mut findings, counts) =
            common::check_both(&on_the_wire(rule.violating), Options { complete, ..options(rule) });
        if complete {
            findings.retain(|finding| finding.rule.name == rule.name);
        }
        // Where the broken promise is about a value or a key, the schema can't know it either.
        for (_, also, entity) in ALSO_OF_SCHEMA.iter().filter(|(name, ..)| *name == rule.name) {
            let is_it = |f: &Finding| f.rule.name == *also && f.entity.as_deref() == Some(*entity);
            let at = findings.iter().position(is_it).unwrap_or_else(|| panic!("{}: no {also}", rule.name));
            findings.remove(at);
        }
        if rule.name == "transfer/parties-known" {
            // Whoever names a party before its Newchannel names a channel before its Newchannel.
            let broader = findings.iter().position(|finding| finding.rule.name == "channel/newchannel-first");
            findings.remove(broader.unwrap());
        }
        if rule.name == "wire/banner-malformed" {
            // What is no banner at all breaks this promise as well.
            assert!(findings.iter().any(|finding| finding.rule.name == "session/banner"));
            findings.retain(|finding| finding.rule.name != "session/banner");
        }
        let names: Vec<_> = findings.iter().map(|finding| finding.rule.name).collect();
        assert_eq!(names, [rule.name]);
        assert_eq!(findings[0].severity, rule.severity);
        assert_eq!(findings[0].known, None, "{}", rule.name);
        // A wrong value contradicts no other message.
        let alone = ["wire/", "session/", "action/"].iter().any(|group| rule.name.starts_with(group))
            || rule.violating.lines().filter(|line| line.starts_with("Event: ")).count() == 1;
        assert!(!findings[0].related.is_empty() || alone || rule.name.starts_with("dial/"), "{}", rule.name);
        let (_, counts) = counts.iter().find(|(of, _)| of.name == rule.name).unwrap();
        assert_eq!(counts.violated, 1, "{}", rule.name);
    }
}

/// What a rule says of a text: the places of its breaks, and how many obligations were left open.
fn breaks(rule: &str, text: &str, complete: bool) -> (Vec<u64>, u64) {
    let options = Options { complete, ..options(ami_conformance::rules::find(rule).unwrap()) };
    let (findings, counts) = common::check_both(&on_the_wire(text), options);
    let places = findings.iter().filter(|finding| finding.rule.name == rule).map(|finding| finding.place.message);
    let open = counts.iter().find(|(of, _)| of.name == rule).unwrap().1.open;
    (places.collect(), open)
}

#[test]
fn a_conference_ends_in_a_complete_trace() {
    let rule = "confbridge/leave-for-each-join";
    let event = |name: &str| format!("Event: {name}\nPrivilege: call,all\nConference: c\nBridgeUniqueid: b\n\n");
    let channel = "Channel: PJSIP/1-01\nUniqueid: 1795516800.1\n\n";
    let member = |name: &str| format!("{}{channel}", event(name).trim_end_matches('\n').to_owned() + "\n");
    let visit = member("ConfbridgeJoin") + &member("ConfbridgeLeave");
    let whole = event("ConfbridgeStart") + &visit + &event("ConfbridgeEnd");
    assert_eq!(breaks(rule, &whole, true), (vec![], 0));
    // Without its end it is open, and broken where nothing more can come: told at its start.
    let endless = event("ConfbridgeStart") + &visit;
    assert_eq!(breaks(rule, &endless, false), (vec![], 1));
    assert_eq!(breaks(rule, &endless, true), (vec![0], 0));
    // Without its start it was there before the window; a complete trace has no such window.
    assert!(breaks(rule, &visit, false).0.is_empty());
    assert_eq!(breaks(rule, &visit, true).0, [0]);
    // That it ends with its bridge is not said.
    let bridge = |name: &str| format!("Event: {name}\nPrivilege: call,all\nBridgeUniqueid: b\n\n");
    let destroyed = bridge("BridgeCreate") + &endless + &bridge("BridgeDestroy");
    assert_eq!(breaks(rule, &destroyed, false), (vec![], 1));
    assert_eq!(breaks(rule, &destroyed, true), (vec![1], 0));
}

/// The messages of an example, each with its blank line.
fn messages(example: &str) -> Vec<String> {
    example.split_inclusive("\n\n").map(str::to_owned).collect()
}

#[test]
fn what_is_open_in_a_cut_example_is_a_break_if_it_is_complete() {
    let mut opened = 0;
    for rule in RULES.iter().filter(|rule| !rule.conforming.contains('␄')) {
        let all = messages(rule.conforming);
        let cuts = (1..=all.len()).flat_map(|end| (0..end).map(move |start| start..end));
        for cut in cuts {
            let text = on_the_wire(&all[cut].concat());
            let (findings, before) = common::check_both(&text, options(rule));
            let (complete, after) = common::check_both(&text, Options { complete: true, ..options(rule) });
            // What is proven without the end of the trace is proven with it.
            let place = |finding: &Finding| (finding.rule.name, finding.place.message);
            for finding in &findings {
                assert!(complete.iter().any(|other| place(other) == place(finding)), "{}: {finding:?}", rule.name);
            }
            for ((of, before), (same, after)) in before.iter().zip(&after) {
                assert_eq!((of.name, after.open), (same.name, 0), "{}: {before:?} {after:?}", rule.name);
                assert!(after.violated >= before.violated + before.open, "{}: {before:?} {after:?}", of.name);
                opened += before.open;
            }
        }
    }
    assert!(opened > 100, "{opened}");
}

#[test]
fn an_empty_extension_is_one() {
    let rule = "dialplan/newexten-on-transition";
    let at = |event: &str, exten: &str| {
        let more = if event == "VarSet" { "Variable: X\nValue: 1\n" } else { "" };
        let place =
            format!("Channel: A/1-01\nUniqueid: 1795516800.1\nContext: lab\nExten: {exten}\nPriority: 1\n{more}\n");
        format!("Event: {event}\nPrivilege: dialplan,all\n{place}")
    };
    // A dialled channel is nowhere, and is told to be there.
    assert_eq!(breaks(rule, &(at("Newexten", "") + &at("VarSet", "")), false), (vec![], 0));
    assert_eq!(breaks(rule, &(at("Newexten", "100") + &at("Newexten", "") + &at("VarSet", "")), false), (vec![], 0));
    // To lose an extension is a move, and so is to get one.
    assert_eq!(breaks(rule, &(at("Newexten", "100") + &at("VarSet", "")), false), (vec![1], 0));
    assert_eq!(breaks(rule, &(at("Newexten", "") + &at("VarSet", "100")), false), (vec![1], 0));
    // Its last snapshot alone proves nothing.
    assert_eq!(breaks(rule, &(at("Newexten", "100") + &at("Hangup", "")), false), (vec![], 1));
}

#[test]
fn names_are_unique_and_well_formed() {
    let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for rule in RULES {
        assert!(
            rule.name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'-')),
            "{}",
            rule.name
        );
        assert!(rule.promise.ends_with('.') && rule.why.ends_with('.'), "{}", rule.name);
        assert!(!rule.source.is_empty() && !rule.releases.is_empty(), "{}", rule.name);
    }
}

#[test]
fn each_rule_is_in_the_file_of_its_name() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    for rule in RULES {
        let file = source.join(format!("{}.rs", rule.name.replace('-', "_")));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(text.contains(&format!("name: \"{}\"", rule.name)), "{}", file.display());
    }
}
