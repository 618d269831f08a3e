//! What a session promises about the dialplan.

pub(super) mod newexten_on_transition;
