//! Where work is done that takes long.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    runtime::Handle,
    task::{JoinError, JoinHandle, coop},
};

use crate::{Error, Result, blocking::HAS_THREADS};

/// Where to go with so many bytes of work, if not here.
pub(super) fn runtime_for(work: usize) -> Option<Handle> {
    if work > INLINE { runtime_that_may_block() } else { None }
}

/// Runs what may block or takes long where it keeps nobody else waiting, if there is such a place.
pub(super) async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match runtime_that_may_block() {
        None => work(),
        Some(runtime) => {
            let mut work = GivenUp(runtime.spawn_blocking(work));
            poll_fn(|context| Pin::new(&mut work.0).poll(context)).await.map_err(|e| lost(&e))?
        }
    }
}

/// Work that nobody wants any more is not begun.
struct GivenUp<T>(JoinHandle<T>);

impl<T> Drop for GivenUp<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Does so many bytes of work: here and paid for, or, if that takes long, elsewhere.
pub(super) async fn compute_some<T: Send + 'static>(
    length: usize,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    if length > INLINE {
        return compute(work).await;
    }
    poll_fn(poll_turn).await;
    let done = work()?;
    poll_fn(|context| {
        pay(length, context);
        Poll::Ready(())
    })
    .await;
    Ok(done)
}

fn runtime_that_may_block() -> Option<Handle> {
    if HAS_THREADS { Handle::try_current().ok() } else { None }
}

/// Waits for the task's turn to do a little work. Afterwards the rest of it is paid for, so that a
/// task whose readers and writers are always ready stops now and then.
pub(super) fn poll_turn(context: &mut Context<'_>) -> Poll<()> {
    ready!(coop::poll_proceed(context)).made_progress();
    Poll::Ready(())
}

/// Pays for so many bytes of work that were done here.
pub(super) fn pay(work: usize, context: &mut Context<'_>) {
    for _ in 0..work.min(INLINE) / PRICED {
        if !coop::has_budget_remaining() || poll_turn(context).is_pending() {
            return;
        }
    }
}

/// What to say of work that did not come back.
pub(super) fn lost(error: &JoinError) -> Error {
    if error.is_cancelled() {
        return Error::Io(std::io::Error::other("the runtime was shut down"));
    }
    Error::Internal { what: "a thread that sealed or opened panicked" }
}

/// Work in bytes up to which a thread is not worth its while: a piece of 64 KiB with what the
/// frames add to it.
pub(super) const INLINE: usize = 80 << 10;

/// Bytes for one unit of the budget, of which a task has 128 for each time it is polled.
const PRICED: usize = 4 << 10;
