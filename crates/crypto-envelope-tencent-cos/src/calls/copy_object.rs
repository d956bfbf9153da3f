//! Copying an object inside of COS.

use std::time::SystemTime;

use crypto_envelope::{Error, Result};

use super::{
    Call, Exchange,
    conditions::{Conditions, conditions},
    put_object::Existing,
};
use crate::{
    CosEndpoint, CosMethod, ETag, ObjectKey, ObjectMetadata, SseCustomerKey,
    answer::{Head, Wrong},
    customer_key,
    request::Headers,
    xml,
};
use crypto_envelope_s3_sse_c::KeyRole;

/// What a copy is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct CopySource {
    host: String,
    key: ObjectKey,
    version_id: Option<String>,
}

impl CopySource {
    /// This object in the bucket of this endpoint.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the endpoint is a domain of one's own: COS has to be told the region.
    pub fn new(endpoint: &CosEndpoint, key: ObjectKey) -> Result<Self> {
        let host = endpoint.source_host().ok_or_else(|| {
            Error::invalid_input(
                "the source of a copy is named by region: give the endpoint of its bucket in its region",
            )
        })?;
        Ok(Self { host: host.to_owned(), key, version_id: None })
    }

    /// In this version.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    pub(super) fn push_to(&self, headers: &mut Headers) {
        let version =
            crate::request::Query::default().with_some("versionId", self.version_id.clone());
        let source = format!("{}{}{}", self.host, self.key.source_path(), version.url_form());
        headers.push("x-cos-copy-source", &source);
    }
}

/// Copies an object of up to 5 GiB inside of COS, onto itself too: that is how what is stored beside its bytes is
/// changed.
#[derive(Clone, Debug)]
#[must_use]
pub struct CopyObject {
    source: CopySource,
    key: ObjectKey,
    /// None for that of the source.
    metadata: Option<ObjectMetadata>,
    conditions: Conditions,
    customer_key: Option<SseCustomerKey>,
    source_customer_key: Option<SseCustomerKey>,
    existing: Existing,
}

impl CopyObject {
    /// From there to this key, with all that is stored beside the bytes.
    pub fn new(source: CopySource, key: ObjectKey) -> Self {
        Self {
            source,
            key,
            metadata: None,
            conditions: Conditions::default(),
            customer_key: None,
            source_customer_key: None,
            existing: Existing::Overwritten,
        }
    }

    /// With this beside the bytes, and nothing else: whatever is not said falls back to what new objects have,
    /// storage class, encryption and access too.
    pub fn replace_metadata(mut self, metadata: ObjectMetadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Encrypted by COS with a key that it does not keep.
    pub fn customer_key(mut self, key: SseCustomerKey) -> Self {
        self.customer_key = Some(key);
        self
    }

    /// The key of SSE-C that the source is encrypted with.
    pub fn source_customer_key(mut self, key: SseCustomerKey) -> Self {
        self.source_customer_key = Some(key);
        self
    }

    /// Only if there is no object under that key yet.
    pub fn forbid_overwrite(mut self) -> Self {
        self.existing = Existing::Kept;
        self
    }

    conditions!("the source");
}

impl Call for CopyObject {}

impl Exchange for CopyObject {
    type Answer = CopiedObject;

    const OPERATION: &'static str = "CopyObject";

