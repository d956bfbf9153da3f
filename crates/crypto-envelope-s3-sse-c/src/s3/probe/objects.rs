//! Objects to test with.

use aws_sdk_s3::primitives::ByteStream;
use crypto_envelope::{Result, SecretBytes, service};

use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind, SseCustomerKey,
    s3::{
        calls::{put_object::content_md5, send},
        error::About,
        existing::Existing,
        look::Look,
        object_keys::ObjectKey,
        protection::Seal,
        upload::{OpenUpload, Sent},
    },
};

/// Names under which nothing else is, and random bytes. What is left of it is removed at the end of the test, also
/// if nobody waits for that.
pub(super) struct Sample {
    client: SseCClient,
    pub(super) place: ObjectPlace,
    pub(super) other: ObjectPlace,
    pub(super) bytes: Vec<u8>,
    is_removed: bool,
}

/// How long an object to test with is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SampleSize {
    /// In one piece.
    Small,
    /// In several parts.
    Large,
}

impl SampleSize {
    /// Enough to stand for an object of so many bytes.
    pub(crate) fn like(size: u64) -> Self {
        if size > PART as u64 { Self::Large } else { Self::Small }
    }
}

impl Sample {
    pub(super) fn new(client: &SseCClient, bucket: &str, size: SampleSize) -> Result<Self> {
        let name = SecretBytes::random(8)?;
        let name: String = name.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        let place = |end| ObjectPlace::new(bucket, format!("{PREFIX}{name}-{end}"));
        let length = match size {
            SampleSize::Small => LENGTH,
            SampleSize::Large => LONG,
        };
        let bytes = SecretBytes::random(length)?.expose().to_vec();
        let client = client.clone();
        Ok(Self { client, place: place("a"), other: place("b"), bytes, is_removed: false })
    }

    pub(super) fn key() -> Result<ObjectKey> {
        Ok(ObjectKey::of(SseCustomerKey::generate()?))
    }

    /// In how many bytes a server has to copy it at a time.
    pub(super) fn part_size(&self) -> u64 {
        PART.min(self.bytes.len()) as u64
    }

    /// Writes it, and gives its entity tag.
    pub(super) async fn put(&self, seal: &Seal) -> Result<String> {
        if self.bytes.len() > LENGTH {
            return self.put_in_parts(seal).await;
        }
        let request = self
            .client
            .s3()
            .put_object()
            .bucket(self.place.bucket())
            .key(self.place.key())
            .body(ByteStream::from(self.bytes.clone()));
        let about = self.place.about("PutObject");
        let output = match seal.customer_key() {
            Some(key) => self.client.put_object(request, &key.key).await?,
            None => send!(self.client, &about, request).await?.output,
        };
        output.e_tag().map(ToOwned::to_owned).ok_or_else(|| no_tag(about))
    }

    async fn put_in_parts(&self, seal: &Seal) -> Result<String> {
        let place = &self.place;
        let request =
            self.client.s3().create_multipart_upload().bucket(place.bucket()).key(place.key());
        let replace = Existing::Replace;
        let open = OpenUpload::begin(&self.client, request, place, seal.clone(), replace).await?;
        let mut parts = Vec::new();
        for (number, bytes) in (1..).zip(self.bytes.chunks(PART)) {
            let digest = content_md5(bytes);
            parts.push(open.channel().send(number, bytes.to_vec().into(), digest).await?);
        }
        let sent = Sent::of(parts, self.bytes.len() as u64);
        let about = place.about("CompleteMultipartUpload");
        open.complete(sent).await?.etag.ok_or_else(|| no_tag(about))
    }

    /// Writes it in a way that the bucket takes: some refuse what is under no customer key.
    pub(super) async fn put_any(&self) -> Result<(String, Seal)> {
        match self.put(&Seal::OfBucket).await {
            Err(error) if SseCError::kind_in(&error) == Some(SseCErrorKind::Denied) => {
                let seal = Seal::CustomerKey(Self::key()?);
                Ok((self.put(&seal).await?, seal))
            }
            outcome => Ok((outcome?, Seal::OfBucket)),
        }
    }

