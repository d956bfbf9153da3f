//! The way of parts to the server, and what it says of them.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind,
    headers::Echo,
    s3::{
        calls::{another_key, send},
        copy::CopySource,
        error::About,
        protection::Seal,
    },
};

/// Sends parts of an upload, also several at the same time.
#[derive(Clone)]
pub(crate) struct Channel {
    pub(super) client: SseCClient,
    pub(super) place: ObjectPlace,
    pub(super) id: String,
    pub(super) seal: Seal,
}

/// A part that the server has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentPart {
    pub(crate) number: i32,
    pub(crate) etag: String,
    /// The MD5 of its bytes, in base64.
    pub(crate) digest: String,
}

impl Channel {
    /// Sends a part, and demands that it was put under the key.
    pub(crate) async fn send(
        &self,
        number: i32,
        bytes: Bytes,
        digest: String,
    ) -> Result<SentPart, SseCError> {
        let about = self.place.about("UploadPart");
        let request = self
            .client
            .s3()
            .upload_part()
            .bucket(self.place.bucket())
            .key(self.place.key())
            .upload_id(&self.id)
            .part_number(number)
            .content_md5(&digest)
            .body(ByteStream::from(bytes));
        let request = self.seal.on(request);
        let answer = send!(self.client, &about, request).await?;
        if self.seal.customer_key().is_some() {
            self.seal.demand(&answer.seen, &about, || None)?;
        }
        match answer.output.e_tag() {
            Some(etag) => Ok(SentPart { number, etag: etag.to_owned(), digest }),
            None => Err(no_entity_tag(about)),
        }
    }

    /// Has the server copy a range of an object into a part. Some servers say nothing of the key then: a test has
    /// shown what they do, and the whole object is looked at in the end.
    pub(crate) async fn copy(&self, number: i32, from: &CopySource) -> Result<SentPart, SseCError> {
        let about = self.place.about("UploadPartCopy");
        let request = self
            .client
            .s3()
            .upload_part_copy()
            .bucket(self.place.bucket())
            .key(self.place.key())
            .upload_id(&self.id)
            .part_number(number);
        let request = self.seal.on(from.on_part(request, number));
        let answer = send!(self.client, &about, request).await?;
        if self.seal.customer_key().is_some() && self.seal.echo(&answer.seen) == Echo::Wrong {
            return Err(another_key(&about));
        }
        let part = answer.output.copy_part_result();
        match part.and_then(|part| part.e_tag()) {
            Some(etag) => Ok(SentPart { number, etag: etag.to_owned(), digest: String::new() }),
            None => Err(no_entity_tag(about)),
        }
    }

    /// Removes the upload, as far as that is possible.
    pub(super) async fn abort(&self) {
        abort(&self.client, &self.place, &self.id).await;
    }

    /// Entity tags by their numbers.
    pub(super) async fn list_parts(&self) -> Result<BTreeMap<i32, String>, SseCError> {
        let about = self.place.about("ListParts");
        let mut there = BTreeMap::new();
        let (mut marker, mut last) = (None, None);
        loop {
            let request = self
                .client
                .s3()
                .list_parts()
                .bucket(self.place.bucket())
                .key(self.place.key())
                .upload_id(&self.id)
                .set_part_number_marker(marker.take());
            let request = self.seal.on(request);
            let page = send!(self.client, &about, request).await?.output;
            for part in page.parts() {
                if let (Some(number), Some(etag)) = (part.part_number(), part.e_tag()) {
                    there.insert(number, etag.to_owned());
                }
            }
            match page.next_part_number_marker() {
                Some(next)
                    if page.is_truncated() == Some(true) && Some(next) != last.as_deref() =>
                {
                    last = Some(next.to_owned());
                    marker = last.clone();
                }
                _ => return Ok(there),
            }
        }
    }
}

fn no_entity_tag(about: About) -> SseCError {
    let finding = "the server took a part and named no entity tag";
    SseCError::found(about, SseCErrorKind::Other, finding)
}

/// Removes an upload, as far as that is possible.
pub(super) async fn abort(client: &SseCClient, place: &ObjectPlace, id: &str) {
    let about = place.about("AbortMultipartUpload");
    let request =
        client.s3().abort_multipart_upload().bucket(place.bucket()).key(place.key()).upload_id(id);
    // Nobody could do more about it.
    let _ = send!(client, &about, request).await;
}
