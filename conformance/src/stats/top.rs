//! The most frequent of any number of names, in bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

/// How much of a name is kept; what is longer is told apart by this much.
const NAME: usize = 128;

/// Counts names. As long as there are no more than it has places for, all counts are exact. After that a new name takes the
/// place of the rarest one and inherits its count, as what it can have been counted before at most (the Space-Saving
/// algorithm of Metwally, Agrawal and El Abbadi): of n countings with k places no count is too high by more than n / k,
/// and each name that was met more often than that is there.
#[derive(Debug)]
pub struct Top<T = ()> {
    places: usize,
    entries: Vec<Entry<T>>,
    by_name: HashMap<Box<[u8]>, usize>,
    /// Each entry once, under a count that it had: the rarest are near the top.
    rarest: BinaryHeap<Reverse<(u64, usize)>>,
    total: u64,
    evicted: bool,
}

/// A name, and how often it was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T = ()> {
    /// The name, as far as it is kept.
    pub name: Box<[u8]>,
    /// How often it was met, at most.
    pub count: u64,
    /// By how much `count` may be too high.
    pub over: u64,
    /// What else is known of it, since it has its place.
    pub of: T,
}

impl<T: Default> Top<T> {
    /// A counter with places for so many names; at least one.
    pub fn new(places: usize) -> Self {
        Self {
            places: places.max(1),
            entries: Vec::new(),
            by_name: HashMap::new(),
            rarest: BinaryHeap::new(),
            total: 0,
            evicted: false,
        }
    }

    /// Counts a name once more.
    pub fn count(&mut self, name: &[u8]) -> &mut T {
        let name = name.get(..NAME).unwrap_or(name);
        self.total += 1;
        let at = match self.by_name.get(name) {
            Some(&at) => at,
            None => self.place(name),
        };
        #[allow(clippy::indexing_slicing, reason = "places are given by this type alone, and none is taken away")]
        let entry = &mut self.entries[at];
        entry.count += 1;
        &mut entry.of
    }

    /// A place for a name that has none.
    fn place(&mut self, name: &[u8]) -> usize {
        let new = |count| Entry { name: name.into(), count, over: count, of: T::default() };
        if self.entries.len() < self.places {
            let at = self.entries.len();
            self.entries.push(new(0));
            self.rarest.push(Reverse((0, at)));
            self.by_name.insert(name.into(), at);
            return at;
        }
        self.evicted = true;
        // Counts only grow, so that an entry stands too near the top at worst.
        while let Some(mut top) = self.rarest.peek_mut() {
            let Reverse((count, at)) = *top;
            let Some(entry) = self.entries.get_mut(at) else { break };
            if entry.count != count {
                *top = Reverse((entry.count, at));
                continue;
            }
            self.by_name.remove(&entry.name);
            *entry = new(count);
            self.by_name.insert(name.into(), at);
            return at;
        }
        0
    }

    /// Adds what another one counted; `merge` joins what else is known of a name that both have.
    ///
    /// Where both were exact and there is room, the sum is. Else each name that one of them lacks may have been met there as
    /// often as the rarest one that has a place, and counts that much higher: the bounds of both add up.
    pub fn absorb(&mut self, other: Self, mut merge: impl FnMut(&mut T, T)) {
        let (ours, theirs) = (self.missed(), other.missed());
        self.total += other.total;
        self.evicted |= other.evicted;
        let mut known: HashMap<Box<[u8]>, Entry<T>> =
            std::mem::take(&mut self.entries).into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        let mut all = Vec::new();
        for mut entry in other.entries {
            if let Some(mut both) = known.remove(&entry.name) {
                both.count += entry.count;
                both.over += entry.over;
                merge(&mut both.of, entry.of);
                all.push(both);
            } else {
                entry.count += ours;
                entry.over += ours;
                all.push(entry);
            }
        }
        all.extend(known.into_values().map(|entry| Entry {
            count: entry.count + theirs,
            over: entry.over + theirs,
            ..entry
        }));
        all.sort_unstable_by(|a, b| (Reverse(a.count), &a.name).cmp(&(Reverse(b.count), &b.name)));
        self.evicted |= all.len() > self.places;
        all.truncate(self.places);
        self.by_name = all.iter().enumerate().map(|(at, entry)| (entry.name.clone(), at)).collect();
        self.rarest = all.iter().enumerate().map(|(at, entry)| Reverse((entry.count, at))).collect();
        self.entries = all;
    }

    /// How often a name can have been met that has no place.
    fn missed(&self) -> u64 {
        if !self.evicted {
            return 0;
        }
        self.entries.iter().map(|entry| entry.count).min().unwrap_or_default()
    }

    /// How often names were counted, of all together.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many names there are, and whether that is all: else there were more of them.
    pub fn distinct(&self) -> (usize, bool) {
        (self.entries.len(), !self.evicted)
    }

