//! Reports: what was found, for people and for machines.

pub mod json;
pub mod jsonl;
pub mod junit;
pub mod page;
pub mod sarif;
mod shown;
pub mod text;

use crate::check::Checked;
use crate::finding::Finding;
use crate::source::{Excerpts, Trace};

/// One trace and what was found in it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The trace, to be read again for excerpts.
    pub trace: &'a Trace,
    /// What was found.
    pub checked: &'a Checked,
}

/// The messages that findings stand at and refer to.
fn excerpts<'f>(trace: &Trace, findings: impl IntoIterator<Item = &'f Finding>) -> Excerpts {
    let places = |finding: &'f Finding| {
        std::iter::once(finding.place).chain(finding.related.iter().map(|related| related.place))
    };
    let wanted: Vec<_> = findings.into_iter().flat_map(places).collect();
    trace.excerpts(&wanted)
}
