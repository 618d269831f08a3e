use std::sync::Arc;

use super::transfer::{LATE, silence};
use super::{Garden, Planter};
use crate::trace::Msg;

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "queue/leave-for-each-join", plant: queue },
    Planter { rule: "queue/agent-outcome", plant: agent },
    Planter { rule: "confbridge/leave-for-each-join", plant: conference },
    Planter { rule: "agi/async-session", plant: agi },
    Planter { rule: "media/hold-alternates", plant: hold },
    Planter { rule: "dialplan/newexten-on-transition", plant: newexten },
    Planter { rule: "originate/one-response", plant: originate },
];

/// The next message behind `at` of this event with the same values of these keys.
fn fellow(garden: &Garden<'_>, at: usize, event: &str, keys: &[&str]) -> Option<usize> {
    let messages = garden.messages();
    garden.trace.next(at, |other| other.is(event) && keys.iter().all(|key| other.get(key) == messages[at].get(key)))
}

/// Ends the trace before a message and claims that it is complete.
fn incomplete(garden: &mut Garden<'_>, way: &'static str, gone: usize, begin: &Arc<Msg>) {
    let messages = garden.messages();
    let edit = garden.edit().until(&messages[gone - 1]);
    // The Hangup is the place where it comes before the end.
    let death = garden.trace.death(begin.get("Uniqueid")).filter(|death| *death < gone);
    let at = death.map_or(begin, |death| &messages[death]);
    let case = garden.expect(way, edit, at);
    case.complete = true;
    case.also(super::dial::COMPLETE).also(LATE).also(&["transfer/parties-known"]);
    case.also.extend_from_slice(crate::naive::JUDGED);
}

fn queue(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("QueueCallerJoin") {
        let join = &messages[at];
        let (id, keys) = (join.get("Uniqueid"), ["Uniqueid", "Queue"]);
        let Some(leave_at) = fellow(garden, at, "QueueCallerLeave", &keys) else { continue };
        let leave = &messages[leave_at];
        let copy = leave.copy();
        let edit = garden.edit().behind(leave, &copy);
        garden.expect("Leave told twice", edit, &copy).related([join, leave]).also(LATE);
        let copy = join.copy();
        let edit = garden.edit().before(leave, &copy);
        garden.expect("Join told again before the Leave", edit, &copy).related([join]).also(LATE);
        if let Some(abandon_at) = fellow(garden, at, "QueueCallerAbandon", &keys).filter(|abandon| *abandon < leave_at)
        {
            let abandon = &messages[abandon_at];
            let edit = garden.edit().drop(abandon).behind(leave, abandon);
            garden.expect("Abandon moved behind the Leave", edit, abandon).related([join, leave]).also(LATE);
            let copy = abandon.copy();
            let edit = garden.edit().behind(leave, &copy);
            garden.expect("Abandon told again behind the Leave", edit, &copy).related([join, leave]).also(LATE);
            if let Some(birth) = garden.trace.birth(id) {
                let edit = garden.edit().drop(abandon).before(join, abandon);
                let case = garden.expect("Abandon moved before the Join", edit, abandon);
                case.related([&messages[birth]]).also(LATE);
            }
        }
        if let Some(birth) = garden.trace.birth(id) {
            let born = &messages[birth];
            let has_abandon = fellow(garden, at, "QueueCallerAbandon", &keys).is_some();
            if !has_abandon {
                let edit = garden.edit().drop(join);
                garden.expect("Join dropped", edit, leave).related([born]);
                let edit = garden.edit().drop(join).behind(leave, join);
                garden.expect("Join moved behind the Leave", edit, leave).related([born]).also(LATE);
            }
            let edit = garden.edit().drop(leave).before(join, leave);
            let case = garden.expect("Leave moved before the Join", edit, leave).related([born]).also(LATE);
            case.also(&["queue/leave-for-each-join"]);
            let new = leave.with("Queue", "planted");
            let case = garden.alter("Leave of another queue", leave, &new).related([born]);
            case.also(&["queue/leave-for-each-join"]);
        }
        let Some(hangup) = silence(garden, id).map(|death| &messages[death]) else { continue };
        let edit = garden.edit().drop(leave);
        garden.expect("Leave dropped", edit, hangup).related([join]);
        let new = leave.with("Uniqueid", "1000000000.1").with("Channel", "Nobody/1");
        let edit = garden.edit().replace(leave, &new);
        garden.expect("Leave given to another caller", edit, hangup).related([join]);
        let copy = join.copy();
        let edit = garden.edit().behind(leave, &copy);
        garden.expect("Join told again behind the Leave", edit, hangup).related([&copy]).also(LATE);
        incomplete(garden, "no Leave in a complete trace", leave_at, join);
    }
}

