//! An object store that counts what is read from it.

use std::{
    fmt,
    ops::Range,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use crypto_envelope_object_store::object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, path::Path,
};
use futures_util::stream::BoxStream;

/// Writes down which bytes each call gives, and leaves the rest to another store.
#[derive(Debug)]
pub struct CountingStore<S> {
    store: S,
    calls: Mutex<Vec<Vec<Range<u64>>>>,
}

impl<S> CountingStore<S> {
    /// Counts what is read from `store`.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self { store, calls: Mutex::default() }
    }

    /// The ranges that each call gave since somebody asked for the last time, in the order in which they were answered.
    /// Calls that give no bytes, such as those for the head, are not among them.
    #[must_use]
    pub fn calls(&self) -> Vec<Vec<Range<u64>>> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many bytes that were.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.calls().iter().flatten().map(|range| range.end - range.start).sum()
    }

    fn count(&self, ranges: Vec<Range<u64>>) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(ranges);
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: ObjectStore> ObjectStore for CountingStore<S> {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.store.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.store.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let gives_bytes = !options.head;
        let result = self.store.get_opts(location, options).await?;
        if gives_bytes {
            self.count(vec![result.range.clone()]);
        }
        Ok(result)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let bytes = self.store.get_ranges(location, ranges).await?;
        self.count(ranges.to_vec());
        Ok(bytes)
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.store.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.store.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.store.rename_opts(from, to, options).await
    }
}

impl<S: fmt::Display> fmt::Display for CountingStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CountingStore({})", self.store)
    }
}
