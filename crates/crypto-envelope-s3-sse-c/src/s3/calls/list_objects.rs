//! What there is.

use aws_sdk_s3::operation::list_objects_v2::{
    ListObjectsV2Output, builders::ListObjectsV2FluentBuilder,
};
use crypto_envelope::{Error, Result};

use crate::{ObjectPlace, SseCClient, SseCError, s3::calls::send};

impl SseCClient {
    /// A page of the objects in a bucket, whatever they are under. All options of the request are the caller's. The
    /// next page begins at its continuation token, and there is none if it has none.
    ///
    /// # Errors
    ///
    /// An [`SseCError`](crate::SseCError); also if the server says that there is more, and not where.
    pub async fn list_objects(
        &self,
        request: ListObjectsV2FluentBuilder,
    ) -> Result<ListObjectsV2Output> {
        let input = request.as_input();
        let Some(bucket) = input.get_bucket().clone() else {
            return Err(Error::invalid_input("the request names no bucket"));
        };
        let prefix = input.get_prefix().clone().unwrap_or_default();
        let about = ObjectPlace::new(bucket, prefix).about("ListObjectsV2");
        let here = input.get_continuation_token().clone();
        let mut page = send!(self, &about, request).await?.output;
        page.next_continuation_token.take_if(|token| token.is_empty());
        let next = page.next_continuation_token();
        let is_lost = next.is_none() && page.is_truncated() == Some(true);
        if is_lost || (next.is_some() && next == here.as_deref()) {
            return Err(SseCError::endless(about).into());
        }
        Ok(page)
    }
}
