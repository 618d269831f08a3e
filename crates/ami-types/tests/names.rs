//! The names of events and actions are part of the product: each name of the two lists must exist exactly so.

use ami_types::{Action, Event, schema};

fn rows(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    list.lines().skip(1).map(|line| line.split_once('\t').expect("two columns"))
}

/// What a type's name is can be seen in its `Debug` form alone.
fn starts_with_names(shown: &str, variant: &str, name: &str) -> bool {
    shown.strip_prefix(variant).and_then(|rest| rest.strip_prefix('(')).is_some_and(|rest| {
        rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

#[test]
fn every_event_of_the_list_is_a_variant_of_that_name() {
    let mut count = 0;
    for (variant, wire) in rows(include_str!("names/events.tsv")) {
        let name = if variant == "Unknown" { "NoSuchEvent" } else { wire };
        let inner = if variant == "Unknown" { "Message" } else { variant };
        let text = format!("Event: {name}\r\n\r\n");
        let message = ami_wire::messages(text.as_bytes()).next().expect("a message").expect("well-formed");
        let shown = format!("{:?}", Event::decode(&message));
        assert!(starts_with_names(&shown, variant, inner), "{variant} ({wire}): {shown}");
        count += 1;
    }
    assert_eq!(count, 181, "180 events and Unknown");
}

#[test]
fn every_action_of_the_list_is_a_type_of_that_name() {
    let mut count = 0;
    for (name, wire) in rows(include_str!("names/actions.tsv")) {
        let text = format!("Action: {wire}\r\n\r\n");
        let message = ami_wire::messages(text.as_bytes()).next().expect("a message").expect("well-formed");
        let shown = format!("{:?}", Action::decode(&message).unwrap_or_else(|| panic!("{wire} is unknown")));
        let variant = name.strip_suffix("Action").expect("ends in Action");
        assert!(starts_with_names(&shown, variant, name), "{name} ({wire}): {shown}");
        count += 1;
    }
    assert_eq!(count, 150);
}

#[test]
fn look_up_finds_every_name_in_any_case_and_no_other() {
    for def in schema::events() {
        for name in [def.name.to_owned(), def.name.to_lowercase(), def.name.to_uppercase()] {
            assert_eq!(schema::event(name.as_bytes()).map(|found| found.id), Some(def.id), "{name}");
        }
        assert!(schema::event(format!("{}x", def.name).as_bytes()).is_none());
    }
    for def in schema::actions() {
        for name in [def.name.to_owned(), def.name.to_lowercase(), def.name.to_uppercase()] {
            assert_eq!(schema::action(name.as_bytes()).map(|found| found.id), Some(def.id), "{name}");
        }
    }
    for other in ["", "A", "Hang", "Hangupp", "\u{e9}", "event"] {
        assert!(schema::event(other.as_bytes()).is_none(), "{other}");
    }
    assert!(schema::events().len() >= 272 && schema::actions().len() >= 183);
}
