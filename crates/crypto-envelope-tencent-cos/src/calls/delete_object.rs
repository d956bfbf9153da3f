//! Deleting an object.

use super::{Call, Exchange};
use crate::{
    CosMethod, ObjectKey,
    answer::{Head, Wrong},
    request::Query,
};

/// Deletes an object; one that is not there as well. In a bucket that keeps versions, it only puts a mark over
/// them, unless a version is named.
#[derive(Clone, Debug)]
#[must_use]
pub struct DeleteObject {
    key: ObjectKey,
    version_id: Option<String>,
}

impl DeleteObject {
    /// This one.
    pub fn new(key: ObjectKey) -> Self {
        Self { key, version_id: None }
    }

    /// This version of it, for good.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }
}

impl Call for DeleteObject {}

impl Exchange for DeleteObject {
    type Answer = DeletedObject;

    const OPERATION: &'static str = "DeleteObject";

    fn method(&self) -> CosMethod {
        CosMethod::Delete
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn query(&self) -> Query {
        Query::default().with_some("versionId", self.version_id.clone())
    }

    fn read(&self, head: &Head, _: &[u8]) -> Result<DeletedObject, Wrong> {
        let marked = head.value("x-cos-delete-marker") == Some("true");
        Ok(DeletedObject { delete_marker: marked, version_id: head.version_id() })
    }
}

/// What is gone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeletedObject {
    /// Whether it was only marked as deleted, or the mark is what was deleted.
    pub delete_marker: bool,
    /// Which version it is, or that of the mark.
    pub version_id: Option<String>,
}
