//! Objects to test with.

use aws_sdk_s3::primitives::ByteStream;
use crypto_envelope::{Result, SecretBytes};

use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind, SseCustomerKey,
    s3::{error::About, object_keys::ObjectKey, protection::Seal},
};

/// Names under which nothing else is, and random bytes. What is left of it is removed at the end of the test.
pub(super) struct Sample {
    client: SseCClient,
    pub(super) place: ObjectPlace,
    pub(super) other: ObjectPlace,
    pub(super) bytes: Vec<u8>,
}

impl Sample {
    pub(super) fn new(client: &SseCClient, bucket: &str) -> Result<Self> {
        let name = SecretBytes::random(8)?;
        let name: String = name.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        let place = |end| ObjectPlace::new(bucket, format!("{PREFIX}{name}-{end}"));
        let bytes = SecretBytes::random(LENGTH)?.expose().to_vec();
        Ok(Self { client: client.clone(), place: place("a"), other: place("b"), bytes })
    }

    pub(super) fn key() -> Result<ObjectKey> {
        Ok(ObjectKey { key: SseCustomerKey::generate()?, epoch: None })
    }

    /// Writes it, and gives its entity tag.
    pub(super) async fn put(&self, seal: &Seal) -> Result<String> {
        let request = self
            .client
            .s3()
            .put_object()
            .bucket(self.place.bucket())
            .key(self.place.key())
            .body(ByteStream::from(self.bytes.clone()));
        let about = About { operation: "PutObject", place: self.place.clone() };
        let output = match seal.customer_key() {
            Some(key) => self.client.put_object(request, &key.key).await?,
            None => {
                self.client
                    .call(&about, |guard| request.customize().interceptor(guard).send())
                    .await?
                    .output
            }
        };
        match output.e_tag() {
            Some(tag) => Ok(tag.to_owned()),
            None => {
                let finding = "the server named no entity tag";
                Err(SseCError::found(about, SseCErrorKind::Other, finding).into())
            }
        }
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
        let about = About { operation: "GetObject", place: place.clone() };
        let plainly =
            self.client.call(&about, |guard| request().customize().interceptor(guard).send()).await;
        let body = match (seal.customer_key(), plainly) {
            (None, Ok(answer)) => answer.output.body,
            (Some(key), Err(error)) if error.status() == Some(400) => {
                match self.client.get_object(request(), &key.key).await {
                    Ok(object) => object.body,
                    Err(_) => return Ok(false),
                }
            }
            (Some(_), Ok(_)) => return Ok(false),
            (_, Err(error)) if error.is_inability() => return Ok(false),
            (_, Err(error)) => return Err(error.into()),
        };
        Ok(body.collect().await.is_ok_and(|read| read.into_bytes() == self.bytes))
    }

    /// Removes all of it, with all versions. What cannot be removed stays, under a name that says what it is.
    pub(super) async fn remove(self) {
        for place in [&self.place, &self.other] {
            if self.remove_versions(place).await.is_err() {
                let request =
                    self.client.s3().delete_object().bucket(place.bucket()).key(place.key());
                let about = About { operation: "DeleteObject", place: place.clone() };
                let call = |guard| request.customize().interceptor(guard).send();
                let _ = self.client.call(&about, call).await;
            }
        }
    }

    async fn remove_versions(&self, place: &ObjectPlace) -> Result<(), SseCError> {
        let about = About { operation: "ListObjectVersions", place: place.clone() };
        let request =
            self.client.s3().list_object_versions().bucket(place.bucket()).prefix(place.key());
        let listed = self
            .client
            .call(&about, |guard| request.customize().interceptor(guard).send())
            .await?
            .output;
        let versions = listed.versions().iter().map(|version| version.version_id());
        let markers = listed.delete_markers().iter().map(|marker| marker.version_id());
        for version in versions.chain(markers) {
            let request = self
                .client
                .s3()
                .delete_object()
                .bucket(place.bucket())
                .key(place.key())
                .set_version_id(version.map(ToOwned::to_owned));
            self.client.call(&about, |guard| request.customize().interceptor(guard).send()).await?;
        }
        Ok(())
    }
}

/// Of all names of tests.
pub(crate) const PREFIX: &str = ".crypto-envelope-probe/";
/// In bytes.
const LENGTH: usize = 4096;
