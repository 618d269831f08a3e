use super::{Garden, Planter, SNAPSHOTS};
use crate::naive;

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "channel/newchannel-first", plant: newchannel_first },
    Planter { rule: "channel/newchannel-once", plant: newchannel_once },
    Planter { rule: "channel/newchannel-fields", plant: newchannel_fields },
    Planter { rule: "channel/nothing-after-hangup", plant: nothing_after_hangup },
    Planter { rule: "channel/hangup-once", plant: hangup_once },
    Planter { rule: "channel/name-stable", plant: name_stable },
];

/// What may speak up when the announcement of a channel is not where it was.
const UNANNOUNCED: &[&str] = &[
    "channel/newstate-announces",
    "dialplan/newexten-on-transition",
    "channel/linkedid-known",
    "local/halves-announced",
    "transfer/parties-known",
    // A message more in between can take the last one out of the window of the race.
    "channel/application-after-hangup",
    // A member that comes or goes at another time is missing from the count.
    "bridge/member-count",
];

fn newchannel_first(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for birth in garden.sites("Newchannel") {
        let newchannel = &messages[birth];
        let id = newchannel.get("Uniqueid");
        let life = garden.trace.life(id);
        if !garden.is_clean(id) || life.len() < 2 || life[0] != birth {
            continue;
        }
        let first = &messages[life[1]];
        let older = garden
            .trace
            .all("Newchannel")
            .into_iter()
            .filter(|at| *at < life[1] && *at != birth)
            .filter_map(|at| Some((naive::epoch(messages[at].get("Uniqueid"))?, at)))
            .min_by_key(|(epoch, _)| *epoch);
        // Without the announcement only an older channel proves anything.
        if let (Some((oldest, by)), Some(epoch)) = (older, naive::epoch(id))
            && epoch >= oldest + 2
        {
            let edit = garden.edit().drop(newchannel);
            garden.expect("Newchannel dropped", edit, first).related([&messages[by]]).also(UNANNOUNCED);
        }
        // An older channel proves it at once, the late announcement later.
        let proof = |early: usize| {
            let older = garden.trace.all("Newchannel").into_iter().filter(|at| *at < early && *at != birth);
            let oldest = older.filter_map(|at| Some((naive::epoch(messages[at].get("Uniqueid"))?, at)));
            let oldest = oldest.min_by_key(|(epoch, _)| *epoch);
            let young = oldest.filter(|(oldest, _)| naive::epoch(id).is_some_and(|epoch| epoch >= oldest + 2));
            young.map_or(newchannel, |(_, at)| &messages[at])
        };
        let (by, by_early) = (proof(life[1]), proof(birth));
        let edit = garden.edit().drop(newchannel).behind(first, newchannel);
        garden.expect("Newchannel moved behind the next message", edit, first).related([by]).also(UNANNOUNCED);
        let middle = &messages[life[life.len() / 2]];
        let edit = garden.edit().drop(newchannel).behind(middle, newchannel);
        garden.expect("Newchannel moved into the middle of its life", edit, first).related([by]).also(UNANNOUNCED);
        let last = &messages[life[life.len() - 1]];
        let edit = garden.edit().drop(newchannel).behind(last, newchannel);
        garden.expect("Newchannel moved behind the Hangup", edit, first).related([by]).also(UNANNOUNCED);
        // One message of each kind and role comes before the announcement.
        let mut seen = Vec::new();
        for at in life.iter().skip(1) {
            let message = &messages[*at];
            let Some((role, _)) = message.channels().find(|(_, other)| *other == id) else { continue };
            let kind = (message.event(), role);
            if seen.contains(&kind) || !message.is_ordered() || seen.len() >= 8 {
                continue;
            }
            seen.push(kind);
            let edit = garden.edit().drop(message).before(newchannel, message);
            let way = if role.is_empty() {
                "event of the channel moved before its Newchannel"
            } else {
                "event that names it in a role moved before its Newchannel"
            };
            garden
                .expect(way, edit, message)
                .related([by_early])
                .also(UNANNOUNCED)
                .also(&["dtmf/begin-before-end", "parking/parked-before-enter"])
                .also(APPLICATIONS);
        }
    }
}

