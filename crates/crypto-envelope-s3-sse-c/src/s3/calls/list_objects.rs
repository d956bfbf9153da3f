//! What there is.

use aws_sdk_s3::operation::list_objects_v2::{
    ListObjectsV2Output, builders::ListObjectsV2FluentBuilder,
};
use crypto_envelope::{Error, Result};

use crate::{ObjectPlace, SseCClient, s3::calls::send};

impl SseCClient {
    /// A page of the objects in a bucket, whatever they are under. All options of the request are the caller's.
    ///
    /// # Errors
    ///
    /// An [`SseCError`](crate::SseCError).
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
        Ok(send!(self, &about, request).await?.output)
    }
}
