//! What a recorded client sent and what the server answered: parameters, responses, and the events of lists.

#[allow(dead_code, reason = "each test uses a part of it")]
mod corpus;

use std::collections::BTreeMap;

use ami_types::schema::{self, ActionDef, ListRole, Release};
use ami_wire::{Kind, Message};

use crate::corpus::traces;

fn messages(bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    ami_wire::messages(bytes).filter_map(Result::ok)
}

/// Gives each message of a server that carries the `ActionID` of an action of its client, with that action.
fn each_answer(mut take: impl FnMut(&str, Release, &'static ActionDef, &Message<'_>)) {
    let clients: BTreeMap<String, Vec<u8>> = traces("c2s")
        .into_iter()
        .map(|trace| (trace.name.replace(".c2s", "").replace(".zst", ""), trace.bytes))
        .collect();
    for server in traces("s2c") {
        // Values with line breaks look like headers.
        if server.name.contains("/multiline.") {
            continue;
        }
        let Some(client) = clients.get(&server.name.replace(".s2c", "").replace(".zst", "")) else { continue };
        let mut actions: BTreeMap<Vec<u8>, &'static ActionDef> = BTreeMap::new();
        for sent in messages(client).filter(|message| message.kind() == Kind::Action) {
            let def = sent.name().and_then(schema::action);
            if let (Some(def), Some(id)) = (def, sent.get("ActionID")) {
                actions.insert(id.to_vec(), def);
            }
        }
        for message in messages(&server.bytes) {
            if let Some(def) = message.get("ActionID").and_then(|id| actions.get(id)) {
                take(&server.name, server.release, def, &message);
            }
        }
    }
}

/// Takes out what is known; an entry that covers nothing has to go.
fn take_out(report: &mut BTreeMap<String, (usize, String)>, known: &[&str]) {
    for known in known {
        let before = report.len();
        report.retain(|what, _| !what.starts_with(known));
        assert!(report.len() < before, "{known} was not seen");
    }
}

fn assert_empty(report: &BTreeMap<String, (usize, String)>) {
    let shown: Vec<String> =
        report.iter().map(|(what, (n, place))| format!("{what} ({n} times, first in {place})")).collect();
    assert!(shown.is_empty(), "\n{}", shown.join("\n"));
}

#[test]
fn responses_say_what_the_schema_says() {
    let mut report: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut responses = 0;
    each_answer(|place, release, action, message| {
        if message.kind() != Kind::Response {
            return;
        }
        responses += 1;
        let mut add = |what: String| report.entry(what).or_insert_with(|| (0, place.to_owned())).0 += 1;
        for header in message.headers() {
            let key = header.key.trim_ascii();
            let common = ["Response", "ActionID", "Message", "EventList"];
            if common.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(key)) {
                continue;
            }
            match action.response.iter().find(|field| field.matches(key)) {
                None => add(format!("{}: {} is unknown in {release}", action.name, key.escape_ascii())),
                Some(field) if !field.releases.contains(release) => {
                    add(format!("{}: {} is not in {release}", action.name, field.name));
                }
                Some(field) if !field.kind.accepts(header.value) => {
                    let value = header.value.escape_ascii();
                    add(format!("{}: {} = {value} is no {}", action.name, field.name, field.kind.name()));
                }
                Some(_) => {}
            }
        }
    });
    assert_empty(&report);
    assert!(responses > 1_000, "{responses}");
}

#[test]
fn events_that_answer_are_part_of_the_list() {
    let mut report: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut events = 0;
    each_answer(|place, release, action, message| {
        let Some(event) = message.name().filter(|_| message.kind() == Kind::Event).and_then(schema::event) else {
            return;
        };
        events += 1;
        let mut add = |what: String| report.entry(what).or_insert_with(|| (0, place.to_owned())).0 += 1;
        let member = action.items.contains(&event.id) || action.completes == Some(event.id);
        if !member {
            add(format!("{} answers {} in {release}", event.name, action.name));
        }
        let role = match event.list {
            ListRole::None => false,
            ListRole::Item { actions } | ListRole::Completes { actions } => actions.contains(&action.id),
        };
        if member && !role {
            add(format!("{} does not know that it answers {}", event.name, action.name));
        }
        if message.get("EventList").is_some() && action.completes != Some(event.id) {
            add(format!("{} ends {} in {release}", event.name, action.name));
        }
    });
    // They say what became of the action, and are no list.
    take_out(&mut report, &["OriginateResponse answers Originate in ", "UserEvent answers UserEvent in "]);
    assert_empty(&report);
    assert!(events > 2_000, "{events}");
}

#[test]
fn parameters_that_were_sent_are_known() {
    let mut report: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for client in traces("c2s") {
        for sent in messages(&client.bytes).filter(|message| message.kind() == Kind::Action) {
            let Some(action) = sent.name().and_then(schema::action) else { continue };
            for header in sent.headers() {
                let key = header.key.trim_ascii();
                let common = ["Action", "ActionID"].iter().any(|name| name.as_bytes().eq_ignore_ascii_case(key));
                if !common && action.param(key).is_none() {
                    let what = format!("{}: {} is unknown in {}", action.name, key.escape_ascii(), client.release);
                    report.entry(what).or_insert_with(|| (0, client.name.clone())).0 += 1;
                }
            }
        }
    }
    // The client sent one too many.
    take_out(&mut report, &["ConfbridgeLock: Channel is unknown", "ConfbridgeUnlock: Channel is unknown"]);
    assert_empty(&report);
}
