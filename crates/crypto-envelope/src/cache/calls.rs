//! Key providers that are being asked, and who may wait for what they answer.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use super::{
    clock::Moment,
    flight::Flight,
    id::EntryId,
    settings::{Settings, Usage},
};

/// The calls that can be joined: of those for the same entry, the newest.
pub(super) struct Calls<A> {
    newest: HashMap<EntryId, Call<A>>,
    next: u64,
}

/// A key provider that is being asked. Those who wait keep it going.
struct Call<A> {
    number: CallNumber,
    departed: Moment,
    /// What is promised to those who wait, of the entry that will come. Who left is counted, too.
    promised: Arc<Usage>,
    flight: Weak<Flight<A>>,
}

/// Tells calls for the same entry apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallNumber(u64);

impl<A> Calls<A> {
    pub(super) fn new() -> Self {
        Self { newest: HashMap::new(), next: 0 }
    }

    pub(super) fn next_number(&mut self) -> CallNumber {
        self.next += 1;
        CallNumber(self.next)
    }

    /// The newest call, unless it seems to be stuck, if its entry will serve this message too. That
    /// is counted at once.
    pub(super) fn join(
        &self,
        id: &EntryId,
        plaintext: Option<u64>,
        now: Moment,
        settings: &Settings,
    ) -> Option<Arc<Flight<A>>> {
        let call = self.newest.get(id)?;
        // What is too old on arrival would not serve who joins.
        let patience = LONGEST_TO_JOIN.min(settings.max_age);
        if now.since(call.departed) >= patience || !call.promised.admits(plaintext, settings) {
            return None;
        }
        // Last, since it must not be dropped here: what ends with it needs the lock that we are
        // under.
        call.flight.upgrade()
    }

    /// From now on this one is joined.
    pub(super) fn add(
        &mut self,
        id: EntryId,
        number: CallNumber,
        departed: Moment,
        promised: Arc<Usage>,
        flight: &Arc<Flight<A>>,
    ) {
        let flight = Arc::downgrade(flight);
        self.newest.insert(id, Call { number, departed, promised, flight });
    }

    /// Nobody joins this one any more. Says whether it was the newest until now.
    pub(super) fn remove(&mut self, id: &EntryId, number: CallNumber) -> bool {
        let is_newest = self.newest.get(id).is_some_and(|call| call.number == number);
        if is_newest {
            self.newest.remove(id);
        }
        is_newest
    }

    pub(super) fn clear(&mut self) {
        self.newest.clear();
    }
}

/// A call that takes longer is left to those who wait for it already.
const LONGEST_TO_JOIN: Duration = Duration::from_secs(15);
