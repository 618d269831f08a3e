//! Laws of the typed layer.

use ami_types::Event;
use ami_wire::Kind;

/// A typed event never fails, keeps its name, and gives every header of the message back.
pub fn typed_decode(input: &[u8]) {
    for message in ami_wire::messages(input).flatten() {
        if message.kind() != Kind::Event {
            continue;
        }
        let event = Event::decode(&message);
        assert_eq!(event.message().as_bytes(), message.as_bytes());
        let known = ami_types::schema::event(message.name().unwrap_or_default());
        assert_eq!(event.id().is_some(), known.is_some());
        // Reading every field must not panic, whatever stands in them.
        let _ = format!("{event:?}");
    }
}
