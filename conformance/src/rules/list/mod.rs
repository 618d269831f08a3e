//! Lists: a response begins them, events are their items, and an event ends them.

pub(super) mod completed;
pub(super) mod item_count;
pub(super) mod no_privilege;
pub(super) mod only_after_start;
