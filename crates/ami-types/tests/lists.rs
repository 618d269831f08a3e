//! Every list that a recorded client asked for, collected.

#[allow(dead_code, reason = "each test uses a part of it")]
mod corpus;

use std::collections::{BTreeMap, BTreeSet};

use ami_types::responses::{CoreSettingsResponse, CoreStatusResponse};
use ami_types::{Action, List, Response, Step};
use ami_wire::Message;

use crate::corpus::traces;

fn messages(bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    ami_wire::messages(bytes).filter_map(Result::ok)
}

#[test]
fn recorded_lists_are_collected_and_counted() {
    let servers: BTreeMap<String, Vec<u8>> = traces("s2c")
        .into_iter()
        .map(|trace| (trace.name.trim_end_matches(".zst").trim_end_matches(".s2c").to_owned(), trace.bytes))
        .collect();
    let (mut lists, mut items) = (0, 0);
    let mut odd = BTreeSet::new();
    for client in traces("c2s") {
        let name = client.name.trim_end_matches(".zst").trim_end_matches(".c2s").to_owned();
        let Some(server) = servers.get(&name) else { continue };
        for sent in messages(&client.bytes) {
            let (Some(action), Some(action_id)) = (Action::decode(&sent), sent.get_str("ActionID")) else { continue };
            let def = action.id().def();
            if def.completes.is_none() {
                continue;
            }
            let mut list = List::new(action.id(), Some(action_id));
            let mut started = false;
            for message in messages(server) {
                match list.step(&message) {
                    Step::Start(_) => started = true,
                    Step::Failed(_) => break,
                    Step::Item(event) => assert!(def.items.contains(&event.id().expect("a known event"))),
                    Step::Complete(event) => assert_eq!(event.id(), def.completes),
                    Step::Cancelled(_) | Step::Other => {}
                }
            }
            items += list.items();
            lists += u64::from(list.is_over() && started);
            // Not every action that can start a list does: Hangup of one channel, DBGet up to 1.6.
            if let Some(announced) = list.announced()
                && announced != list.items()
            {
                odd.insert(format!("{} in {name}: {announced} announced, {} sent", def.name, list.items()));
            }
        }
    }
    assert!(lists > 250 && items > 2_000, "{lists} lists, {items} items");
    // Faults of the servers. Each of them is there: an entry that covers nothing has to go.
    let known = [
        // Counts one whatever it sends.
        "DBGetTree in asterisk-16/",
        // Its items carry no ActionID.
        "IAXpeers in ",
        // A variable with a line break cuts an item in two; the second half has the ActionID.
        "Status in asterisk-13/multiline",
        "Status in asterisk-20/multiline",
        "Status in asterisk-23/multiline",
    ];
    for known in known {
        let before = odd.len();
        odd.retain(|line| !line.starts_with(known));
        assert!(odd.len() < before, "{known} is no longer odd");
    }
    assert!(odd.is_empty(), "{odd:#?}");
}

#[test]
fn a_list_that_fails_or_is_cut_short_says_so() {
    use ami_types::schema::ActionId;
    let failed = b"Response: Error\r\nActionID: 1\r\nMessage: no\r\n\r\n";
    let mut list = List::new(ActionId::QueueStatus, Some("1"));
    assert!(messages(failed).all(|message| matches!(list.step(&message), Step::Failed(_))));
    assert!(list.is_over());

    let cut = b"Response: Success\r\nActionID: 2\r\nEventList: start\r\n\r\n\
        Event: QueueParams\r\nActionID: 1\r\n\r\nEvent: QueueParams\r\nActionID: 2\r\n\r\n\
        Event: QueueStatusComplete\r\nActionID: 2\r\nEventList: cancelled\r\nListItems: 1\r\n\r\n\
        Event: QueueParams\r\nActionID: 2\r\n\r\n";
    let mut list = List::new(ActionId::QueueStatus, Some("2"));
    let steps: Vec<_> = messages(cut).map(|message| list.step(&message)).collect();
    assert!(
        matches!(steps[..], [Step::Start(_), Step::Other, Step::Item(_), Step::Cancelled(_), Step::Other]),
        "{steps:?}"
    );
    assert_eq!((list.items(), list.announced()), (1, Some(1)));

    // Without an ActionID, an event with Privilege is no item.
    let bare = b"Response: Success\r\n\r\nEvent: ParkedCall\r\nPrivilege: call,all\r\n\r\nEvent: ParkedCall\r\n\r\n";
    let mut list = List::new(ActionId::ParkedCalls, None);
    let steps: Vec<_> = messages(bare).map(|message| list.step(&message)).collect();
    assert!(matches!(steps[..], [Step::Start(_), Step::Other, Step::Item(_)]), "{steps:?}");
}

#[test]
fn responses_have_types() {
    let bytes = b"Response: Success\r\nActionID: 1\r\nCoreMaxCalls: 100\r\nCoreMaxLoadAvg: 2.500000\r\nCoreHTTPenabled: Yes\r\n\r\n\
        Response: Success\r\nActionID: 2\r\nCoreCurrentCalls: 3\r\n\r\n";
    let responses: Vec<Message<'_>> = messages(bytes).collect();
    let settings: CoreSettingsResponse<'_> = Response::decode(&responses[0]).expect("a response").typed();
    assert_eq!(settings.core_max_calls().get(), Some(100));
    assert_eq!(settings.core_max_load_avg().get(), Some(2.5));
    assert_eq!(settings.core_http_enabled().get(), Some(true));
    assert_eq!(settings.core_run_user(), None);
    let status: CoreStatusResponse<'_> = Response::decode(&responses[1]).expect("a response").typed();
    assert_eq!(status.core_current_calls().get(), Some(3));
}
