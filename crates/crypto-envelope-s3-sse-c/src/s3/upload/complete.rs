//! The end of an upload: its parts become an object, and that is the right one.

use aws_sdk_s3::{
    operation::head_object::HeadObjectOutput,
    types::{CompletedMultipartUpload, CompletedPart},
};
use crypto_envelope::Result;

use super::{OpenUpload, Uploaded, channel::Channel, tasks::Sent};
use crate::{
    SseCError, SseCErrorKind, StoredInPlain,
    headers::Echo,
    s3::{
        calls::{Answered, send},
        error::About,
        etag::Named,
    },
};

impl OpenUpload {
    /// Puts the parts together, and looks at the object.
    pub(crate) async fn complete(&self, sent: Sent) -> Result<Uploaded> {
        let Channel { client, place, id, seal } = &self.channel;
        let about = place.about("CompleteMultipartUpload");
        let parts: Vec<_> = sent
            .parts
            .iter()
            .map(|part| CompletedPart::builder().part_number(part.number).e_tag(&part.etag).build())
            .collect();
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        // What is there before is not what this upload becomes.
        let before = client.head_sealed(place, seal).await.ok().map(Answered::named);
        let request = client
            .s3()
            .complete_multipart_upload()
            .bucket(place.bucket())
            .key(place.key())
            .upload_id(id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .set_if_none_match(self.existing.if_none_match())
            .set_if_match(self.existing.if_match());
        let request = seal.on(request);
        let answer = send!(client, &about, request).await;
        let told = match answer {
            // Ceph names an empty tag.
            Ok(answer) => {
                let tag = answer.output.e_tag().filter(|tag| !tag.is_empty());
                Some(Named::of(answer.output.version_id(), tag))
            }
            // It may be the second attempt of one that was done, and whose answer was lost.
            Err(error) if self.may_be_done(&error).await => None,
            Err(error) => return Err(error.into()),
        };
        self.set_over();
        let object = self.look_at(told, before, &sent, &about).await?;
        if let Some(key) = seal.customer_key() {
            key.check_not_retired(&about).await?;
        }
        let (size, resumed_parts) = (sent.size, sent.resumed);
        let place = place.clone().with_version(object.version);
        Ok(Uploaded { place, etag: object.etag, size, parts: count, resumed_parts })
    }

    /// Demands that the object is what was put together: named as the server said, or at least not what was there
    /// before; under the key, and as long as it must be.
    async fn look_at(
        &self,
        told: Option<Named>,
        before: Option<Named>,
        sent: &Sent,
        about: &About,
    ) -> Result<Named, SseCError> {
        let Channel { client, seal, place, .. } = &self.channel;
        let version = told.as_ref().and_then(|told| told.version.clone());
        let stored = StoredInPlain {
            place: place.clone().with_version(version),
            etag: told.as_ref().and_then(|told| told.etag.clone()),
            took_the_place: false,
        };
        let fail = |kind, finding: String| {
            Err(SseCError::found(about.clone(), kind, finding).with_stored_in_plain(stored.clone()))
        };
        let place = &stored.place;
        let answer = match client.head_sealed(place, seal).await {
            Ok(answer) => answer,
            Err(error) if error.may_be_about_the_key() => {
                return fail(SseCErrorKind::Unproven, format!("{place} does not open: {error}"));
            }
            Err(error) => {
                let finding = format!("what was put together cannot be looked at: {error}");
                return fail(SseCErrorKind::Unverified, finding);
            }
        };
        if seal.echo(&answer.seen) != Echo::Right {
            let finding = format!(
                "the server does not say of {place} that it is encrypted as it was asked for"
            );
            return fail(SseCErrorKind::NotProtected, finding);
        }
        let size = answer.output.content_length().and_then(|size| u64::try_from(size).ok());
        let now = answer.named();
        let is_it = match &told {
            Some(told) => now.may_be(told),
            None => before.is_none_or(|before| !now.may_be(&before)),
        };
        if !is_it {
            let finding = format!(
                "{place} ({now}) is another object than the one that was put together ({})",
                told.map_or("unknown".to_owned(), |told| told.to_string())
            );
            return Err(SseCError::found(about.clone(), SseCErrorKind::Unverified, finding));
        }
        if size == Some(sent.size) {
            return Ok(now);
        }
        let size = size.map_or("an unknown number".to_owned(), |size| size.to_string());
        let finding = format!("{} bytes were sent, and the server has {size} of them", sent.size);
        Err(SseCError::found(about.clone(), SseCErrorKind::Damaged, finding).after_write())
    }

    /// Whether the upload is over although putting it together seems to have failed.
    async fn may_be_done(&self, error: &SseCError) -> bool {
        let is_unclear =
            matches!(error.kind(), SseCErrorKind::NotFound | SseCErrorKind::Unavailable);
        if !is_unclear {
            return false;
        }
        let listed = self.channel.list_parts().await;
        listed.is_err_and(|error| error.kind() == SseCErrorKind::NotFound)
    }
}

impl Answered<HeadObjectOutput> {
    fn named(self) -> Named {
        Named::of(self.output.version_id(), self.output.e_tag())
    }
}
