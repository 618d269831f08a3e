//! Actions and their responses: pairing takes both directions of a connection.

pub(super) mod error_message;
pub(super) mod event_id;
pub(super) mod id_echoed;
pub(super) mod one_response;
pub(super) mod response_value;