fn agent(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let keys = ["Uniqueid", "Queue", "Interface"];
    for at in garden.sites("AgentConnect") {
        let connect = &messages[at];
        let id = connect.get("Uniqueid");
        let same = |other: &Msg| keys.iter().all(|key| other.get(key) == connect.get(key));
        let Some(called) = garden.trace.previous(at, |other| other.is("AgentCalled") && same(other)) else { continue };
        let called = &messages[called];
        let Some(end_at) = fellow(garden, at, "AgentComplete", &keys) else { continue };
        let end = &messages[end_at];
        if let Some(birth) = garden.trace.birth(id) {
            let born = &messages[birth];
            let edit = garden.edit().drop(called);
            garden.expect("AgentCalled dropped", edit, connect).related([born]).also(&["dial/begin-before-end"]);
            let edit = garden.edit().drop(called).behind(connect, called);
            let case = garden.expect("AgentCalled moved behind the AgentConnect", edit, connect).related([born]);
            case.also(LATE).also(&["queue/agent-outcome"]);
            let new = called.with("Interface", "Nobody/1");
            let edit = garden.edit().replace(called, &new);
            garden.expect("AgentCalled of another agent", edit, connect).related([born]);
            let new = connect.with("Interface", "Nobody/1");
            let case = garden.alter("AgentConnect of another agent", connect, &new).related([born]);
            case.also(&["queue/agent-outcome"]);
        }
        let copy = connect.copy();
        let edit = garden.edit().behind(connect, &copy);
        garden.expect("AgentConnect told twice", edit, &copy).related([connect]).also(LATE);
        let copy = end.copy();
        let edit = garden.edit().behind(end, &copy);
        garden.expect("AgentComplete told twice", edit, &copy).related([connect, end]).also(LATE);
        let unanswered = connect.copy().with("Event", "AgentRingNoAnswer");
        for (way, behind) in [
            ("AgentRingNoAnswer inserted behind the AgentConnect", connect),
            ("AgentRingNoAnswer inserted behind the AgentComplete", end),
        ] {
            let edit = garden.edit().behind(behind, &unanswered);
            let case = garden.expect(way, edit, &unanswered).related([connect]).also(LATE);
            case.also(&["schema/missing-field", "schema/unknown-field"]);
        }
        let Some(hangup) = silence(garden, id).map(|death| &messages[death]) else { continue };
        let edit = garden.edit().drop(end);
        garden.expect("AgentComplete dropped", edit, hangup).related([connect]);
        let edit = garden.edit().drop(end).before(connect, end);
        garden.expect("AgentComplete moved before the AgentConnect", edit, hangup).related([connect]).also(LATE);
        let new = end.with("Uniqueid", "1000000000.1").with("Channel", "Nobody/1");
        let edit = garden.edit().replace(end, &new);
        garden.expect("AgentComplete given to another caller", edit, hangup).related([connect]);
        incomplete(garden, "no AgentComplete in a complete trace", end_at, connect);
    }
}

