//! What a message is made of: one rule for each defect of the wire, for both directions and every dialect.
//!
//! The parser finds the defects; here is what each of them means. A message is reported once for each kind of defect.

pub(super) mod banner_malformed;
pub(super) mod bare_cr;
pub(super) mod bare_lf;
pub(super) mod blank_before_message;
pub(super) mod control_byte;
pub(super) mod duplicate_kind_key;
pub(super) mod empty_key;
pub(super) mod key_not_token;
pub(super) mod kind_conflict;
pub(super) mod kind_missing;
pub(super) mod kind_not_first;
pub(super) mod no_colon;
pub(super) mod no_space_after_colon;
pub(super) mod non_utf8;
pub(super) mod oversize_line;
pub(super) mod oversize_message;
pub(super) mod too_many_headers;
pub(super) mod truncated;
pub(super) mod unterminated_output;

use crate::rules::{Cx, Scene};

/// A defect is told by the parser: there is nothing to look at besides.
fn sees_nothing(_scene: &Scene<'_, '_>, _cx: &mut Cx<'_>) {}
