//! A key provider that counts its calls, and that can be held up, fail and panic.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
};

use async_trait::async_trait;
use crypto_envelope::{
    EncryptedDataKey, Result,
    provider::{
        GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, ProviderError,
        ProviderErrorKind, RawAesProvider, UnwrapRequest, Unwrapped, WrapRequest,
    },
};

use crate::sides::random_provider;

/// A raw AES key, as a slow and unreliable service would hold it.
#[derive(Debug)]
pub struct CountingProvider {
    inner: Arc<RawAesProvider>,
    calls: AtomicUsize,
    gate: Gate,
    mishaps: Mutex<VecDeque<Mishap>>,
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Mishap {
    /// The service is throttling.
    Throttled,
    /// The provider panics.
    Panic,
}

impl CountingProvider {
    /// With a random key.
    ///
    /// # Errors
    ///
    /// If there is no randomness.
    pub fn new() -> Result<Arc<Self>> {
        Ok(Self::of(random_provider()?))
    }

    /// With this key.
    #[must_use]
    pub fn of(inner: Arc<RawAesProvider>) -> Arc<Self> {
        let (calls, gate, mishaps) = (AtomicUsize::new(0), Gate::default(), Mutex::default());
        Arc::new(Self { inner, calls, gate, mishaps })
    }

    /// How often it was asked for a data key since the last time.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.swap(0, Ordering::SeqCst)
    }

    /// From now on nothing is answered.
    pub fn hold(&self) {
        locked(&self.gate.0).is_held = true;
    }

    /// Answers all who are waiting, and all later ones.
    pub fn release(&self) {
        let mut gate = locked(&self.gate.0);
        gate.is_held = false;
        let waiting = std::mem::take(&mut gate.waiting);
        drop(gate);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// What happens to the next call for which nothing is planned.
    pub fn plan(&self, mishap: Mishap) {
        locked(&self.mishaps).push_back(mishap);
    }

    async fn begin_call(&self) -> Result<()> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.gate.pass().await;
        let mishap = locked(&self.mishaps).pop_front();
        match mishap {
            None => Ok(()),
            Some(Mishap::Throttled) => {
                let error = ProviderError::new(ProviderErrorKind::Throttled, "a test");
                Err(error.with_source("the service said so").into())
            }
            Some(Mishap::Panic) => std::panic::resume_unwind(Box::new("a test")),
        }
    }
}

#[async_trait]
impl KeyProvider for CountingProvider {
    async fn generate(&self, request: GenerateRequest<'_>) -> Result<GeneratedKey> {
        self.begin_call().await?;
        self.inner.generate(request).await
    }

    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.inner.wrap(request).await
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.begin_call().await?;
        self.inner.unwrap(request).await
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.inner.describe(key)
    }

    fn properties(&self) -> Properties {
        self.inner.properties()
    }
}

/// Where calls wait, in any runtime.
#[derive(Debug, Default)]
struct Gate(Mutex<GateState>);

#[derive(Debug, Default)]
struct GateState {
    is_held: bool,
    waiting: Vec<Waker>,
}

impl Gate {
    async fn pass(&self) {
        poll_fn(|context| {
            let mut state = locked(&self.0);
            if !state.is_held {
                return Poll::Ready(());
            }
            state.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
