//! Bridges: created, entered, left, destroyed (source: Bridging).

pub(super) mod create_before_use;
pub(super) mod empty_before_destroy;
pub(super) mod enter_once;
pub(super) mod leave_before_hangup;