fn conference(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("ConfbridgeJoin") {
        let join = &messages[at];
        let (id, keys) = (join.get("Uniqueid"), ["Uniqueid", "BridgeUniqueid"]);
        let same = |other: &Msg| other.get("BridgeUniqueid") == join.get("BridgeUniqueid");
        let Some(leave_at) = fellow(garden, at, "ConfbridgeLeave", &keys) else { continue };
        let Some(start) = garden.trace.previous(at, |other| other.is("ConfbridgeStart") && same(other)) else {
            continue;
        };
        let Some(end_at) = garden.trace.next(leave_at, |other| other.is("ConfbridgeEnd") && same(other)) else {
            continue;
        };
        let (leave, start, end) = (&messages[leave_at], &messages[start], &messages[end_at]);
        let copy = leave.copy();
        let edit = garden.edit().behind(leave, &copy);
        garden.expect("Leave told twice", edit, &copy).related([leave]).also(LATE);
        let copy = join.copy();
        let edit = garden.edit().before(leave, &copy);
        garden.expect("Join told again before the Leave", edit, &copy).related([join]).also(LATE);
        let edit = garden.edit().drop(join);
        garden.expect("Join dropped", edit, leave).related([start]);
        let edit = garden.edit().drop(join).behind(leave, join);
        garden.expect("Join moved behind the Leave", edit, leave).related([start]).also(LATE);
        let edit = garden.edit().drop(leave).before(join, leave);
        garden.expect("Leave moved before the Join", edit, leave).related([start]).also(LATE);
        let copy = join.copy();
        let edit = garden.edit().behind(end, &copy);
        let case = garden.expect("Join inserted behind the End", edit, &copy).related([end]).also(LATE);
        case.also(&["confbridge/leave-for-each-join"]);
        let copy = leave.copy();
        let edit = garden.edit().behind(end, &copy);
        garden.expect("Leave told again behind the End", edit, &copy).related([end]).also(LATE);
        // The Hangup, or the End where that comes first, makes a Leave impossible.
        let impossible = garden.trace.death(id).filter(|death| *death < end_at).map_or(end, |death| &messages[death]);
        let edit = garden.edit().drop(leave);
        garden.expect("Leave dropped", edit, impossible).related([join]);
        let edit = garden.edit().drop(leave).behind(end, leave);
        garden.expect("Leave moved behind the End", edit, impossible).related([join]).also(LATE);
        let new = leave.with("Uniqueid", "1000000000.1").with("Channel", "Nobody/1");
        let edit = garden.edit().replace(leave, &new);
        let case = garden.expect("Leave given to another channel", edit, impossible).related([join]);
        case.also(&["confbridge/leave-for-each-join"]);
        let copy = join.copy();
        let edit = garden.edit().behind(leave, &copy);
        let case = garden.expect("Join told again behind the Leave", edit, impossible).related([&copy]);
        case.also(LATE).also(&["confbridge/leave-for-each-join"]);
        incomplete(garden, "no Leave in a complete trace", leave_at, join);
    }
    for at in garden.sites("ConfbridgeStart") {
        let start = &messages[at];
        let same = |other: &Msg| other.get("BridgeUniqueid") == start.get("BridgeUniqueid");
        let Some(first) = garden.trace.next(at, |other| other.is("ConfbridgeJoin") && same(other)) else { continue };
        let join = &messages[first];
        let edit = garden.edit().drop(start).behind(join, start);
        garden.expect("Start moved behind the first Join", edit, join).related([start]).also(LATE);
        let copy = start.copy();
        let edit = garden.edit().behind(join, &copy);
        garden.expect("Start told twice", edit, &copy).related([start]).also(LATE);
        if let Some(end_at) = garden.trace.next(first, |other| other.is("ConfbridgeEnd") && same(other)) {
            let end = &messages[end_at];
            let edit = garden.edit().drop(end).behind(join, end);
            let case = garden.expect("End moved behind the first Join", edit, end).also(LATE);
            case.also(&["confbridge/leave-for-each-join"]);
        }
    }
}

/// One fault of a session or a command can leave the rest of it without its beginning.
const OWN: &[&str] = &["agi/async-session"];

