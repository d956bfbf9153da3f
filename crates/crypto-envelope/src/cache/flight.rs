//! One piece of work that many wait for, in any runtime or none.
//!
//! No task owns the work. Whoever waits and is woken goes on with it, so it comes to its end as long
//! as anybody waits, and it is given up when nobody does.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Work under way, or done.
pub(super) struct Flight<T> {
    work: Mutex<Work<T>>,
    waiters: Arc<Waiters>,
}

enum Work<T> {
    Idle(Pin<Box<dyn Future<Output = T> + Send>>),
    /// Somebody is at it right now.
    Busy,
    Done(T),
    Panicked,
}

impl<T: Clone> Flight<T> {
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        let waiters = Arc::new(Waiters::default());
        Self { work: Mutex::new(Work::Idle(Box::pin(work))), waiters }
    }

    /// Waits for the end of the work. `None` if it panicked while somebody else was at it.
    pub(super) fn wait(self: Arc<Self>) -> Waiting<T> {
        Waiting { flight: self, ticket: None }
    }

    fn poll(&self) -> Poll<Option<T>> {
        let mut work = locked(&self.work);
        match std::mem::replace(&mut *work, Work::Busy) {
            Work::Idle(future) => {
                drop(work);
                self.go_on(future)
            }
            // Whoever is at it wakes us.
            Work::Busy => Poll::Pending,
            Work::Done(output) => {
                *work = Work::Done(output.clone());
                Poll::Ready(Some(output))
            }
            Work::Panicked => {
                *work = Work::Panicked;
                Poll::Ready(None)
            }
        }
    }

    fn go_on(&self, future: Pin<Box<dyn Future<Output = T> + Send>>) -> Poll<Option<T>> {
        let end = OnPanic(Some(self));
        // Behind that, so that a panic drops it before the others are told.
        let mut future = future;
        self.waiters.woken.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.waiters));
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        end.disarm();
        match polled {
            Poll::Ready(output) => {
                drop(future);
                *locked(&self.work) = Work::Done(output.clone());
                self.waiters.wake_all();
                Poll::Ready(Some(output))
            }
            Poll::Pending => {
                *locked(&self.work) = Work::Idle(future);
                // Others who were woken meanwhile found it busy. They must not depend on us to go
                // on: we may be dropped before that.
                if self.waiters.woken.load(Ordering::SeqCst) {
                    self.waiters.wake_all();
                }
                Poll::Pending
            }
        }
    }
}

/// Leaves word when the work panics.
struct OnPanic<'f, T>(Option<&'f Flight<T>>);

impl<T> OnPanic<'_, T> {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl<T> Drop for OnPanic<'_, T> {
    fn drop(&mut self) {
        if let Some(flight) = self.0 {
            *locked(&flight.work) = Work::Panicked;
            flight.waiters.wake_all();
        }
    }
}

/// One of those who wait.
pub(super) struct Waiting<T> {
    flight: Arc<Flight<T>>,
    ticket: Option<u64>,
}

impl<T: Clone> Future for Waiting<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        // First, so that no wake gets lost in between.
        self.ticket = Some(self.flight.waiters.enter(self.ticket, context.waker()));
        self.flight.poll()
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.flight.waiters.leave(ticket);
        }
    }
}

/// Who is to be woken when the work can go on: all, since each of them may be dropped.
#[derive(Default)]
struct Waiters {
    queue: Mutex<Queue>,
    /// Whether that happened since somebody began to work.
    woken: AtomicBool,
}

#[derive(Default)]
struct Queue {
    wakers: BTreeMap<u64, Waker>,
    next: u64,
}

impl Waiters {
    fn enter(&self, ticket: Option<u64>, waker: &Waker) -> u64 {
        let mut queue = locked(&self.queue);
        let ticket = ticket.unwrap_or(queue.next);
        queue.next = queue.next.max(ticket + 1);
        let before = queue.wakers.insert(ticket, waker.clone());
        drop(queue);
        drop(before);
        ticket
    }

