use std::sync::Arc;

use super::dial::COMPLETE;
use super::{Edit, Garden, Planter};
use crate::naive;
use crate::trace::Msg;

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "legacy/channel-life", plant: channel_life },
    Planter { rule: "legacy/link-unlink", plant: link_unlink },
    Planter { rule: "legacy/dial-pairs", plant: dial_pairs },
];

const LIFE: &str = "legacy/channel-life";
const LINK: &str = "legacy/link-unlink";
const DIAL: &str = "legacy/dial-pairs";
const VALUES: &[&str] = &["schema/unknown-field", "schema/missing-field", "schema/bad-value"];

/// Whether a message is not asked for and names the channel, in one of the ways of these releases.
fn names(message: &Msg, id: &str) -> bool {
    message.is_judged()
        && message.headers().any(|(key, value)| {
            let key = key.to_ascii_lowercase();
            value == id && ["uniqueid", "uniqueid1", "uniqueid2"].iter().any(|end| key.ends_with(end))
        })
}

/// Whether one hand writes it.
fn is_ordered(message: &Msg) -> bool {
    message.is_ordered() || ["Newcallerid", "Dial", "Link", "Unlink", "Bridge", "DTMF"].iter().any(|e| message.is(e))
}

/// Where an event stands whose subject is this channel.
fn of(messages: &[Arc<Msg>], event: &str, id: &str) -> Vec<usize> {
    let is = |at: &usize| messages[*at].is(event) && messages[*at].get("Uniqueid") == id;
    (0..messages.len()).filter(is).collect()
}

fn channel_life(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let oldest = garden
        .trace
        .all("Newchannel")
        .into_iter()
        .filter_map(|at| Some((naive::epoch(messages[at].get("Uniqueid"))?, at)))
        .min();
    for birth_at in garden.sites("Newchannel") {
        let birth = &messages[birth_at];
        let id = birth.get("Uniqueid");
        let life: Vec<usize> = (0..messages.len()).filter(|at| names(&messages[*at], id)).collect();
        if life.first() != Some(&birth_at) || of(messages, "Newchannel", id).len() != 1 {
            continue;
        }
        let Some(second) = life.get(1).map(|at| &messages[*at]) else { continue };
        let edit = garden.edit().drop(birth).behind(second, birth);
        garden.expect("Newchannel moved behind the first use", edit, second);
        if let Some((epoch, first)) = oldest.filter(|(_, first)| *first < birth_at)
            && naive::epoch(id).is_some_and(|own| own >= epoch + 2)
        {
            let edit = garden.edit().drop(birth);
            garden.expect("Newchannel dropped, channel proven young", edit, second).related([&messages[first]]);
        }
        let copy = birth.copy();
        let edit = garden.edit().behind(second, &copy);
        garden.expect("Newchannel told twice", edit, &copy).related([birth]);
    }
    for death_at in garden.sites("Hangup") {
        let death = &messages[death_at];
        let id = death.get("Uniqueid");
        if of(messages, "Hangup", id).len() != 1 || of(messages, "Newchannel", id).is_empty() {
            continue;
        }
        let copy = death.copy();
        let edit = garden.edit().behind(death, &copy);
        garden.expect("Hangup told twice", edit, &copy).related([death]);
        let last = (0..death_at).rev().find(|at| names(&messages[*at], id) && is_ordered(&messages[*at]));
        if let Some(last) = last.map(|at| &messages[at]).filter(|last| !last.is("Newchannel")) {
            let edit = garden.edit().drop(death).before(last, death);
            garden.expect("Hangup moved before the last event", edit, last).related([death]).also(&[LIFE, LINK, DIAL]);
        }
        for event in ["Newstate", "Newexten", "VarSet", "Newcallerid", "NewCallerid"] {
            let Some(moved) = of(messages, event, id).into_iter().rfind(|at| *at < death_at) else { continue };
            let moved = &messages[moved];
            let edit = garden.edit().drop(moved).behind(death, moved);
            garden.expect("snapshot moved behind the Hangup", edit, moved).related([death]);
        }
        for at in of(messages, "Newstate", id).into_iter().filter(|at| *at < death_at) {
            let new = messages[at].with("Channel", "SIP/planted-00000001");
            garden.alter("another name without a Rename", &messages[at], &new).also(VALUES);
        }
    }
    renames(garden);
}

fn renames(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for at in garden.sites("Rename") {
        let rename = &messages[at];
        let id = rename.get("Uniqueid");
        let with_name = |at: &usize| is_ordered(&messages[*at]) && names(&messages[*at], id);
        let Some(next) = (at + 1..messages.len()).find(with_name) else { continue };
        // A Masquerade tells that names move, too.
        let masquerade = (at.saturating_sub(4)..at).rev().find(|at| messages[*at].is("Masquerade"));
        let mut edit = garden.edit().drop(rename);
        if let Some(masquerade) = masquerade {
            edit = edit.drop(&messages[masquerade]);
        }
        garden.expect("Rename dropped", edit, &messages[next]);
    }
}

/// A link: where it begins and ends, and the first Hangup of one of the two behind that.
struct Linked {
    begin: usize,
    end: usize,
    death: usize,
}

