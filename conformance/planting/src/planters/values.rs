use super::{Garden, Planter, SNAPSHOTS, channel::APPLICATIONS};
use crate::naive;
use crate::trace::Msg;

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "channel/state-description", plant: state_description },
    Planter { rule: "channel/application-after-hangup", plant: application_after_hangup },
    Planter { rule: "channel/newstate-announces", plant: newstate_announces },
    Planter { rule: "channel/unknown-party", plant: unknown_party },
    Planter { rule: "channel/chanvariable-form", plant: chanvariable_form },
    Planter { rule: "channel/linkedid-known", plant: linkedid_known },
    Planter { rule: "dtmf/duration", plant: dtmf_duration },
    Planter { rule: "dtmf/begin-before-end", plant: dtmf_begin },
    Planter { rule: "local/halves-announced", plant: halves_announced },
    Planter { rule: "local/halves-end-together", plant: halves_end_together },
    Planter { rule: "local/optimization-enabled", plant: optimization_enabled },
];

/// What else looks at single values.
const VALUES: &[&str] = &[
    "schema/bad-value",
    "schema/missing-field",
    "schema/unknown-field",
    "channel/newstate-announces",
    "dialplan/newexten-on-transition",
    "dial/caller-fields",
    "session/timestamp-on-all",
];

fn state_description(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for event in ["Newchannel", "Newstate", "Hangup", "DialBegin", "BridgeEnter"] {
        for at in garden.sites(event) {
            let message = &messages[at];
            for (role, state) in [("", "ChannelState"), ("Dest", "DestChannelState")] {
                if !message.has(state) || message.find(&format!("{role}Uniqueid")).is_none() {
                    continue;
                }
                let desc = format!("{state}Desc");
                let wrong = if message.get(&desc) == "Busy" { "Ring" } else { "Busy" };
                garden.alter("ChannelStateDesc of another state", message, &message.with(&desc, wrong)).also(VALUES);
                garden.alter("ChannelState out of range", message, &message.with(state, "11")).also(VALUES);
                garden.alter("ChannelState no number", message, &message.with(state, "up")).also(VALUES);
                let lower = message.with(&desc, &message.get(&desc).to_ascii_lowercase());
                garden.alter("ChannelStateDesc in lower case", message, &lower).also(VALUES);
                garden.alter("ChannelStateDesc emptied", message, &message.with(&desc, "")).also(VALUES);
            }
        }
    }
}

fn application_after_hangup(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for death in garden.sites("Hangup") {
        let hangup = &messages[death];
        let (id, name) = (hangup.get("Uniqueid"), hangup.get("Channel"));
        let end = messages.len() - 1;
        // More than the window of the race, which is 32 messages, must lie between; nothing else is late.
        let late = |at: &usize| messages[*at].is_judged() && messages[*at].names(id);
        if garden.trace.death(id) != Some(death) || (death + 1..=end).any(|at| late(&at)) || end < death + 40 {
            continue;
        }
        for (way, event) in [
            ("MusicOnHoldStop inserted long after its Hangup", "MusicOnHoldStop"),
            ("HangupRequest inserted long after its Hangup", "HangupRequest"),
        ] {
            let text = format!("Event: {event}\nPrivilege: call,all\nChannel: {name}\nUniqueid: {id}");
            let planted = Msg::planted(&text);
            let edit = garden.edit().behind(&messages[end], &planted);
            let case = garden.expect(way, edit, &planted).related([hangup]).also(VALUES);
            case.also(&["media/hold-alternates", "session/event-class"]);
        }
        let near = Msg::planted(&format!("Event: HangupRequest\nPrivilege: call,all\nChannel: {name}\nUniqueid: {id}"));
        let edit = garden.edit().behind(&messages[death + 36], &near);
        let case = garden.expect("HangupRequest just outside the window of the race", edit, &near).related([hangup]);
        case.also(VALUES);
    }
}

fn newstate_announces(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("Newexten") {
        let message = &messages[at];
        let id = message.get("Uniqueid");
        let before = garden.trace.previous(at, |other| other.is_ordered() && other.names(id));
        let Some(before) = before.filter(|before| messages[*before].get("Uniqueid") == id) else { continue };
        if messages[before].get("ChannelState") != message.get("ChannelState") {
            continue;
        }
        let (state, desc) = if message.get("ChannelState") == "7" { ("4", "Ring") } else { ("7", "Busy") };
        let new = message.with("ChannelState", state).with("ChannelStateDesc", desc);
        garden.alter("state altered without a Newstate", message, &new).also(SNAPSHOTS);
    }
}

fn unknown_party(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for event in ["Newchannel", "Newstate", "Hangup", "DialBegin", "NewCallerid"] {
        for at in garden.sites(event) {
            let message = &messages[at];
            for key in ["CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "DestCallerIDNum"] {
                if message.find(key).is_some_and(|value| !value.is_empty()) {
                    garden.alter("absent party left empty", message, &message.with(key, "")).also(VALUES);
                }
            }
        }
    }
}

