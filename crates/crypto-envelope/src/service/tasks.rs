//! Work that goes on at the same time.

use std::{future::Future, io};

use tokio::{
    runtime::Handle,
    task::{JoinError, JoinSet, spawn_blocking},
};

use super::unsettled;
use crate::{Error, Result};

/// What the parts give, in the order in which they end, of which so many are at work at the same time. After an
/// error none is begun any more, and those that are on their way come to their end: what they did counts.
///
/// # Errors
///
/// The first one.
pub async fn all_of<T: Send + 'static>(
    parts: impl Iterator<Item = impl Future<Output = Result<T>> + Send + 'static>,
    parallel: usize,
) -> Result<Vec<T>> {
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    let (mut parts, mut failed) = (parts, None);
    loop {
        while failed.is_none()
            && running.len() < parallel
            && let Some(part) = parts.next()
        {
            running.spawn(part);
        }
        match running.join_next().await.map(|outcome| outcome.map_err(ended).flatten()) {
            Some(Ok(output)) => done.push(output),
            Some(Err(error)) => {
                failed.get_or_insert(error);
            }
            None => return failed.map_or(Ok(done), Err),
        }
    }
}

/// On a thread that may wait for the disk, and compute; [`settled`](super::settled) waits for it.
///
/// # Errors
///
/// Those of the work, or that it panicked.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    // Also if nobody waits for it any more, it ends before the process does.
    let left = unsettled();
    let (outcome, _left) = spawn_blocking(move || (work(), left)).await.map_err(ended)?;
    outcome
}

/// What takes long, on a thread for that if there is a runtime that has one.
///
/// # Errors
///
/// As [`blocking`].
pub async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    if Handle::try_current().is_ok() { blocking(work).await } else { work() }
}

/// Of a task that did not come to its end, as when it panicked or the runtime is shut down.
#[must_use]
pub fn ended(error: JoinError) -> Error {
    Error::Io(io::Error::other(error))
}
