//! Channels: from `Newchannel` to `Hangup`, under one name (source: Basic Channel Lifetime).

pub(super) mod application_after_hangup;
pub(super) mod chanvariable_form;
pub(super) mod hangup_once;
pub(super) mod linkedid_known;
pub(super) mod name_stable;
pub(super) mod newchannel_fields;
pub(super) mod newchannel_first;
pub(super) mod newchannel_once;
pub(super) mod newstate_announces;
pub(super) mod nothing_after_hangup;
pub(super) mod state_description;
pub(super) mod unknown_party;
