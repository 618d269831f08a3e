//! Every rule keeps what it says of itself: its conforming example holds, its violating one is found.

mod common;

use std::collections::BTreeSet;

use ami_conformance::rules::RULES;
use ami_conformance::{Counts, Finding, Options, Releases};

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

/// What a rule says of a text: the places of its breaks, and its counts.
fn told(rule: &str, text: &str, complete: bool) -> (Vec<u64>, Counts) {
    let options = Options { complete, ..options(ami_conformance::rules::find(rule).unwrap()) };
    let (findings, counts) = common::check_both(&on_the_wire(text), options);
    let places = findings.iter().filter(|finding| finding.rule.name == rule).map(|finding| finding.place.message);
    (places.collect(), counts.iter().find(|(of, _)| of.name == rule).unwrap().1)
}

/// The places of its breaks, and how many obligations were left open.
fn breaks(rule: &str, text: &str, complete: bool) -> (Vec<u64>, u64) {
    let (places, counts) = told(rule, text, complete);
    (places, counts.open)
}

/// How often a rule says that the text does not tell, where it does not say that it is kept or broken.
fn untold(rule: &str, text: &str) -> u64 {
    let (places, counts) = told(rule, text, false);
    assert_eq!((places, counts.held), (vec![], 0), "{rule}");
    counts.unobservable
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

/// The rules whose own example, cut, leaves something open that a complete trace decides.
const SETTLING: [&str; 15] = [
    "agi/async-session",
    "bridge/empty-before-destroy",
    "bridge/leave-before-hangup",
    "confbridge/leave-for-each-join",
    "dial/end-for-each-begin",
    "legacy/channel-life",
    "legacy/dial-pairs",
    "legacy/link-unlink",
    "list/completed",
    "local/halves-end-together",
    "local/optimization-paired",
    "originate/one-response",
    "parking/one-outcome",
    "queue/agent-outcome",
    "queue/leave-for-each-join",
];

/// The messages of an example, each with its blank line.
fn messages(example: &str) -> Vec<String> {
    example.split_inclusive("\n\n").map(str::to_owned).collect()
}

#[test]
fn what_is_open_in_a_cut_example_is_a_break_if_it_is_complete() {
    let (mut opened, mut settling) = (0, BTreeSet::new());
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
            for ((of, before), (_, after)) in before.iter().zip(after.iter()) {
                let proven = |counts: Counts| counts.violated + counts.open;
                assert!(after.violated >= before.violated, "{}: {before:?} {after:?}", of.name);
                assert!(proven(after) >= proven(before), "{}: {before:?} {after:?}", of.name);
                opened += before.open.saturating_sub(after.open);
                if of.name == rule.name && before.open > 0 && after.violated > before.violated {
                    settling.insert(of.name);
                }
            }
        }
    }
    assert!(opened > 100, "{opened}");
    assert_eq!(settling, BTreeSet::from(SETTLING));
}

const CHANNEL: &str = "Channel: PJSIP/100-00000001\nUniqueid: 1795516800.1\n";

/// An event with these lines.
fn event(name: &str, lines: &str) -> String {
    format!("Event: {name}\nPrivilege: call,all\n{lines}\n")
}

#[test]
fn what_a_complete_trace_lacks_is_broken() {
    let ping = |id: u32| format!("Action: Ping\nActionID: {id}\n\n");
    let answer = |id: u32| format!("Response: Success\nActionID: {id}\nPing: Pong\n\n");
    let rule = "action/one-response";
    let unanswered = [ping(1), answer(1), ping(2)].concat();
    assert_eq!(breaks(rule, &unanswered, false), (vec![], 1));
    assert_eq!(breaks(rule, &unanswered, true), (vec![1], 0));
    assert_eq!(breaks(rule, &(unanswered + &answer(2)), true), (vec![], 0));
    // Without a word of the server nothing is known of it, and after Goodbye it reads nothing.
    assert_eq!(breaks(rule, &ping(1), true), (vec![], 0));
    let goodbye = "Response: Goodbye\nActionID: 1\nMessage: Thanks for all the fish.\n\n";
    assert_eq!(breaks(rule, &["Action: Logoff\nActionID: 1\n\n", goodbye, &ping(2)].concat(), true), (vec![], 0));

    // A connection can be older than the capture, which covers what happens on the server.
    let (places, counts) = told("session/banner", &answer(1), true);
    assert_eq!((places, counts.unobservable), (vec![], 1));

    let party = "Result: Success\nTransfereeChannel: PJSIP/100-00000001\nTransfereeUniqueid: 1795516800.1\n";
    let transfer = event("BlindTransfer", party);
    assert!(breaks("transfer/parties-known", &transfer, false).0.is_empty());
    assert_eq!(breaks("transfer/parties-known", &transfer, true).0, [0]);
    let announced = event("Newchannel", CHANNEL) + &transfer;
    assert_eq!(breaks("transfer/parties-known", &announced, true), (vec![], 0));
}

