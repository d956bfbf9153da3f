//! The store that encrypts.

use std::{fmt, ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, MessageId, provider::KeyProvider, ranges::RangeOptions,
};
use futures_util::stream::BoxStream;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, path::Path,
};

use crate::{
    Error, HeadSize, ListSizes, builder::EncryptedStoreBuilder, context::ContextPolicy, error::at,
    header_cache::HeaderCache,
};

/// An [`ObjectStore`] that encrypts what it is given, and stores the messages in another one.
///
/// Whoever is handed it as an `ObjectStore` has to know nothing of encryption. Clones share the store below, and what
/// is known of headers.
#[derive(Clone)]
pub struct EncryptedStore<S> {
    pub(crate) shared: Arc<Shared<S>>,
}

pub(crate) struct Shared<S> {
    pub(crate) store: Arc<S>,
    pub(crate) encryptor: Encryptor,
    pub(crate) decryptor: Decryptor,
    pub(crate) context: ContextPolicy,
    pub(crate) further_pairs: FurtherPairs,
    pub(crate) unencrypted: Unencrypted,
    pub(crate) expected: Option<Expected>,
    pub(crate) headers: HeaderCache,
    pub(crate) ranges: RangeOptions,
    pub(crate) head_size: HeadSize,
    pub(crate) list_sizes: ListSizes,
    pub(crate) part_length: usize,
    pub(crate) whole_copy_limit: u64,
}

/// Whether objects may be bound to more than is said of their location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FurtherPairs {
    Refused,
    Read,
}

/// What a caller knows to be at a location.
pub(crate) type Expected = Arc<dyn Fn(&Path) -> Option<MessageId> + Send + Sync>;

/// Where objects that are not messages are taken as they are.
#[derive(Clone, Default)]
pub(crate) struct Unencrypted(pub(crate) Option<Allows>);

type Allows = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

impl Unencrypted {
    pub(crate) fn is_allowed(&self, location: &Path) -> bool {
        self.0.as_ref().is_some_and(|allows| allows(location))
    }
}

impl<S> Shared<S> {
    /// What the object at `location` is bound to.
    pub(crate) fn context_of(&self, location: &Path) -> Result<EncryptionContext> {
        self.context.of(location).map_err(|error| at(location, error))
    }
}

impl<S: ObjectStore> EncryptedStore<S> {
    /// Encrypts into `store` with the keys of `provider`, with all defaults of the [builder](Self::builder). Pass an
    /// [`Arc`] to share either.
    ///
    /// # Errors
    ///
    /// [`Error::ContextNotBound`] if the provider cannot keep objects apart.
    pub fn new(store: S, provider: impl KeyProvider) -> Result<Self, Error> {
        Self::builder(store, provider).build()
    }

    /// Starts to choose options.
    pub fn builder(store: S, provider: impl KeyProvider) -> EncryptedStoreBuilder<S> {
        EncryptedStoreBuilder::new(store, provider)
    }
}

impl<S> EncryptedStore<S> {
    /// The store below, with the messages as they are.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.shared.store
    }

    /// What opens objects: its cache can be asked, and cleared.
    #[must_use]
    pub fn decryptor(&self) -> &Decryptor {
        &self.shared.decryptor
    }

    /// What seals objects.
    #[must_use]
    pub fn encryptor(&self) -> &Encryptor {
        &self.shared.encryptor
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for EncryptedStore<S> {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.shared.put(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Ok(Box::new(self.shared.begin_upload(location, options).await?))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.shared.get(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.shared.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        Shared::delete(&self.shared, locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        Shared::with_sizes(&self.shared, self.shared.store.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        Shared::with_sizes(&self.shared, self.shared.store.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        Shared::list_with_delimiter(&self.shared, prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.shared.copy(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.shared.rename(from, to, options).await
    }
}

impl<S: ObjectStore> fmt::Display for EncryptedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptedStore({})", self.shared.store)
    }
}

impl<S: fmt::Debug> fmt::Debug for EncryptedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedStore")
            .field("store", &self.shared.store)
            .field("encryptor", &self.shared.encryptor)
            .field("decryptor", &self.shared.decryptor)
            .field("context", &self.shared.context)
            .field("headers", &self.shared.headers)
            .finish_non_exhaustive()
    }
}
