//! Where work is done that takes long.

use tokio::{runtime::Handle, task::JoinError};

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
        Some(runtime) => runtime.spawn_blocking(work).await.map_err(|error| lost(&error))?,
    }
}

fn runtime_that_may_block() -> Option<Handle> {
    if HAS_THREADS { Handle::try_current().ok() } else { None }
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
