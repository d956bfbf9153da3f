//! Listing and deleting.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{
    Error as StoreError, GetOptions, ListResult, ObjectMeta, ObjectStore, Result, path::Path,
};

use crate::{
    ListSizes,
    error::{at, is_about_content},
    store::Shared,
};

impl<S: ObjectStore> Shared<S> {
    /// Deletes in the store below.
    pub(crate) fn delete(
        this: &Arc<Self>,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let shared = Arc::clone(this);
        let forget = move |location: &Path| shared.headers.forget(location);
        this.store.delete_stream(locations).inspect_ok(forget).boxed()
    }

    /// What the store below lists, with sizes as the policy wants them.
    pub(crate) fn with_sizes(
        this: &Arc<Self>,
        listed: BoxStream<'static, Result<ObjectMeta>>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let ListSizes::Lookup { concurrency } = this.list_sizes else { return listed };
        let shared = Arc::clone(this);
        listed
            .map(move |meta| {
                let shared = Arc::clone(&shared);
                async move {
                    match meta {
                        Ok(meta) => shared.looked_up(meta).await,
                        Err(error) => Some(Err(error)),
                    }
                }
                .boxed()
            })
            .buffered(concurrency.get())
            .filter_map(std::future::ready)
            .boxed()
    }

    /// The same of one level.
    pub(crate) async fn list_with_delimiter(
        this: &Arc<Self>,
        prefix: Option<&Path>,
    ) -> Result<ListResult> {
        let mut listed = this.store.list_with_delimiter(prefix).await?;
        let objects = std::mem::take(&mut listed.objects);
        let objects = stream::iter(objects.into_iter().map(Ok)).boxed();
        listed.objects = Self::with_sizes(this, objects).try_collect().await?;
        Ok(listed)
    }

    /// An object with the length of its plaintext; with the one that it has if it is not a message, or not to be read.
    /// `None` if it is not there any more.
    async fn looked_up(&self, mut meta: ObjectMeta) -> Option<Result<ObjectMeta>> {
        let location = meta.location.clone();
        let known = match self.headers.of(&meta) {
            Some(known) => Some(known),
            None => match self.header_at(&location, &GetOptions::default()).await {
                Ok((known, first)) => {
                    meta = first.meta().map_or(meta, |now| ObjectMeta { location, ..now });
                    Some(known)
                }
                Err(error) if is_about_content(&error) => None,
                Err(error) => match at(&location, error) {
                    StoreError::NotFound { .. } => return None,
                    StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
                        None
                    }
                    error => return Some(Err(error)),
                },
            },
        };
        meta.size = known.and_then(|known| known.estimated_length()).unwrap_or(meta.size);
        Some(Ok(meta))
    }
}