fn agi(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for (begins, ends, keys) in [
        ("AsyncAGIStart", "AsyncAGIEnd", &["Uniqueid"][..]),
        ("AGIExecStart", "AGIExecEnd", &["Uniqueid", "CommandId"][..]),
    ] {
        for at in garden.sites(begins) {
            let begin = &messages[at];
            let id = begin.get("Uniqueid");
            let Some(end_at) = fellow(garden, at, ends, keys) else { continue };
            let end = &messages[end_at];
            let copy = end.copy();
            let edit = garden.edit().behind(end, &copy);
            garden.expect("end told twice", edit, &copy).related([end]).also(LATE);
            let copy = begin.copy();
            let edit = garden.edit().behind(begin, &copy);
            garden.expect("beginning told twice", edit, &copy).related([begin]).also(LATE);
            let Some(birth) = garden.trace.birth(id) else { continue };
            let born = &messages[birth];
            // What comes first without its beginning.
            let is_exec = |other: &Msg| other.is("AsyncAGIExec") && other.get("Uniqueid") == id;
            let first = match garden.trace.next(at, is_exec).filter(|_| begins == "AsyncAGIStart") {
                Some(exec) => &messages[exec],
                None => end,
            };
            let edit = garden.edit().drop(begin);
            garden.expect("beginning dropped", edit, first).related([born]).also(OWN);
            let edit = garden.edit().drop(begin).behind(end, begin);
            garden.expect("beginning moved behind the end", edit, first).related([born]).also(LATE).also(OWN);
            let edit = garden.edit().drop(end).before(begin, end);
            garden.expect("end moved before the beginning", edit, end).related([born]).also(LATE).also(OWN);
            if begins == "AsyncAGIStart" && !std::sync::Arc::ptr_eq(first, end) {
                let edit = garden.edit().drop(first).before(begin, first);
                garden.expect("AsyncAGIExec moved before the start", edit, first).related([born]).also(LATE);
                let copy = first.copy();
                let edit = garden.edit().behind(end, &copy);
                garden.expect("AsyncAGIExec told again behind the end", edit, &copy).related([end]).also(LATE);
            } else if begins == "AGIExecStart" {
                let new = end.with("CommandId", "99");
                garden.alter("end with another CommandId", end, &new).related([born]).also(OWN);
            }
            incomplete(garden, "no end in a complete trace", end_at, begin);
            // The recorded session ends soon after the Hangup: what follows is said of other channels.
            let Some(death) = garden.trace.death(id) else { continue };
            let hangup = &messages[death];
            let filler = Msg::planted("Event: Reload\nPrivilege: system,all\nModule: All\nStatus: 0");
            let fill = |mut edit: super::Edit| {
                for _ in 0..super::transfer::RACE {
                    edit = edit.behind(hangup, &filler.copy());
                }
                edit
            };
            let edit = fill(garden.edit().drop(end));
            garden.expect("end dropped", edit, hangup).related([begin]).also(OWN).also(FILLED);
            let copy = begin.copy();
            let edit = fill(garden.edit().behind(end, &copy));
            garden.expect("beginning told again behind the end", edit, hangup).related([&copy]).also(LATE).also(FILLED);
        }
    }
}

/// What the messages that fill a trace may break.
const FILLED: &[&str] = &["channel/application-after-hangup", "session/timestamp-on-all"];