#[test]
fn an_event_without_a_timestamp_is_told_when_another_has_one() {
    let (stamped, plain) =
        (event("Newstate", &format!("Timestamp: 1795516800.100000\n{CHANNEL}")), event("Newstate", CHANNEL));
    let rule = "session/timestamp-on-all";
    assert_eq!(breaks(rule, &plain.repeat(2), false), (vec![], 0));
    // The first without one is told, when the first with one comes; and each that comes behind.
    assert_eq!(breaks(rule, &(plain.repeat(2) + &stamped + &stamped + &plain), false), (vec![0, 4], 0));
}

/// What began before the first message has a beginning that was not seen.
#[test]
fn without_the_beginning_of_a_channel_an_end_proves_nothing() {
    let agent = format!("{CHANNEL}Queue: q\nInterface: PJSIP/200\n");
    let halves = "LocalOneChannel: Local/1@a-00000001;1\nLocalOneUniqueid: 1795516800.4\n\
                  LocalTwoChannel: Local/1@a-00000001;2\nLocalTwoUniqueid: 1795516800.5\n";
    let with_id = format!("{halves}Id: 7\n");
    for (rule, name, lines) in [
        ("agi/async-session", "AsyncAGIEnd", CHANNEL),
        ("queue/agent-outcome", "AgentConnect", &agent),
        ("queue/agent-outcome", "AgentRingNoAnswer", &agent),
        ("queue/agent-outcome", "AgentComplete", &agent),
        ("queue/leave-for-each-join", "QueueCallerLeave", &agent),
        ("local/optimization-paired", "LocalOptimizationEnd", &with_id),
        // Up to some release they have no Id, by which they could be told apart.
        ("local/optimization-paired", "LocalOptimizationBegin", halves),
    ] {
        assert_eq!(untold(rule, &event(name, lines)), 1, "{rule} {name}");
    }
    let born = event("Newchannel", CHANNEL);
    assert_eq!(breaks("agi/async-session", &(born.clone() + &event("AsyncAGIEnd", CHANNEL)), false).0, [1]);
    assert_eq!(breaks("queue/agent-outcome", &(born + &event("AgentConnect", &agent)), false).0, [1]);
}

/// Whoever chooses other classes of events may have missed the end of what began before.
#[test]
fn a_choice_of_classes_hides_what_began_before() {
    let chosen = "Response: Success\nEvents: On\n\n";
    let hangup = event("Hangup", CHANNEL);
    let behind = event("Newstate", "Channel: PJSIP/300-00000009\nUniqueid: 1795516800.9\n").repeat(40);
    let agent = format!("{CHANNEL}Queue: q\nInterface: PJSIP/200\n");
    let call = event("AgentCalled", &agent) + &event("AgentConnect", &agent);
    let seat = format!("Conference: c\nBridgeUniqueid: b\n{CHANNEL}");
    for (rule, begins) in [
        ("agi/async-session", event("AsyncAGIStart", CHANNEL)),
        ("queue/agent-outcome", call),
        ("queue/leave-for-each-join", event("QueueCallerJoin", &agent)),
        ("confbridge/leave-for-each-join", event("ConfbridgeJoin", &seat)),
    ] {
        let at = begins.matches("Event:").count() as u64;
        let born = event("Newchannel", CHANNEL);
        let (places, seen) = told(rule, &[&*born, &begins, &hangup, &behind].concat(), false);
        assert_eq!(places, [at + 1], "{rule}");
        let (places, hidden) = told(rule, &[&*born, &begins, chosen, &hangup, &behind].concat(), false);
        assert_eq!((places, hidden.unobservable), (vec![], seen.unobservable + 1), "{rule}");
    }
    let at = |exten: &str| {
        event("Newexten", &format!("{CHANNEL}Context: lab\nExten: {exten}\nPriority: 1\nApplication: NoOp\n"))
    };
    let moved = event("VarSet", &format!("{CHANNEL}Context: lab\nExten: 200\nPriority: 1\nVariable: X\nValue: 1\n"));
    let rule = "dialplan/newexten-on-transition";
    assert_eq!(told(rule, &(at("100") + &moved), false).0, [1]);
    let (places, counts) = told(rule, &(at("100") + chosen + &moved), false);
    assert_eq!((places, counts.unobservable), (vec![], 1));
}

