//! What a session promises about calls that a client asks for.

pub(super) mod one_response;
