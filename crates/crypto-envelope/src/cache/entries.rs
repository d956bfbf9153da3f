//! The entries, without a lock and without waiting.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use super::{clock::Moment, id::EntryId, settings::Usage};
use crate::provider::KeyProvider;

/// Materials that serve several messages.
pub(super) struct Entry<M> {
    pub(super) materials: M,
    pub(super) usage: Arc<Usage>,
    /// When the key provider was asked for it: what it knew of rights is as old as that.
    pub(super) made: Moment,
    /// As long as it is here, its address is not that of another one.
    _provider: Arc<dyn KeyProvider>,
}

impl<M> Entry<M> {
    pub(super) fn new(materials: M, made: Moment, provider: Arc<dyn KeyProvider>) -> Self {
        Self::used(materials, made, provider, Arc::default())
    }

    /// One that some have used already.
    pub(super) fn used(
        materials: M,
        made: Moment,
        provider: Arc<dyn KeyProvider>,
        usage: Arc<Usage>,
    ) -> Self {
        Self { materials, usage, made, _provider: provider }
    }
}

/// Why an entry is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    Expired,
    Exhausted,
    /// Others were used since.
    Evicted,
    Cleared,
}

/// As many entries as there is room for. The longest unused makes room for a new one.
pub(super) struct Entries<M> {
    capacity: usize,
    max_age: Duration,
    by_id: HashMap<EntryId, Place<M>>,
    /// By when they were used last. One number for each such event.
    by_use: BTreeMap<u64, EntryId>,
    /// By when they were made, which is not the order in which they came. The number keeps those
    /// apart that were made at the same time.
    by_steady_age: BTreeMap<(Instant, u64), EntryId>,
    /// Where the clock was set, this is another order.
    by_wall_age: BTreeMap<(SystemTime, u64), EntryId>,
    next: u64,
    removed: Vec<(Removal, Arc<Entry<M>>)>,
}

struct Place<M> {
    entry: Arc<Entry<M>>,
    used: u64,
    came: u64,
}

