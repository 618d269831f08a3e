//! What a session promises about holding, music, recording, talking and spying.

pub(super) mod hold_alternates;
