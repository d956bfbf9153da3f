//! Sending a part of an upload.

use bytes::Bytes;
use crypto_envelope::Result;

use super::{
    Call, Exchange,
    put_object::Digest,
    upload::{CompletedPart, PartNumber, UploadId},
};
use crate::{
    CosMethod, ETag, ObjectBody, ObjectKey, SseCustomerKey,
    answer::{Head, Wrong},
    customer_key,
    request::{Headers, Query},
};
use crypto_envelope_s3_sse_c::KeyRole;

/// Sends a part of an upload: 1 MiB to 5 GiB, the last one any length. A part that was sent before under the
/// same number is replaced.
#[derive(Clone, Debug)]
#[must_use]
pub struct UploadPart {
    key: ObjectKey,
    upload: UploadId,
    number: PartNumber,
    body: ObjectBody,
    customer_key: Option<SseCustomerKey>,
    digest: Digest,
}

impl UploadPart {
    /// These bytes, as part `number` of `upload`, which is one of the object under this key.
    pub fn new(
        key: ObjectKey,
        upload: UploadId,
        number: PartNumber,
        body: impl Into<ObjectBody>,
    ) -> Self {
        Self { key, upload, number, body: body.into(), customer_key: None, digest: Digest::None }
    }

    /// The key of SSE-C that the upload began with.
    pub fn customer_key(mut self, key: SseCustomerKey) -> Self {
        self.customer_key = Some(key);
        self
    }

    /// With the MD5 of the bytes, for COS to refuse others.
    pub fn with_md5(mut self) -> Self {
        self.digest = Digest::Md5;
        self
    }
}

impl Call for UploadPart {}

impl Exchange for UploadPart {
    type Answer = UploadedPart;

    const OPERATION: &'static str = "UploadPart";

    fn method(&self) -> CosMethod {
        CosMethod::Put
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn query(&self) -> Query {
        of_part(&self.upload, self.number)
    }

    fn headers(&self) -> Result<Headers> {
        let mut headers = Headers::default();
        if let Some(key) = &self.customer_key {
            headers.push_customer_key(key, KeyRole::Object);
        }
        if self.digest == Digest::Md5 {
            headers.push("content-md5", &self.body.content_md5());
        }
        Ok(headers)
    }

    fn body(&self) -> Result<Vec<Bytes>> {
        Ok(self.body.pieces())
    }

    fn read(&self, head: &Head, _: &[u8]) -> Result<UploadedPart, Wrong> {
        customer_key::check(self.customer_key.as_ref(), head)?;
        Ok(UploadedPart { number: self.number, etag: head.etag()?, crc64: head.crc64()? })
    }

    fn check(&self, answer: &UploadedPart) -> Result<(), Wrong> {
        Wrong::compare(self.body.crc64().value(), answer.crc64)
    }
}

pub(super) fn of_part(upload: &UploadId, number: PartNumber) -> Query {
    let number = number.get().to_string();
    Query::default().with("partNumber", number).with("uploadId", upload.as_str())
}

/// A part that COS has.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UploadedPart {
    /// Its number.
    pub number: PartNumber,
    /// By which the upload is completed.
    pub etag: ETag,
    /// The CRC-64/XZ of the bytes that COS got.
    pub crc64: Option<u64>,
}

impl From<UploadedPart> for CompletedPart {
    fn from(part: UploadedPart) -> Self {
        Self::new(part.number, part.etag)
    }
}
