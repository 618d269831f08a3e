//! Banner, login, and what a connection may carry.

pub(super) mod banner;
pub(super) mod event_class;
pub(super) mod login_required;
pub(super) mod no_events_before_login;
pub(super) mod nothing_after_goodbye;
pub(super) mod read_mask;
pub(super) mod timestamp_on_all;
