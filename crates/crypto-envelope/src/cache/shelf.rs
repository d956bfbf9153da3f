//! Entries of one kind, and the calls that will bring more of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{
    clock::Clock,
    entries::{Entries, Entry, Removal},
    flight::Flight,
    id::EntryId,
    settings::Settings,
    tally::{Event, Operation, Tally},
};
use crate::{Error, Result, provider::KeyProvider};

/// Where materials of one kind are kept.
pub(super) struct Shelf<M> {
    operation: Operation,
    settings: Settings,
    clock: Clock,
    tally: Arc<Tally>,
    /// Held for lookups and changes, never while something is waited for, dropped or told.
    state: Mutex<State<M>>,
}

struct State<M> {
    entries: Entries<M>,
    calls: HashMap<EntryId, Call<M>>,
    next_call: u64,
    /// How often all was forgotten.
    epoch: u64,
}

/// A key provider that is being asked. Those who wait keep it going.
struct Call<M> {
    number: u64,
    flight: Weak<Flight<Answer<M>>>,
}

type Answer<M> = Result<Arc<Entry<M>>, Failure>;

/// What somebody needs.
pub(super) struct Wanted<'a> {
    pub(super) id: EntryId,
    pub(super) provider: &'a Arc<dyn KeyProvider>,
    /// To be counted, if the entry is one that is used up.
    pub(super) plaintext: Option<u64>,
}

/// Why there are no materials.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    error: Arc<Error>,
    scope: Scope,
}

/// For whom a failure is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Whoever asks for the same.
    All,
    /// The message alone for which it was asked.
    OneMessage,
}

impl Failure {
    pub(super) fn new(error: Error, scope: Scope) -> Self {
        Self { error: Arc::new(error), scope }
    }

    pub(super) fn into_error(self) -> Error {
        Arc::try_unwrap(self.error).unwrap_or_else(|shared| shared.duplicate())
    }
}

/// What came of asking.
pub(super) enum Obtained<M> {
    Entry(Arc<Entry<M>>),
    Failed(Error),
    /// Somebody else's message failed, which says nothing of this one.
    Unknown,
}

/// What there is to do.
enum Turn<M> {
    Use(Arc<Entry<M>>),
    Wait(Arc<Flight<Answer<M>>>, Role),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It is asked for us.
    Leader,
    Follower,
}