fn hold(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for (on, off) in [("Hold", "Unhold"), ("MusicOnHoldStart", "MusicOnHoldStop")] {
        let same = |event: &str| event == on || event == off;
        for event in [on, off] {
            for at in garden.sites(event) {
                let message = &messages[at];
                let id = message.get("Uniqueid");
                let is_switch =
                    |other: &Msg| same(other.event()) && other.is(other.event()) && other.get("Uniqueid") == id;
                let before = garden.trace.previous(at, is_switch);
                let after = garden.trace.next(at, is_switch);
                let copy = message.copy();
                let edit = garden.edit().behind(message, &copy);
                garden.expect("told twice", edit, &copy).related([message]).also(LATE).also(ALTERNATES);
                if let Some(after) = after.filter(|after| !messages[*after].is(event)) {
                    let next = &messages[after];
                    let born = garden.trace.birth(id).map(|birth| &messages[birth]);
                    // Without it, the next one repeats the one before, or has nothing before it.
                    let proof = before.map(|before| &messages[before]).or(born.filter(|_| event == on));
                    if let Some(proof) = proof {
                        let edit = garden.edit().drop(message);
                        garden.expect("dropped", edit, next).related([proof]).also(ALTERNATES);
                    }
                    if before.is_none() && event == on && garden.trace.next(after, is_switch).is_none() {
                        let Some(born) = born else { continue };
                        let edit = garden.edit().drop(message).behind(next, message);
                        garden.expect("end moved before the beginning", edit, next).related([born]).also(LATE);
                    }
                }
            }
        }
    }
    for event in ["ChannelTalkingStart"] {
        for at in garden.sites(event) {
            let start = &messages[at];
            let copy = start.copy();
            let edit = garden.edit().behind(start, &copy);
            garden.expect("talking begins twice", edit, &copy).related([start]).also(LATE).also(ALTERNATES);
            let Some(birth) = garden.trace.birth(start.get("Uniqueid")) else { continue };
            let stop = start.with("Event", "ChannelTalkingStop");
            let case = garden.alter("talking ends without beginning", start, &stop).related([&messages[birth]]);
            case.also(ALTERNATES).also(&["schema/missing-field"]);
        }
    }
    // No recorded session has these: a channel that lives is made to be recorded, and to spy.
    for at in garden.sites("Newstate") {
        let newstate = &messages[at];
        let (name, id) = (newstate.get("Channel"), newstate.get("Uniqueid"));
        let Some(birth) = garden.trace.birth(id).filter(|birth| *birth < at) else { continue };
        for (role, start, stop, twice, alone) in [
            ("", "MixMonitorStart", "MixMonitorStop", "recording begins twice", "recording ends without beginning"),
            ("Spyer", "ChanSpyStart", "ChanSpyStop", "spying begins twice", "spying ends without beginning"),
        ] {
            let make = |event: &str| {
                Msg::planted(&format!(
                    "Event: {event}\nPrivilege: call,all\n{role}Channel: {name}\n{role}Uniqueid: {id}"
                ))
            };
            let (first, second) = (make(start), make(start));
            let edit = garden.edit().behind(newstate, &second).behind(newstate, &first);
            garden.expect(twice, edit, &second).related([&first]).also(MADE);
            let end = make(stop);
            let edit = garden.edit().behind(newstate, &end);
            garden.expect(alone, edit, &end).related([&messages[birth]]).also(MADE);
        }
    }
}

/// One message too many or too few lets the next ones repeat as well.
const ALTERNATES: &[&str] = &["media/hold-alternates"];

/// What made messages may break.
const MADE: &[&str] = &[
    "schema/missing-field",
    "session/timestamp-on-all",
    "session/event-class",
    "channel/newstate-announces",
    "dialplan/newexten-on-transition",
];

/// What shows where a channel is.
const SHOWS: [&str; 8] =
    ["Newstate", "NewCallerid", "NewConnectedLine", "BridgeEnter", "BridgeLeave", "VarSet", "DTMFBegin", "DTMFEnd"];

