//! Work on other threads.

use std::io;

use crypto_envelope::{Error, Result};
use tokio::task::JoinError;

/// Work that would keep others from theirs, as on files.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(ended)?
}

/// A task that did not come to its end, as when the runtime is shut down.
pub(crate) fn ended(error: JoinError) -> Error {
    Error::Io(io::Error::other(error))
}
