//! Giving an upload up.

use super::{Call, Exchange, upload::UploadId};
use crate::{
    CosMethod, ObjectKey,
    answer::{Head, Wrong},
    request::Query,
};

/// Gives an upload up: its parts are deleted. A part that arrives at the same time may survive, so do it once no
/// part is on its way.
#[derive(Clone, Debug)]
#[must_use]
pub struct AbortMultipartUpload {
    key: ObjectKey,
    upload: UploadId,
}

impl AbortMultipartUpload {
    /// This one, of the object under this key.
    pub fn new(key: ObjectKey, upload: UploadId) -> Self {
        Self { key, upload }
    }
}

impl Call for AbortMultipartUpload {}

impl Exchange for AbortMultipartUpload {
    type Answer = ();

    const OPERATION: &'static str = "AbortMultipartUpload";

    fn method(&self) -> CosMethod {
        CosMethod::Delete
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn query(&self) -> Query {
        Query::default().with("uploadId", self.upload.as_str())
    }

    fn is_idempotent(&self) -> bool {
        // After the first time there is no such upload.
        false
    }

    fn read(&self, _: &Head, _: &[u8]) -> Result<(), Wrong> {
        Ok(())
    }
}