fn newchannel_once(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for birth in garden.sites("Newchannel") {
        let newchannel = &messages[birth];
        let id = newchannel.get("Uniqueid");
        let life = garden.trace.life(id);
        if !garden.is_clean(id) || life.len() < 2 {
            continue;
        }
        let copy = newchannel.copy();
        let edit = garden.edit().behind(newchannel, &copy);
        garden.expect("Newchannel told twice in a row", edit, &copy).related([newchannel]).also(SNAPSHOTS);
        for (way, at) in [
            ("Newchannel again in the middle of its life", life[life.len() / 2]),
            ("Newchannel again at the end of its life", life[life.len() - 1]),
        ] {
            let copy = newchannel.copy();
            let edit = garden.edit().behind(&messages[at], &copy);
            garden.expect(way, edit, &copy).related([newchannel]).also(SNAPSHOTS);
        }
    }
}

fn newchannel_fields(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for birth in garden.sites("Newchannel") {
        let newchannel = &messages[birth];
        // Without its Uniqueid or name the channel is unannounced, or has another name to everybody else.
        let also = ["schema/missing-field", "schema/bad-value", "local/halves-announced", "channel/unknown-party"];
        for (way, new) in [
            ("Channel removed", newchannel.without("Channel")),
            ("Channel emptied", newchannel.with("Channel", "")),
            ("Uniqueid removed", newchannel.without("Uniqueid")),
            ("Uniqueid emptied", newchannel.with("Uniqueid", "")),
        ] {
            let edit = garden.edit().replace(newchannel, &new);
            garden.expect(way, edit, &new).also(&also).also(UNANNOUNCED);
        }
    }
}

fn nothing_after_hangup(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for death in garden.sites("Hangup") {
        let hangup = &messages[death];
        let id = hangup.get("Uniqueid");
        let life = garden.trace.life(id);
        if !garden.is_clean(id) || garden.trace.death(id) != Some(death) {
            continue;
        }
        let also = [
            "dtmf/begin-before-end",
            "channel/application-after-hangup",
            "channel/linkedid-known",
            "channel/newstate-announces",
            "dialplan/newexten-on-transition",
            "bridge/member-count",
            "parking/parked-before-enter",
        ];
        let mut seen = Vec::new();
        for at in life.iter().rev().filter(|at| **at < death) {
            let message = &messages[*at];
            let Some((role, _)) = message.channels().find(|(_, other)| *other == id) else { continue };
            let kind = (message.event(), role);
            // A dead channel may have been swapped out.
            if role == "Swap"
                || seen.contains(&kind)
                || !message.is_ordered()
                || message.is("Newchannel")
                || seen.len() >= 8
            {
                continue;
            }
            // Another channel that the message names must not be dead before.
            let others = message.channels().filter(|(_, other)| *other != id);
            if others.into_iter().any(|(_, other)| garden.trace.death(other).is_some_and(|other| other < death)) {
                continue;
            }
            seen.push(kind);
            let moves = if role.is_empty() {
                ["event of the channel moved behind its Hangup", "event of the channel told again behind its Hangup"]
            } else {
                ["event in a role moved behind its Hangup", "event in a role told again behind its Hangup"]
            };
            let edit = garden.edit().drop(message).behind(hangup, message);
            garden.expect(moves[0], edit, message).related([hangup]).also(&also);
            let copy = message.copy();
            let edit = garden.edit().behind(hangup, &copy);
            garden.expect(moves[1], edit, &copy).related([hangup]).also(&also);
        }
        // The Hangup comes too early: the first ordered message behind it is the late one.
        let ordered = |at: &usize| {
            let message = &messages[*at];
            let named = message.channels().any(|(role, other)| other == id && role != "Swap");
            message.is_ordered() && named && !message.is("Newchannel") && !message.is("Hangup")
        };
        let late: Vec<usize> = life.iter().copied().filter(|at| *at < death && ordered(at)).collect();
        if let Some(last) = late.last() {
            let edit = garden.edit().drop(hangup).before(&messages[*last], hangup);
            let case = garden.expect("Hangup moved before the last event", edit, &messages[*last]);
            case.related([hangup]).also(&also);
        }
        if late.len() > 4 {
            let middle = late[late.len() / 2];
            let edit = garden.edit().drop(hangup).before(&messages[middle], hangup);
            let case = garden.expect("Hangup moved into the middle of its life", edit, &messages[middle]);
            case.related([hangup]).also(&also).also(APPLICATIONS);
        }
        // The variables of a channel are set until its end; one more comes.
        let text = format!(
            "Event: VarSet\nPrivilege: dialplan,all\nChannel: {}\nUniqueid: {id}\nVariable: PLANTED\nValue: 1",
            hangup.get("Channel")
        );
        let varset = crate::trace::Msg::planted(&text);
        let edit = garden.edit().behind(hangup, &varset);
        let case = garden.expect("VarSet inserted behind its Hangup", edit, &varset);
        case.related([hangup]).also(&["schema/missing-field", "session/timestamp-on-all"]);
        let end = messages.last().expect("there is a Hangup");
        let edit = garden.edit().behind(end, &varset);
        let case = garden.expect("VarSet inserted long after its Hangup", edit, &varset);
        case.related([hangup]).also(&["schema/missing-field", "session/timestamp-on-all"]);
    }
}

