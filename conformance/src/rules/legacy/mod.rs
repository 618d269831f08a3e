//! Releases before 12, where channels, links and dials are told by other events (source: the 1.4 manager text).

pub(super) mod channel_life;
pub(super) mod dial_pairs;
pub(super) mod link_unlink;
