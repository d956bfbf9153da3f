//! The runtime that tests of async adapters run in, and what it has time for.

use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use crypto_envelope::{Error, Result};
use tokio::{runtime::Builder, task};

/// Runs a test in a runtime of this thread.
///
/// # Errors
///
/// What the test says.
pub fn run(test: impl Future<Output = Result<()>>) -> Result<()> {
    Builder::new_current_thread().build()?.block_on(test)
}

/// Runs a test in a runtime of this thread, which has one more for blocking work: who needs two at
/// a time waits forever.
///
/// # Errors
///
/// What the test says.
pub fn run_with_one_blocking_thread(test: impl Future<Output = Result<()>>) -> Result<()> {
    Builder::new_current_thread().max_blocking_threads(1).build()?.block_on(test)
}

/// The turns of another task in this runtime, which wants as many as it can have.
#[derive(Debug)]
pub struct OtherTask(Arc<AtomicUsize>);

impl OtherTask {
    /// Begins with the next wait.
    #[must_use]
    pub fn spawn() -> Self {
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turns);
        task::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                task::yield_now().await;
            }
        });
        Self(turns)
    }

    /// How many turns it had since the last call.
    #[must_use]
    pub fn turns(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// Whether a connection was reset, as far as the caller of an adapter can tell.
pub fn is_reset(error: impl Into<Error>) -> bool {
    matches!(error.into(), Error::Io(error) if error.kind() == ErrorKind::ConnectionReset)
}

/// Takes all threads for blocking work until another task had its turns. Who works on the spot is
/// done before that.
///
/// # Panics
///
/// If the work is done without leaving the runtime to others.
pub async fn does_not_hold_the_runtime<T>(work: impl Future<Output = T>) -> T {
    // More than the cooperative budget would let it have.
    const MANY: usize = 10_000;
    let (open_gate, gate) = mpsc::channel();
    let gate = task::spawn_blocking(move || gate.recv().is_ok());
    let turns = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&turns);
    task::spawn(async move {
        while counted.fetch_add(1, Ordering::Relaxed) < MANY {
            task::yield_now().await;
        }
        open_gate.send(()).expect("the gate is there");
    });
    let done = work.await;
    assert!(turns.load(Ordering::Relaxed) > MANY);
    assert!(gate.await.is_ok_and(|opened| opened));
    done
}
