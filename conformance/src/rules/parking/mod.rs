//! What a session promises about parked calls.

pub(super) mod one_outcome;
pub(super) mod parked_before_enter;
