//! What is copied.

use aws_sdk_s3::operation::{
    copy_object::builders::CopyObjectFluentBuilder,
    upload_part_copy::builders::UploadPartCopyFluentBuilder,
};
use crypto_envelope::{Result, service::percent::encoded};

use super::Found;
use crate::{
    ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind, SseCustomerKey,
    WithSourceCustomerKey as _,
    s3::{calls::length_of, carried::Carried, etag::named_tag, look::Look},
};

/// The source of a copy on the server.
pub(crate) struct CopySource {
    pub(crate) place: ObjectPlace,
    pub(crate) key: Option<SseCustomerKey>,
    /// Of what is to be copied, as the server wants it.
    pub(crate) if_match: Option<String>,
    /// In bytes.
    pub(crate) size: u64,
    /// In bytes; of all parts but the last one.
    pub(crate) part_size: u64,
}

impl CopySource {
    pub(crate) fn on_copy(&self, request: CopyObjectFluentBuilder) -> CopyObjectFluentBuilder {
        let request =
            request.copy_source(self.header()).set_copy_source_if_match(self.if_match.clone());
        match &self.key {
            Some(key) => request.with_source_customer_key(key),
            None => request,
        }
    }

    pub(crate) fn on_part(
        &self,
        request: UploadPartCopyFluentBuilder,
        number: i32,
    ) -> UploadPartCopyFluentBuilder {
        let request = request
            .copy_source(self.header())
            .set_copy_source_if_match(self.if_match.clone())
            .set_copy_source_range(self.range(number));
        match &self.key {
            Some(key) => request.with_source_customer_key(key),
            None => request,
        }
    }

    /// Whether it cannot be another one than that which was looked at.
    pub(crate) fn is_pinned(&self) -> bool {
        // The version of what was written without versions is replaced like any other object.
        self.if_match.is_some() || self.place.version().is_some_and(|version| version != "null")
    }

    /// How many parts there are.
    pub(crate) fn parts(&self) -> u64 {
        self.size.div_ceil(self.part_size)
    }

    /// How long a part is.
    pub(crate) fn length(&self, number: i32) -> u64 {
        let start = self.start(number);
        self.part_size.min(self.size.saturating_sub(start))
    }

    fn start(&self, number: i32) -> u64 {
        u64::try_from(number.saturating_sub(1)).unwrap_or(0) * self.part_size
    }

    /// None for all of it: a range of a small object is not to be asked for.
    fn range(&self, number: i32) -> Option<String> {
        let (start, length) = (self.start(number), self.length(number));
        (length < self.size).then(|| format!("bytes={start}-{}", start + length - 1))
    }

    fn header(&self) -> String {
        let name: Vec<_> =
            self.place.key().split('/').map(|part| encoded(part).to_string()).collect();
        let source = format!("{}/{}", self.place.bucket(), name.join("/"));
        match self.place.version() {
            Some(version) => format!("{source}?versionId={}", *encoded(version)),
            None => source,
        }
    }
}

impl SseCClient {
    /// The source, which has to be protected as it is said to be.
    pub(super) async fn find_source(
        &self,
        place: &ObjectPlace,
        protection: &Protection,
    ) -> Result<Found> {
        let (object, key, server_side) = if let Protection::CustomerKey(keys) = protection {
            let (object, key) = self.head_by_keys(self.head_request(place), keys).await?;
            (object, Some(key), None)
        } else {
            let answer = match self.head_plainly(place).await {
                Err(error) if error.may_be_about_the_key() => {
                    return Err(self.why_no_plain_source(place, error).await.into());
                }
                answer => answer?,
            };
            protection.check_read(&answer.seen, &place.about("HeadObject"))?;
            let server_side = answer.seen.server_side().map(ToOwned::to_owned);
            (answer.output, None, server_side)
        };
        let size = length_of(object.content_length());
        let Some(size) = size else {
            let about = place.about("HeadObject");
            let finding = "the server does not say how long the object is";
            return Err(SseCError::found(about, SseCErrorKind::Other, finding).into());
        };
        if !Carried::takes_all_of(&object) {
            let about = place.about("HeadObject");
            let finding = "the server leaves out metadata of the object, or gives an `Expires` that is no date, so \
                           it cannot go along";
            return Err(SseCError::found(about, SseCErrorKind::Unsupported, finding).into());
        }
        // Of the version that was found, whatever takes its place meanwhile.
        let version = object.version_id().or(place.version()).map(ToOwned::to_owned);
        let tags = self.tags(&place.clone().with_version(version), object.tag_count()).await?;
        Ok(Found {
            key,
            size,
            etag: named_tag(object.e_tag()),
            version: object.version_id().map(ToOwned::to_owned),
            server_side,
            carried: Carried::of(&object, &tags),
        })
    }

    /// Said to be under no customer key, and refused without one.
    async fn why_no_plain_source(&self, place: &ObjectPlace, refused: SseCError) -> SseCError {
        match self.look(place).await {
            Ok(Look::Keyed) => {
                refused.found_out(SseCErrorKind::KeyRequired, "the object is under a customer key")
            }
            Ok(_) => refused,
            Err(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(size: u64) -> CopySource {
        let place = ObjectPlace::new("bucket", "a b/ü?c").with_version(Some("v/1"));
        CopySource { place, key: None, if_match: None, size, part_size: 10 }
    }

    #[test]
    fn names_are_encoded_and_slashes_stay() {
        assert_eq!(source(1).header(), "bucket/a%20b/%C3%BC%3Fc?versionId=v%2F1");
    }

    #[test]
    fn parts_cover_the_object() {
        let large = source(25);
        assert_eq!(large.parts(), 3);
        let ranges: Vec<_> = (1..=3).filter_map(|number| large.range(number)).collect();
        assert_eq!(ranges, ["bytes=0-9", "bytes=10-19", "bytes=20-24"]);
        assert_eq!(large.length(3), 5);
        assert_eq!(source(10).range(1), None);
    }
}
