use super::{Garden, Planter};

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "dial/end-for-each-begin", plant: end_for_each_begin },
    Planter { rule: "dial/begin-before-end", plant: begin_before_end },
    Planter { rule: "dial/no-second-begin", plant: no_second_begin },
    Planter { rule: "dial/dest-fields", plant: dest_fields },
    Planter { rule: "dial/caller-fields", plant: caller_fields },
    Planter { rule: "dial/status-known", plant: status_known },
];

const LATE: &[&str] = &[
    "channel/newstate-announces",
    "dialplan/newexten-on-transition",
    "channel/linkedid-known",
    "channel/application-after-hangup",
    "parking/one-outcome",
    "local/optimization-paired",
    "queue/leave-for-each-join",
    "queue/agent-outcome",
    "confbridge/leave-for-each-join",
    "agi/async-session",
];

fn end_for_each_begin(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for begin_at in garden.sites("DialBegin") {
        let begin = &messages[begin_at];
        let dest = begin.get("DestUniqueid");
        let is_end = |message: &crate::trace::Msg| message.is("DialEnd") && message.get("DestUniqueid") == dest;
        let Some(end_at) = garden.trace.next(begin_at, is_end) else { continue };
        let Some(death) = garden.trace.death(dest).filter(|death| *death > end_at) else { continue };
        // With a second DialEnd or DialBegin the first may be missed.
        let alone = messages.iter().filter(|message| {
            (message.is("DialEnd") || message.is("DialBegin")) && message.get("DestUniqueid") == dest
        });
        if alone.count() != 2 || !garden.is_clean(dest) {
            continue;
        }
        let (end, hangup) = (&messages[end_at], &messages[death]);
        let edit = garden.edit().drop(end);
        garden.expect("DialEnd dropped", edit, hangup).related([begin]).also(LATE);
        let edit = garden.edit().drop(end).behind(hangup, end);
        garden.expect("DialEnd moved behind the Hangup", edit, hangup).related([begin]).also(LATE);
        let edit = garden.edit().drop(end).before(begin, end);
        garden.expect("DialEnd moved before its DialBegin", edit, hangup).related([begin]).also(LATE);
        let new = end.with("DestUniqueid", "1000000000.1").with("DestChannel", "Nobody/1");
        let edit = garden.edit().replace(end, &new);
        garden.expect("DialEnd given to another channel", edit, hangup).related([begin]).also(LATE);
        let edit = garden.edit().drop(hangup).before(end, hangup);
        garden.expect("Hangup moved before the DialEnd", edit, hangup).related([begin]).also(LATE);
        let copy = begin.copy();
        let edit = garden.edit().behind(end, &copy);
        garden.expect("DialBegin told again behind the DialEnd", edit, hangup).related([&copy]).also(LATE);
        let edit = garden.edit().drop(end);
        let edit = edit.until(&messages[if end_at == death - 1 { death - 2 } else { death - 1 }]);
        let case = garden.expect("no DialEnd in a complete trace", edit, begin);
        case.complete = true;
        case.also(COMPLETE);
        case.also.extend_from_slice(crate::naive::JUDGED);
    }
}

/// What is open at the end of a trace that claims to be complete.
pub(super) const COMPLETE: &[&str] = &[
    "local/halves-end-together",
    "local/optimization-paired",
    "list/completed",
    "parking/one-outcome",
    "queue/leave-for-each-join",
    "queue/agent-outcome",
    "confbridge/leave-for-each-join",
    "agi/async-session",
    "originate/one-response",
    "action/one-response",
    "media/hold-alternates",
    "legacy/channel-life",
    "legacy/dial-pairs",
    "legacy/link-unlink",
];

fn begin_before_end(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for end_at in garden.sites("DialEnd") {
        let end = &messages[end_at];
        let dest = end.get("DestUniqueid");
        let Some(birth) = garden.trace.birth(dest).filter(|birth| *birth < end_at) else { continue };
        let is_begin = |message: &crate::trace::Msg| message.is("DialBegin") && message.get("DestUniqueid") == dest;
        let Some(begin_at) = garden.trace.previous(end_at, is_begin) else { continue };
        let alone = messages.iter().filter(|message| {
            (message.is("DialEnd") || message.is("DialBegin")) && message.get("DestUniqueid") == dest
        });
        if alone.count() != 2 || !garden.is_clean(dest) || begin_at < birth {
            continue;
        }
        let begin = &messages[begin_at];
        let edit = garden.edit().drop(begin);
        garden.expect("DialBegin dropped", edit, end).related([]);
        let edit = garden.edit().drop(begin).behind(end, begin);
        garden.expect("DialBegin moved behind the DialEnd", edit, end).related([]).also(LATE);
        let copy = end.copy();
        let edit = garden.edit().behind(end, &copy);
        garden.expect("DialEnd told twice", edit, &copy).related([end]).also(LATE);
        let new = begin.with("DestUniqueid", "1000000000.1").with("DestChannel", "Nobody/1");
        let edit = garden.edit().replace(begin, &new);
        garden.expect("DialBegin given to another channel", edit, end).related([]);
        if let Some(death) = garden.trace.death(dest).filter(|death| *death > end_at + 1) {
            let copy = end.copy();
            let edit = garden.edit().before(&messages[death], &copy);
            garden.expect("DialEnd told again before the Hangup", edit, &copy).related([end]).also(LATE);
        }
        let edit = garden.edit().drop(end).behind(&messages[birth], end);
        garden.expect("DialEnd moved before its DialBegin", edit, end).related([]).also(LATE);
    }
}

