//! The end of an upload: its parts become an object, and that is the right one.

use aws_sdk_s3::{
    operation::head_object::HeadObjectOutput,
    primitives::DateTime,
    types::{CompletedMultipartUpload, CompletedPart},
};
use crypto_envelope::Result;
use md5::{Digest as _, Md5};

use super::{OpenUpload, Uploaded, channel::Channel, sending::Sent};
use crate::{
    SseCError, SseCErrorKind, StoredObject,
    headers::Echo,
    s3::{
        calls::{Answered, length_of, send},
        error::About,
        etag::{Named, is_same_tag},
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
        let before = Before::of(client.head_sealed(place, seal).await);
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
            Ok(answer) => Named::of(answer.output.version_id(), answer.output.e_tag()),
            // It may be the second attempt of one that was done, and whose answer was lost.
            Err(error) if is_unclear(&error) && self.is_gone().await => Named::of(None, None),
            Err(error) => return Err(error.into()),
        };
        // Ceph says that all is well, and leaves the tag empty: there is more that has to be true then.
        if told.is_nameless() && !self.is_gone().await {
            let finding =
                "the server says that it put the parts together, and has the upload still";
            return Err(SseCError::found(about, SseCErrorKind::Unverified, finding).into());
        }
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
        told: Named,
        before: Before,
        sent: &Sent,
        about: &About,
    ) -> Result<Named, SseCError> {
        let Channel { client, seal, place, .. } = &self.channel;
        let stored = StoredObject {
            place: place.clone().with_version(told.version.clone()),
            etag: told.etag.clone(),
            took_the_place: false,
        };
        let fail = |kind, finding: String| {
            Err(SseCError::found(about.clone(), kind, finding).with_stored(stored.clone()))
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
        let size = length_of(answer.output.content_length());
        let now = Named::of(answer.output.version_id(), answer.output.e_tag());
        let is_it = if told.is_nameless() {
            sent.is_tag_of_whole(&now) || before.is_other_than(&now, answer.output.last_modified())
        } else {
            now.may_be(&told)
        };
        if !is_it {
            let finding = format!(
                "{place} ({now}) may be another object than the one that was put together ({told})"
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

    /// Whether the server has the upload no longer.
    async fn is_gone(&self) -> bool {
        let listed = self.channel.list_parts().await;
        listed.is_err_and(|error| error.kind() == SseCErrorKind::NotFound)
    }
}

/// Whether the parts may have been put together although the call failed.
fn is_unclear(error: &SseCError) -> bool {
    matches!(error.kind(), SseCErrorKind::NotFound | SseCErrorKind::Unavailable)
}

impl Sent {
    /// Whether a tag is what many servers make of the tags of these parts. If it is not, that says nothing.
    fn is_tag_of_whole(&self, named: &Named) -> bool {
        let digests: Option<Vec<_>> = self.parts.iter().map(|part| bytes_of(&part.etag)).collect();
        let (Some(digests), Some(tag)) = (digests, &named.etag) else { return false };
        let digest = Md5::digest(digests.concat());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        is_same_tag(tag, &format!("{digest}-{}", self.parts.len()))
    }
}

/// Of a tag that is an MD5.
fn bytes_of(tag: &str) -> Option<Vec<u8>> {
    let digits = tag.trim_matches('"').as_bytes();
    if digits.len() != 32 {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}

/// What was there, under the same protection, before the parts were put together. It is not what they become.
enum Before {
    Nothing,
    Was(Named, Option<DateTime>),
    Unknown,
}

impl Before {
    fn of(looked: Result<Answered<HeadObjectOutput>, SseCError>) -> Self {
        match looked {
            Ok(found) => {
                let found = found.output;
                let named = Named::of(found.version_id(), found.e_tag());
                Self::Was(named, found.last_modified().copied())
            }
            Err(error) if error.kind() == SseCErrorKind::NotFound => Self::Nothing,
            Err(error) if error.may_be_about_the_key() => Self::Nothing,
            Err(_) => Self::Unknown,
        }
    }

    /// The same bytes may have the same tag again.
    fn is_other_than(&self, now: &Named, modified: Option<&DateTime>) -> bool {
        match self {
            Self::Nothing => true,
            Self::Was(before, was_modified) => {
                let modified = was_modified.as_ref().zip(modified);
                !now.may_be(before) || modified.is_some_and(|(before, now)| before != now)
            }
            Self::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::upload::channel::SentPart;

    #[test]
    fn the_tag_of_the_whole_is_that_of_its_parts() {
        let part =
            |number, etag: &str| SentPart { number, etag: etag.to_owned(), digest: String::new() };
        // Two parts, "a" and "b", as Amazon S3 tags them.
        let one = part(1, "\"0cc175b9c0f1b6a831c399e269772661\"");
        let two = part(2, "92eb5ffee6ae2fec3ad71c777531578f");
        let sent = Sent::of(vec![two, one], 2);
        let named = |tag| Named::of(None, Some(tag));
        let whole = "\"96e024ba2074fe77e8e965ba43a704be-2\"";
        assert!(sent.is_tag_of_whole(&named(whole)));
        for other in [
            "\"96e024ba2074fe77e8e965ba43a704be-3\"",
            "\"96e024ba2074fe77e8e965ba43a704be\"",
            "\"0cc175b9c0f1b6a831c399e269772661-2\"",
        ] {
            assert!(!sent.is_tag_of_whole(&named(other)), "{other}");
        }
        let strange = Sent::of(vec![part(1, "\"no MD5\"")], 1);
        assert!(!strange.is_tag_of_whole(&named(whole)));
    }

    #[test]
    fn what_was_there_before_is_not_what_parts_become() {
        let (old, new) = (DateTime::from_secs(1), DateTime::from_secs(2));
        let named = |tag| Named::of(None, Some(tag));
        let was = Before::Was(named("a"), Some(old));
        assert!(was.is_other_than(&named("b"), Some(&old)));
        assert!(was.is_other_than(&named("a"), Some(&new)));
        assert!(!was.is_other_than(&named("a"), Some(&old)));
        assert!(!was.is_other_than(&named("a"), None));
        assert!(Before::Nothing.is_other_than(&named("a"), None));
        assert!(!Before::Unknown.is_other_than(&named("a"), Some(&new)));
    }
}