/// What applications say of a channel whose end comes too early.
pub(super) const APPLICATIONS: &[&str] = &[
    "queue/leave-for-each-join",
    "queue/agent-outcome",
    "confbridge/leave-for-each-join",
    "parking/one-outcome",
    "agi/async-session",
    "transfer/blind-before-leave",
    "local/optimization-paired",
    "media/hold-alternates",
];

fn hangup_once(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for death in garden.sites("Hangup") {
        let hangup = &messages[death];
        let id = hangup.get("Uniqueid");
        if !garden.is_clean(id) || garden.trace.death(id) != Some(death) {
            continue;
        }
        let copy = hangup.copy();
        let edit = garden.edit().behind(hangup, &copy);
        garden.expect("Hangup told twice in a row", edit, &copy).related([hangup]);
        let copy = hangup.copy();
        let edit = garden.edit().behind(messages.last().expect("there is a Hangup"), &copy);
        garden.expect("Hangup told again at the end", edit, &copy).related([hangup]);
        let life = garden.trace.life(id);
        if let Some(at) = life.iter().rev().find(|at| **at < death && !messages[**at].is("Newchannel")) {
            // The first is the early one now, and what follows it is said of a dead channel.
            let copy = hangup.copy();
            let edit = garden.edit().before(&messages[*at], &copy);
            garden.expect("Hangup told before the end as well", edit, hangup).related([&copy]).also(&[
                "channel/application-after-hangup",
                "channel/newstate-announces",
                "dialplan/newexten-on-transition",
                "channel/linkedid-known",
            ]);
        }
        // The Hangup of one channel becomes that of another one, which is dead already.
        let earlier = garden.trace.previous(death, |message| message.is("Hangup") && message.get("Uniqueid") != id);
        if let Some(earlier) = earlier {
            let other = &messages[earlier];
            if garden.is_clean(other.get("Uniqueid")) && garden.trace.death(other.get("Uniqueid")) == Some(earlier) {
                let new = hangup.with("Uniqueid", other.get("Uniqueid")).with("Channel", other.get("Channel"));
                let edit = garden.edit().replace(hangup, &new);
                garden.expect("Hangup given to a channel that is dead", edit, &new).related([other]).also(SNAPSHOTS);
            }
        }
        if death > 0 && garden.trace.birth(id).is_some() {
            let edit = garden.edit().drop(hangup);
            let birth = &messages[garden.trace.birth(id).unwrap_or_default()];
            let case = garden.expect("no Hangup in a complete trace", edit, birth);
            case.complete = true;
            case.also(&[
                "bridge/leave-before-hangup",
                "dial/end-for-each-begin",
                "local/halves-end-together",
                "channel/application-after-hangup",
            ]);
        }
    }
}

