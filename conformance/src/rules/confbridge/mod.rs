//! What a session promises about conferences.

pub(super) mod leave_for_each_join;