    /// The most frequent names, most frequent first; those that are equally frequent by name.
    pub fn most(&self, count: usize) -> Vec<&Entry<T>> {
        let mut all: Vec<_> = self.entries.iter().collect();
        all.sort_unstable_by(|a, b| (Reverse(a.count), &a.name).cmp(&(Reverse(b.count), &b.name)));
        all.truncate(count);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_exact_while_there_is_room() {
        let mut top = Top::<()>::new(3);
        for name in ["b", "a", "b", "c", "c"] {
            top.count(name.as_bytes());
        }
        let all: Vec<_> = top.most(9).iter().map(|entry| (&*entry.name, entry.count, entry.over)).collect();
        assert_eq!(all, [(&b"b"[..], 2, 0), (b"c", 2, 0), (b"a", 1, 0)]);
        assert_eq!((top.distinct(), top.total()), ((3, true), 5));
    }

    #[test]
    fn bounds_hold_when_there_are_more_names_than_places() {
        // Few frequent names among many rare ones, in an order that changes the rarest all the time.
        let names: Vec<u64> = (0..50_000_u64).map(|n| if n % 3 == 0 { n % 7 } else { n * 7919 % 20_011 }).collect();
        let mut truth = HashMap::new();
        let mut top = Top::<()>::new(100);
        for name in &names {
            *truth.entry(*name).or_insert(0_u64) += 1;
            top.count(&name.to_be_bytes());
        }
        let slack = names.len() as u64 / 100;
        let found: HashMap<u64, &Entry> = top
            .most(100)
            .into_iter()
            .map(|entry| (u64::from_be_bytes((&*entry.name).try_into().unwrap()), entry))
            .collect();
        assert_eq!(found.len(), 100, "no name has two places");
        for (name, entry) in &found {
            assert!(entry.over <= slack);
            assert!((entry.count - entry.over..=entry.count).contains(&truth[name]));
        }
        let frequent: Vec<_> = truth.iter().filter(|(_, count)| **count > slack).map(|(name, _)| name).collect();
        assert!(frequent.len() >= 7);
        assert!(frequent.into_iter().all(|name| found.contains_key(name)));
        assert_eq!(top.distinct(), (100, false));
        assert_eq!((top.entries.len(), top.by_name.len(), top.rarest.len()), (100, 100, 100));
    }

    #[test]
    fn two_counters_become_one() {
        let mut tops = [Top::<u64>::new(3), Top::new(3)];
        for (at, name) in [(0, "b"), (0, "a"), (0, "b"), (1, "c"), (1, "b")] {
            *tops[at].count(name.as_bytes()) += 1;
        }
        let [mut top, other] = tops;
        top.absorb(other, |ours, theirs| *ours += theirs);
        let all: Vec<_> = top.most(9).iter().map(|entry| (&*entry.name, entry.count, entry.over, entry.of)).collect();
        assert_eq!(all, [(&b"b"[..], 3, 0, 3), (b"a", 1, 0, 1), (b"c", 1, 0, 1)]);
        assert_eq!((top.distinct(), top.total()), ((3, true), 5));
        // It goes on as one that has counted all of it.
        top.count(b"d");
        let all: Vec<_> = top.most(9).iter().map(|entry| (&*entry.name, entry.count, entry.over)).collect();
        assert_eq!(all, [(&b"b"[..], 3, 0), (b"d", 2, 1), (b"c", 1, 0)]);
        assert_eq!(top.distinct(), (3, false));
    }

    #[test]
    fn bounds_hold_when_counters_without_room_become_one() {
        let names: Vec<u64> = (0..60_000_u64).map(|n| if n % 3 == 0 { n % 7 } else { n * 7919 % 20_011 }).collect();
        let mut truth = HashMap::new();
        let mut tops: Vec<Top> = (0..4).map(|_| Top::new(100)).collect();
        for (at, name) in names.iter().enumerate() {
            *truth.entry(*name).or_insert(0_u64) += 1;
            tops[at / 7 % 4].count(&name.to_be_bytes());
        }
        let mut top = tops.remove(0);
        for other in tops {
            top.absorb(other, |(), ()| ());
        }
        assert_eq!(top.total(), names.len() as u64);
        assert_eq!(top.distinct(), (100, false));
        for entry in top.most(100) {
            let true_count = truth[&u64::from_be_bytes((&*entry.name).try_into().unwrap())];
            assert!((entry.count - entry.over..=entry.count).contains(&true_count), "{entry:?}: {true_count}");
        }
        let frequent = truth.iter().filter(|(_, count)| **count > names.len() as u64 / 100).map(|(name, _)| name);
        let found: Vec<u64> =
            top.most(100).iter().map(|entry| u64::from_be_bytes((&*entry.name).try_into().unwrap())).collect();
        assert!(frequent.clone().count() >= 7);
        assert!(frequent.into_iter().all(|name| found.contains(name)));
    }
}