fn newexten(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let place = |message: &Msg| ["Context", "Exten", "Priority"].map(|key| message.get(key).to_owned());
    for at in garden.sites("Newexten") {
        let newexten = &messages[at];
        let id = newexten.get("Uniqueid");
        let of_it = |other: &Msg, event: &str| other.is(event) && other.get("Uniqueid") == id;
        let Some(before) = garden.trace.previous(at, |other| of_it(other, "Newexten")) else { continue };
        let (old, new) = (place(&messages[before]), place(newexten));
        let silent = |at: usize| messages[at].is_judged() && place(&messages[at])[1].is_empty();
        if old == new || old[1].is_empty() || new[1].is_empty() {
            continue;
        }
        // What shows the new position first, before another Newexten, and a VarSet there or behind.
        let until = garden.trace.next(at, |other| of_it(other, "Newexten")).unwrap_or(messages.len());
        let shows = |other: &Msg| SHOWS.iter().any(|event| of_it(other, event)) && place(other) == new;
        let first = garden.trace.next(at, shows).filter(|first| *first < until);
        let earlier = garden.trace.next(before, shows).is_some_and(|other| other < at);
        let Some(first) = first.filter(|_| !earlier) else { continue };
        let set = (first..until).find(|at| of_it(&messages[*at], "VarSet") && !silent(*at));
        let proof = set.is_some() || (until < messages.len() && !silent(until) && place(&messages[until]) != new);
        if proof {
            let early = &messages[first];
            let edit = garden.edit().drop(newexten);
            garden.expect("Newexten dropped", edit, early).related([&messages[before]]).also(FOLLOWS);
            let given = newexten.with("Uniqueid", "1000000000.1").with("Channel", "Nobody/1");
            let edit = garden.edit().replace(newexten, &given);
            garden.expect("Newexten given to another channel", edit, early).related([&messages[before]]).also(FOLLOWS);
        }
        if let Some(set) = set {
            let early = &messages[first];
            let edit = garden.edit().drop(newexten).behind(&messages[set], newexten);
            let case = garden.expect("Newexten moved behind a VarSet", edit, early).related([&messages[before]]);
            case.also(FOLLOWS);
        }
    }
    for at in garden.sites("VarSet") {
        let set = &messages[at];
        let id = set.get("Uniqueid");
        let last = garden.trace.previous(at, |other| other.is("Newexten") && other.get("Uniqueid") == id);
        let Some(last) = last.map(|last| &messages[last]) else { continue };
        if place(set) != place(last) || place(set)[1].is_empty() {
            continue;
        }
        for (way, key) in [
            ("VarSet in another context", "Context"),
            ("VarSet in another extension", "Exten"),
            ("VarSet at another priority", "Priority"),
        ] {
            garden.alter(way, set, &set.with(key, "99")).related([last]).also(FOLLOWS);
        }
    }
}

/// What follows a channel that was shown elsewhere once shows it where it was.
const FOLLOWS: &[&str] = &["dialplan/newexten-on-transition", "channel/newstate-announces", "channel/linkedid-known"];

fn originate(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("OriginateResponse") {
        let answer = &messages[at];
        let id = answer.get("ActionID");
        let is_queued =
            |other: &Msg| other.get("Message") == "Originate successfully queued" && other.get("ActionID") == id;
        let queued: Vec<_> = messages.iter().filter(|other| is_queued(other)).collect();
        let [queued] = queued[..] else { continue };
        let copy = answer.copy();
        let edit = garden.edit().behind(answer, &copy);
        garden.expect("OriginateResponse told twice", edit, &copy).related([queued, answer]).also(LATE);
        let copy = answer.copy();
        let last = messages.last().expect("there is an OriginateResponse");
        let edit = garden.edit().behind(last, &copy);
        let case = garden.expect("OriginateResponse told again at the end", edit, &copy);
        case.related([queued, answer])
            .also(LATE)
            .also(&["channel/application-after-hangup", "session/nothing-after-goodbye"]);
        for (way, new) in [
            ("no OriginateResponse in a complete trace", None),
            ("OriginateResponse with another ActionID in a complete trace", Some(answer.with("ActionID", "planted"))),
        ] {
            let edit = match &new {
                Some(new) => garden.edit().replace(answer, new),
                None => garden.edit().drop(answer),
            };
            let case = garden.expect(way, edit, queued);
            case.complete = true;
            case.also(super::dial::COMPLETE).also(LATE);
        }
    }
}
