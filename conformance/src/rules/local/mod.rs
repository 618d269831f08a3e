//! Local channels: two halves that live together (source: Local Channels).

pub(super) mod halves_announced;
pub(super) mod halves_end_together;
pub(super) mod optimization_enabled;
pub(super) mod optimization_paired;
