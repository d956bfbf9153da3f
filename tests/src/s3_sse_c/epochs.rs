//! From one epoch of a key ring to the next, until the older one is thrown away.

use std::sync::Arc;

use crypto_envelope::{SecretBytes, provider::RawAesProvider};
use crypto_envelope_s3_sse_c::{
    BucketRing, Epoch, KeyRing, KeyRingError, KeyRingErrorKind, ObjectCopy, SseCErrorKind,
};
use serde_json::Value;

use super::{Bucket, rejected};
use crate::vectors::{Result, from_hex};

impl Bucket<'_> {
    /// Objects under an older epoch are put under the newest one; an audit proves that, and the older one is thrown
    /// away. What turns up under it later is refused.
    ///
    /// The ring is one of the vectors, as an epoch is thrown away hours after the next one was made.
    ///
    /// # Errors
    ///
    /// What went otherwise.
    pub async fn retires_an_epoch(&self) -> Result<()> {
        let photos = Bucket { world: self.world, name: "photos".to_owned() };
        self.world.client().s3().create_bucket().bucket(&photos.name).send().await?;
        let ring = self.old_ring().await?;
        let (old, newest) = (ring.epochs().pop().ok_or("no epoch")?, ring.newest());
        let late = ring.key_of(old, &photos.name, "c").await?;
        for name in ["a", "b", "c"] {
            let key = ring.key_of(old, &photos.name, name).await?;
            photos.put(name, name.as_bytes(), &key).await?;
        }
        photos.put_by(&ring, "d", b"d").await?;
        photos.is_not_proven(&ring, old, "found 3 versions under it").await?;
        for name in ["a", "b"] {
            let copy = ObjectCopy::in_place(photos.place(name), &ring, &ring);
            self.world.client().copy(copy).await?;
        }
        photos.is_not_proven(&ring, old, "found 1 versions under it").await?;
        let delete = self.world.client().s3().delete_object().bucket(&photos.name).key("c");
        delete.send().await?;
        let audit = self.world.client().audit(&ring, &photos.name).await?;
        if (audit.versions(newest), audit.unattributed()) != (3, 0) {
            return Err(format!("{audit:?}").into());
        }
        ring.retire(old, &[audit]).await?;
        for ring in [&ring, &self.opened_ring().await?] {
            if (ring.epochs(), ring.retired()) != (vec![newest], vec![old]) {
                return Err(format!("it is not thrown away: {ring:?}").into());
            }
            photos.has_all(ring, &["a", "b", "d"]).await?;
        }
        let gone = ring.key_of(old, &photos.name, "c").await.map(drop);
        is_refused(gone, KeyRingErrorKind::RetiredEpoch, "epoch 1")?;
        photos.put("c", b"from a backup", &late).await?;
        let error = rejected(photos.world.client().get_object(photos.reading("c"), &ring).await)?;
        if error.kind() != SseCErrorKind::WrongKey || !error.to_string().contains("s3://photos/c") {
            return Err(format!("an epoch that was thrown away opens: {error}").into());
        }
        let next = ring.rotate().await?;
        photos.has_all(&ring, &["a", "b", "d"]).await?;
        photos.is_not_proven(&ring, newest, "began too early").await?;
        let audit = photos.world.client().audit(&ring, &photos.name).await?;
        match (audit.versions(newest), audit.versions(next), audit.unattributed()) {
            (3, 0, 1) => Ok(()),
            _ => Err(format!("{audit:?}").into()),
        }
    }

    /// An audit of this bucket does not prove that nothing is under an epoch.
    async fn is_not_proven(&self, ring: &KeyRing, epoch: Epoch, why: &str) -> Result<()> {
        let audit = self.world.client().audit(ring, &self.name).await?;
        let retired = ring.retire(epoch, &[audit]).await;
        is_refused(retired, KeyRingErrorKind::NotProven, why)
    }

    /// Objects that hold their names.
    async fn has_all(&self, ring: &KeyRing, names: &[&str]) -> Result<()> {
        for name in names {
            let object = self.world.client().get_object(self.reading(name), ring).await?;
            if object.body.collect().await?.to_vec() != name.as_bytes() {
                return Err(format!("{name} is something else").into());
            }
        }
        Ok(())
    }

    /// That of a vector, of two epochs, for the bucket `photos`.
    async fn old_ring(&self) -> Result<KeyRing> {
        self.put_plainly(BucketRing::DEFAULT_KEY, RING.as_bytes()).await?;
        self.opened_ring().await
    }

    async fn opened_ring(&self) -> Result<KeyRing> {
        let provider = Arc::new(RawAesProvider::new("vectors", "key-1", &wrapping_key()?)?);
        Ok(KeyRing::builder(provider, self.ring_place()).open().await?)
    }
}

fn is_refused(
    outcome: crypto_envelope::Result<()>,
    kind: KeyRingErrorKind,
    says: &str,
) -> Result<()> {
    let error = outcome.err().ok_or("it went well")?;
    if KeyRingError::kind_in(&error) == Some(kind) && error.to_string().contains(says) {
        return Ok(());
    }
    Err(format!("another error: {error}").into())
}

/// That of the vectors.
fn wrapping_key() -> Result<SecretBytes> {
    let all: Value = serde_json::from_str(DERIVATION)?;
    let hex = all["wrapping_keys"][0]["key_hex"].as_str().ok_or("no wrapping key")?;
    Ok(SecretBytes::from(from_hex(hex)?))
}

const RING: &str = include_str!("../../vectors/sse-c-key-ring/several-providers.json");
const DERIVATION: &str = include_str!("../../vectors/sse-c-key-ring/derivation.json");
