//! Entities by their names on the wire.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use slotmap::{Key, SlotMap};

/// An entity that has a name.
pub(crate) trait Named {
    fn id(&self) -> &[u8];
}

/// Entities that can be found by their name on the wire and by a small key.
#[derive(Debug)]
pub(crate) struct Entities<K: Key, T> {
    all: SlotMap<K, T>,
    by_id: HashTable<K>,
    hasher: hashbrown::DefaultHashBuilder,
}

impl<K: Key, T> Default for Entities<K, T> {
    fn default() -> Self {
        Self { all: SlotMap::with_key(), by_id: HashTable::new(), hasher: hashbrown::DefaultHashBuilder::default() }
    }
}

impl<K: Key, T: Named> Entities<K, T> {
    pub(crate) fn find(&self, id: &[u8]) -> Option<K> {
        let same = |key: &K| self.all.get(*key).is_some_and(|entity| entity.id() == id);
        self.by_id.find(self.hasher.hash_one(id), same).copied()
    }

    pub(crate) fn get(&self, key: K) -> Option<&T> {
        self.all.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut T> {
        self.all.get_mut(key)
    }

    /// Adds an entity whose name is not there yet.
    pub(crate) fn insert(&mut self, entity: T) -> K {
        let hash = self.hasher.hash_one(entity.id());
        let key = self.all.insert(entity);
        let (all, hasher) = (&self.all, &self.hasher);
        self.by_id.insert_unique(hash, key, |key| all.get(*key).map_or(0, |entity| hasher.hash_one(entity.id())));
        key
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<T> {
        let entity = self.all.remove(key)?;
        if let Ok(entry) = self.by_id.find_entry(self.hasher.hash_one(entity.id()), |other| *other == key) {
            entry.remove();
        }
        Some(entity)
    }

    pub(crate) fn keys(&self) -> Vec<K> {
        self.all.keys().collect()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.all.values()
    }

    /// Changes all of them; their names on the wire must stay.
    pub(crate) fn for_each_mut(&mut self, mut change: impl FnMut(&mut T)) {
        self.all.values_mut().for_each(&mut change);
    }
}