fn no_second_begin(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for begin_at in garden.sites("DialBegin") {
        let begin = &messages[begin_at];
        let dest = begin.get("DestUniqueid");
        if !garden.is_clean(dest) {
            continue;
        }
        let copy = begin.copy();
        let edit = garden.edit().behind(begin, &copy);
        garden.expect("DialBegin told twice", edit, &copy).related([begin]);
        let is_end = |message: &crate::trace::Msg| message.is("DialEnd") && message.get("DestUniqueid") == dest;
        if let Some(end) = garden.trace.next(begin_at, is_end) {
            let copy = begin.copy();
            let edit = garden.edit().before(&messages[end], &copy);
            garden.expect("DialBegin told again before the DialEnd", edit, &copy).related([begin]).also(LATE);
        }
    }
}

fn dest_fields(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for event in ["DialBegin", "DialEnd"] {
        for at in garden.sites(event) {
            let message = &messages[at];
            for (way, key) in [("DestChannel removed", "DestChannel"), ("DestUniqueid removed", "DestUniqueid")] {
                let new = message.without(key);
                let edit = garden.edit().replace(message, &new);
                garden.expect(way, edit, &new).also(&[
                    "schema/missing-field",
                    "channel/newstate-announces",
                    "dialplan/newexten-on-transition",
                ]);
            }
            for (way, key) in [("DestChannel emptied", "DestChannel"), ("DestUniqueid emptied", "DestUniqueid")] {
                let new = message.with(key, "");
                let edit = garden.edit().replace(message, &new);
                garden.expect(way, edit, &new).also(&[
                    "schema/bad-value",
                    "schema/missing-field",
                    "channel/newstate-announces",
                    "dialplan/newexten-on-transition",
                ]);
            }
        }
    }
}

/// What a message says of a caller.
const FIELDS: [&str; 12] = [
    "Channel",
    "ChannelState",
    "ChannelStateDesc",
    "CallerIDNum",
    "CallerIDName",
    "ConnectedLineNum",
    "ConnectedLineName",
    "AccountCode",
    "Context",
    "Exten",
    "Priority",
    "Uniqueid",
];

fn caller_fields(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for event in ["DialBegin", "DialEnd"] {
        for at in garden.sites(event) {
            let message = &messages[at];
            let has_caller = message.has("Channel");
            let also = [
                "schema/missing-field",
                "channel/newstate-announces",
                "dialplan/newexten-on-transition",
                "channel/state-description",
            ];
            for field in FIELDS {
                if has_caller && message.has(field) {
                    let new = message.without(field);
                    let edit = garden.edit().replace(message, &new);
                    garden.expect("one of the caller's fields removed", edit, &new).also(&also);
                }
            }
            if has_caller {
                let new = message.rewritten(|key, value| {
                    (key == "Channel" || !FIELDS.contains(&key)).then(|| (key.to_owned(), value.to_owned()))
                });
                let edit = garden.edit().replace(message, &new);
                garden.expect("all but one of the caller's fields removed", edit, &new).also(&also);
            } else {
                let new = message.and("CallerIDNum", "100");
                let edit = garden.edit().replace(message, &new);
                garden.expect("one of the caller's fields added", edit, &new).also(&also);
            }
        }
    }
}

fn status_known(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("DialEnd") {
        let end = &messages[at];
        for (way, status) in [
            ("DialStatus unknown", "PLANTED"),
            ("DialStatus in lower case", "answer"),
            ("DialStatus empty", ""),
            ("DialStatus with a blank", "ANSWER "),
        ] {
            let new = end.with("DialStatus", status);
            let edit = garden.edit().replace(end, &new);
            garden.expect(way, edit, &new).also(&["schema/bad-value"]);
        }
    }
}
