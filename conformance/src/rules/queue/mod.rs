//! What a session promises about queues.

pub(super) mod agent_outcome;
pub(super) mod leave_for_each_join;
