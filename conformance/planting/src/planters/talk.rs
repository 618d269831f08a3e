use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Garden, Planter};
use crate::trace::Msg;

pub(super) const PLANTERS: &[Planter] = &[
    Planter { rule: "action/one-response", plant: one_response },
    Planter { rule: "action/id-echoed", plant: id_echoed },
    Planter { rule: "action/event-id", plant: event_id },
    Planter { rule: "action/response-value", plant: response_value },
    Planter { rule: "action/error-message", plant: error_message },
    Planter { rule: "list/completed", plant: completed },
    Planter { rule: "list/only-after-start", plant: only_after_start },
    Planter { rule: "list/item-count", plant: item_count },
    Planter { rule: "list/no-privilege", plant: no_privilege },
    Planter { rule: "session/banner", plant: banner },
    Planter { rule: "session/no-events-before-login", plant: no_events_before_login },
    Planter { rule: "session/login-required", plant: login_required },
    Planter { rule: "session/nothing-after-goodbye", plant: nothing_after_goodbye },
    Planter { rule: "session/event-class", plant: event_class },
    Planter { rule: "session/read-mask", plant: read_mask },
    Planter { rule: "session/timestamp-on-all", plant: timestamp_on_all },
];

const ODD: &[&str] = &["multiline", "queries", "iaxcall", "queue", "oddnames"];

/// Traces with answers that no parser can pair are left to other tests.
fn is_odd(garden: &Garden<'_>) -> bool {
    ODD.iter().any(|odd| garden.trace.name.contains(odd))
}

fn action_of<'t>(garden: &Garden<'t>, id: &str) -> Option<&'t Arc<Msg>> {
    let mut with = garden.trace.client.iter().filter(|action| action.get("ActionID") == id && !id.is_empty());
    with.next().filter(|_| with.next().is_none())
}

fn responses(garden: &Garden<'_>) -> Vec<usize> {
    let messages = garden.messages();
    (0..messages.len()).filter(|at| messages[*at].is_response() && messages[*at].has("ActionID")).collect()
}

fn one_response(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    if is_odd(garden) {
        return;
    }
    for at in garden.some(responses(garden)) {
        let response = &messages[at];
        let Some(action) = action_of(garden, response.get("ActionID")) else { continue };
        if response.get("Response") == "Goodbye" || response.get("EventList").eq_ignore_ascii_case("start") {
            continue;
        }
        let copy = response.copy();
        let edit = garden.edit().behind(response, &copy);
        garden.expect("response told twice", edit, &copy).both();
        if let Some(next) = garden.trace.next(at, Msg::is_response).filter(|next| messages[*next].has("ActionID"))
            && action_of(garden, messages[next].get("ActionID")).is_some()
            && !action.get("Action").eq_ignore_ascii_case("Login")
        {
            let edit = garden.edit().drop(response);
            garden.expect("response dropped", edit, &messages[next]).related([action]).both();
        }
    }
}

fn id_echoed(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    if is_odd(garden) {
        return;
    }
    for at in garden.some(responses(garden)) {
        let response = &messages[at];
        let id = response.get("ActionID");
        let Some(action) = action_of(garden, id) else { continue };
        let list = response.get("EventList").eq_ignore_ascii_case("start");
        if list || response.get("Response") == "Goodbye" {
            continue;
        }
        let new = response.with("ActionID", &format!("{id}x"));
        garden.alter("ActionID altered", response, &new).related([action]).both();
        garden.alter("ActionID removed", response, &response.without("ActionID")).related([action]).both();
        if id.to_ascii_uppercase() != id {
            let new = response.with("ActionID", &id.to_ascii_uppercase());
            garden.alter("letter case of the ActionID altered", response, &new).related([action]).both();
        }
    }
}

/// Lists: start, items, and completing event.
fn lists(garden: &Garden<'_>) -> Vec<(usize, Vec<usize>, usize)> {
    let messages = garden.messages();
    let mut found = Vec::new();
    for (start, message) in messages.iter().enumerate() {
        let id = message.get("ActionID");
        if !message.is_response() || !message.get("EventList").eq_ignore_ascii_case("start") || id.is_empty() {
            continue;
        }
        let same = |other: &Msg| other.get("ActionID") == id;
        let ends = |other: &Msg| same(other) && other.get("EventList").eq_ignore_ascii_case("complete");
        let Some(end) = garden.trace.next(start, ends) else { continue };
        let items: Vec<usize> = (start + 1..end).filter(|at| same(&messages[*at])).collect();
        let between = (start + 1..end).any(|at| messages[at].is_response() || messages[at].event().is_empty());
        if !between && messages[end].get("ListItems") == items.len().to_string() {
            found.push((start, items, end));
        }
    }
    found
}

