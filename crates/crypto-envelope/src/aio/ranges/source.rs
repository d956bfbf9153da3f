//! What an async source of stored bytes is.

use std::{fs::File, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;

#[cfg(doc)]
use crate::ranges;
use crate::{
    Result,
    aio::offload::compute,
    ranges::{FetchedRange, RangeRequest, Version, read_file, within},
};

/// Something that stores a message and can give ranges of its bytes, without keeping a thread
/// waiting.
///
/// Implemented for [`Bytes`] in memory, for [`FileSource`], and for references and smart pointers
/// to sources.
#[async_trait]
pub trait RangeSource: Send + Sync {
    /// Reads a range of the stored bytes; the rules are those of [`ranges::RangeSource::fetch`]. The future may
    /// be dropped at any time.
    ///
    /// # Errors
    ///
    /// As [`ranges::RangeSource::fetch`].
    async fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange<Bytes>>;
}

/// Cannot change while they are read, so that there is one version.
#[async_trait]
impl RangeSource for Bytes {
    async fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange<Self>> {
        let bytes = self.slice(within(self.len(), &request.range()));
        Ok(FetchedRange::new(bytes, self.len() as u64, Version::new("")))
    }
}

/// A regular file, read at positions on a thread of
/// [`spawn_blocking`](tokio::task::spawn_blocking) if there is a runtime of tokio. Its version is
/// that of the [`ranges::RangeSource`] that a [`File`] is.
#[derive(Clone, Debug)]
pub struct FileSource(Arc<File>);

impl FileSource {
    /// Reads from `file`; on Unix its own position stays where it is.
    #[must_use]
    pub fn new(file: File) -> Self {
        Self(Arc::new(file))
    }
}

#[async_trait]
impl RangeSource for FileSource {
    async fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange<Bytes>> {
        let (file, range) = (Arc::clone(&self.0), request.range());
        let version = request.version().cloned();
        compute(move || {
            let fetched = read_file(&file, &range, version.as_ref())?;
            let (length, version) = (fetched.message_length(), fetched.version().clone());
            Ok(FetchedRange::new(fetched.into_bytes().into(), length, version))
        })
        .await
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        #[async_trait]
        impl<S: RangeSource + ?Sized> RangeSource for $pointer {
            async fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange<Bytes>> {
                (**self).fetch(request).await
            }
        }
    )*};
}

forward!(&S, Box<S>, Arc<S>);
