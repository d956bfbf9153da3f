//! What tests see of what the fake holds, and put into it.

use std::time::SystemTime;

use super::{
    content::Content,
    error::S3Error,
    metadata::Metadata,
    object::{Object, Part, Version},
    protection::{Protection, ServiceKey},
    store::Upload,
    tags::Tags,
};

/// An object, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredObject {
    /// All bytes, as they are kept: those of an object under the key of a customer are encrypted.
    pub kept: Vec<u8>,
    /// How many bytes the object has.
    pub length: usize,
    /// Whether it is under the key of a customer. What lies make of that is not asked.
    pub customer_key: bool,
    /// Metadata, and other headers that are stored (`Content-Type`). Names of metadata have their
    /// prefix (`x-amz-meta-`) and are in lower case.
    pub headers: Vec<(String, String)>,
    /// Names and values.
    pub tags: Vec<(String, String)>,
    /// As requests name it.
    pub storage_class: String,
    /// With its quotation marks.
    pub etag: String,
    /// `null` if its bucket has no versions.
    pub version_id: String,
}

impl StoredObject {
    /// One to put into the fake, in plain. The fake makes the entity tag.
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        Self { kept: content.into(), ..Self::default() }
    }

    /// With a header, as `x-amz-meta-name` or `Content-Type`.
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

    pub(super) fn of(version: &Version, object: &Object) -> Self {
        Self {
            kept: object.parts.iter().flat_map(Content::kept).collect(),
            length: object.len(),
            customer_key: matches!(object.protection, Protection::Customer(_)),
            headers: object.metadata.given().collect(),
            tags: object.tags.pairs().to_vec(),
            storage_class: object.metadata.storage_class().to_owned(),
            etag: object.etag.clone(),
            version_id: version.id.clone(),
        }
    }

    pub(super) fn into_object(self, modified: SystemTime) -> Result<Object, S3Error> {
        let mut metadata = Metadata::default();
        for (name, value) in &self.headers {
            metadata.set(name, value);
        }
        let part = Part::new(self.kept.into(), None, modified)?;
        let object = Object::of_part(part, metadata, Protection::Service(ServiceKey::usual()));
        Ok(Object { tags: Tags::of_given(self.tags), ..object })
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
    /// Whether it is under the key of a customer.
    pub customer_key: bool,
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
    /// All bytes, as they are kept.
    pub kept: Vec<u8>,
    /// How many bytes the part has.
    pub length: usize,
    /// With its quotation marks.
    pub etag: String,
}

impl PendingUpload {
    pub(super) fn of(key: &str, upload_id: &str, upload: &Upload) -> Self {
        let parts = upload.parts.iter().map(|(number, part)| UploadedPart {
            number: *number,
            kept: part.content.kept(),
            length: part.content.len(),
            etag: part.etag.clone(),
        });
        Self {
            key: key.to_owned(),
            upload_id: upload_id.to_owned(),
            customer_key: matches!(upload.protection, Protection::Customer(_)),
            headers: upload.metadata.given().collect(),
            parts: parts.collect(),
        }
    }
}
