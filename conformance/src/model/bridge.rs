//! A bridge, as far as the messages tell.

use std::cell::Cell;
use std::fmt;

use slotmap::new_key_type;
use smallvec::SmallVec;

use super::ChannelKey;
use super::ids::Named;
use crate::finding::Reference;
use crate::rules::RuleSet;

new_key_type! {
    /// A bridge of the model.
    pub struct BridgeKey;
}

/// A bridge.
#[derive(Debug)]
pub struct Bridge {
    id: Box<[u8]>,
    /// Its `BridgeCreate`.
    pub created: Option<Reference>,
    /// The first bridge event that uses it.
    pub first_use: Option<Reference>,
    /// Its `BridgeDestroy`.
    pub destroyed: Option<Reference>,
    /// The channels in it, each with its `BridgeEnter`, in order of entry.
    pub members: SmallVec<[(ChannelKey, Reference); 2]>,
    /// The rules that were reported broken for it: each is reported once.
    pub(crate) reported: Cell<RuleSet>,
}

impl Bridge {
    pub(super) fn new(id: &[u8]) -> Self {
        Self {
            id: id.into(),
            created: None,
            first_use: None,
            destroyed: None,
            members: SmallVec::new(),
            reported: Cell::default(),
        }
    }

    pub(super) fn used(&mut self, at: &Reference) {
        if self.first_use.is_none() {
            self.first_use = Some(at.clone());
        }
    }
}

impl fmt::Display for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.id))
    }
}

impl Named for Bridge {
    fn id(&self) -> &[u8] {
        &self.id
    }
}
