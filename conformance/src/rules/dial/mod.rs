//! Dials: a `DialEnd` for each `DialBegin` (source: Dialing and Origination).

pub(super) mod begin_before_end;
pub(super) mod end_for_each_begin;
