//! Channels: from `Newchannel` to `Hangup`, under one name (source: Basic Channel Lifetime).

pub(super) mod hangup_once;
pub(super) mod name_stable;
pub(super) mod newchannel_first;
pub(super) mod nothing_after_hangup;