fn linked(garden: &Garden<'_>) -> Vec<Linked> {
    let messages = garden.messages();
    let is_link = |at: &usize| messages[*at].is("Link") || messages[*at].get("Bridgestate") == "Link";
    let is_unlink = |message: &Msg| message.is("Unlink") || message.get("Bridgestate") == "Unlink";
    let found = (0..messages.len()).filter(is_link).filter_map(|begin| {
        let pair = ["Uniqueid1", "Uniqueid2"].map(|key| messages[begin].get(key));
        let same = |message: &Msg| ["Uniqueid1", "Uniqueid2"].map(|key| message.get(key)) == pair;
        let pairs = messages.iter().filter(|message| message.has("Uniqueid1") && same(message));
        // Linked again, the first Unlink may be missed.
        let once = pairs.count() == 2 && pair.iter().all(|id| !of(messages, "Newchannel", id).is_empty());
        let end = garden.trace.next(begin, |message| is_unlink(message) && same(message)).filter(|_| once)?;
        let death = pair.iter().filter_map(|id| garden.trace.death(id)).min().filter(|death| *death > end)?;
        Some(Linked { begin, end, death })
    });
    garden.some(found.collect())
}

fn link_unlink(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for Linked { begin, end, death } in linked(garden) {
        let [link, unlink, hangup] = [begin, end, death].map(|at| &messages[at]);
        let edit = garden.edit().drop(unlink);
        garden.expect("Unlink dropped", edit, hangup).related([link]);
        let edit = garden.edit().drop(unlink).behind(hangup, unlink);
        garden.expect("Unlink moved behind the Hangup", edit, hangup).related([link]).also(&[LIFE]);
        let edit = garden.edit().drop(hangup).before(unlink, hangup);
        garden.expect("Hangup moved before the Unlink", edit, hangup).related([link]).also(&[LIFE, DIAL]);
        let new = unlink.with("Uniqueid2", "1000000000.1").with("Channel2", "SIP/planted-00000001");
        let edit = garden.edit().replace(unlink, &new);
        garden.expect("Unlink given to another channel", edit, hangup).related([link]).also(VALUES);
        let edit = garden.edit().drop(link);
        garden.expect("Link dropped", edit, unlink).related([]);
        let edit = garden.edit().drop(link).behind(unlink, link);
        garden.expect("Link moved behind its Unlink", edit, unlink).related([]).also(&[LINK, LIFE]);
        let edit = garden.edit().drop(link).behind(hangup, link);
        garden.expect("Link moved behind the Hangup", edit, link).related([hangup]).also(&[LIFE, LINK]);
        let copy = unlink.copy();
        let edit = garden.edit().behind(unlink, &copy);
        garden.expect("Unlink told twice", edit, &copy).related([]);
        let edit = garden.edit().drop(unlink);
        complete(garden, "no Unlink in a complete trace", edit, [end, death], link);
    }
}

/// A trace that claims to be complete and ends before the `Hangup`, without the message at `gone`.
fn complete(garden: &mut Garden<'_>, way: &'static str, edit: Edit, [gone, death]: [usize; 2], at: &Arc<Msg>) {
    let messages = garden.messages();
    let last = if gone + 1 == death { death - 2 } else { death - 1 };
    let case = garden.expect(way, edit.until(&messages[last]), at);
    case.complete = true;
    case.also(COMPLETE);
}

fn dial_pairs(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let ends: Vec<usize> =
        garden.trace.all("Dial").into_iter().filter(|at| messages[*at].get("SubEvent") == "End").collect();
    for end_at in garden.some(ends) {
        let end = &messages[end_at];
        let id = end.get("UniqueID");
        let Some(death) = garden.trace.death(id).filter(|death| *death > end_at) else { continue };
        let Some(birth) = garden.trace.birth(id).filter(|birth| *birth < end_at) else { continue };
        let dials = of(messages, "Dial", id);
        let is = |at: usize, state: &str| messages[at].get("SubEvent") == state;
        let from = dials.iter().copied().rfind(|at| *at < end_at && is(*at, "End")).unwrap_or(birth);
        let begins: Vec<&Arc<Msg>> = dials
            .iter()
            .filter(|at| (from..end_at).contains(*at) && is(**at, "Begin"))
            .map(|at| &messages[*at])
            .collect();
        let before: Vec<&Arc<Msg>> = if is(from, "End") { vec![&messages[from]] } else { Vec::new() };
        let copy = end.copy();
        let edit = garden.edit().behind(end, &copy);
        garden.expect("Dial End told twice", edit, &copy).related([end]);
        let Some(first) = begins.first().copied() else { continue };
        let edit = begins.iter().fold(garden.edit(), |edit, begin| edit.drop(begin));
        garden.expect("Dial Begin dropped", edit, end).related(before.iter().copied());
        let hangup = &messages[death];
        let edit = garden.edit().drop(end).before(first, end);
        let case = garden.expect("Dial End moved before its Begin", edit, end).related(before.iter().copied());
        case.also(&[DIAL]);
        // With another dial behind it, an end may be missed: that one ends both.
        if dials.iter().any(|at| *at > end_at) {
            continue;
        }
        let edit = garden.edit().drop(end);
        garden.expect("Dial End dropped", edit, hangup).related(begins.iter().copied());
        let edit = garden.edit().drop(end).behind(hangup, end);
        let case = garden.expect("Dial End moved behind the Hangup", edit, hangup).related(begins.iter().copied());
        case.also(&[LIFE]);
        let new = end.with("UniqueID", "1000000000.1").with("Channel", "SIP/planted-00000001");
        let edit = garden.edit().replace(end, &new);
        let case = garden.expect("Dial End given to another caller", edit, hangup).related(begins.iter().copied());
        case.also(VALUES);
        let new = end.without("SubEvent");
        let edit = garden.edit().replace(end, &new);
        let case = garden.expect("Dial End without its SubEvent", edit, hangup).related(begins.iter().copied());
        case.also(VALUES);
        let edit = garden.edit().drop(end);
        complete(garden, "no Dial End in a complete trace", edit, [end_at, death], first);
    }
}