#[test]
fn what_is_no_transfer_and_no_link_is_not_judged() {
    let rule = "transfer/blind-before-leave";
    let of = |result: &str| {
        event("BlindTransfer", &format!("Result: {result}\nTransfererChannel: A/1-01\nTransfererUniqueid: 1.2\n"))
    };
    assert_eq!((untold(rule, &of("Fail")), untold(rule, &of("Success"))), (0, 1));
    let rule = "legacy/link-unlink";
    let ends = "Channel1: SIP/1-01\nUniqueid1: 1.1\nChannel2: SIP/2-02\nUniqueid2: 1.2\n";
    let state = |state: &str| event("Bridge", &format!("Bridgestate: {state}\n{ends}"));
    assert_eq!(untold(rule, &state("Whatever")), 0);
    // A link that is told twice is one link.
    let (places, counts) = told(rule, &(state("Link").repeat(2) + &state("Unlink").repeat(2)), false);
    assert_eq!((places, counts.held, counts.unobservable), (vec![], 1, 1));
}

/// What is remembered of one connection has its bound: what is older is not held against anybody, and what is new is judged.
#[test]
fn what_is_forgotten_is_no_break() {
    let each = |count: u32, text: &dyn Fn(u32) -> String| (0..count).map(text).collect::<String>();
    let start = |id: u32| format!("Response: Success\nActionID: {id}\nEventList: start\n\n");
    let complete = |id: u32, items: u32| {
        format!("Event: QueueStatusComplete\nActionID: {id}\nEventList: Complete\nListItems: {items}\n\n")
    };
    let lists = each(100, &start);
    assert_eq!(breaks("list/item-count", &(lists.clone() + &complete(0, 5)), false).0, [0; 0]);
    assert_eq!(breaks("list/item-count", &(lists + &complete(99, 5)), false).0, [100]);
    let ended = each(100, &|id| start(id) + &complete(id, 0));
    // One that ends a second time contradicts its first end, or the last response where that is forgotten.
    for (id, related) in [(99, 199), (0, 198)] {
        let options = options(ami_conformance::rules::find("list/only-after-start").unwrap());
        let (findings, _) = common::check_both(&on_the_wire(&(ended.clone() + &complete(id, 0))), options);
        let [finding] = &*findings else { panic!("{findings:?}") };
        assert_eq!((finding.place.message, finding.related[0].place.message), (200, related));
    }

    let queued = |id: u32| format!("Response: Success\nActionID: {id}\nMessage: Originate successfully queued\n\n");
    let outcome =
        |id: u32| format!("Event: OriginateResponse\nPrivilege: call,all\nActionID: {id}\nResponse: Success\n\n");
    let rule = "originate/one-response";
    let waiting = each(5000, &queued);
    let (places, counts) = told(rule, &(waiting + &outcome(4999) + &outcome(4999)), false);
    assert_eq!((places, counts.held), (vec![5001], 1));
    let answered = each(300, &|id| queued(id) + &outcome(id));
    assert_eq!(breaks(rule, &(answered.clone() + &outcome(0)), false).0, [0; 0]);
    assert_eq!(breaks(rule, &(answered + &outcome(299)), false).0, [600]);
    // An answer that comes before it was said that the call is queued.
    let early = each(300, &outcome) + &queued(299);
    assert_eq!(told(rule, &early, false).1.open, 0);
    assert_eq!(told(rule, &(each(300, &outcome) + &queued(0)), false).1.open, 1);
}

