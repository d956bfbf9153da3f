//! Storing an object at once.

use bytes::Bytes;
use crypto_envelope::Result;

use super::{Call, Exchange};
use crate::{
    CosMethod, ETag, ObjectBody, ObjectKey, ObjectMetadata, ObjectProperties, SseCustomerKey,
    answer::{Head, Wrong},
    customer_key,
    request::Headers,
};
use crypto_envelope_s3_sse_c::KeyRole;

/// Stores an object at once, of up to 5 GiB.
#[derive(Clone, Debug)]
#[must_use]
pub struct PutObject {
    key: ObjectKey,
    body: ObjectBody,
    metadata: ObjectMetadata,
    customer_key: Option<SseCustomerKey>,
    digest: Digest,
    existing: Existing,
}

/// Whether COS is told a digest of what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    None,
    Md5,
}

/// What becomes of what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    Overwritten,
    Kept,
}

impl PutObject {
    /// These bytes, under this key.
    pub fn new(key: ObjectKey, body: impl Into<ObjectBody>) -> Self {
        let (metadata, customer_key) = (ObjectMetadata::new(), None);
        let (digest, existing) = (Digest::None, Existing::Overwritten);
        Self { key, body: body.into(), metadata, customer_key, digest, existing }
    }

    /// What is stored beside them.
    pub fn metadata(mut self, metadata: ObjectMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Encrypted by COS with a key that it does not keep.
    pub fn customer_key(mut self, key: SseCustomerKey) -> Self {
        self.customer_key = Some(key);
        self
    }

    /// With the MD5 of the bytes, for COS to refuse others. A client compares the CRC-64 afterwards in any
    /// case.
    pub fn with_md5(mut self) -> Self {
        self.digest = Digest::Md5;
        self
    }

    /// Only if there is no such object yet. A bucket that keeps versions takes no notice.
    pub fn forbid_overwrite(mut self) -> Self {
        self.existing = Existing::Kept;
        self
    }
}

impl Existing {
    pub(super) fn push_to(self, headers: &mut Headers) {
        if self == Self::Kept {
            headers.push("x-cos-forbid-overwrite", "true");
        }
    }
}

impl Call for PutObject {}

impl Exchange for PutObject {
    type Answer = StoredObject;

    const OPERATION: &'static str = "PutObject";

    fn method(&self) -> CosMethod {
        CosMethod::Put
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn headers(&self) -> Result<Headers> {
        let mut headers = Headers::default();
        self.metadata.push_to(&mut headers)?;
        if let Some(key) = &self.customer_key {
            headers.push_customer_key(key, KeyRole::Object);
        }
        if self.digest == Digest::Md5 {
            headers.push("content-md5", &self.body.content_md5());
        }
        self.existing.push_to(&mut headers);
        Ok(headers)
    }

    fn body(&self) -> Result<Vec<Bytes>> {
        Ok(self.body.pieces())
    }

    fn is_idempotent(&self) -> bool {
        // Else the second attempt is refused because of the first.
        self.existing == Existing::Overwritten
    }

    fn read(&self, head: &Head, _: &[u8]) -> Result<StoredObject, Wrong> {
        customer_key::check(self.customer_key.as_ref(), head)?;
        StoredObject::read(head)
    }

    fn check(&self, answer: &StoredObject) -> Result<(), Wrong> {
        Wrong::compare(self.body.crc64().value(), answer.crc64)
    }
}

/// What COS has stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredObject {
    /// Which object it is.
    pub etag: ETag,
    /// The CRC-64/XZ of the bytes that COS got.
    pub crc64: Option<u64>,
    /// Which version it is, in a bucket that keeps them.
    pub version_id: Option<String>,
    /// Under which name COS knows the request.
    pub request_id: Option<String>,
}

impl StoredObject {
    /// That was found when it was looked for.
    pub(crate) fn of(properties: ObjectProperties) -> Self {
        let ObjectProperties { etag, crc64, version_id, request_id, .. } = properties;
        Self { etag, crc64, version_id, request_id }
    }

    fn read(head: &Head) -> Result<Self, Wrong> {
        Self::with_etag(head.etag()?, head)
    }

    pub(super) fn with_etag(etag: ETag, head: &Head) -> Result<Self, Wrong> {
        Ok(Self {
            etag,
            crc64: head.crc64()?,
            version_id: head.version_id(),
            request_id: head.request_id().map(ToOwned::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> PutObject {
        PutObject::new(ObjectKey::new("a").expect("a key"), b"12345".to_vec())
    }

    #[test]
    fn what_is_said_is_sent() -> Result<()> {
        let metadata = ObjectMetadata::new().with_user("name", "value");
        let headers = call().metadata(metadata).with_md5().forbid_overwrite().headers()?;
        assert_eq!(headers.value("x-cos-meta-name"), Some("value"));
        assert_eq!(headers.value("content-md5"), Some("gnzLDuqKcGxMNKFokfhOew=="));
        assert_eq!(headers.value("x-cos-forbid-overwrite"), Some("true"));
        assert_eq!(call().headers()?.iter().count(), 0);
        Ok(())
    }

    #[test]
    fn what_may_be_refused_because_of_itself_is_not_repeated() {
        assert!(call().is_idempotent());
        assert!(!call().forbid_overwrite().is_idempotent());
    }

    #[test]
    fn success_without_an_entity_tag_is_none() {
        assert!(call().read(&Head::new(200, []), b"").is_err());
        let stored = call()
            .read(&Head::new(200, [("ETag", &b"\"x\""[..]), ("x-cos-version-id", b"v")]), b"");
        assert!(stored.is_ok_and(|stored| stored.crc64.is_none() && stored.version_id.is_some()));
    }

    #[test]
    fn neither_bytes_nor_values_are_shown() -> Result<()> {
        let metadata = ObjectMetadata::new().with_user("name", "hidden");
        let call = PutObject::new(ObjectKey::new("a")?, b"hidden".to_vec()).metadata(metadata);
        assert!(!format!("{call:?}").contains("hidden") && !format!("{call:?}").contains("104"));
        Ok(())
    }
}
