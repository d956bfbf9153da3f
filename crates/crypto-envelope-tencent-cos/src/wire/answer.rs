//! Answers, as they are read.

use std::fmt::Debug;

use crypto_envelope::Result;

use crate::{
    AbortMultipartUpload, ByteRange, CompleteMultipartUpload, CompletedPart, CopyObject,
    CopySource, CosBucket, CosEndpoint, CosError, DeleteObject, ETag, GetObject, HeadObject,
    InitiateMultipartUpload, ListMultipartUploads, ListObjects, ListParts, ObjectKey, PartNumber,
    PutObject, UploadId, UploadPart, UploadPartCopy,
    answer::Head,
    calls::{self, Exchange},
};

/// The calls whose answers are read, by name.
pub const ANSWERS: &[&str] = &[
    "PutObject",
    "GetObject",
    "GetObjectRange",
    "HeadObject",
    "DeleteObject",
    "CopyObject",
    "ListObjects",
    "InitiateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "ListParts",
    "ListMultipartUploads",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
];

/// Reads the answer to a call of [`ANSWERS`], and tells what was found.
///
/// # Errors
///
/// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if there is no such call; inside, the
/// [`CosError`] if it is no answer, or one that refuses.
pub fn answer(
    name: &str,
    status: u16,
    headers: &[(&str, &[u8])],
    body: &[u8],
) -> Result<Result<String, CosError>> {
    let bucket = CosBucket::new("examplebucket-1250000000")?;
    let source = CosEndpoint::new(bucket.clone(), "ap-beijing")?;
    let source = CopySource::new(&source, key()?)?;
    let reading = Reading { bucket, head: Head::new(status, headers.iter().copied()), body };
    let (upload, number) = (UploadId::new("upload")?, PartNumber::new(1)?);
    Ok(match name {
        "PutObject" => reading.of(&PutObject::new(key()?, vec![7])),
        "GetObject" => reading.of(&GetObject::new(key()?)),
        "GetObjectRange" => reading.of(&GetObject::new(key()?).range(ByteRange::of(16..21)?)),
        "HeadObject" => reading.of(&HeadObject::new(key()?)),
        "DeleteObject" => reading.of(&DeleteObject::new(key()?)),
        "CopyObject" => reading.of(&CopyObject::new(source, key()?)),
        "ListObjects" => reading.of(&ListObjects::new()),
        "InitiateMultipartUpload" => reading.of(&InitiateMultipartUpload::new(key()?)),
        "UploadPart" => reading.of(&UploadPart::new(key()?, upload, number, vec![7])),
        "UploadPartCopy" => reading.of(&UploadPartCopy::new(key()?, upload, number, source)),
        "ListParts" => reading.of(&ListParts::new(key()?, upload)),
        "ListMultipartUploads" => reading.of(&ListMultipartUploads::new()),
        "CompleteMultipartUpload" => {
            let parts = vec![CompletedPart::new(number, ETag::new("\"x\"")?)];
            reading.of(&CompleteMultipartUpload::new(key()?, upload, parts))
        }
        "AbortMultipartUpload" => reading.of(&AbortMultipartUpload::new(key()?, upload)),
        _ => return Err(crypto_envelope::Error::invalid_input("no call of this name is read")),
    })
}

fn key() -> Result<ObjectKey> {
    ObjectKey::new("exampleobject")
}

struct Reading<'a> {
    bucket: CosBucket,
    head: Head,
    body: &'a [u8],
}

impl Reading<'_> {
    fn of<E: Exchange<Answer: Debug>>(&self, call: &E) -> Result<String, CosError> {
        let answer = calls::read_answer(call, &self.bucket, &self.head, self.body, &[])?;
        if let Err(wrong) = call.check(&answer) {
            let about = calls::about(call, &self.bucket);
            return Err(calls::wrongly_answered(about, wrong, &self.head, &[]));
        }
        Ok(format!("{answer:?}"))
    }
}