/// The same for one channel: queues, agents, conferences and bridges.
#[test]
fn what_is_forgotten_of_a_channel_is_no_break() {
    let each = |count: u32, text: &dyn Fn(u32) -> String| (0..count).map(text).collect::<String>();
    let born = event("Newchannel", CHANNEL);
    let queue =
        |name: &'static str| move |n: u32| event(name, &format!("{CHANNEL}Queue: q{n}\nInterface: PJSIP/{n}\n"));
    let rule = "queue/leave-for-each-join";
    let joined = born.clone() + &each(20, &queue("QueueCallerJoin"));
    let leave = queue("QueueCallerLeave");
    let (places, counts) = told(rule, &(joined.clone() + &leave(0)), false);
    assert_eq!((places, counts.unobservable), (vec![], 1));
    assert_eq!(told(rule, &(joined + &leave(19)), false).1.held, 1);
    let rule = "queue/agent-outcome";
    let called = born.clone() + &each(1100, &queue("AgentCalled"));
    let connect = queue("AgentConnect");
    assert_eq!(untold(rule, &(called.clone() + &connect(0))), 1);
    assert_eq!(told(rule, &(called + &connect(1099)), false).1.held, 1);
    let seat =
        |name: &'static str| move |n: u32| event(name, &format!("Conference: c{n}\nBridgeUniqueid: b{n}\n{CHANNEL}"));
    let rule = "confbridge/leave-for-each-join";
    let joined = born.clone() + &each(20, &seat("ConfbridgeJoin"));
    assert_eq!(told(rule, &(joined + &seat("ConfbridgeLeave")(19)), false).1.held, 1);
    // Of the bridges that a transferee has left, the last four are remembered.
    let visit = |n: u32| {
        let lines = format!("BridgeUniqueid: b{n}\n{CHANNEL}");
        event("BridgeEnter", &lines) + &event("BridgeLeave", &lines)
    };
    let transfer = |n: u32| {
        let party = "TransfereeChannel: PJSIP/100-00000001\nTransfereeUniqueid: 1795516800.1\n";
        event("BlindTransfer", &format!("Result: Success\n{party}BridgeUniqueid: b{n}\n"))
    };
    let rule = "transfer/blind-before-leave";
    let visits = born + &each(5, &visit);
    assert_eq!(untold(rule, &(visits.clone() + &transfer(0))), 1);
    for n in 1..5 {
        assert_eq!(breaks(rule, &(visits.clone() + &transfer(n)), false).0, [11], "{n}");
    }
}

#[test]
fn an_item_with_another_id_belongs_to_the_list_only_where_nothing_else_came() {
    let rule = "action/event-id";
    let start = "Response: Success\nActionID: 7\nEventList: start\n\n";
    let item = |lines: &str| format!("Event: CoreShowChannel\n{lines}\n");
    let (own, none, other) = (item("ActionID: 7\n"), item(""), item("ActionID: 8\n"));
    let (places, counts) = told(rule, &[start, &own, &none, &other].concat(), false);
    assert_eq!((places, counts.held), (vec![2, 3], 1));
    // Another action was answered since: the server is likely done with the list.
    let pong = "Response: Success\nActionID: 9\nPing: Pong\n\n";
    assert_eq!(untold(rule, &[start, pong, &other].concat()), 1);
    // Events that nobody asked for are no items.
    assert_eq!(told(rule, &(start.to_owned() + &event("Newstate", CHANNEL)), false), (vec![], Counts::default()));
}

#[test]
fn old_servers_answer_in_words_of_their_own() {
    let rule = "action/response-value";
    let answer = |value: &str| format!("Response: {value}\nActionID: 1\n\n");
    for (banner, broken) in [("Asterisk Call Manager/1.0", vec![]), ("Asterisk Call Manager/9.0.0", vec![1])] {
        for value in ["Pong", "Events On", "Events Off"] {
            let text = on_the_wire(&format!("{banner}\n{}", answer(value)));
            let (findings, _) = common::check_both(&text, Options::default());
            let places = findings.iter().filter(|finding| finding.rule.name == rule).map(|found| found.place.message);
            assert_eq!(places.collect::<Vec<_>>(), broken, "{banner} {value}");
        }
    }
    for value in ["Success", "Error", "Goodbye", "Follows"] {
        assert_eq!(told(rule, &answer(value), false).1.held, 1, "{value}");
    }
}

