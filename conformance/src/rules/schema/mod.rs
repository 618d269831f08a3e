//! Events against the product's own schema: names, headers and values (source: the product's own schema).
//!
//! One look at a message answers the questions of all these rules; each of them tells what it means.

pub(super) mod bad_value;
pub(super) mod missing_field;
pub(super) mod release;
pub(super) mod removed_event;
pub(super) mod unknown_event;
pub(super) mod unknown_field;

use crate::finding::Reference;
use crate::rules::context::Broken;
use crate::rules::{Cx, Scene};

/// The look at the message tells all there is to see.
fn sees_nothing(_scene: &Scene<'_, '_>, _cx: &mut Cx<'_>) {}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A break that one message shows by itself; it is about a header, or about the event.
fn alone(at: &Reference, entity: &str, explanation: String) -> Broken {
    Broken { at: at.clone(), entity: entity.to_owned(), explanation, related: Vec::new(), channel: None }
}
