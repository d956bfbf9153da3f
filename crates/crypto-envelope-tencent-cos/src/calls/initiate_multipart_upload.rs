//! Beginning an upload in parts.

use crypto_envelope::Result;

use super::{Call, Exchange, put_object::Existing, upload::UploadId};
use crate::{
    CosMethod, ObjectKey, ObjectMetadata, SseCustomerKey,
    answer::{Head, Wrong},
    customer_key,
    request::{Headers, Query},
    xml,
};
use crypto_envelope_s3_sse_c::KeyRole;

/// Begins an upload in parts. Until it is completed or aborted, its parts are kept and cost.
#[derive(Clone, Debug)]
#[must_use]
pub struct InitiateMultipartUpload {
    key: ObjectKey,
    metadata: ObjectMetadata,
    customer_key: Option<SseCustomerKey>,
    existing: Existing,
}

impl InitiateMultipartUpload {
    /// Of the object under this key.
    pub fn new(key: ObjectKey) -> Self {
        let (metadata, existing) = (ObjectMetadata::new(), Existing::Overwritten);
        Self { key, metadata, customer_key: None, existing }
    }

    /// What is stored beside its bytes.
    pub fn metadata(mut self, metadata: ObjectMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Encrypted by COS with a key that it does not keep. Every part has to come with it as well.
    pub fn customer_key(mut self, key: SseCustomerKey) -> Self {
        self.customer_key = Some(key);
        self
    }

    /// Only if there is no such object yet.
    pub fn forbid_overwrite(mut self) -> Self {
        self.existing = Existing::Kept;
        self
    }
}

impl Call for InitiateMultipartUpload {}

impl Exchange for InitiateMultipartUpload {
    type Answer = UploadId;

    const OPERATION: &'static str = "InitiateMultipartUpload";

    fn method(&self) -> CosMethod {
        CosMethod::Post
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn query(&self) -> Query {
        Query::default().with("uploads", "")
    }

    fn headers(&self) -> Result<Headers> {
        let mut headers = Headers::default();
        self.metadata.push_to(&mut headers)?;
        if let Some(key) = &self.customer_key {
            headers.push_customer_key(key, KeyRole::Object);
        }
        self.existing.push_to(&mut headers);
        Ok(headers)
    }

    fn is_idempotent(&self) -> bool {
        // There would be two.
        false
    }

    fn read(&self, head: &Head, body: &[u8]) -> Result<UploadId, Wrong> {
        customer_key::check(self.customer_key.as_ref(), head)?;
        xml::read(body, "InitiateMultipartUploadResult", |result| {
            UploadId::read(result.required("UploadId")?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_what_matters() -> Result<()> {
        let call = InitiateMultipartUpload::new(ObjectKey::new("a")?);
        let read = |body: &str| call.read(&Head::new(200, []), body.as_bytes());
        let answer = "<InitiateMultipartUploadResult><Bucket>b-1</Bucket><Key>a</Key><UploadId>u1</UploadId>\
                      </InitiateMultipartUploadResult>";
        assert!(read(answer).is_ok_and(|id| id.as_str() == "u1"));
        for wrong in
            ["", "<UploadId>u1</UploadId>", &answer.replace("u1", ""), &answer.replace("u1", "a b")]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        Ok(())
    }
}
