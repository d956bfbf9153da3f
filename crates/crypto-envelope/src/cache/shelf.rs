//! Entries of one kind, and the calls that will bring more of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{
    clock::{Clock, Moment},
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

/// When a key provider was asked: which time it was, and how often all had been forgotten.
#[derive(Clone, Copy)]
pub(super) struct Departure {
    time: Moment,
    epoch: u64,
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

    /// For who is about to ask by himself.
    pub(super) fn departure(&self) -> Departure {
        self.locked(|state| Departure { time: self.clock.now(), epoch: state.epoch })
    }

    /// Keeps materials that were obtained elsewhere, unless all was forgotten since.
    pub(super) fn keep(&self, wanted: &Wanted<'_>, materials: M, departure: Departure) {
        let entry = Entry::new(materials, departure.time, Arc::clone(wanted.provider));
        let entry = Arc::new(entry);
        self.locked(|state| {
            if state.epoch == departure.epoch {
                self.insert(state, wanted.id, &entry);
            }
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
        let made = self.clock.now();
        let landing = Landing { shelf: Arc::clone(self), id: wanted.id, number, made };
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
        if role == Role::Follower && self.is_too_old(entry) {
            return false;
        }
        let may_use = self.count(wanted, entry);
        if !may_use {
            let id = &wanted.id;
            self.locked(|state| state.entries.remove_this(id, entry, Removal::Exhausted));
        }
        may_use
    }

    /// Keeps an entry, unless it was on its way for longer than it may be kept.
    fn insert(&self, state: &mut State<M>, id: EntryId, entry: &Arc<Entry<M>>) {
        if !self.is_too_old(entry) {
            state.entries.insert(id, Arc::clone(entry));
        }
    }

    fn is_too_old(&self, entry: &Entry<M>) -> bool {
        self.clock.now().since(entry.made) >= self.settings.max_age
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
    made: Moment,
}

impl<M: Send + Sync + 'static> Landing<M> {
    /// Keeps what the call brought, unless the cache was cleared meanwhile.
    fn land(&self, materials: M, provider: Arc<dyn KeyProvider>) -> Arc<Entry<M>> {
        let entry = Arc::new(Entry::new(materials, self.made, provider));
        self.shelf.locked(|state| {
            if self.take_off_list(state) {
                self.shelf.insert(state, self.id, &entry);
            }
        });
        entry
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

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        pin::Pin,
        sync::atomic::{AtomicBool, AtomicUsize, Ordering},
        task::{Context, Poll, Waker},
        time::Duration,
    };

    use super::*;
    use crate::{
        SecretBytes,
        cache::{CacheCounters, clock::manual::Hands, id::tests_id},
        provider::RawAesProvider,
    };

    const MAX_AGE: Duration = Duration::from_mins(1);

    /// A shelf of numbers: each call brings the next one, once calls are let go.
    struct Setup {
        shelf: Arc<Shelf<usize>>,
        hands: Hands,
        provider: Arc<dyn KeyProvider>,
        calls: Arc<AtomicUsize>,
        are_let_go: Arc<AtomicBool>,
    }

    /// Polled by hand.
    struct Task<'a>(Pin<Box<dyn Future<Output = Obtained<usize>> + 'a>>);

    impl Task<'_> {
        fn poll(&mut self) -> Option<usize> {
            match self.0.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Obtained::Entry(entry)) => Some(entry.materials),
                Poll::Ready(_) => unreachable!("no call fails"),
                Poll::Pending => None,
            }
        }

        fn must_wait(mut self) -> Self {
            assert_eq!(self.poll(), None);
            self
        }
    }

    impl Setup {
        fn new() -> Result<Self> {
            let (hands, tally) = (Hands::new(), Arc::default());
            let shelf = Shelf::new(Operation::Seal, &Settings::new(MAX_AGE), hands.clock(), tally);
            let provider = Arc::new(RawAesProvider::new("ns", "name", &SecretBytes::random(32)?)?);
            let (calls, are_let_go) = Default::default();
            Ok(Self { shelf: Arc::new(shelf), hands, provider, calls, are_let_go })
        }

        fn wanted(&self) -> Wanted<'_> {
            let id = tests_id(&*self.provider);
            Wanted { id, provider: &self.provider, plaintext: Some(1) }
        }

        fn task(&self) -> Task<'_> {
            Task(Box::pin(async move {
                let call = || {
                    let number = self.calls.fetch_add(1, Ordering::SeqCst);
                    let are_let_go = Arc::clone(&self.are_let_go);
                    poll_fn(move |_| {
                        let is_let_go = are_let_go.load(Ordering::SeqCst);
                        if is_let_go { Poll::Ready(Ok(number)) } else { Poll::Pending }
                    })
                };
                self.shelf.obtain(&self.wanted(), call).await
            }))
        }

        fn release(&self) {
            self.are_let_go.store(true, Ordering::SeqCst);
        }

        fn counters(&self) -> CacheCounters {
            self.shelf.tally.counters()
        }
    }

    /// However late somebody comes to look at the answer.
    #[test]
    fn age_counts_from_the_question() -> Result<()> {
        let setup = Setup::new()?;
        let mut leader = setup.task().must_wait();
        setup.release();
        setup.hands.forward(Duration::from_secs(59));
        assert_eq!(leader.poll(), Some(0));
        assert_eq!(setup.task().poll(), Some(0));
        setup.hands.forward(Duration::from_secs(1));
        assert_eq!(setup.task().poll(), Some(1));
        assert_eq!(setup.counters().expirations, 1);
        Ok(())
    }

    #[test]
    fn what_comes_too_late_serves_who_asked_and_is_not_kept() -> Result<()> {
        let setup = Setup::new()?;
        let (mut leader, mut follower) = (setup.task().must_wait(), setup.task().must_wait());
        setup.release();
        setup.hands.forward(MAX_AGE);
        assert_eq!(leader.poll(), Some(0));
        assert_eq!(setup.shelf.len(), 0);
        assert_eq!(follower.poll(), Some(1));
        assert_eq!(setup.shelf.len(), 1);
        Ok(())
    }

    #[test]
    fn age_goes_on_while_the_machine_sleeps() -> Result<()> {
        let setup = Setup::new()?;
        setup.release();
        assert_eq!(setup.task().poll(), Some(0));
        setup.hands.sleep(Duration::from_secs(59));
        assert_eq!(setup.task().poll(), Some(0));
        setup.hands.sleep(Duration::from_secs(1));
        assert_eq!(setup.task().poll(), Some(1));
        // And while somebody sets the clock back.
        setup.hands.set_back(MAX_AGE);
        setup.hands.forward(Duration::from_secs(59));
        assert_eq!(setup.task().poll(), Some(1));
        setup.hands.forward(Duration::from_secs(1));
        assert_eq!(setup.task().poll(), Some(2));
        Ok(())
    }

    #[test]
    fn what_was_obtained_elsewhere_is_as_old_as_its_question() -> Result<()> {
        let setup = Setup::new()?;
        let keep = |departure| {
            setup.shelf.keep(&setup.wanted(), 7, departure);
            setup.shelf.len()
        };
        let departure = setup.shelf.departure();
        setup.hands.forward(MAX_AGE / 2);
        assert_eq!(keep(departure), 1);
        setup.hands.forward(MAX_AGE / 2);
        assert_eq!(setup.shelf.len(), 0);
        assert_eq!(keep(departure), 0);
        let departure = setup.shelf.departure();
        setup.shelf.clear();
        assert_eq!(keep(departure), 0);
        Ok(())
    }
}