    fn leave(&self, ticket: u64) {
        let waker = locked(&self.queue).wakers.remove(&ticket);
        drop(waker);
    }

    /// Not under the lock: who is woken may come here at once.
    fn wake_all(&self) {
        let wakers = std::mem::take(&mut locked(&self.queue).wakers);
        wakers.into_values().for_each(Waker::wake);
    }
}

impl Wake for Waiters {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.wake_all();
    }
}

/// Nothing panics while it holds one of these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{Barrier, atomic::AtomicUsize},
        thread,
        time::Duration,
    };

    use super::*;
    use crate::{Result, blocking};

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A waiter that is polled by hand.
    struct Hand {
        bell: Arc<Bell>,
        waiting: Waiting<u32>,
    }

    impl Hand {
        fn of(flight: &Arc<Flight<u32>>) -> Self {
            Self { bell: Arc::default(), waiting: Arc::clone(flight).wait() }
        }

        fn poll(&mut self) -> Poll<Option<u32>> {
            let waker = Waker::from(Arc::clone(&self.bell));
            Pin::new(&mut self.waiting).poll(&mut Context::from_waker(&waker))
        }

        fn rings(&self) -> usize {
            self.bell.0.swap(0, Ordering::SeqCst)
        }
    }

    /// What work is told, and the waker that it was polled with.
    #[derive(Default)]
    struct Remote {
        answer: Option<u32>,
        waker: Option<Waker>,
        polls: usize,
    }

    type Shared = Arc<Mutex<Remote>>;

    fn remote_controlled() -> (Shared, Arc<Flight<u32>>) {
        let remote = Shared::default();
        let work = Arc::clone(&remote);
        let flight = Flight::new(poll_fn(move |context| {
            let mut remote = locked(&work);
            remote.polls += 1;
            remote.waker = Some(context.waker().clone());
            remote.answer.map_or(Poll::Pending, Poll::Ready)
        }));
        (remote, Arc::new(flight))
    }

    fn wake(remote: &Shared) {
        let waker = locked(remote).waker.take();
        waker.expect("it was polled").wake();
    }

    fn answer(remote: &Shared, answer: u32) {
        locked(remote).answer = Some(answer);
        wake(remote);
    }

    #[test]
    fn all_get_the_same_answer() {
        let (remote, flight) = remote_controlled();
        let mut hands = [(); 3].map(|()| Hand::of(&flight));
        assert!(hands.iter_mut().all(|hand| hand.poll().is_pending()));
        answer(&remote, 7);
        assert!(hands.iter().all(|hand| hand.rings() == 1));
        assert!(hands.iter_mut().all(|hand| hand.poll() == Poll::Ready(Some(7))));
        // One of them worked, and somebody who comes late has no work to do.
        assert_eq!(locked(&remote).polls, 4);
        assert_eq!(Hand::of(&flight).poll(), Poll::Ready(Some(7)));
        assert_eq!(locked(&remote).polls, 4);
    }

    #[test]
    fn the_others_go_on_when_one_is_dropped() {
        let (remote, flight) = remote_controlled();
        let (mut first, mut second) = (Hand::of(&flight), Hand::of(&flight));
        assert!(first.poll().is_pending());
        assert!(second.poll().is_pending());
        answer(&remote, 7);
        // It was woken, and never polled again.
        drop(first);
        assert_eq!(second.rings(), 1);
        assert_eq!(second.poll(), Poll::Ready(Some(7)));
    }

    /// The second one finds the work busy; the first one is dropped before its next turn.
    #[test]
    fn a_wake_during_the_work_reaches_those_who_found_it_busy() {
        let flight_of_work = Arc::new(Mutex::new(None::<Arc<Flight<u32>>>));
        let second = Arc::new(Mutex::new(None::<Hand>));
        let (inner_flight, inner_second) = (Arc::clone(&flight_of_work), Arc::clone(&second));
        let mut polls = 0;
        let flight = Arc::new(Flight::new(poll_fn(move |context| {
            polls += 1;
            if polls > 1 {
                return Poll::Ready(7);
            }
            context.waker().wake_by_ref();
            let mut hand = Hand::of(locked(&inner_flight).as_ref().expect("it is there"));
            assert!(hand.poll().is_pending());
            *locked(&inner_second) = Some(hand);
            Poll::Pending
        })));
        *locked(&flight_of_work) = Some(Arc::clone(&flight));
        let mut first = Hand::of(&flight);
        assert!(first.poll().is_pending());
        drop(first);
        let mut second = locked(&second).take().expect("it was there");
        assert_eq!(second.rings(), 1);
        assert_eq!(second.poll(), Poll::Ready(Some(7)));
        locked(&flight_of_work).take();
    }

    #[test]
    fn work_that_nobody_waits_for_is_given_up() {
        let (remote, flight) = remote_controlled();
        let mut hand = Hand::of(&flight);
        drop(flight);
        assert!(hand.poll().is_pending());
        assert_eq!(Arc::strong_count(&remote), 2);
        drop(hand);
        assert_eq!(Arc::strong_count(&remote), 1);
        // Nobody is left to be woken.
        answer(&remote, 7);
    }

    #[test]
    fn whoever_left_is_not_woken() {
        let (remote, flight) = remote_controlled();
        let mut hands = [(); 2].map(|()| Hand::of(&flight));
        assert!(hands.iter_mut().all(|hand| hand.poll().is_pending()));
        let [first, second] = hands;
        let bell = Arc::clone(&first.bell);
        drop(first);
        wake(&remote);
        assert_eq!((bell.0.load(Ordering::SeqCst), second.rings()), (0, 1));
    }

    #[test]
    fn a_panic_is_for_one_and_the_others_are_told() {
        let work = poll_fn(|_| -> Poll<u32> { unreachable!("a test") });
        let flight = Arc::new(Flight::new(work));
        let (mut first, mut second) = (Hand::of(&flight), Hand::of(&flight));
        second.waiting.ticket =
            Some(flight.waiters.enter(None, &Waker::from(Arc::clone(&second.bell))));
        assert!(catch_unwind(AssertUnwindSafe(|| first.poll())).is_err());
        assert_eq!(second.rings(), 1);
        assert_eq!(second.poll(), Poll::Ready(None));
        assert_eq!(Hand::of(&flight).poll(), Poll::Ready(None));
    }

    /// Many threads, work that yields many times, and waiters that give up all the time.
    #[test]
    fn nobody_waits_forever() -> Result<()> {
        const THREADS: usize = 8;
        for round in 0..200 {
            let mut left = 50;
            let flight = Arc::new(Flight::new(poll_fn(move |context| {
                left -= 1;
                if left == 0 {
                    return Poll::Ready(round);
                }
                let waker = context.waker().clone();
                if left % 7 == 0 {
                    thread::spawn(move || {
                        thread::sleep(Duration::from_micros(20));
                        waker.wake();
                    });
                } else {
                    waker.wake();
                }
                Poll::Pending
            })));
            let barrier = Barrier::new(THREADS);
            let wait = &|index: usize| -> Result<Option<u32>> {
                barrier.wait();
                if index % 2 == 1 {
                    let mut hand = Hand::of(&flight);
                    let _ = hand.poll();
                }
                blocking::wait(async { Ok(Arc::clone(&flight).wait().await) })
            };
            thread::scope(|scope| -> Result<()> {
                let threads: Vec<_> =
                    (0..THREADS).map(|index| scope.spawn(move || wait(index))).collect();
                for thread in threads {
                    assert_eq!(thread.join().expect("no panic")?, Some(round));
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}
