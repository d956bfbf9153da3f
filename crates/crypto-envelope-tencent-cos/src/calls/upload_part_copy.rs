//! Copying a part of an upload from an object inside of COS.

use std::{ops::Range, time::SystemTime};

use crypto_envelope::{Error, Result};

use super::{
    Call, Exchange,
    conditions::{Conditions, conditions},
    copy_object::{CONDITIONS, CopySource, read_crc64},
    upload::{PartNumber, UploadId},
    upload_part::{UploadedPart, of_part},
};
use crate::{
    CosMethod, ETag, ObjectKey, SseCustomerKey,
    answer::{Head, Wrong},
    customer_key,
    request::{Headers, Query},
    xml,
};
use crypto_envelope_s3_sse_c::KeyRole;

/// Takes a part of an upload from an object inside of COS: that is how objects of more than 5 GiB are copied.
#[derive(Clone, Debug)]
#[must_use]
pub struct UploadPartCopy {
    key: ObjectKey,
    upload: UploadId,
    number: PartNumber,
    source: CopySource,
    range: Option<Range<u64>>,
    conditions: Conditions,
    customer_key: Option<SseCustomerKey>,
    source_customer_key: Option<SseCustomerKey>,
}

impl UploadPartCopy {
    /// From there, as part `number` of `upload`, which is one of the object under this key.
    pub fn new(key: ObjectKey, upload: UploadId, number: PartNumber, source: CopySource) -> Self {
        let (conditions, customer_key) = (Conditions::default(), None);
        let (range, source_customer_key) = (None, None);
        Self { key, upload, number, source, range, conditions, customer_key, source_customer_key }
    }

    /// Only these bytes of the source, with the end left out. All of them have to be there.
    pub fn range(mut self, range: Range<u64>) -> Self {
        self.range = Some(range);
        self
    }

    /// The key of SSE-C that the upload began with.
    pub fn customer_key(mut self, key: SseCustomerKey) -> Self {
        self.customer_key = Some(key);
        self
    }

    /// The key of SSE-C that the source is encrypted with.
    pub fn source_customer_key(mut self, key: SseCustomerKey) -> Self {
        self.source_customer_key = Some(key);
        self
    }

    conditions!("the source");
}

impl Call for UploadPartCopy {}

impl Exchange for UploadPartCopy {
    type Answer = UploadedPart;

    const OPERATION: &'static str = "UploadPartCopy";

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
        self.source.push_to(&mut headers);
        if let Some(range) = &self.range {
            if range.is_empty() {
                return Err(Error::invalid_input("the range of the source is empty"));
            }
            let text = format!("bytes={}-{}", range.start, range.end - 1);
            headers.push("x-cos-copy-source-range", &text);
        }
        self.conditions.push_to(CONDITIONS, &mut headers)?;
        if let Some(key) = &self.customer_key {
            headers.push_customer_key(key, KeyRole::Object);
        }
        if let Some(key) = &self.source_customer_key {
            headers.push_customer_key(key, KeyRole::CopySource);
        }
        Ok(headers)
    }

    fn read(&self, head: &Head, body: &[u8]) -> Result<UploadedPart, Wrong> {
        customer_key::check(self.customer_key.as_ref(), head)?;
        xml::read(body, "CopyPartResult", |result| {
            let crc64 = result.text("CRC64")?.as_deref().map(read_crc64).transpose()?;
            let (etag, crc64) = (result.etag()?, head.crc64()?.or(crc64));
            Ok(UploadedPart { number: self.number, etag, crc64 })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CosBucket, CosEndpoint};

    fn call() -> Result<UploadPartCopy> {
        let endpoint = CosEndpoint::new(CosBucket::new("src-1250000000")?, "ap-beijing")?;
        let source = CopySource::new(&endpoint, ObjectKey::new("s")?)?;
        let (upload, number) = (UploadId::new("u")?, PartNumber::new(3)?);
        Ok(UploadPartCopy::new(ObjectKey::new("a")?, upload, number, source))
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    fn what_is_said_is_sent() -> Result<()> {
        let call = call()?.range(10..20).if_match(ETag::new("\"x\"")?);
        let headers = call.headers()?;
        assert_eq!(headers.value("x-cos-copy-source-range"), Some("bytes=10-19"));
        assert_eq!(headers.value("x-cos-copy-source-if-match"), Some("\"x\""));
        assert_eq!(call.query().url_form(), "?partNumber=3&uploadId=u");
        assert!(call.clone().range(5..5).headers().is_err());
        assert!(call.range(5..4).headers().is_err());
        Ok(())
    }

    #[test]
    fn an_error_may_come_with_success() -> Result<()> {
        let call = call()?;
        let read = |body: &str| call.read(&Head::new(200, []), body.as_bytes());
        let answer = "<CopyPartResult><ETag>\"abc\"</ETag><CRC64>17</CRC64></CopyPartResult>";
        assert!(read(answer).is_ok_and(|part| part.crc64 == Some(17) && part.number.get() == 3));
        let refused = read("<Error><Code>InternalError</Code></Error>");
        assert!(matches!(refused, Err(Wrong::Refused(refusal)) if refusal.code == "InternalError"));
        for wrong in
            ["", "<CopyPartResult/>", &answer.replace("17", "x"), &answer.replace("Part", "Object")]
        {
            assert!(matches!(read(wrong), Err(Wrong::Unreadable(_))), "{wrong}");
        }
        Ok(())
    }
}
