//! Typed and raw reading side by side: each accessor of each event, in every recorded session.

#[path = "../src/generated/check.rs"]
mod check;
#[allow(dead_code, reason = "each test uses a part of it")]
mod corpus;

// What `check` finds in the crate's root.
use ami_types::{Event, events};

#[test]
fn accessors_find_what_look_up_finds() {
    let (mut decoded, mut values) = (0, 0);
    for trace in corpus::traces("s2c") {
        for message in ami_wire::messages(&trace.bytes).filter_map(Result::ok) {
            let event = Event::decode(&message);
            decoded += usize::from(event.def().is_some());
            check::check(&event, &mut |key, found| {
                // The first header `Event` is the event's own name.
                let wanted = if key == "Event" { message.get_all(key).nth(1) } else { message.get(key) };
                assert_eq!(found, wanted, "{key} of {message:?} in {}", trace.name);
                values += usize::from(found.is_some());
            });
        }
    }
    assert!(decoded > 40_000 && values > 500_000, "{decoded} events, {values} values");
}