fn name_stable(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for birth in garden.sites("Newchannel") {
        let newchannel = &messages[birth];
        let id = newchannel.get("Uniqueid");
        let life = garden.trace.life(id);
        if !garden.is_clean(id) || life[0] != birth || life.iter().any(|at| messages[*at].is("Rename")) {
            continue;
        }
        let name = newchannel.get("Channel");
        let other = format!("{name}x");
        let mut seen = Vec::new();
        for at in life.iter().skip(1) {
            let message = &messages[*at];
            for (role, _) in message.channels().filter(|(_, named)| *named == id) {
                let key = format!("{role}Channel");
                let kind = (message.event(), role.to_owned());
                if message.get(&key) != name || message.is("OriginateResponse") || seen.contains(&kind) {
                    continue;
                }
                seen.push(kind);
                let also = ["local/halves-announced", "schema/bad-value", "dial/dest-fields"];
                let new = message.with(&key, &other);
                let edit = garden.edit().replace(message, &new);
                let way = if role.is_empty() { "name altered in one message" } else { "name altered in a role" };
                garden.expect(way, edit, &new).related([newchannel]).also(&also);
                if seen.len() == 2 {
                    let new = message.with(&key, "");
                    let edit = garden.edit().replace(message, &new);
                    garden.expect("name emptied in one message", edit, &new).related([newchannel]).also(&also);
                    let new = message.with(&key, &name.to_ascii_uppercase().replace("PJSIP", "pjsip"));
                    if new.get(&key) != name {
                        let edit = garden.edit().replace(message, &new);
                        let case = garden.expect("letter case of the name altered", edit, &new);
                        case.related([newchannel]).also(&also);
                    }
                }
            }
        }
        // It gets another name for the rest of its life.
        if life.len() > 3 {
            let middle = life[life.len() / 2];
            let rest: Vec<usize> = life.iter().copied().filter(|at| *at >= middle).collect();
            let mut edit = garden.edit();
            let mut first = None;
            for at in rest {
                let message = &messages[at];
                let roles: Vec<String> =
                    message.channels().filter(|(_, named)| *named == id).map(|(role, _)| role.to_owned()).collect();
                let mut new = message.copy();
                for role in &roles {
                    new = new.with(&format!("{role}Channel"), &other);
                }
                let new = std::sync::Arc::new(crate::trace::Msg::new(new.bytes.clone(), Some(at)));
                edit = edit.replace(message, &new);
                if first.is_none()
                    && roles.iter().any(|role| message.get(&format!("{role}Channel")) == name)
                    && !message.is("OriginateResponse")
                {
                    first = Some(new);
                }
            }
            if let Some(first) = first {
                let case = garden.expect("renamed without a Rename", edit.clone(), &first);
                case.related([newchannel]).also(&["local/halves-announced", "schema/bad-value", "dial/dest-fields"]);
                // With a Rename that says yet another name.
                let text =
                    format!("Event: Rename\nPrivilege: call,all\nChannel: {name}\nNewname: {name}y\nUniqueid: {id}");
                let rename = crate::trace::Msg::planted(&text);
                let edit = edit.before(&first, &rename);
                garden.expect("Rename to another name than is used then", edit, &first).related([&rename]).also(&[
                    "local/halves-announced",
                    "schema/bad-value",
                    "session/timestamp-on-all",
                ]);
            }
        }
    }
}
