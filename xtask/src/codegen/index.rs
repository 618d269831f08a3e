//! Perfect hashes: hash and displace.

use anyhow::{Context, Result, ensure};

#[path = "../../../crates/ami-types/src/hash.rs"]
mod hash;

/// A table in which every name has a place of its own; empty names have none.
pub(super) struct Index {
    pub(super) displacements: Vec<u16>,
    pub(super) places: Vec<u16>,
}

impl Index {
    pub(super) fn new(names: &[&str]) -> Result<Self> {
        let buckets = (names.len() / 3).next_power_of_two();
        let size = (names.len() * 3 / 2).next_power_of_two();
        let mut groups: Vec<Vec<(usize, u64)>> = vec![Vec::new(); buckets];
        for (number, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let hash = hash::hash(name.as_bytes());
            if let Some(other) = groups.iter().flatten().find(|(_, old)| *old == hash) {
                ensure!(false, "`{name}` and `{}` look the same to the hash", names[other.0]);
            }
            groups[hash::bucket(hash, buckets - 1)].push((number, hash));
        }
        let mut order: Vec<usize> = (0..buckets).collect();
        order.sort_by_key(|&bucket| (usize::MAX - groups[bucket].len(), bucket));
        let mut displacements = vec![0; buckets];
        let mut places = vec![u16::MAX; size];
        for bucket in order {
            let group = &groups[bucket];
            let displacement = (0..u16::MAX).find(|&displacement| {
                let mut wanted: Vec<usize> =
                    group.iter().map(|&(_, hash)| hash::place(hash, displacement, size - 1)).collect();
                wanted.sort_unstable();
                wanted.windows(2).all(|pair| pair[0] != pair[1]) && wanted.iter().all(|&at| places[at] == u16::MAX)
            });
            let displacement = displacement.context("no displacement fits")?;
            displacements[bucket] = displacement;
            for &(number, hash) in group {
                places[hash::place(hash, displacement, size - 1)] = u16::try_from(number)?;
            }
        }
        Ok(Self { displacements, places })
    }
}
