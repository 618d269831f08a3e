//! DTMF digits (source: DTMF).

pub(super) mod begin_before_end;
pub(super) mod duration;
