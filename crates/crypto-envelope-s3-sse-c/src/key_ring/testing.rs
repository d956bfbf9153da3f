//! What the tests of key rings have in common: a place and a key provider that do what they are told.

use std::{
    collections::VecDeque,
    fmt, fs,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use crypto_envelope::{
    EncryptedDataKey, Error, Result, SecretBytes, blocking,
    provider::{
        KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind, RawAesProvider,
        UnwrapRequest, Unwrapped, WrapRequest,
    },
};
use serde_json::Value;

use super::{
    KeyRing, KeyRingBuilder, KeyRingError, KeyRingErrorKind, Placed, Revision, RingPlace,
    StoredRing,
};

/// A place in memory. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct MemoryRing(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    stored: Option<Vec<u8>>,
    revision: u64,
    /// Of the next attempts to store.
    faults: VecDeque<Fault>,
    /// So many attempts to read fail.
    unreadable: usize,
    reads: usize,
}

/// What becomes of an attempt to store.
pub(crate) enum Fault {
    /// None.
    None,
    /// Nothing is stored.
    Before,
    /// It is stored, and nobody is told.
    After,
    /// It is stored, and somebody is told that it was not: another attempt of the same came too late.
    LostAfter,
    /// Somebody else stores this first.
    Rival(Vec<u8>),
    /// Somebody else stores this behind it.
    Follower(Box<dyn FnOnce() -> Vec<u8> + Send>),
}

impl MemoryRing {
    pub(crate) fn with(text: impl Into<Vec<u8>>) -> Self {
        let place = Self::default();
        place.set(Some(text.into()));
        place
    }

    pub(crate) fn text(&self) -> Vec<u8> {
        self.memory().stored.clone().expect("a ring")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.memory().stored.is_none()
    }

    pub(crate) fn set(&self, text: Option<Vec<u8>>) {
        let mut memory = self.memory();
        memory.stored = text;
        memory.revision += 1;
    }

    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.memory().faults.extend(faults);
    }

    pub(crate) fn fail_to_read(&self, times: usize) {
        self.memory().unreadable = times;
    }

    pub(crate) fn reads(&self) -> usize {
        self.memory().reads
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, ring: &[u8], may: impl Fn(&Memory) -> bool) -> Result<Placed> {
        let fault = self.memory().faults.pop_front().unwrap_or(Fault::None);
        match &fault {
            Fault::Before => return Err(broken()),
            Fault::Rival(text) => self.set(Some(text.clone())),
            _ => {}
        }
        {
            // One step: nobody comes between.
            let mut memory = self.memory();
            if !may(&memory) {
                return Ok(Placed::Lost);
            }
            memory.stored = Some(ring.to_vec());
            memory.revision += 1;
        }
        match fault {
            Fault::After => return Err(broken()),
            Fault::LostAfter => return Ok(Placed::Lost),
            Fault::Follower(text) => {
                let text = text();
                self.set(Some(text));
            }
            _ => {}
        }
        Ok(Placed::Done)
    }
}

impl fmt::Debug for MemoryRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryRing")
    }
}

#[async_trait]
impl RingPlace for MemoryRing {
    async fn read(&self) -> Result<Option<StoredRing>> {
        let mut memory = self.memory();
        memory.reads += 1;
        if memory.unreadable > 0 {
            memory.unreadable -= 1;
            return Err(broken());
        }
        let revision = Revision::new(memory.revision.to_string());
        Ok(memory.stored.clone().map(|text| StoredRing::new(text, revision)))
    }

    async fn create(&self, ring: &[u8]) -> Result<Placed> {
        self.place(ring, |memory| memory.stored.is_none())
    }

    async fn replace(&self, ring: &[u8], revision: &Revision) -> Result<Placed> {
        self.place(ring, |memory| memory.revision.to_string() == revision.as_str())
    }

    fn describe(&self) -> String {
        "the memory of a test".to_owned()
    }

