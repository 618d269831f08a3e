//! Dials: a `DialEnd` for each `DialBegin` (source: Dialing and Origination).

pub(super) mod begin_before_end;
pub(super) mod caller_fields;
pub(super) mod dest_fields;
pub(super) mod end_for_each_begin;
pub(super) mod no_second_begin;
pub(super) mod status_known;
