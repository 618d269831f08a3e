use std::sync::Arc;

use super::{Garden, Planter, SNAPSHOTS};
use crate::trace::Msg;

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "schema/unknown-event", plant: unknown_event },
    Planter { rule: "schema/removed-event", plant: removed_event },
    Planter { rule: "schema/missing-field", plant: missing_field },
    Planter { rule: "schema/unknown-field", plant: unknown_field },
    Planter { rule: "schema/bad-value", plant: bad_value },
    Planter { rule: "schema/release", plant: release },
];

/// What an event that comes from nowhere may break besides: nothing about any channel.
const INSERTED: &[&str] = &["session/timestamp-on-all", "session/event-class", "session/no-events-before-login"];

/// What else looks at single headers.
const HEADERS: &[&str] = &[
    "schema/missing-field",
    "schema/unknown-field",
    "channel/newchannel-fields",
    "channel/state-description",
    "channel/unknown-party",
    "dial/caller-fields",
    "dial/dest-fields",
    "dial/status-known",
    "dtmf/duration",
    "bridge/member-count",
    "list/item-count",
    "list/completed",
    "action/event-id",
    "session/timestamp-on-all",
    "media/hold-alternates",
    "legacy/channel-life",
    "legacy/dial-pairs",
];

/// An event that was never sent, behind some of the messages of the server.
fn insert(garden: &mut Garden<'_>, way: &'static str, text: &str) {
    let messages = garden.messages();
    // Behind the login, and not between the parts of a value that a line break cut in two.
    let places = (3..messages.len()).filter(|at| !messages[*at].event().is_empty()).collect();
    for at in garden.some(places) {
        let next_is_event = messages.get(at + 1).is_none_or(|next| !next.event().is_empty() || next.is_response());
        if next_is_event {
            let planted = Msg::planted(text);
            let edit = garden.edit().behind(&messages[at], &planted);
            garden.expect(way, edit, &planted).also(INSERTED);
        }
    }
}

/// Some of the messages with this event, list items included.
fn sites(garden: &Garden<'_>, event: &str) -> Vec<usize> {
    let messages = garden.messages();
    let whole = |at: &usize| {
        messages[*at].event() == event
            && messages.get(at + 1).is_none_or(|next| !next.event().is_empty() || next.is_response())
    };
    garden.some((0..messages.len()).filter(whole).collect())
}

fn unknown_event(garden: &mut Garden<'_>) {
    insert(garden, "an event that nobody knows", "Event: Planted\nPrivilege: system,all\nStatus: yes");
    insert(
        garden,
        "a known name with a letter more",
        "Event: FullyBootedd\nPrivilege: system,all\nStatus: Fully Booted",
    );
    insert(garden, "an event without a name", "Event: \nPrivilege: system,all\nStatus: yes");
    for event in ["VarSet", "PeerStatus", "RTCPSent", "ExtensionStatus", "QueueMember", "PeerEntry"] {
        for at in sites(garden, event) {
            let message = &garden.messages()[at];
            let case = garden.alter("a known event renamed", message, &message.with("Event", &format!("{event}x")));
            case.also(HEADERS).also(&["session/event-class"]);
        }
    }
}

fn removed_event(garden: &mut Garden<'_>) {
    if garden.trace.is_modern() {
        for text in [
            "Event: Dial\nPrivilege: call,all\nSubEvent: Begin\nDialstring: 100",
            "Event: Bridge\nPrivilege: call,all\nBridgestate: Link\nBridgetype: core",
            "Event: Masquerade\nPrivilege: call,all\nCloneState: Up\nOriginalState: Up",
            "Event: DTMF\nPrivilege: dtmf,all\nDigit: 1\nDirection: Received\nBegin: No\nEnd: Yes",
            "Event: Link\nPrivilege: call,all\nCallerID1: 1\nCallerID2: 2",
            "Event: Unlink\nPrivilege: call,all\nCallerID1: 1\nCallerID2: 2",
        ] {
            insert(garden, "an event that ended with release 11", text);
        }
    } else if !garden.trace.name.starts_with("asterisk-1.4/") {
        // The banner of 1.4 could be that of 1.0, which has it.
        let text = "Event: OriginateSuccess\nPrivilege: call,all\nContext: default\nExten: 100\nReason: 4";
        insert(garden, "an event that ended before release 1.4", text);
    }
}

fn release(garden: &mut Garden<'_>) {
    let of = |release: &str| garden.trace.name.starts_with(&format!("asterisk-{release}/"));
    if !garden.trace.is_modern() {
        let text = "Event: BridgeDestroy\nPrivilege: call,all\nBridgeType: basic";
        insert(garden, "an event of release 12 or later, from an older one", text);
    } else if of("12") || of("13") {
        let text = "Event: DialState\nPrivilege: call,all\nDialStatus: RINGING";
        insert(garden, "an event of release 14, from an older one", text);
    }
}