    fn how_to_restore(&self) -> String {
        "remember it".to_owned()
    }
}

/// A raw AES key that counts what it is asked, and fails as it is told. Clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Provider(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    key: RawAesProvider,
    properties: Properties,
    unwraps: AtomicUsize,
    /// What it says to whoever wants something unwrapped.
    failure: Mutex<Option<ProviderErrorKind>>,
}

impl Provider {
    pub(crate) fn new() -> Self {
        Self::named("key-1")
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::with(name, RawAesProvider::PROPERTIES)
    }

    pub(crate) fn with(name: &str, properties: Properties) -> Self {
        let secret = SecretBytes::random(32).expect("randomness");
        let key = RawAesProvider::new("tests", name, &secret).expect("a key");
        let (unwraps, failure) = (AtomicUsize::new(0), Mutex::new(None));
        Self(Arc::new(Inner { key, properties, unwraps, failure }))
    }

    /// How often it was asked to unwrap something.
    pub(crate) fn unwraps(&self) -> usize {
        self.0.unwraps.load(Ordering::SeqCst)
    }

    pub(crate) fn fail(&self, kind: impl Into<Option<ProviderErrorKind>>) {
        *self.0.failure.lock().expect("no panic") = kind.into();
    }
}

#[async_trait]
impl KeyProvider for Provider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.0.key.wrap(request).await
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        if self.0.key.describe(request.key).is_none() {
            return Ok(Unwrapped::NotMine);
        }
        self.0.unwraps.fetch_add(1, Ordering::SeqCst);
        // As a call of a service would.
        Yield(3).await;
        let failure = *self.0.failure.lock().expect("no panic");
        match failure {
            Some(kind) => Err(ProviderError::new(kind, "a test").into()),
            None => self.0.key.unwrap(request).await,
        }
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.0.key.describe(key)
    }

    fn properties(&self) -> Properties {
        self.0.properties
    }
}

/// Lets others go on, so many times.
struct Yield(usize);

impl Future for Yield {
    type Output = ();

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<()> {
        if self.0 == 0 {
            return std::task::Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    }
}

pub(crate) fn builder(provider: &Provider, place: &MemoryRing) -> KeyRingBuilder {
    KeyRing::builder(provider.clone(), place.clone())
}

/// A new ring for the bucket `photos`.
pub(crate) fn created(provider: &Provider, place: &MemoryRing) -> KeyRing {
    blocking::wait(builder(provider, place).create(["photos"])).expect("a new ring")
}

pub(crate) fn opened(provider: &Provider, place: &MemoryRing) -> KeyRing {
    blocking::wait(builder(provider, place).open()).expect("the ring")
}

/// What a key is, so that keys can be compared.
pub(crate) fn digest_of(ring: &KeyRing, epoch: u32, object: &str) -> Result<String> {
    let epoch = super::Epoch::new(epoch)?;
    blocking::wait(ring.key_of(epoch, "photos", object)).map(|key| key.digest().to_string())
}

/// Lets time go by, for all who have the clock of `ring`.
pub(crate) fn wait_for(ring: &KeyRing, time: Duration) {
    ring.0.settings.clock.ahead.fetch_add(time.as_secs(), Ordering::SeqCst);
}

/// Why it failed, if it is about a ring.
pub(crate) fn kind<T>(outcome: Result<T>) -> Option<KeyRingErrorKind> {
    outcome.err().as_ref().and_then(KeyRingError::kind_in)
}

/// A file of `tests/vectors/sse-c-key-ring`.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/sse-c-key-ring/");
    fs::read(format!("{path}{name}")).expect("the vectors are part of the repository")
}

pub(crate) fn vectors(name: &str) -> Value {
    serde_json::from_slice(&vector(name)).expect("the vectors are JSON")
}

fn broken() -> Error {
    Error::Io(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "the line is dead"))
}
