//! Where calls to KMS run.

use std::{
    future::{Future, pending},
    io,
    pin::Pin,
    process,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
    thread,
};

use crypto_envelope::{
    Result,
    provider::{ProviderError, ProviderErrorKind},
};
use tokio::{
    runtime::{Builder, Handle},
    task::{JoinError, JoinHandle},
};

/// Runs `work` in a tokio runtime that is started once per process on a thread of its own, whatever
/// runtime the caller is in, and none included. So connections and calls that several callers wait for do not depend on
/// the runtime of one of them. If the future is dropped, the work is aborted.
pub(crate) fn run<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    // The futures of the AWS SDK are tens of kilobytes long.
    let work = Box::pin(work);
    async move {
        let outcome = Spawned(background()?.spawn(work)).await;
        outcome.map_err(|_| failed("a call to KMS panicked").into())
    }
}

struct Spawned<T>(JoinHandle<T>);

impl<T> Future for Spawned<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The runtime of this process.
struct Background {
    process: u32,
    handle: Handle,
}

fn background() -> Result<Handle> {
    static BACKGROUND: Mutex<Option<Background>> = Mutex::new(None);
    // What a panic would leave behind is none.
    let mut background = BACKGROUND.lock().unwrap_or_else(PoisonError::into_inner);
    running_in(&mut background, process::id())
}

fn running_in(background: &mut Option<Background>, process: u32) -> Result<Handle> {
    match background {
        Some(running) if running.process == process => Ok(running.handle.clone()),
        // Its thread, and what drives the connections, are those of the other process.
        Some(_) => Err(ProviderError::new(ProviderErrorKind::Other, FORKED).into()),
        None => {
            let handle = start().map_err(|error| {
                failed("cannot start a thread for calls to KMS").with_source(error)
            })?;
            Ok(background.insert(Background { process, handle }).handle.clone())
        }
    }
}

/// On a thread of our own: a runtime with several threads panics where it cannot start them.
fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let drive = move || runtime.block_on(pending::<()>());
    thread::Builder::new().name("aws-kms".into()).spawn(drive)?;
    Ok(handle)
}

fn failed(what: &str) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Unavailable, what)
}

const FORKED: &str =
    "a call to KMS in a process that was forked after its parent made one: fork first";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_was_forked_later_is_told() -> Result<()> {
        let mut background = None;
        running_in(&mut background, 1)?;
        running_in(&mut background, 1)?;
        let error = running_in(&mut background, 2).expect_err("it has no thread");
        assert!(error.to_string().contains("forked"), "{error}");
        Ok(())
    }
}