#[test]
fn a_bridge_is_judged_once_and_when_it_is_over() {
    let bridge = |name: &str| event(name, "BridgeUniqueid: b\n");
    let rule = "bridge/nothing-after-destroy";
    let whole = bridge("BridgeCreate") + &bridge("BridgeDestroy");
    assert_eq!(told(rule, &bridge("BridgeCreate"), false).1.held, 0);
    assert_eq!(told(rule, &whole, false).1.held, 1);
    let (places, counts) = told(rule, &(whole + &bridge("BridgeDestroy").repeat(2)), false);
    assert_eq!((places, counts.held), (vec![2], 0));
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
fn a_state_has_its_number_and_its_name() {
    let rule = "channel/state-description";
    let names = "Down,Rsrvd,OffHook,Dialing,Ring,Ringing,Up,Busy,Dialing Offhook,Pre-ring,Unknown";
    // What stands behind the Uniqueid is nobody's.
    let state = |lines: &str| event("Newstate", &format!("{lines}{CHANNEL}"));
    for (number, name) in names.split(',').enumerate() {
        for lines in [
            format!("ChannelState: {number}\nChannelStateDesc: {name}\n"),
            format!("ChannelState: {number}\n"),
            format!("ChannelStateDesc: {name}\n"),
        ] {
            let (places, counts) = told(rule, &state(&lines), false);
            assert_eq!((places, counts.held), (vec![], 1), "{lines}");
        }
    }
    for lines in ["ChannelState: 11\n", "ChannelState: 5\nChannelStateDesc: Ring\n", "ChannelStateDesc: Away\n"] {
        assert_eq!(breaks(rule, &state(lines), false).0, [0], "{lines}");
    }
}

/// An application may speak of a channel for 32 messages after its Hangup, and no longer.
#[test]
fn a_race_is_lost_by_32_messages() {
    let other = event("Newchannel", "Channel: PJSIP/300-00000009\nUniqueid: 1795516800.9\n");
    for (between, places) in [(31, vec![]), (32, vec![33])] {
        let text = [event("Hangup", CHANNEL), other.repeat(between), event("MusicOnHoldStop", CHANNEL)].concat();
        assert_eq!(breaks("channel/application-after-hangup", &text, false).0, places, "{between}");
    }
}

#[test]
fn variables_of_one_party_are_no_half_of_a_caller() {
    let caller = "Channel: A/1-01\nUniqueid: 1.1\nDestChannel: A/2-02\nDestUniqueid: 1.2\n";
    for more in ["DestChanVariable: a=1\n", "Dest: 1\n"] {
        let (places, counts) = told("dial/caller-fields", &event("DialBegin", &format!("{caller}{more}")), false);
        assert_eq!((places, counts.held), (vec![], 1), "{more}");
    }
}

#[test]
fn a_dial_that_is_not_under_way_has_no_end_that_counts() {
    let called = "DestChannel: PJSIP/100-00000001\nDestUniqueid: 1795516800.1\n";
    let (begin, end) = (event("DialBegin", called), event("DialEnd", &format!("{called}DialStatus: BUSY\n")));
    let rule = "dial/end-for-each-begin";
    assert_eq!(told(rule, &(begin.clone() + &end), false).1.held, 1);
    assert_eq!(told(rule, &end, false).1.held, 0);
    // What comes behind the Hangup is too late.
    assert_eq!(told(rule, &[begin, event("Hangup", CHANNEL), end].concat(), false).1.held, 0);
}

#[test]
fn an_old_channel_that_is_named_after_its_hangup_is_told_once() {
    let rule = "legacy/channel-life";
    let gone = event("Newchannel", CHANNEL) + &event("Hangup", CHANNEL);
    let late = event("Newstate", CHANNEL);
    assert_eq!(breaks(rule, &[&*gone, &late, &late].concat(), false).0, [2]);
    // Both ends of the link are the same channel.
    let ends = "Channel1: PJSIP/100-00000001\nUniqueid1: 1795516800.1\nChannel2: PJSIP/100-00000001\n\
                Uniqueid2: 1795516800.1\n";
    assert_eq!(breaks(rule, &(gone + &event("Bridge", &format!("Bridgestate: Link\n{ends}"))), false).0, [2]);
}

#[test]
fn halves_that_were_not_announced_are_not_said_to_be() {
    let half = |name: &str, half: u32| {
        format!("Local{name}Channel: Local/1@a-01;{half}\nLocal{name}Uniqueid: 1795516800.{half}\n")
    };
    let joined = event("LocalBridge", &(half("One", 1) + &half("Two", 2)));
    let born = |half: u32| event("Newchannel", &format!("Channel: Local/1@a-01;{half}\nUniqueid: 1795516800.{half}\n"));
    let rule = "local/halves-announced";
    assert_eq!(told(rule, &[born(1), born(2), joined.clone()].concat(), false).1.held, 1);
    for before in [String::new(), born(1), born(2)] {
        assert_eq!(told(rule, &(before.clone() + &joined), false).1.held, 0, "{before}");
    }
}

#[test]
fn an_optimisation_that_begins_anew_has_not_ended_early() {
    let one = "LocalOneChannel: Local/1@a-01;1\nLocalOneUniqueid: 1.1\nLocalTwoChannel: Local/1@a-01;2\n\
               LocalTwoUniqueid: 1.2\n";
    let part = |part: &str, id: u32| event(&format!("LocalOptimization{part}"), &format!("{one}Id: {id}\n"));
    let rule = "local/optimization-paired";
    let (places, counts) = told(rule, &[part("Begin", 7), part("End", 7), part("Begin", 7)].concat(), false);
    assert_eq!((places, counts.held, counts.open), (vec![], 1, 1));
    assert_eq!(breaks(rule, &[part("End", 7), part("Begin", 7)].concat(), false).0, [0]);
    assert_eq!(breaks(rule, &[part("End", 7), part("Begin", 8)].concat(), false).0, [0; 0]);
}

/// While other classes of events were chosen, the music may have stopped.
#[test]
fn what_began_before_a_choice_of_classes_may_begin_again() {
    let rule = "media/hold-alternates";
    let hold = event("Hold", CHANNEL);
    assert_eq!(breaks(rule, &hold.repeat(2), false).0, [1]);
    let chosen = "Response: Success\nEvents: On\n\n";
    assert_eq!(told(rule, &[&*hold, chosen, &hold].concat(), false), (vec![], Counts::default()));
}

#[test]
fn a_login_after_an_early_event_keeps_nothing() {
    let rule = "session/no-events-before-login";
    let banner = "Asterisk Call Manager/11.0.0\n";
    let answer = |value: &str| format!("Response: {value}\nActionID: 1\nMessage: x\n\n");
    assert_eq!(told(rule, &[banner, &answer("Success")].concat(), false).1.held, 1);
    assert_eq!(told(rule, &[banner, &answer("Error"), &answer("Error")].concat(), false).1.held, 0);
    let early = [banner, &event("Newstate", CHANNEL), &answer("Success")].concat();
    let (places, counts) = told(rule, &early, false);
    assert_eq!((places, counts.held), (vec![1], 0));
}

/// What the schema of a release does not know cannot be judged by it, and each such question is counted.
#[test]
fn what_the_schema_cannot_tell_is_counted() {
    let unknown = "Event: Whatever\nPrivilege: call,all\nA: b\n\n".repeat(3);
    for rule in ["schema/removed-event", "schema/missing-field", "schema/unknown-field", "schema/bad-value"] {
        assert_eq!(untold(rule, &unknown), 3, "{rule}");
    }
    assert_eq!(breaks("schema/unknown-event", &unknown, false).0, [0, 1, 2]);
}

#[test]
fn a_banner_has_two_or_three_numbers() {
    let rule = "session/banner";
    let banner = |version: &str| format!("Asterisk Call Manager/{version}\nResponse: Success\nActionID: 1\n\n");
    for version in ["1.0", "2.10.3", "11.0.0"] {
        assert_eq!(told(rule, &banner(version), false).1.held, 1, "{version}");
    }
    for version in ["11", "1.2.3.4", "1.", ".1", "1..2", "x.1", "1.x", "1.2-rc1"] {
        assert_eq!(breaks(rule, &banner(version), false).0, [0], "{version}");
    }
    // A line without a colon is the banner's place only where it is the first.
    assert_eq!(breaks(rule, "Hello\nResponse: Success\nActionID: 1\n\n", false).0, [0]);
    assert_eq!(untold(rule, "Response: Success\nHello\nActionID: 1\n\n"), 1);
}

#[test]
fn how_a_call_was_parked_before_the_trace_is_not_told() {
    let parkee = "ParkeeChannel: PJSIP/100-00000001\nParkeeUniqueid: 1795516800.1\n";
    let (parks, left) = (event("ParkedCall", parkee), event("UnParkedCall", parkee));
    let rule = "parking/one-outcome";
    assert_eq!((untold(rule, &left), untold(rule, &parks)), (1, 0));
    assert_eq!(told(rule, &(parks.clone() + &left), false).1.held, 1);
    let rule = "parking/parked-before-enter";
    let enter = |creator: &str| {
        let lines = format!("BridgeUniqueid: b\nBridgeTechnology: holding_bridge\nBridgeCreator: {creator}\n{CHANNEL}");
        event("BridgeEnter", &lines)
    };
    assert_eq!(untold(rule, &enter("Parking")), 1);
    assert_eq!(told(rule, &(parks.clone() + &enter("Parking")), false).1.held, 1);
    assert_eq!(told(rule, &(parks + &enter("Queue")), false), (vec![], Counts::default()));
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
        assert_eq!(format!("{rule:?}"), format!("Rule({:?})", rule.name));
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