    /// Whether exactly these bytes are there, under this key and no other, or in the open.
    pub(super) async fn is_at(&self, place: &ObjectPlace, seal: &Seal) -> Result<bool> {
        let request = || self.client.s3().get_object().bucket(place.bucket()).key(place.key());
        let body = match (seal.customer_key(), self.client.look(place).await) {
            (None, Ok(Look::Open { .. })) => {
                self.client.get_object(request(), crate::Protection::OfBucket).await?.body
            }
            (Some(key), Ok(Look::Keyed)) => {
                match self.client.get_object(request(), &key.key).await {
                    Ok(object) => object.body,
                    Err(_) => return Ok(false),
                }
            }
            (_, Ok(_)) => return Ok(false),
            // Some cannot give what they have stored.
            (_, Err(error)) if error.status() == Some(500) => return Ok(false),
            (_, Err(error)) => return Err(error.into()),
        };
        Ok(body.collect().await.is_ok_and(|read| read.into_bytes() == self.bytes))
    }

    /// Removes all of it, with all versions. What cannot be removed stays, under a name that says what it is.
    pub(super) async fn remove(mut self) {
        self.is_removed = true;
        remove(&self.client, &self.place, &self.other).await;
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        if !self.is_removed {
            let client = self.client.clone();
            let (place, other) = (self.place.clone(), self.other.clone());
            service::spawn(async move { remove(&client, &place, &other).await });
        }
    }
}

async fn remove(client: &SseCClient, place: &ObjectPlace, other: &ObjectPlace) {
    for place in [place, other] {
        if remove_versions(client, place).await.is_err() {
            let request = client.s3().delete_object().bucket(place.bucket()).key(place.key());
            let about = place.about("DeleteObject");
            let _ = send!(client, &about, request).await;
        }
    }
}

/// Those of exactly this name, whatever else a listing gives.
async fn remove_versions(client: &SseCClient, place: &ObjectPlace) -> Result<(), SseCError> {
    let about = place.about("ListObjectVersions");
    let request = client.s3().list_object_versions().bucket(place.bucket()).prefix(place.key());
    let listed = send!(client, &about, request).await?.output;
    let versions = listed.versions().iter().map(|version| (version.key(), version.version_id()));
    let markers = listed.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
    for (_, version) in versions.chain(markers).filter(|(key, _)| *key == Some(place.key())) {
        let request = client
            .s3()
            .delete_object()
            .bucket(place.bucket())
            .key(place.key())
            .set_version_id(version.map(ToOwned::to_owned));
        send!(client, &about, request).await?;
    }
    Ok(())
}

impl SseCClient {
    /// Whether an object in a list, of this size in bytes, has the name and the size of what this crate finds out about
    /// servers with, and what may be left of that after a crash: random bytes, under keys that nobody has.
    #[must_use]
    pub fn is_probe(key: &str, size: u64) -> bool {
        let Some(name) = key.strip_prefix(PREFIX) else { return false };
        let Some((random, end)) = name.split_once('-') else { return false };
        let is_random = random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_random && ["a", "b"].contains(&end) && size <= LONG as u64
    }
}

fn no_tag(about: About) -> crypto_envelope::Error {
    SseCError::found(about, SseCErrorKind::Other, "the server named no entity tag").into()
}

/// Of all names of tests.
const PREFIX: &str = ".crypto-envelope-probe/";
/// In bytes.
const LENGTH: usize = 4096;
/// In bytes: as little as a part may have that is not the last one.
const PART: usize = 5 << 20;
/// In bytes: three parts.
const LONG: usize = 2 * PART + LENGTH;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_test_left_is_taken_for_it() {
        for (key, size, expected) in [
            (".crypto-envelope-probe/0123456789abcdef-a", 4096, true),
            (".crypto-envelope-probe/0123456789abcdef-b", LONG as u64, true),
            (".crypto-envelope-probe/0123456789abcdef-a", LONG as u64 + 1, false),
            (".crypto-envelope-probe/0123456789abcdef-c", 4096, false),
            (".crypto-envelope-probe/0123456789abcde-a", 4096, false),
            (".crypto-envelope-probe/photo.jpg", 4096, false),
            ("x.crypto-envelope-probe/0123456789abcdef-a", 4096, false),
        ] {
            assert_eq!(SseCClient::is_probe(key, size), expected, "{key} {size}");
        }
    }
}