/// Headers that these events never lack, whatever the release.
const ALWAYS: [(&str, &[&str]); 8] = [
    ("Newexten", &["Extension", "Application", "AppData"]),
    ("Hangup", &["Cause", "Cause-txt"]),
    ("VarSet", &["Variable", "Value"]),
    ("Newstate", &["ChannelState", "ChannelStateDesc", "Uniqueid"]),
    ("OriginateResponse", &["Response", "Reason"]),
    ("QueueMember", &["Penalty", "Membership"]),
    ("PeerStatus", &["Peer", "PeerStatus"]),
    ("ExtensionStatus", &["Exten", "Status"]),
];

fn missing_field(garden: &mut Garden<'_>) {
    // The banner of 1.4 could be that of 1.0, of which nothing was recorded.
    if garden.trace.name.starts_with("asterisk-1.4/") {
        return;
    }
    // That of 13 could be that of 12, of which these events were not recorded.
    let unsure = |event: &str| {
        garden.trace.name.starts_with("asterisk-13/") && matches!(event, "PeerStatus" | "ExtensionStatus")
    };
    let events: Vec<_> = ALWAYS.iter().filter(|(event, _)| !unsure(event)).collect();
    for (event, keys) in events {
        for at in sites(garden, event) {
            let message = &garden.messages()[at];
            for key in keys.iter().filter(|key| message.has(key)) {
                garden.alter("a header removed", message, &message.without(key)).also(HEADERS).also(SNAPSHOTS);
            }
            if let Some(key) = keys.iter().find(|key| message.has(key)) {
                let new = renamed(message, key);
                garden.alter("a header under another name", message, &new).also(HEADERS).also(SNAPSHOTS);
            }
        }
    }
}

fn renamed(message: &Arc<Msg>, key: &str) -> Arc<Msg> {
    message.rewritten(|other, value| {
        let key = if other == key { format!("{key}x") } else { other.to_owned() };
        Some((key, value.to_owned()))
    })
}

fn unknown_field(garden: &mut Garden<'_>) {
    for (event, keys) in ALWAYS {
        for at in sites(garden, event) {
            let message = &garden.messages()[at];
            // Behind a value with line breaks a header may be a part of it.
            if message.bytes.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r') {
                continue;
            }
            garden.alter("a header that nobody knows", message, &message.and("Injected", "yes"));
            if let Some(key) = keys.iter().find(|key| message.has(key)) {
                let new = renamed(message, key);
                garden.alter("a header under another name", message, &new).also(HEADERS).also(SNAPSHOTS);
            }
            if !garden.trace.is_modern() && event == "Hangup" {
                let new = message.and("Linkedid", message.get("Uniqueid"));
                garden.alter("a header of a later release", message, &new);
            }
        }
    }
}

fn bad_value(garden: &mut Garden<'_>) {
    for (event, key, way, value) in [
        ("Newstate", "Priority", "a word where a number belongs", "first"),
        ("Newexten", "Priority", "a number with a blank", "1 "),
        ("Hangup", "Cause", "a word where a cause belongs", "sixteen"),
        ("OriginateResponse", "Response", "a value that is not listed", "Perhaps"),
        ("OriginateResponse", "Reason", "a negative number where none can be", "-4"),
        ("RTCPSent", "SentPackets", "a fraction where a whole number belongs", "1.5"),
        ("BridgeEnter", "BridgeNumChannels", "a number written out", "two"),
        ("DialEnd", "DialStatus", "a value that is not listed", "PLANTED"),
        ("Dial", "SubEvent", "a value that is not listed", "Middle"),
        ("QueueMember", "Penalty", "a number in hexadecimal", "0x1"),
        ("SuccessfulAuth", "EventTV", "a day where a time belongs", "2026-11-24"),
        ("LocalBridge", "LocalOptimization", "a word where yes or no belongs", "maybe"),
    ] {
        for at in sites(garden, event) {
            let message = &garden.messages()[at];
            if message.has(key) {
                let case = garden.alter(way, message, &message.with(key, value)).also(HEADERS).also(SNAPSHOTS);
                case.also(&["originate/one-response", "local/optimization-enabled"]);
            }
        }
    }
    for event in ["Newchannel", "Hangup"] {
        for at in sites(garden, event) {
            let message = &garden.messages()[at];
            if !message.has("Timestamp") {
                garden.alter("a time of day for Timestamp", message, &message.and("Timestamp", "10:42")).also(HEADERS);
            }
        }
    }
}
