//! A runtime for those who have none.

use std::{
    future::Future,
    pin::Pin,
    sync::OnceLock,
    task::{Context, Poll},
};

use crypto_envelope::{
    Error, Result,
    provider::{ProviderError, ProviderErrorKind},
};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::JoinHandle,
};

/// Runs `work` where there is a tokio runtime: here if this thread is in one, else on a thread that
/// is started for it once per process. So callers without a runtime, and those with another one,
/// are served too. If the future is dropped, the work is aborted.
pub(crate) fn run<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    // The futures of the AWS SDK are tens of kilobytes long.
    let work = Box::pin(work);
    async move {
        if Handle::try_current().is_ok() {
            return Ok(work.await);
        }
        let outcome = Spawned(background()?.spawn(work)).await;
        outcome.map_err(|_| Error::from(failed("a call to KMS panicked")))
    }
}

struct Spawned<T>(JoinHandle<T>);

impl<T> Future for Spawned<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn background() -> Result<&'static Runtime> {
    static BACKGROUND: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = BACKGROUND.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("crypto-envelope-aws-kms").enable_all().build().ok()
    });
    runtime.as_ref().ok_or_else(|| failed("cannot start a thread for calls to KMS").into())
}

fn failed(what: &str) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Unavailable, what)
}
