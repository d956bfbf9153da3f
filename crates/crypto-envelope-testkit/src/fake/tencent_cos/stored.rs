//! What tests see of what the fake holds, and put into it.

use super::{metadata::Metadata, object::Object, sse::Encryption, store::Upload};
use std::time::SystemTime;

/// An object, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredObject {
    /// All bytes.
    pub content: Vec<u8>,
    /// Metadata, and other headers that are stored (`Content-Type`). Names of metadata have their
    /// prefix (`x-cos-meta-`) and are in lower case.
    pub headers: Vec<(String, String)>,
    /// With its quotation marks.
    pub etag: String,
    /// The checksum of all bytes.
    pub crc64: u64,
}

impl StoredObject {
    /// One to put into the fake, which makes the entity tag and the checksum.
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }

    /// With a header, as `x-cos-meta-name` or `Content-Type`.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first header of this name, in whatever case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(given, _)| given.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    pub(super) fn of(object: &Object) -> Self {
        Self {
            content: object.content.as_one().into_owned(),
            headers: object.metadata.given().collect(),
            etag: object.etag.clone(),
            crc64: object.crc64,
        }
    }

    pub(super) fn into_object(self, modified: SystemTime) -> Object {
        let mut metadata = Metadata::default();
        for (name, value) in &self.headers {
            metadata.set(name, value);
        }
        Object::new(self.content.into(), metadata, Encryption::None, modified)
    }
}

/// An upload that is not complete.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingUpload {
    /// The key of the object that it will be.
    pub key: String,
    /// As the client got it.
    pub upload_id: String,
    /// What the object will have: see [`StoredObject::headers`].
    pub headers: Vec<(String, String)>,
    /// In the order of their numbers.
    pub parts: Vec<UploadedPart>,
}

/// A part of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadedPart {
    /// From 1 on.
    pub number: u32,
    /// All bytes.
    pub content: Vec<u8>,
    /// With its quotation marks.
    pub etag: String,
}

impl PendingUpload {
    pub(super) fn of(key: &str, upload_id: &str, upload: &Upload) -> Self {
        let parts = upload.parts.iter().map(|(number, part)| UploadedPart {
            number: *number,
            content: part.content.as_one().into_owned(),
            etag: part.etag.clone(),
        });
        Self {
            key: key.to_owned(),
            upload_id: upload_id.to_owned(),
            headers: upload.metadata.given().collect(),
            parts: parts.collect(),
        }
    }
}
