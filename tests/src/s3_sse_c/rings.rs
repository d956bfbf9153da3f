//! Key rings in buckets.

use crypto_envelope::{SecretBytes, provider::RawAesProvider};
use crypto_envelope_s3_sse_c::{
    BucketRing, KeyRing, KeyRingErrorKind, ObjectCopy, SseCErrorKind,
    aws_sdk_s3::{
        primitives::ByteStream,
        types::{BucketVersioningStatus, VersioningConfiguration},
    },
};

use super::{Bucket, kind_of};
use crate::vectors::Result;

impl Bucket<'_> {
    /// A ring in the bucket: made once by whoever is first, rotated, audited, lost.
    ///
    /// # Errors
    ///
    /// What went otherwise.
    pub async fn keeps_a_ring(&self) -> Result<()> {
        let client = self.world.client();
        let wrapping_key = SecretBytes::random(32)?;
        let provider = || RawAesProvider::new("tests", "ring", &wrapping_key);
        let builder =
            || Ok::<_, crypto_envelope::Error>(KeyRing::builder(provider()?, self.ring_place()));
        let missing = builder()?.open().await;
        let missing = missing.err().ok_or("there is none")?;
        let kind = crypto_envelope_s3_sse_c::KeyRingError::kind_in(&missing);
        if kind != Some(KeyRingErrorKind::Missing) || !missing.to_string().contains("aws s3 cp") {
            return Err(format!("{kind:?}: {missing}").into());
        }
        let first = builder()?.open_or_create([&self.name]);
        let second = builder()?.open_or_create([&self.name]);
        let (first, second) = tokio::join!(first, second);
        let (first, second) = (first?, second?);
        if first.id() != second.id() {
            return Err("two rings were made".into());
        }
        self.put_by(&first, "a", b"under the first epoch").await?;
        second.rotate().await?;
        self.put_by(&second, "b", b"under the second epoch").await?;
        // The first one does not know the second epoch yet, and finds it.
        for (name, expected) in
            [("a", &b"under the first epoch"[..]), ("b", b"under the second epoch")]
        {
            for ring in [&first, &second] {
                let object = client.get_object(self.reading(name), ring).await?;
                if object.body.collect().await?.to_vec() != expected {
                    return Err(format!("{name} is something else").into());
                }
            }
        }
        self.tells_swapped_objects(&second).await?;
        let old = second.epochs().pop().ok_or("no epoch")?;
        let audit = client.audit(&second, &self.name).await?;
        if (audit.versions(old), audit.versions(second.newest())) != (2, 1) {
            return Err(format!("{audit:?}").into());
        }
        let moved = client
            .copy(ObjectCopy::in_place(self.place("a"), &second, &second).assume_no_writers());
        moved.await?;
        let object = client.get_object(self.reading("a"), &first).await?;
        if object.body.collect().await?.to_vec() != b"under the first epoch" {
            return Err("a is something else after it was moved".into());
        }
        Ok(())
    }

    /// Versions under two epochs, a deletion, and what the audit says of them.
    ///
    /// # Errors
    ///
    /// What went otherwise.
    pub async fn keeps_versions(&self) -> Result<()> {
        let client = self.world.client();
        self.enable_versions().await?;
        // Not every server can be asked to make an object only once in a bucket with versions.
        let elsewhere = self.world.bucket().await?;
        let provider = RawAesProvider::new("tests", "ring", &SecretBytes::random(32)?)?;
        let ring = KeyRing::builder(provider, elsewhere.ring_place()).create([&self.name]).await?;
        let first = self.put_by(&ring, "a", b"one").await?.ok_or("no version")?;
        let old = ring.newest();
        ring.rotate().await?;
        let second = self.put_by(&ring, "a", b"two").await?.ok_or("no version")?;
        client.s3().delete_object().bucket(&self.name).key("a").send().await?;
        let gone = client.get_object(self.reading("a"), &ring).await.map(drop);
        if kind_of(gone)? != SseCErrorKind::NotFound {
            return Err("a deleted object is not said to be gone".into());
        }
        for (version, expected) in [(&first, b"one"), (&second, b"two")] {
            let request = self.reading("a").version_id(version);
            let object = client.get_object(request, &ring).await?;
            if object.body.collect().await?.to_vec() != expected {
                return Err(format!("version {version} is something else").into());
            }
        }
        let audit = client.audit(&ring, &self.name).await?;
        let counts = (audit.versions(old), audit.versions(ring.newest()), audit.unattributed());
        if counts != (1, 1, 0) {
            return Err(format!("{audit:?}").into());
        }
        // Undeleted: the marker goes, and the object is back.
        let listed =
            client.s3().list_object_versions().bucket(&self.name).prefix("a").send().await?;
        for marker in listed.delete_markers() {
            let delete = client.s3().delete_object().bucket(&self.name).key("a");
            delete.set_version_id(marker.version_id().map(str::to_owned)).send().await?;
        }
        let object = client.get_object(self.reading("a"), &ring).await?;
        if object.body.collect().await?.to_vec() != b"two" {
            return Err("it is not back".into());
        }
        Ok(())
    }

    /// Keeps what is replaced from now on.
    ///
    /// # Errors
    ///
    /// If the server does not.
    pub async fn enable_versions(&self) -> Result<()> {
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
        let put = self.world.client().s3().put_bucket_versioning().bucket(&self.name);
        put.versioning_configuration(enabled.build()).send().await?;
        Ok(())
    }

    /// An object under the name of another one does not open.
    async fn tells_swapped_objects(&self, ring: &KeyRing) -> Result<()> {
        let client = self.world.client();
        let (_, key) = ring.key_for_writing(&self.name, "b").await?;
        let body = ByteStream::from_static(b"under the key of b");
        let request = client.s3().put_object().bucket(&self.name).key("swapped").body(body);
        client.put_object(request, &key).await?;
        let swapped = client.get_object(self.reading("swapped"), ring).await.map(drop);
        if kind_of(swapped)? != SseCErrorKind::WrongKey {
            return Err("an object opens under another name".into());
        }
        client.s3().delete_object().bucket(&self.name).key("swapped").send().await?;
        // So that the audit has something under the first epoch beside `a`.
        let epoch = ring.epochs().pop().ok_or("no epoch")?;
        let key = ring.key_of(epoch, &self.name, "c").await?;
        self.put("c", b"late", &key).await?;
        Ok(())
    }

    pub(super) fn ring_place(&self) -> BucketRing {
        BucketRing::new(self.world.client(), &self.name)
    }

    /// Writes an object under the newest epoch, and returns its version.
    pub(super) async fn put_by(
        &self,
        ring: &KeyRing,
        name: &str,
        body: &[u8],
    ) -> Result<Option<String>> {
        let client = self.world.client();
        let body = ByteStream::from(body.to_vec());
        let request = client.s3().put_object().bucket(&self.name).key(name).body(body);
        let stored = client.put_object(request, ring).await?;
        Ok(stored.version_id().map(str::to_owned))
    }
}