fn chanvariable_form(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for event in ["Newchannel", "Newstate", "Hangup", "DialBegin"] {
        for at in garden.sites(event) {
            let message = &messages[at];
            let key = if message.has("Channel") { "ChanVariable" } else { "DestChanVariable" };
            garden.alter("variable without =", message, &message.and(key, "planted")).also(VALUES);
            garden.alter("variable empty", message, &message.and(key, "")).also(VALUES);
        }
    }
}

fn linkedid_known(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let first = messages.iter().filter(|message| message.is("Newchannel"));
    let Some(oldest) = first.filter_map(|message| naive::epoch(message.get("Uniqueid"))).min() else { return };
    for at in garden.sites("Newexten") {
        let message = &messages[at];
        let id = message.get("Uniqueid");
        if garden.trace.birth(id).is_none_or(|birth| birth > at) || !message.has("Linkedid") {
            continue;
        }
        let new = message.with("Linkedid", &format!("{}.999999", oldest + 100));
        garden.alter("Linkedid of no channel", message, &new).also(VALUES);
    }
}

fn dtmf_duration(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("DTMFEnd") {
        let end = &messages[at];
        garden.alter("DurationMs removed", end, &end.without("DurationMs")).also(VALUES);
        for (way, value) in [
            ("DurationMs emptied", ""),
            ("DurationMs no number", "long"),
            ("DurationMs negative", "-1"),
            ("DurationMs with its unit", "100ms"),
        ] {
            garden.alter(way, end, &end.with("DurationMs", value)).also(VALUES);
        }
    }
}

fn dtmf_begin(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("DTMFEnd") {
        let end = &messages[at];
        let (id, direction) = (end.get("Uniqueid"), end.get("Direction"));
        let same = |other: &Msg| other.get("Uniqueid") == id && other.get("Direction") == direction;
        let begin = garden.trace.previous(at, |other| same(other) && (other.is("DTMFBegin") || other.is("DTMFEnd")));
        let Some(begin) = begin.filter(|begin| messages[*begin].is("DTMFBegin")) else { continue };
        let earlier = garden.trace.previous(begin, |other| same(other) && other.is("DTMFBegin"));
        if earlier.is_some() || garden.trace.birth(id).is_none_or(|birth| birth > begin) {
            continue;
        }
        let edit = garden.edit().drop(&messages[begin]);
        garden.expect("DTMFBegin dropped", edit, end);
        let edit = garden.edit().drop(end).before(&messages[begin], end);
        garden.expect("DTMFEnd moved before its DTMFBegin", edit, end);
    }
}

fn halves_announced(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("LocalBridge") {
        let bridge = &messages[at];
        let also = ["channel/name-stable", "local/halves-end-together", "local/optimization-enabled"];
        for half in ["LocalOne", "LocalTwo"] {
            let id = bridge.get(&format!("{half}Uniqueid"));
            let Some(birth) = garden.trace.birth(id).filter(|birth| *birth < at) else { continue };
            let newchannel = &messages[birth];
            let edit = garden.edit().drop(newchannel).behind(bridge, newchannel);
            let case = garden.expect("Newchannel of a half moved behind the LocalBridge", edit, bridge);
            case.also(SNAPSHOTS).also(&also);
            let key = format!("{half}Channel");
            let name = bridge.get(&key);
            let stem = name.trim_end_matches(";1").trim_end_matches(";2");
            garden.alter("half without its number", bridge, &bridge.with(&key, stem)).also(&also).also(VALUES);
            let new = bridge.with(&key, &format!("{stem};3"));
            garden.alter("half with a wrong number", bridge, &new).also(&also).also(VALUES);
            let new = bridge.with(&key, &format!("{}x{}", stem, &name[stem.len()..]));
            garden.alter("halves of different names", bridge, &new).also(&also).also(VALUES);
        }
    }
}

fn halves_end_together(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("LocalBridge") {
        let bridge = &messages[at];
        let ids = ["LocalOneUniqueid", "LocalTwoUniqueid"].map(|key| bridge.get(key));
        let [Some(one), Some(two)] = ids.map(|id| garden.trace.death(id)) else { continue };
        for (kept, gone) in [(one, two), (two, one)] {
            let edit = garden.edit().drop(&messages[gone]);
            let case = garden.expect("Hangup of one half dropped, complete trace", edit, &messages[kept]);
            case.complete = true;
            case.also(super::dial::COMPLETE).also(&["channel/application-after-hangup"]);
        }
    }
}

fn optimization_enabled(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("LocalOptimizationBegin") {
        let begin = &messages[at];
        let one = begin.get("LocalOneUniqueid");
        let is_pair = |other: &Msg| other.is("LocalBridge") && other.get("LocalOneUniqueid") == one;
        let Some(bridge) = garden.trace.previous(at, is_pair) else { continue };
        let new = messages[bridge].with("LocalOptimization", "No");
        let edit = garden.edit().replace(&messages[bridge], &new);
        garden.expect("LocalBridge that forbids it", edit, begin).related([&new]).also(APPLICATIONS);
    }
}
