//! What all tests need.

use std::{
    ops::Range,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use crypto_envelope::{
    self as core, EncryptedDataKey, SecretBytes,
    provider::{
        GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, ProviderError,
        ProviderErrorKind, RawAesProvider, Targets, UnwrapRequest, Unwrapped, WrapRequest,
    },
};
use crypto_envelope_object_store::{
    EncryptedStore, EncryptedStoreBuilder, Error, object_encryptor, object_store,
};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, Result, path::Path};

use crate::watched::Watched;

/// The same key each time.
pub(crate) fn provider() -> RawAesProvider {
    named_provider("key", 7)
}

pub(crate) fn named_provider(name: &str, byte: u8) -> RawAesProvider {
    RawAesProvider::new("tests", name, &SecretBytes::from(vec![byte; 32])).expect("a provider")
}

/// A provider that says less of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsure {
    pub(crate) binds_context: bool,
}

#[async_trait]
impl KeyProvider for Unsure {
    async fn generate(&self, request: GenerateRequest<'_>) -> core::Result<GeneratedKey> {
        provider().generate(request).await
    }

    async fn wrap(&self, request: WrapRequest<'_>) -> core::Result<Vec<EncryptedDataKey>> {
        provider().wrap(request).await
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> core::Result<Unwrapped> {
        provider().unwrap(request).await
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        provider().describe(key)
    }

    fn properties(&self) -> Properties {
        let properties = Properties::new(Targets::MESSAGES);
        if self.binds_context { properties.binding_context() } else { properties }
    }
}

/// A provider that counts how often it unwraps.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    unwraps: AtomicUsize,
    denied: AtomicBool,
}

impl Counted {
    pub(crate) fn unwraps(&self) -> usize {
        self.unwraps.load(Ordering::SeqCst)
    }

    /// From now on.
    pub(crate) fn deny(&self) {
        self.denied.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl KeyProvider for Counted {
    async fn generate(&self, request: GenerateRequest<'_>) -> core::Result<GeneratedKey> {
        provider().generate(request).await
    }

    async fn wrap(&self, request: WrapRequest<'_>) -> core::Result<Vec<EncryptedDataKey>> {
        provider().wrap(request).await
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> core::Result<Unwrapped> {
        self.unwraps.fetch_add(1, Ordering::SeqCst);
        if self.denied.load(Ordering::SeqCst) {
            return Err(ProviderError::new(ProviderErrorKind::Denied, "in a test").into());
        }
        provider().unwrap(request).await
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        provider().describe(key)
    }

    fn properties(&self) -> Properties {
        provider().properties()
    }
}

/// An encrypting store over one that is watched.
pub(crate) fn watched() -> (EncryptedStore<Watched>, Watched) {
    watched_with(|builder| builder)
}

pub(crate) fn watched_with(
    choose: impl FnOnce(EncryptedStoreBuilder<Watched>) -> EncryptedStoreBuilder<Watched>,
) -> (EncryptedStore<Watched>, Watched) {
    let below = Watched::default();
    let builder = EncryptedStore::builder(below.clone(), provider());
    (choose(builder).build().expect("the options are right"), below)
}

/// The same with frames of another length.
pub(crate) fn with_frames(
    length: u32,
) -> impl FnOnce(EncryptedStoreBuilder<Watched>) -> EncryptedStoreBuilder<Watched> {
    let encryptor = object_encryptor(provider()).frame_length(length).build();
    move |builder| builder.encryptor(encryptor.expect("the length is right"))
}

pub(crate) fn over<S: ObjectStore>(store: S) -> EncryptedStore<S> {
    EncryptedStore::new(store, provider()).expect("the provider binds the context")
}

pub(crate) fn path(name: &str) -> Path {
    Path::from(name)
}

/// Bytes that differ from place to place.
pub(crate) fn text(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i ^ (i >> 8) ^ (i >> 16)).to_le_bytes()[0]).collect()
}

/// The part of a plaintext that a range is.
pub(crate) fn part(plaintext: &[u8], range: Range<u64>) -> &[u8] {
    let at = |place: u64| usize::try_from(place).expect("it is within memory");
    &plaintext[at(range.start)..at(range.end)]
}

/// All of an object.
pub(crate) async fn read(store: &dyn ObjectStore, location: &Path) -> Result<Bytes> {
    store.get(location).await?.bytes().await
}

/// A range of any kind.
pub(crate) async fn read_range(
    store: &dyn ObjectStore,
    location: &Path,
    range: impl Into<GetRange>,
) -> Result<Bytes> {
    let options = GetOptions::new().with_range(Some(range));
    store.get_opts(location, options).await?.bytes().await
}

/// How a call is refused: by which of our errors, if it is one, as it is written for developers.
pub(crate) fn refusal<T>(refused: Result<T>) -> String {
    let error = refused.err().expect("it is refused");
    Error::of(&error).map_or_else(|| format!("not ours: {error:?}"), |ours| format!("{ours:?}"))
}
