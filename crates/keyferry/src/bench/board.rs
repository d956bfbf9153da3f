//! Where callers write what became of their calls.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crypto_envelope::{Error, Result};

use super::tally::Tally;

/// Of all callers.
#[derive(Debug)]
pub(super) struct Board(Mutex<Written>);

#[derive(Debug)]
struct Written {
    begun: u64,
    /// Since it was taken last.
    tally: Tally,
    /// What no call can be made for.
    end: Option<Error>,
}

impl Board {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Written { begun: 0, tally: Tally::new(), end: None }))
    }

    /// A call begins, unless there is no use in it: then one knows why.
    pub(super) fn begin(&self) -> Option<Instant> {
        let mut written = self.lock();
        if written.end.is_some() {
            return None;
        }
        written.begun += 1;
        Some(Instant::now())
    }

    /// What became of the call that began then. One that could not even be sent is the last one: the others
    /// are the same.
    pub(super) fn finish(&self, began: Instant, outcome: Result<()>) {
        let took = began.elapsed();
        let mut written = self.lock();
        match outcome {
            Ok(()) => written.tally.succeeded(took),
            Err(error @ Error::InvalidInput { .. }) => written.end = Some(error),
            Err(error) => written.tally.failed(&error),
        }
    }

    /// How many have begun, ever.
    pub(super) fn begun(&self) -> u64 {
        self.lock().begun
    }

    /// What came of those that ended since the last time.
    ///
    /// # Errors
    ///
    /// Why no call can be made.
    pub(super) fn take(&self) -> Result<Tally> {
        let mut written = self.lock();
        match written.end.take() {
            Some(error) => Err(error),
            None => Ok(mem::replace(&mut written.tally, Tally::new())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        // What a panic would leave behind is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
