//! Taking turns.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use crate::{Error, Result};

/// What one thread at a time works on, in the order of the slices.
pub(super) struct Order<T> {
    current: Mutex<Current<T>>,
    changed: Condvar,
}

struct Current<T> {
    state: T,
    turn: u64,
    /// Set at the end, which may be an error.
    ended: Option<Result<()>>,
}

/// Whether there are turns to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    Ended,
}

impl<T> Order<T> {
    pub(super) fn new(state: T) -> Self {
        let current = Mutex::new(Current { state, turn: 0, ended: None });
        Self { current, changed: Condvar::new() }
    }

    /// Waits until all turns before this one are over, and takes it. `None` if it never comes:
    /// the end was reached before, or a turn failed. An error in `step` is the end.
    pub(super) fn take_turn<R>(
        &self,
        turn: u64,
        step: impl FnOnce(&mut T) -> Result<(Progress, R)>,
    ) -> Option<R> {
        let _wakes_the_others = self.wake_at_end();
        let current = self.current.lock().ok()?;
        let waited =
            self.changed.wait_while(current, |now| now.ended.is_none() && now.turn != turn);
        let mut current = waited.ok()?;
        if current.ended.is_some() {
            return None;
        }
        match step(&mut current.state) {
            Ok((progress, result)) => {
                current.turn += 1;
                current.ended = (progress == Progress::Ended).then_some(Ok(()));
                Some(result)
            }
            Err(error) => {
                current.ended = Some(Err(error));
                None
            }
        }
    }

    /// Ends everything with an error that came up after a turn, unless there is one already.
    pub(super) fn fail(&self, error: Error) {
        let _wakes_the_others = self.wake_at_end();
        // Behind a panic everything has ended.
        if let Ok(mut current) = self.current.lock()
            && !matches!(current.ended, Some(Err(_)))
        {
            current.ended = Some(Err(error));
        }
    }

    /// For the time that a thread works: if it panics, nobody waits for its turn.
    pub(super) fn watch(&self) -> impl Drop {
        EndOnPanic(self)
    }

    /// What is there at the end.
    pub(super) fn finish(self) -> Result<T> {
        let current = self.current.into_inner().unwrap_or_else(PoisonError::into_inner);
        match current.ended {
            None | Some(Ok(())) => Ok(current.state),
            Some(Err(error)) => Err(error),
        }
    }

    fn wake_at_end(&self) -> impl Drop {
        WakeAll(&self.changed)
    }
}

/// Declared before the lock is taken, so it is dropped when that is free, also in a panic.
struct WakeAll<'o>(&'o Condvar);

impl Drop for WakeAll<'_> {
    fn drop(&mut self) {
        self.0.notify_all();
    }
}

struct EndOnPanic<'o, T>(&'o Order<T>);

impl<T> Drop for EndOnPanic<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail(Error::Internal { what: "a thread panicked" });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn pushed(order: &Order<Vec<u64>>, turn: u64, progress: Progress) -> Option<()> {
        order.take_turn(turn, |list| {
            list.push(turn);
            Ok((progress, ()))
        })
    }

    #[test]
    fn turns_come_in_order() -> Result<()> {
        let order = Order::new(Vec::new());
        thread::scope(|scope| {
            for turn in (0..20).rev() {
                let order = &order;
                scope.spawn(move || pushed(order, turn, Progress::More));
            }
        });
        assert_eq!(order.finish()?, (0..20).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn nothing_comes_behind_the_end() -> Result<()> {
        let order = Order::new(Vec::new());
        thread::scope(|scope| {
            let late = scope.spawn(|| pushed(&order, 2, Progress::More));
            assert_eq!(pushed(&order, 0, Progress::More), Some(()));
            assert_eq!(pushed(&order, 1, Progress::Ended), Some(()));
            assert_eq!(late.join().expect("no panic"), None);
        });
        assert_eq!(order.finish()?, [0, 1]);
        Ok(())
    }

    #[test]
    fn the_first_error_is_the_end() {
        let order = Order::new(Vec::new());
        let failed =
            order.take_turn(0, |_| Err::<(Progress, ()), _>(Error::Truncated { offset: 7 }));
        assert_eq!(failed, None);
        order.fail(Error::InBase64);
        assert_eq!(pushed(&order, 1, Progress::More), None);
        assert!(matches!(order.finish(), Err(Error::Truncated { offset: 7 })));
    }

    #[test]
    fn an_error_after_a_turn_counts_behind_the_end_too() {
        let order = Order::new(Vec::new());
        pushed(&order, 0, Progress::Ended);
        order.fail(Error::InBase64);
        assert!(matches!(order.finish(), Err(Error::InBase64)));
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        for in_turn in [true, false] {
            let order = Order::new(Vec::new());
            thread::scope(|scope| {
                let waiting = scope.spawn(|| pushed(&order, 1, Progress::More));
                let panicking = catch_unwind(AssertUnwindSafe(|| {
                    let _watch = order.watch();
                    if in_turn {
                        order
                            .take_turn(0, |_| -> Result<(Progress, ())> { unreachable!("a test") });
                    }
                    unreachable!("a test");
                }));
                assert!(panicking.is_err());
                assert_eq!(waiting.join().expect("no panic"), None);
            });
        }
    }
}
