//! What a session promises about AGI.

pub(super) mod async_session;
