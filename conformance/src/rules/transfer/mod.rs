//! What a session promises about transfers.

pub(super) mod blind_before_leave;
pub(super) mod parties_known;