    fn method(&self) -> CosMethod {
        CosMethod::Put
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn headers(&self) -> Result<Headers> {
        let mut headers = Headers::default();
        self.source.push_to(&mut headers);
        let directive = if self.metadata.is_some() { "Replaced" } else { "Copy" };
        headers.push("x-cos-metadata-directive", directive);
        if let Some(metadata) = &self.metadata {
            metadata.push_to(&mut headers)?;
        }
        self.conditions.push_to(CONDITIONS, &mut headers)?;
        if let Some(key) = &self.customer_key {
            headers.push_customer_key(key, KeyRole::Object);
        }
        if let Some(key) = &self.source_customer_key {
            headers.push_customer_key(key, KeyRole::CopySource);
        }
        self.existing.push_to(&mut headers);
        Ok(headers)
    }

    fn is_idempotent(&self) -> bool {
        // Else the second attempt may be refused because of the first.
        self.conditions.is_empty() && self.existing == Existing::Overwritten
    }

    fn read(&self, head: &Head, body: &[u8]) -> Result<CopiedObject, Wrong> {
        customer_key::check(self.customer_key.as_ref(), head)?;
        xml::read(body, "CopyObjectResult", |result| {
            // Some answers have it here.
            let crc64 = result.text("CRC64")?.as_deref().map(read_crc64).transpose()?;
            Ok(CopiedObject {
                etag: result.etag()?,
                crc64: head.crc64()?.or(crc64),
                last_modified: result.date("LastModified")?,
                version_id: head.version_id().or(result.text("VersionId")?),
                request_id: head.request_id().map(ToOwned::to_owned),
            })
        })
    }
}

pub(super) fn read_crc64(text: &str) -> Result<u64, Wrong> {
    crate::Crc64::parse(text).ok_or(Wrong::unreadable("with a CRC64 that is no number"))
}

/// What was made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CopiedObject {
    /// Which object it is.
    pub etag: ETag,
    /// The CRC-64/XZ of its bytes.
    pub crc64: Option<u64>,
    /// When it was made, as COS wrote it.
    pub last_modified: Option<String>,
    /// Which version it is, in a bucket that keeps them.
    pub version_id: Option<String>,
    /// Under which name COS knows the request.
    pub request_id: Option<String>,
}

/// At the front of conditions about the source of a copy.
pub(super) const CONDITIONS: &str = "x-cos-copy-source-";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CosBucket, CosDomain};

    fn endpoint() -> Result<CosEndpoint> {
        let bucket = CosBucket::new("src-1250000000")?;
        CosEndpoint::in_domain(bucket, "ap-beijing", CosDomain::Accelerate)
    }

    fn call() -> Result<CopyObject> {
        let source = CopySource::new(&endpoint()?, ObjectKey::new("a b/./c?")?)?;
        Ok(CopyObject::new(source.version_id("v+1"), ObjectKey::new("d")?))
    }

    #[test]
    fn what_is_said_is_sent() -> Result<()> {
        let headers = call()?.headers()?;
        let source = "src-1250000000.cos.ap-beijing.myqcloud.com/a%20b/./c%3F?versionId=v%2B1";
        assert_eq!(headers.value("x-cos-copy-source"), Some(source));
        assert_eq!(headers.value("x-cos-metadata-directive"), Some("Copy"));
        assert_eq!(headers.iter().count(), 2);
        let key = || SseCustomerKey::from_bytes(vec![1; 32]);
        let metadata = ObjectMetadata::new().with_user("a", "b").with_content_type("text/plain");
        let call = call()?
            .replace_metadata(metadata)
            .if_match(ETag::new("\"x\"")?)
            .source_customer_key(key()?)
            .customer_key(key()?);
        let headers = call.headers()?;
        for (name, value) in [
            ("x-cos-metadata-directive", "Replaced"),
            ("x-cos-meta-a", "b"),
            ("content-type", "text/plain"),
            ("x-cos-copy-source-if-match", "\"x\""),
            ("x-cos-copy-source-server-side-encryption-customer-algorithm", "AES256"),
            ("x-cos-server-side-encryption-customer-algorithm", "AES256"),
        ] {
            assert_eq!(headers.value(name), Some(value), "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_source_has_to_be_in_a_region() -> Result<()> {
        let custom = CosEndpoint::custom(CosBucket::new("src-1250000000")?, "cdn.example.com")?;
        assert!(CopySource::new(&custom, ObjectKey::new("a")?).is_err());
        Ok(())
    }

    #[test]
    fn guarded_copies_are_not_repeated() -> Result<()> {
        assert!(call()?.is_idempotent());
        assert!(!call()?.if_match(ETag::new("x")?).is_idempotent());
        assert!(!call()?.forbid_overwrite().is_idempotent());
        Ok(())
    }

    #[test]
    fn an_error_may_come_with_success() -> Result<()> {
        let call = call()?;
        let head = Head::new(200, [("x-cos-hash-crc64ecma", &b"17"[..])]);
        let read = |body: &str| call.read(&head, body.as_bytes());
        let answer = "<CopyObjectResult><ETag>\"abc\"</ETag><LastModified>2026-11-21T07:13:29Z</LastModified>\
                      </CopyObjectResult>";
        assert!(read(answer).is_ok_and(|copied| copied.crc64 == Some(17)));
        let refused = read("<Error><Code>SlowDown</Code></Error>");
        assert!(matches!(refused, Err(Wrong::Refused(refusal)) if refusal.code == "SlowDown"));
        for wrong in
            ["", "<CopyObjectResult/>", "<CopyPartResult><ETag>\"abc\"</ETag></CopyPartResult>"]
        {
            assert!(matches!(read(wrong), Err(Wrong::Unreadable(_))), "{wrong}");
        }
        Ok(())
    }
}
