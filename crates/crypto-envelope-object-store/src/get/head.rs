//! What there is to know of an object without reading it.

use crypto_envelope as core;
use object_store::{GetOptions, GetResult, ObjectStore, path::Path};

use super::range::answer;
use crate::{Error, HeadSize, error::through_core, store::Shared};

impl<S: ObjectStore> Shared<S> {
    pub(super) async fn head(
        &self,
        location: &Path,
        options: &GetOptions,
    ) -> core::Result<GetResult> {
        // Which message it is takes the key to know.
        if self.head_size == HeadSize::Estimated && self.expected(location, options).is_none() {
            return self.estimated_head(location, options).await;
        }
        self.with_reader(location, options, |reader, first| async move {
            let length = reader.length().await?;
            answer(&first, length, 0..length)
        })
        .await
    }

    async fn estimated_head(
        &self,
        location: &Path,
        options: &GetOptions,
    ) -> core::Result<GetResult> {
        let (header, first) = self.header_at(location, options).await?;
        let length =
            header.estimated_length().ok_or_else(|| through_core(Error::ImpossibleLength))?;
        answer(&first, length, 0..length)
    }
}
