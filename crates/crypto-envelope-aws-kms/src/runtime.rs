//! Where calls to KMS run.

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
    runtime::{Builder, Runtime},
    task::{JoinError, JoinHandle},
};

/// Runs `work` in a tokio runtime that is started once per process, whatever runtime the caller is
/// in, and none included. So connections and calls that several callers wait for do not depend on
/// the runtime of one of them. If the future is dropped, the work is aborted.
pub(crate) fn run<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    // The futures of the AWS SDK are tens of kilobytes long.
    let work = Box::pin(work);
    async move {
        let outcome = Spawned(background()?.spawn(work)).await;
        outcome.map_err(|_| Error::from(failed("a call to KMS panicked")))
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

fn background() -> Result<&'static Runtime> {
    static BACKGROUND: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = BACKGROUND.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(THREADS).thread_name(NAME).enable_all().build().ok()
    });
    runtime.as_ref().ok_or_else(|| failed("cannot start threads for calls to KMS").into())
}

fn failed(what: &str) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Unavailable, what)
}

/// They wait most of the time.
const THREADS: usize = 2;
const NAME: &str = "aws-kms";
