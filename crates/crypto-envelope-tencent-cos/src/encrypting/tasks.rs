//! Work that goes on at the same time.

use crypto_envelope::{Error, Result, service};
use tokio::{
    runtime::Handle,
    task::{JoinError, JoinSet, spawn_blocking},
};

/// What the parts give, of which so many are at work at the same time. After an error none is begun any more,
/// and those that are on their way come to their end: what they did counts.
pub(super) async fn all_of<T: Send + 'static>(
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
        match running.join_next().await.map(|outcome| outcome.map_err(panicked).flatten()) {
            Some(Ok(output)) => done.push(output),
            Some(Err(error)) => {
                failed.get_or_insert(error);
            }
            None => return failed.map_or(Ok(done), Err),
        }
    }
}

/// On a thread that may wait for the disk, and compute.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    // Also if nobody waits for it any more, it ends before the process does.
    let left = service::unsettled();
    let (outcome, _left) = spawn_blocking(move || (work(), left)).await.map_err(panicked)?;
    outcome
}

pub(super) fn panicked(error: JoinError) -> Error {
    Error::Io(std::io::Error::other(error))
}

/// What takes long, on a thread for that if there is a runtime that has one.
pub(super) async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    if Handle::try_current().is_ok() { blocking(work).await } else { work() }
}