impl<M> Entries<M> {
    pub(super) fn new(capacity: usize, max_age: Duration) -> Self {
        Self {
            capacity,
            max_age,
            by_id: HashMap::new(),
            by_use: BTreeMap::new(),
            by_steady_age: BTreeMap::new(),
            by_wall_age: BTreeMap::new(),
            next: 0,
            removed: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is one.
    pub(super) fn has(&self, id: &EntryId) -> bool {
        self.by_id.contains_key(id)
    }

    /// The entry, which counts as used from now on.
    pub(super) fn find(&mut self, id: &EntryId) -> Option<Arc<Entry<M>>> {
        let number = self.next_number();
        let place = self.by_id.get_mut(id)?;
        self.by_use.remove(&place.used);
        self.by_use.insert(number, *id);
        place.used = number;
        Some(Arc::clone(&place.entry))
    }

    /// Adds an entry. Where there is one, that is replaced.
    pub(super) fn insert(&mut self, id: EntryId, entry: Arc<Entry<M>>) {
        self.remove(&id, Removal::Evicted);
        let longest_unused = self.by_use.first_key_value().map(|(_, id)| *id);
        if let Some(longest_unused) = longest_unused.filter(|_| self.len() >= self.capacity) {
            self.remove(&longest_unused, Removal::Evicted);
        }
        let number = self.next_number();
        self.by_use.insert(number, id);
        self.by_steady_age.insert((entry.made.steady, number), id);
        self.by_wall_age.insert((entry.made.wall, number), id);
        self.by_id.insert(id, Place { entry, used: number, came: number });
    }

    /// Removes all that are too old.
    pub(super) fn expire(&mut self, now: Moment) {
        while let Some(id) = self.too_old(now) {
            self.remove(&id, Removal::Expired);
        }
    }

    /// Removes `entry`, if it is still the one that is there.
    pub(super) fn remove_this(&mut self, id: &EntryId, entry: &Arc<Entry<M>>, why: Removal) {
        if self.by_id.get(id).is_some_and(|place| Arc::ptr_eq(&place.entry, entry)) {
            self.remove(id, why);
        }
    }

    pub(super) fn clear(&mut self) {
        self.by_use.clear();
        self.by_steady_age.clear();
        self.by_wall_age.clear();
        let places = self.by_id.drain();
        self.removed.extend(places.map(|(_, place)| (Removal::Cleared, place.entry)));
    }

    /// What was removed since the last time. It is dropped by the caller, outside of any lock: a
    /// key provider may be dropped with it.
    pub(super) fn take_removed(&mut self) -> Vec<(Removal, Arc<Entry<M>>)> {
        std::mem::take(&mut self.removed)
    }

    fn remove(&mut self, id: &EntryId, why: Removal) {
        if let Some(place) = self.by_id.remove(id) {
            self.by_use.remove(&place.used);
            let Moment { steady, wall } = place.entry.made;
            self.by_steady_age.remove(&(steady, place.came));
            self.by_wall_age.remove(&(wall, place.came));
            self.removed.push((why, place.entry));
        }
    }

    /// One that is. All live equally long, so if any is too old, the first made is, by one of the
    /// clocks.
    fn too_old(&self, now: Moment) -> Option<EntryId> {
        let steady = self.by_steady_age.values().next();
        let wall = self.by_wall_age.values().next();
        let is_too_old = |id: &&EntryId| {
            let place = self.by_id.get(*id);
            place.is_some_and(|place| now.since(place.entry.made) >= self.max_age)
        };
        steady.into_iter().chain(wall).find(is_too_old).copied()
    }

    fn next_number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Result, SecretBytes,
        cache::{clock::manual::Hands, id::tests_id},
        provider::RawAesProvider,
    };

    struct Setup {
        providers: Vec<Arc<RawAesProvider>>,
        start: Moment,
    }

    impl Setup {
        fn new() -> Result<Self> {
            let provider =
                |_| Ok(Arc::new(RawAesProvider::new("ns", "name", &SecretBytes::random(32)?)?));
            let providers = (0..5).map(provider).collect::<Result<_>>()?;
            Ok(Self { providers, start: Hands::new().clock().now() })
        }

        /// Ids that differ.
        fn id(&self, index: usize) -> EntryId {
            tests_id(&*self.providers[index])
        }

        fn at(&self, seconds: u64) -> Moment {
            self.by_both(seconds, seconds)
        }

        fn by_both(&self, steady: u64, wall: u64) -> Moment {
            let [steady, wall] = [steady, wall].map(Duration::from_secs);
            Moment { steady: self.start.steady + steady, wall: self.start.wall + wall }
        }

        fn put(&self, entries: &mut Entries<usize>, index: usize, seconds: u64) {
            self.put_at(entries, index, self.at(seconds));
        }

        fn put_at(&self, entries: &mut Entries<usize>, index: usize, made: Moment) {
            let provider = Arc::clone(&self.providers[index]);
            let entry = Entry::new(index, made, provider);
            entries.insert(self.id(index), Arc::new(entry));
        }

        /// Which ones are there, without using them.
        fn present(&self, entries: &Entries<usize>) -> Vec<usize> {
            (0..5).filter(|index| entries.by_id.contains_key(&self.id(*index))).collect()
        }
    }

    fn entries(capacity: usize) -> Entries<usize> {
        Entries::new(capacity, Duration::from_secs(10))
    }

    fn removed(entries: &mut Entries<usize>) -> Vec<(Removal, usize)> {
        let removed = entries.take_removed();
        assert_eq!(entries.by_id.len(), entries.by_use.len());
        assert_eq!(entries.by_id.len(), entries.by_steady_age.len());
        assert_eq!(entries.by_id.len(), entries.by_wall_age.len());
        removed.into_iter().map(|(why, entry)| (why, entry.materials)).collect()
    }

    #[test]
    fn the_longest_unused_makes_room() -> Result<()> {
        let setup = Setup::new()?;
        let mut entries = entries(3);
        (0..3).for_each(|index| setup.put(&mut entries, index, 0));
        assert!(entries.find(&setup.id(0)).is_some());
        setup.put(&mut entries, 3, 0);
        assert_eq!(removed(&mut entries), [(Removal::Evicted, 1)]);
        assert!(entries.find(&setup.id(1)).is_none());
        assert!(entries.find(&setup.id(2)).is_some());
        setup.put(&mut entries, 4, 0);
        assert_eq!(removed(&mut entries), [(Removal::Evicted, 0)]);
        assert_eq!(setup.present(&entries), [2, 3, 4]);
        Ok(())
    }

    #[test]
    fn a_new_entry_replaces_its_own_kind_alone() -> Result<()> {
        let setup = Setup::new()?;
        let mut entries = entries(2);
        setup.put(&mut entries, 0, 0);
        setup.put(&mut entries, 1, 0);
        setup.put(&mut entries, 1, 5);
        assert_eq!(removed(&mut entries), [(Removal::Evicted, 1)]);
        assert_eq!(setup.present(&entries), [0, 1]);
        // Its age is that of the new one.
        entries.expire(setup.at(10));
        assert_eq!(removed(&mut entries), [(Removal::Expired, 0)]);
        assert_eq!(setup.present(&entries), [1]);
        Ok(())
    }

    #[test]
    fn all_that_are_too_old_go_and_no_others() -> Result<()> {
        let setup = Setup::new()?;
        let mut entries = entries(5);
        for (index, second) in [(2, 0), (0, 3), (1, 3), (4, 6)] {
            setup.put(&mut entries, index, second);
        }
        // Use does not keep an entry alive.
        assert!(entries.find(&setup.id(2)).is_some());
        entries.expire(setup.at(9));
        assert_eq!(removed(&mut entries), []);
        entries.expire(setup.at(13));
        let expired = [(Removal::Expired, 2), (Removal::Expired, 0), (Removal::Expired, 1)];
        assert_eq!(removed(&mut entries), expired);
        assert_eq!(setup.present(&entries), [4]);
        // A clock that goes back changes nothing.
        entries.expire(setup.start);
        assert_eq!(setup.present(&entries), [4]);
        Ok(())
    }

    /// Calls that take long bring them.
    #[test]
    fn what_comes_last_can_be_the_first_to_go() -> Result<()> {
        let setup = Setup::new()?;
        let mut entries = entries(5);
        for (index, second) in [(3, 5), (1, 0), (4, 5)] {
            setup.put(&mut entries, index, second);
        }
        entries.expire(setup.at(10));
        assert_eq!(removed(&mut entries), [(Removal::Expired, 1)]);
        entries.expire(setup.at(15));
        assert_eq!(removed(&mut entries), [(Removal::Expired, 3), (Removal::Expired, 4)]);
        Ok(())
    }

    #[test]
    fn one_clock_is_enough_to_be_too_old() -> Result<()> {
        let setup = Setup::new()?;
        let mut entries = entries(5);
        setup.put(&mut entries, 0, 100);
        // Somebody set the clock on the wall back.
        setup.put_at(&mut entries, 1, setup.by_both(101, 50));
        setup.put_at(&mut entries, 2, setup.by_both(102, 51));
        entries.expire(setup.by_both(109, 59));
        assert_eq!(removed(&mut entries), []);
        // The machine slept: the second and the third are too old, the first cannot be said to be.
        entries.expire(setup.by_both(109, 61));
        assert_eq!(removed(&mut entries), [(Removal::Expired, 1), (Removal::Expired, 2)]);
        entries.expire(setup.by_both(110, 61));
        assert_eq!(removed(&mut entries), [(Removal::Expired, 0)]);
        Ok(())
    }

    #[test]
    fn only_the_entry_that_was_seen_is_removed() -> Result<()> {
        let setup = Setup::new()?;
        let mut entries = entries(5);
        setup.put(&mut entries, 0, 0);
        let seen = entries.find(&setup.id(0)).expect("it is there");
        setup.put(&mut entries, 0, 0);
        entries.take_removed();
        entries.remove_this(&setup.id(0), &seen, Removal::Exhausted);
        assert_eq!(setup.present(&entries), [0]);
        let seen = entries.find(&setup.id(0)).expect("it is there");
        entries.remove_this(&setup.id(0), &seen, Removal::Exhausted);
        assert_eq!(removed(&mut entries), [(Removal::Exhausted, 0)]);
        assert!(setup.present(&entries).is_empty());
        Ok(())
    }

    #[test]
    fn nothing_is_left_when_cleared() -> Result<()> {
        let setup = Setup::new()?;
        let mut entries = entries(5);
        (0..4).for_each(|index| setup.put(&mut entries, index, 0));
        entries.clear();
        assert_eq!(removed(&mut entries).len(), 4);
        assert!(setup.present(&entries).is_empty());
        Ok(())
    }
}