impl<M: Send + Sync + 'static> Shelf<M> {
    pub(super) fn new(
        operation: Operation,
        settings: &Settings,
        clock: Clock,
        tally: Arc<Tally>,
    ) -> Self {
        let entries = Entries::new(settings.capacity, settings.max_age);
        let state = State { entries, calls: HashMap::new(), next_call: 0, epoch: 0 };
        Self { operation, settings: settings.clone(), clock, tally, state: Mutex::new(state) }
    }

    /// The entry that is wanted, or what `call` brings. However many want the same, one calls.
    pub(super) async fn obtain<F>(
        self: &Arc<Self>,
        wanted: &Wanted<'_>,
        call: impl Fn() -> F,
    ) -> Obtained<M>
    where
        F: Future<Output = Result<M, Failure>> + Send + 'static,
    {
        const PANICKED: Error =
            Error::Internal { what: "the key provider panicked while somebody else asked it" };
        loop {
            let (flight, role) = match self.turn(wanted, &call) {
                Turn::Use(entry) => return Obtained::Entry(entry),
                Turn::Wait(flight, role) => (flight, role),
            };
            match flight.wait().await {
                Some(Ok(entry)) if self.may_use(wanted, &entry, role) => {
                    return Obtained::Entry(entry);
                }
                // The others used it up, or it came a long time ago: once more.
                Some(Ok(_)) => {}
                Some(Err(failure)) => {
                    let is_ours = role == Role::Leader || failure.scope == Scope::All;
                    return if is_ours {
                        Obtained::Failed(failure.into_error())
                    } else {
                        Obtained::Unknown
                    };
                }
                None => return Obtained::Failed(PANICKED),
            }
        }
    }

    /// Tells the time before all was forgotten from the time after it.
    pub(super) fn epoch(&self) -> u64 {
        self.locked(|state| state.epoch)
    }

    /// Keeps materials that were obtained elsewhere, unless all was forgotten since.
    pub(super) fn keep(&self, wanted: &Wanted<'_>, materials: M, epoch: u64) {
        self.locked(|state| {
            let entry = Entry::new(materials, self.clock.now(), Arc::clone(wanted.provider));
            let entry = Arc::new(entry);
            if state.epoch == epoch {
                state.entries.insert(wanted.id, Arc::clone(&entry));
            }
            entry
        });
    }

    /// Forgets all entries. What is being asked for now is not kept either.
    pub(super) fn clear(&self) {
        self.locked(|state| {
            state.entries.clear();
            state.calls.clear();
            state.epoch += 1;
        });
    }

    pub(super) fn len(&self) -> usize {
        self.locked(|state| state.entries.len())
    }

    pub(super) fn note(&self, event: Event) {
        self.tally.note(self.operation, event);
    }

    fn turn<F>(self: &Arc<Self>, wanted: &Wanted<'_>, call: impl Fn() -> F) -> Turn<M>
    where
        F: Future<Output = Result<M, Failure>> + Send + 'static,
    {
        let turn = self.locked(|state| {
            if let Some(entry) = state.entries.find(&wanted.id) {
                if self.count(wanted, &entry) {
                    return Turn::Use(entry);
                }
                state.entries.remove_this(&wanted.id, &entry, Removal::Exhausted);
            }
            match state.calls.get(&wanted.id).and_then(|call| call.flight.upgrade()) {
                Some(flight) => Turn::Wait(flight, Role::Follower),
                None => Turn::Wait(self.depart(state, wanted, call()), Role::Leader),
            }
        });
        match &turn {
            Turn::Use(_) => self.note(Event::Hit),
            Turn::Wait(_, role) => {
                self.note(Event::Miss);
                self.note(if *role == Role::Leader { Event::Call } else { Event::Wait });
            }
        }
        turn
    }

    fn depart<F>(
        self: &Arc<Self>,
        state: &mut State<M>,
        wanted: &Wanted<'_>,
        call: F,
    ) -> Arc<Flight<Answer<M>>>
    where
        F: Future<Output = Result<M, Failure>> + Send + 'static,
    {
        let number = state.next_call;
        state.next_call += 1;
        let landing = Landing { shelf: Arc::clone(self), id: wanted.id, number };
        let provider = Arc::clone(wanted.provider);
        let flight = Arc::new(Flight::new(async move {
            let materials = call.await?;
            Ok(landing.land(materials, provider))
        }));
        state.calls.insert(wanted.id, Call { number, flight: Arc::downgrade(&flight) });
        flight
    }

    /// Whether what was waited for can be used. Who asked for it uses it however short the time is
    /// that it may be kept.
    fn may_use(&self, wanted: &Wanted<'_>, entry: &Arc<Entry<M>>, role: Role) -> bool {
        if role == Role::Follower && self.clock.since(entry.made) >= self.settings.max_age {
            return false;
        }
        let may_use = self.count(wanted, entry);
        if !may_use {
            let id = &wanted.id;
            self.locked(|state| state.entries.remove_this(id, entry, Removal::Exhausted));
        }
        may_use
    }

    fn count(&self, wanted: &Wanted<'_>, entry: &Entry<M>) -> bool {
        wanted.plaintext.is_none_or(|bytes| entry.usage.count(bytes, &self.settings))
    }

    /// Changes the state, in which nothing is too old.
    fn locked<T>(&self, step: impl FnOnce(&mut State<M>) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.entries.expire(self.clock.now());
        let done = step(&mut state);
        let removed = state.entries.take_removed();
        drop(state);
        for (why, _) in &removed {
            self.tally.note_removal(self.operation, *why);
        }
        done
    }
}

/// Ends a call, however it ends.
struct Landing<M: Send + Sync + 'static> {
    shelf: Arc<Shelf<M>>,
    id: EntryId,
    number: u64,
}

impl<M: Send + Sync + 'static> Landing<M> {
    /// Keeps what the call brought, unless the cache was cleared meanwhile.
    fn land(&self, materials: M, provider: Arc<dyn KeyProvider>) -> Arc<Entry<M>> {
        self.shelf.locked(|state| {
            let entry = Arc::new(Entry::new(materials, self.shelf.clock.now(), provider));
            if self.take_off_list(state) {
                state.entries.insert(self.id, Arc::clone(&entry));
            }
            entry
        })
    }

    /// Whether it was on it.
    fn take_off_list(&self, state: &mut State<M>) -> bool {
        let is_listed = state.calls.get(&self.id).is_some_and(|call| call.number == self.number);
        if is_listed {
            state.calls.remove(&self.id);
        }
        is_listed
    }
}

impl<M: Send + Sync + 'static> Drop for Landing<M> {
    fn drop(&mut self) {
        self.shelf.locked(|state| self.take_off_list(state));
    }
}
