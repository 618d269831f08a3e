//! Transfers: who was in which bridge before, and who was named too early.

use super::{BridgeKey, Channel, Model, Named};
use crate::facts::Role;
use crate::finding::Reference;

/// How many bridges are remembered that a channel has left.
const LEFT: usize = 4;

/// Whether a transfer that names a channel in this role makes it a party: transferer, transferee or target. The halves of
/// a Local channel that joins two bridges are none.
pub(crate) fn is_party(role: &Role<'_>) -> bool {
    !role.prefix.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"Local"))
}

impl Channel {
    /// How it left this bridge, where it is not in it again.
    pub fn left(&self, bridge: BridgeKey) -> Option<&Reference> {
        self.left.iter().find(|(left, _)| *left == bridge).map(|(_, leave)| leave)
    }

    pub(super) fn leaves(&mut self, bridge: BridgeKey, at: &Reference) {
        self.left.retain(|(left, _)| *left != bridge);
        if self.left.len() == LEFT {
            self.left.remove(0);
        }
        self.left.push((bridge, at.clone()));
    }
}

impl Model {
    pub(super) fn transfer(&mut self, named: &Named<'_>, at: &Reference) {
        for (key, _) in named.channels.iter().filter(|(_, role)| is_party(role)) {
            if let Some(channel) = self.channels.get_mut(*key)
                && channel.announced.is_none()
                && channel.transfer.is_none()
            {
                channel.transfer = Some(at.clone());
            }
        }
    }
}
