//! Making an object of the parts of an upload.

use bytes::Bytes;
use crypto_envelope::{Error, Result};

use super::{
    Call, Exchange,
    put_object::{Existing, StoredObject},
    upload::{CompletedPart, UploadId},
};
use crate::{
    CosMethod, ObjectKey,
    answer::{Head, Wrong},
    request::{Headers, Query},
    xml,
};

/// Makes an object of the parts of an upload.
#[derive(Clone, Debug)]
#[must_use]
pub struct CompleteMultipartUpload {
    key: ObjectKey,
    upload: UploadId,
    parts: Vec<CompletedPart>,
    existing: Existing,
}

impl CompleteMultipartUpload {
    /// Of these parts, in the order of their numbers.
    pub fn new(key: ObjectKey, upload: UploadId, parts: Vec<CompletedPart>) -> Self {
        Self { key, upload, parts, existing: Existing::Overwritten }
    }

    /// Only if there is no such object yet.
    pub fn forbid_overwrite(mut self) -> Self {
        self.existing = Existing::Kept;
        self
    }
}

impl Call for CompleteMultipartUpload {}

impl Exchange for CompleteMultipartUpload {
    type Answer = StoredObject;

    const OPERATION: &'static str = "CompleteMultipartUpload";

    fn method(&self) -> CosMethod {
        CosMethod::Post
    }

    fn key(&self) -> Option<&ObjectKey> {
        Some(&self.key)
    }

    fn query(&self) -> Query {
        Query::default().with("uploadId", self.upload.as_str())
    }

    fn headers(&self) -> Result<Headers> {
        let mut headers = Headers::default();
        self.existing.push_to(&mut headers);
        Ok(headers)
    }

    fn body(&self) -> Result<Vec<Bytes>> {
        if self.parts.is_empty() {
            return Err(Error::invalid_input("an upload without parts cannot be completed"));
        }
        if !self.parts.is_sorted_by(|one, next| one.number < next.number) {
            return Err(Error::invalid_input(
                "the parts of an upload are completed in the order of their numbers, each once",
            ));
        }
        Ok(vec![xml::complete_multipart_upload(&self.parts).into()])
    }

    fn is_idempotent(&self) -> bool {
        // After the first time there is no such upload.
        false
    }

    fn read(&self, head: &Head, body: &[u8]) -> Result<StoredObject, Wrong> {
        xml::read(body, "CompleteMultipartUploadResult", |result| {
            StoredObject::with_etag(result.etag()?, head)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ETag, PartNumber};

    fn call(numbers: &[u32]) -> Result<CompleteMultipartUpload> {
        let part =
            |number: &u32| Ok(CompletedPart::new(PartNumber::new(*number)?, ETag::new("\"<&>\"")?));
        let parts = numbers.iter().map(part).collect::<Result<_>>()?;
        Ok(CompleteMultipartUpload::new(ObjectKey::new("a")?, UploadId::new("u")?, parts))
    }

    #[test]
    fn parts_are_in_order_and_escaped() -> Result<()> {
        let body = call(&[2, 7])?.body()?;
        let text = str::from_utf8(&body[0]).expect("text");
        assert!(
            text.contains("<PartNumber>2</PartNumber><ETag>&quot;&lt;&amp;&gt;&quot;</ETag>"),
            "{text}"
        );
        for wrong in [&[][..], &[2, 1], &[1, 1], &[1, 3, 2]] {
            assert!(call(wrong)?.body().is_err(), "{wrong:?}");
        }
        Ok(())
    }

    #[test]
    fn success_without_an_entity_tag_is_none() -> Result<()> {
        let call = call(&[1])?;
        let head =
            Head::new(200, [("x-cos-hash-crc64ecma", &b"17"[..]), ("etag", b"\"of the head\"")]);
        let read = |body: &str| call.read(&head, body.as_bytes());
        let answer = "<CompleteMultipartUploadResult><Location>x</Location><Bucket>b</Bucket><Key>a</Key>\
                      <ETag>&quot;abc-1&quot;</ETag></CompleteMultipartUploadResult>";
        let stored = read(answer).expect("an answer");
        assert_eq!((stored.etag.as_str(), stored.crc64), ("\"abc-1\"", Some(17)));
        for wrong in
            ["", "   ", "<CompleteMultipartUploadResult/>", &answer.replace("abc-1", "a b")]
        {
            assert!(matches!(read(wrong), Err(Wrong::Unreadable(_))), "{wrong}");
        }
        let error = read("  <Error><Code>InternalError</Code></Error>");
        assert!(matches!(error, Err(Wrong::Refused(refusal)) if refusal.code == "InternalError"));
        Ok(())
    }
}
