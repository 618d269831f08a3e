//! Bridges: created, entered, left, destroyed (source: Bridging).

pub(super) mod create_before_use;
pub(super) mod empty_before_destroy;
pub(super) mod enter_once;
pub(super) mod leave_before_hangup;
pub(super) mod leave_only_if_entered;
pub(super) mod member_count;
pub(super) mod nothing_after_destroy;
pub(super) mod one_at_a_time;