fn event_id(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for (start, items, end) in garden.some(lists(garden)) {
        let start = &messages[start];
        let end = &messages[end];
        if let Some(item) = items.first().map(|at| &messages[*at]).filter(|item| !item.has("Privilege")) {
            let id = item.get("ActionID");
            for (way, new) in [
                ("ActionID of an item altered", item.with("ActionID", &format!("{id}x"))),
                ("ActionID of an item removed", item.without("ActionID")),
                ("ActionID of an item emptied", item.with("ActionID", "")),
            ] {
                garden.alter(way, item, &new).related([start]).also(&["list/item-count"]);
            }
        }
        let id = end.get("ActionID");
        let also = ["list/completed", "list/only-after-start", "list/item-count"];
        let new = end.with("ActionID", &format!("{id}x"));
        garden.alter("ActionID of the completing event altered", end, &new).related([start]).also(&also);
        let new = end.without("ActionID");
        garden.alter("ActionID of the completing event removed", end, &new).related([start]).also(&also);
    }
}

fn response_value(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let login = messages.iter().position(|message| message.get("Response") == "Success" && !message.has("Challenge"));
    let mut places = responses(garden);
    places.retain(|at| Some(*at) > login && ["Success", "Error"].contains(&messages[*at].get("Response")));
    for at in garden.some(places) {
        let response = &messages[at];
        for (way, value) in
            [("Response unknown", "Planted"), ("Response empty", ""), ("Response in lower case", "success")]
        {
            let new = response.with("Response", value);
            garden.alter(way, response, &new).also(&["schema/bad-value"]);
        }
    }
}

fn error_message(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let errors =
        (0..messages.len()).filter(|at| messages[*at].is_response() && messages[*at].get("Response") == "Error");
    for at in garden.some(errors.collect()) {
        if messages[at].has("Message") {
            garden.alter("Message removed", &messages[at], &messages[at].without("Message"));
        }
    }
}

fn completed(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let goodbye = messages.iter().position(|message| message.get("Response") == "Goodbye");
    for (start, _, end) in garden.some(lists(garden)) {
        let start = &messages[start];
        if let Some(goodbye) = goodbye.filter(|goodbye| *goodbye > end) {
            let edit = garden.edit().drop(&messages[end]);
            garden.expect("completing event dropped before a Goodbye", edit, start).related([&messages[goodbye]]);
        }
        let edit = garden.edit().drop(&messages[end]);
        let case = garden.expect("completing event dropped, complete trace", edit, start);
        case.complete = true;
        case.also(super::dial::COMPLETE);
    }
}

fn only_after_start(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for (start, items, end) in garden.some(lists(garden)) {
        let end = &messages[end];
        if items.is_empty() {
            let new = messages[start].without("EventList");
            let edit = garden.edit().replace(&messages[start], &new);
            garden.expect("start response without EventList", edit, end).also(&["schema/missing-field"]);
        }
        let copy = end.copy();
        let edit = garden.edit().behind(end, &copy);
        garden.expect("completing event told twice", edit, &copy);
    }
}

fn item_count(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for (start, items, end) in garden.some(lists(garden)) {
        let (start, end) = (&messages[start], &messages[end]);
        let count = items.len();
        let new = end.with("ListItems", &(count + 1).to_string());
        garden.alter("ListItems too high", end, &new).related([start]);
        if let Some(item) = items.first().map(|at| &messages[*at]) {
            let new = end.with("ListItems", &(count - 1).to_string());
            garden.alter("ListItems too low", end, &new).related([start]);
            let edit = garden.edit().drop(item);
            garden.expect("item dropped", edit, end).related([start]);
            let edit = garden.edit().behind(item, &item.copy());
            let case = garden.expect("item told twice", edit, end).related([start]);
            if item.has("Privilege") {
                case.also(&["list/no-privilege"]);
            }
        }
    }
}

fn no_privilege(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for (start, items, _) in garden.some(lists(garden)) {
        let Some(item) = items.first().map(|at| &messages[*at]).filter(|item| !item.has("Privilege")) else { continue };
        // What is told unasked as well (ParkedCall) is so with a Privilege.
        if !garden.trace.all(item.event()).is_empty() {
            continue;
        }
        let case = garden.alter("item with a Privilege", item, &item.and("Privilege", "call,all"));
        case.related([&messages[start]]).also(&["session/event-class", "session/timestamp-on-all"]);
    }
}

