//! Entries of one kind, and the calls that will bring more of them.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    calls::{CallNumber, Calls},
    clock::{Clock, Moment},
    entries::{Entries, Entry, Removal},
    flight::Flight,
    id::EntryId,
    settings::{Settings, Usage},
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
    calls: Calls<Answer<M>>,
    /// How often all was forgotten.
    epoch: u64,
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
        let state = State { entries, calls: Calls::new(), epoch: 0 };
        Self { operation, settings: settings.clone(), clock, tally, state: Mutex::new(state) }
    }

    /// The entry that is wanted, or what `call` brings. Of those who want the same at the same time
    /// one calls, for as many as the entry will serve.
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
        let mut in_vain = 0;
        loop {
            let (flight, role) = match self.turn(wanted, in_vain, &call) {
                Turn::Use(entry) => return Obtained::Entry(entry),
                Turn::Wait(flight, role) => (flight, role),
            };
            match flight.wait().await {
                // Who asked for it uses it however short the time is that it may be kept.
                Some(Ok(entry)) if role == Role::Leader || !self.is_too_old(&entry) => {
                    return Obtained::Entry(entry);
                }
                Some(Ok(_)) => in_vain += 1,
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

    fn turn<F>(
        self: &Arc<Self>,
        wanted: &Wanted<'_>,
        in_vain: usize,
        call: impl Fn() -> F,
    ) -> Turn<M>
    where
        F: Future<Output = Result<M, Failure>> + Send + 'static,
    {
        let turn = self.locked(|state| {
            if let Some(entry) = state.entries.find(&wanted.id) {
                if entry.usage.admits(wanted.plaintext, &self.settings) {
                    return Turn::Use(entry);
                }
                state.entries.remove_this(&wanted.id, &entry, Removal::Exhausted);
            }
            let joined = if in_vain < MOST_IN_VAIN {
                state.calls.join(&wanted.id, wanted.plaintext, self.clock.now(), &self.settings)
            } else {
                None
            };
            match joined {
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
        let (number, made) = (state.calls.next_number(), self.clock.now());
        let usage = Arc::new(Usage::default());
        // The first message always fits.
        let _ = usage.admits(wanted.plaintext, &self.settings);
        let promised = Arc::clone(&usage);
        let epoch = state.epoch;
        let shelf = Arc::clone(self);
        let landing = Landing { shelf, id: wanted.id, number, epoch, made, usage };
        let provider = Arc::clone(wanted.provider);
        let flight = Arc::new(Flight::new(async move {
            let materials = call.await?;
            Ok(landing.land(materials, provider))
        }));
        state.calls.add(wanted.id, number, made, promised, &flight);
        flight
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
    number: CallNumber,
    epoch: u64,
    made: Moment,
    usage: Arc<Usage>,
}

impl<M: Send + Sync + 'static> Landing<M> {
    /// Keeps what the call brought, unless the cache was cleared meanwhile. If it took so long that
    /// another call began, it is still better than nothing, until that one ends.
    fn land(&self, materials: M, provider: Arc<dyn KeyProvider>) -> Arc<Entry<M>> {
        let usage = Arc::clone(&self.usage);
        let entry = Arc::new(Entry::used(materials, self.made, provider, usage));
        self.shelf.locked(|state| {
            let is_newest = state.calls.remove(&self.id, self.number);
            let helps = !state.entries.has(&self.id) && self.usage.has_room(&self.shelf.settings);
            if state.epoch == self.epoch && (is_newest || helps) {
                self.shelf.insert(state, self.id, &entry);
            }
        });
        entry
    }
}

impl<M: Send + Sync + 'static> Drop for Landing<M> {
    fn drop(&mut self) {
        self.shelf.locked(|state| state.calls.remove(&self.id, self.number));
    }
}

/// How often somebody waits for the call of another one that takes so long that its answer is too
/// old for him. Then he makes his own, or those who wait would be served one by one.
const MOST_IN_VAIN: usize = 2;

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
            Self::with(&Settings::new(MAX_AGE))
        }

        fn with(settings: &Settings) -> Result<Self> {
            let (hands, tally) = (Hands::new(), Arc::default());
            let shelf = Shelf::new(Operation::Seal, settings, hands.clock(), tally);
            let provider = Arc::new(RawAesProvider::new("ns", "name", &SecretBytes::random(32)?)?);
            let (calls, are_let_go) = Default::default();
            Ok(Self { shelf: Arc::new(shelf), hands, provider, calls, are_let_go })
        }

        fn wanted(&self, bytes: u64) -> Wanted<'_> {
            let id = tests_id(&*self.provider);
            Wanted { id, provider: &self.provider, plaintext: Some(bytes) }
        }

        fn task(&self) -> Task<'_> {
            self.task_for(1)
        }

        fn task_for(&self, bytes: u64) -> Task<'_> {
            Task(Box::pin(async move {
                let call = || {
                    let number = self.calls.fetch_add(1, Ordering::SeqCst);
                    let are_let_go = Arc::clone(&self.are_let_go);
                    poll_fn(move |_| {
                        let is_let_go = are_let_go.load(Ordering::SeqCst);
                        if is_let_go { Poll::Ready(Ok(number)) } else { Poll::Pending }
                    })
                };
                self.shelf.obtain(&self.wanted(bytes), call).await
            }))
        }

        fn hold(&self) {
            self.are_let_go.store(false, Ordering::SeqCst);
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
            setup.shelf.keep(&setup.wanted(1), 7, departure);
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
    #[test]
    fn a_large_message_is_served_by_the_call_that_it_leads() -> Result<()> {
        let setup = Setup::with(&Settings { max_bytes: 100, ..Settings::new(MAX_AGE) })?;
        let mut before: Vec<_> = (0..4).map(|_| setup.task_for(20).must_wait()).collect();
        let mut large = setup.task_for(70).must_wait();
        let mut after: Vec<_> = (0..2).map(|_| setup.task_for(20).must_wait()).collect();
        setup.release();
        // All the others take what they are promised first, and who comes only now as well.
        assert!(before.iter_mut().all(|task| task.poll() == Some(0)));
        assert!(after.iter_mut().zip([1, 2]).all(|(task, call)| task.poll() == Some(call)));
        assert!((0..10).all(|_| setup.task_for(20).poll().is_some()));
        let calls = setup.calls.load(Ordering::SeqCst);
        assert_eq!(large.poll(), Some(1));
        assert_eq!(setup.calls.load(Ordering::SeqCst), calls);
        Ok(())
    }

    #[test]
    fn what_is_promised_is_not_given_to_others() -> Result<()> {
        let setup = Setup::with(&Settings { max_messages: 3, ..Settings::new(MAX_AGE) })?;
        let (mut leader, mut follower) = (setup.task().must_wait(), setup.task().must_wait());
        setup.release();
        assert_eq!(leader.poll(), Some(0));
        assert_eq!(setup.task().poll(), Some(0));
        assert_eq!(setup.task().poll(), Some(1));
        assert_eq!(follower.poll(), Some(0));
        assert_eq!(setup.counters().exhaustions, 1);
        Ok(())
    }

    #[test]
    fn a_call_that_is_stuck_holds_up_nobody_else() -> Result<()> {
        for stuck_is_first in [false, true] {
            let setup = Setup::new()?;
            let mut stuck = setup.task().must_wait();
            setup.hands.forward(Duration::from_secs(14));
            let mut joined = setup.task().must_wait();
            assert_eq!(setup.calls.load(Ordering::SeqCst), 1);
            setup.hands.forward(Duration::from_secs(1));
            let mut other = setup.task().must_wait();
            assert_eq!(setup.calls.load(Ordering::SeqCst), 2);
            setup.release();
            // It serves as long as there is nothing newer. Else each call would replace the one before
            // where all take long, and nothing would ever be kept.
            if stuck_is_first {
                assert_eq!((stuck.poll(), setup.shelf.len()), (Some(0), 1));
                assert_eq!(setup.task().poll(), Some(0));
                assert_eq!(other.poll(), Some(1));
            } else {
                assert_eq!((other.poll(), setup.shelf.len()), (Some(1), 1));
                assert_eq!(stuck.poll(), Some(0));
            }
            assert_eq!(joined.poll(), Some(0));
            assert_eq!(setup.task().poll(), Some(1));
            assert_eq!(setup.calls.load(Ordering::SeqCst), 2);
        }
        Ok(())
    }

    /// Its answer would be of no use.
    #[test]
    fn a_call_that_takes_too_long_is_not_joined() -> Result<()> {
        let setup = Setup::with(&Settings::new(Duration::from_secs(5)))?;
        let mut leader = setup.task().must_wait();
        setup.hands.forward(Duration::from_secs(5));
        let mut other = setup.task().must_wait();
        assert_eq!(setup.calls.load(Ordering::SeqCst), 2);
        setup.release();
        assert_eq!((leader.poll(), other.poll()), (Some(0), Some(1)));
        Ok(())
    }

    /// Where calls take longer than an entry may be kept.
    #[test]
    fn those_who_wait_are_not_served_one_by_one() -> Result<()> {
        let setup = Setup::new()?;
        let mut tasks: Vec<_> = (0..100).map(|_| setup.task()).collect();
        for (waiting, calls) in [(99, 1), (98, 2), (0, 100)] {
            setup.hold();
            assert!(tasks.iter_mut().all(|task| task.poll().is_none()));
            assert_eq!(setup.calls.load(Ordering::SeqCst), calls);
            setup.hands.forward(MAX_AGE);
            setup.release();
            // The others notice that it is too late, and ask again.
            let mut is_first = true;
            tasks.retain_mut(|task| {
                let is_done = (waiting == 0 || is_first) && task.poll().is_some();
                is_first = false;
                !is_done
            });
            assert_eq!(tasks.len(), waiting);
        }
        Ok(())
    }
}