fn banner(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let Some(first) = messages.first().filter(|first| first.bytes.starts_with(b"Asterisk Call Manager/")) else {
        return;
    };
    for (way, text) in [
        ("banner without a version", "Asterisk Call Manager\r\n"),
        ("banner with a word for a version", "Asterisk Call Manager/eleven\r\n"),
        ("banner of another program", "Proxy/1.0\r\n"),
    ] {
        // What begins as a banner does is one, and has no end but that of its line.
        let (edit, new) = if text.starts_with("Asterisk Call Manager/") {
            let new = Arc::new(Msg::new(text.as_bytes().to_vec(), None));
            (garden.edit().replace(first, &new), new)
        } else {
            garden.with_first_line(first, text)
        };
        garden.expect(way, edit, &new).also(&["wire/banner-malformed"]);
    }
}

fn no_events_before_login(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let login = messages.iter().position(|message| message.get("Response") == "Success" && !message.has("Challenge"));
    let Some(login) = login.filter(|login| *login > 0 && *login < 4) else { return };
    let Some(first) = messages.first().filter(|first| first.bytes.starts_with(b"Asterisk Call Manager/")) else {
        return;
    };
    let event = garden.trace.next(login, |message| message.has("Privilege") && !message.event().is_empty());
    let Some(event) = event.map(|at| &messages[at]) else { return };
    let edit = garden.edit().drop(event).behind(first, event);
    garden.expect("event moved behind the banner", edit, event).related([first]);
    let copy = event.copy();
    let edit = garden.edit().before(&messages[login], &copy);
    let case = garden.expect("event inserted before the login's response", edit, &copy);
    case.related([first]).also(&["legacy/channel-life"]);
}

fn login_required(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    if !garden.trace.name.ends_with("/noauth") {
        return;
    }
    for at in responses(garden) {
        let response = &messages[at];
        let Some(action) = action_of(garden, response.get("ActionID")) else { continue };
        let name = action.get("Action").to_ascii_lowercase();
        if response.get("Response") == "Error" && !["login", "logoff", "challenge", "logout"].contains(&name.as_str()) {
            let case = garden.alter("action accepted before login", response, &response.with("Response", "Success"));
            case.related([action]).both().also(&["session/no-events-before-login"]);
            break;
        }
    }
}

fn nothing_after_goodbye(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let Some(goodbye) = messages.iter().find(|message| message.get("Response") == "Goodbye") else { return };
    let Some(other) = responses(garden).first().map(|at| messages[*at].copy()) else { return };
    let edit = garden.edit().behind(goodbye, &other);
    garden.expect("response inserted behind the Goodbye", edit, &other).related([goodbye]);
    let copy = goodbye.copy();
    let edit = garden.edit().behind(goodbye, &copy);
    garden.expect("Goodbye told twice", edit, &copy).related([goodbye]);
}

fn event_class(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    for event in ["Newchannel", "Hangup", "DialBegin", "BridgeEnter", "QueueCallerJoin"] {
        for at in garden.sites(event) {
            let message = &messages[at];
            for (way, class) in [("class of another event", "cdr,all"), ("no class", "planted,all"), ("empty", "")] {
                garden.alter(way, message, &message.with("Privilege", class)).also(&["schema/bad-value"]);
            }
        }
    }
}

fn read_mask(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    let class = |message: &Msg| message.get("Privilege").split(',').next().unwrap_or_default().to_ascii_lowercase();
    let known: BTreeSet<String> = messages.iter().map(|message| class(message)).filter(|c| !c.is_empty()).collect();
    if !known.contains("call") || known.contains("cc") {
        return;
    }
    let known = known.into_iter().collect::<Vec<_>>().join(",");
    for event in ["Newchannel", "Hangup", "Newstate"] {
        for at in garden.sites(event) {
            let message = &messages[at];
            let case = garden.alter("a class that nobody reads", message, &message.with("Privilege", "cc,all"));
            case.also(&["session/event-class"]).read.clone_from(&known);
            let case = garden.alter("a header that a filter keeps out", message, &message.and("Planted", "1"));
            case.also(&["schema/unknown-field"]).filter = "!Planted: 1";
        }
    }
}

fn timestamp_on_all(garden: &mut Garden<'_>) {
    let messages = garden.messages();
    if !messages.iter().any(|message| message.is("Newchannel") && message.has("Timestamp")) {
        return;
    }
    let first = messages.iter().position(|message| message.has("Timestamp") && message.has("Privilege"));
    for event in ["Newchannel", "Newstate", "Hangup", "VarSet", "DialBegin", "BridgeEnter", "CEL"] {
        for at in garden.sites(event).into_iter().filter(|at| Some(*at) > first) {
            garden.alter("Timestamp removed", &messages[at], &messages[at].without("Timestamp"));
        }
    }
}
