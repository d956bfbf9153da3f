//! Who calls S3, and with which keys.

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use crypto_envelope::blocking;
use crypto_envelope_s3_sse_c::{
    BucketRing, Declaration, Epoch, FileRing, KeyRing, KeyRingBuilder, ObjectKeys, Protection,
    SseCClient, SseCustomerKey,
};

use super::{Object, run};
use crate::{
    args::{FromSseC, S3Objects, S3Way, SseC},
    failure::Failure,
    key_file,
    place::{Cloud, Place},
    provider::{self, ProviderSpec},
};

/// The way to the objects of a run. Credentials are found once, and keys read once.
pub(crate) struct Access<'a> {
    way: &'a S3Way,
    sse_c: &'a SseC,
    from: Option<&'a FromSseC>,
    client: OnceCell<SseCClient>,
    /// By the bucket, if it matters.
    protections: RefCell<BTreeMap<Option<String>, Protection>>,
    before: OnceCell<Protection>,
}

impl<'a> Access<'a> {
    /// Nothing is called yet.
    pub(crate) fn new(objects: &'a S3Objects) -> Self {
        Self { from: Some(&objects.from), ..Self::to_read(&objects.way, &objects.sse_c) }
    }

    /// Of who writes nothing.
    pub(crate) fn to_read(way: &'a S3Way, sse_c: &'a SseC) -> Self {
        let (protections, before) = (RefCell::default(), OnceCell::new());
        Self { way, sse_c, from: None, client: OnceCell::new(), protections, before }
    }

    pub(super) fn client(&self) -> Result<&SseCClient, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = client(self.way)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// An object that is read.
    pub(crate) fn source(&self, place: Place) -> Result<Object, Failure> {
        Object::new(self.client()?.clone(), self.before(&place.bucket)?, place)
    }

    /// An object that is written.
    pub(crate) fn target(&self, place: Place) -> Result<Object, Failure> {
        Object::new(self.client()?.clone(), self.after(&place.bucket)?, place)
    }

    /// What the objects in a bucket are to be under.
    pub(super) fn after(&self, bucket: &str) -> Result<Protection, Failure> {
        let is_by_bucket = self.sse_c.sse_c_provider.is_some() && self.sse_c.sse_c_ring.is_none();
        let known_by = is_by_bucket.then(|| bucket.to_owned());
        if let Some(known) = self.protections.borrow().get(&known_by) {
            return Ok(known.clone());
        }
        let protection = protection(self.client()?, self.sse_c, bucket)?;
        self.protections.borrow_mut().insert(known_by, protection.clone());
        Ok(protection)
    }

    /// What they are under before: the same, unless something else is said.
    pub(super) fn before(&self, bucket: &str) -> Result<Protection, Failure> {
        match self.from {
            Some(FromSseC { from_sse_c_key_file: Some(file), .. }) => {
                if let Some(known) = self.before.get() {
                    return Ok(known.clone());
                }
                let protection = customer_key(file)?.into();
                Ok(self.before.get_or_init(|| protection).clone())
            }
            Some(FromSseC { from_without_sse_c: true, .. }) => Ok(Protection::OfBucket),
            _ => self.after(bucket),
        }
    }
}

/// The client. Nothing is called yet.
pub(super) fn client(way: &S3Way) -> Result<SseCClient, Failure> {
    let mut builder = blocking::wait(async {
        match &way.s3_profile {
            Some(profile) => SseCClient::load_profile_builder(profile).await,
            None => SseCClient::load_builder().await,
        }
    })?;
    if let Some(region) = &way.s3_region {
        builder = builder.region(region);
    }
    if let Some(url) = &way.s3_endpoint {
        builder = builder.endpoint_url(url);
    }
    let ca = way.s3_ca.clone();
    let ca = ca.or_else(|| {
        env::var_os("AWS_CA_BUNDLE").filter(|name| !name.is_empty()).map(PathBuf::from)
    });
    if let Some(path) = ca {
        let pem = fs::read(&path)
            .map_err(|error| Failure::io(format!("cannot read {}", path.display()), &error))?;
        builder = builder.trust(pem);
    }
    if way.s3_danger_plain_http {
        builder = builder.danger_allow_plain_http();
    }
    if way.s3_aes256_header {
        builder = builder.declaration(Declaration::Aes256Too);
    }
    Ok(builder.build()?)
}

/// What objects in a bucket are under.
fn protection(client: &SseCClient, sse_c: &SseC, bucket: &str) -> Result<Protection, Failure> {
    let keys: ObjectKeys = match sse_c {
        SseC { sse_c_key_file: Some(file), .. } => customer_key(file)?.into(),
        SseC { sse_c_provider: Some(provider), sse_c_ring, .. } => {
            let default = PathBuf::from(format!("s3://{bucket}/"));
            let ring = ring(client, sse_c_ring.as_ref().unwrap_or(&default), provider)?;
            let ring = expecting(ring, sse_c.sse_c_ring_id.as_deref(), sse_c.sse_c_ring_epoch)?;
            run(None, ring.open())?.into()
        }
        SseC { without_sse_c: true, .. } => return Ok(Protection::OfBucket),
        _ => {
            return Err(Failure::usage(
                "it is not said which customer key objects in S3 are under",
            )
            .hint("--sse-c-key-file or --sse-c-provider, or --without-sse-c"));
        }
    };
    Ok(keys.into())
}

/// A ring that is to be opened, or made.
pub(super) fn ring(
    client: &SseCClient,
    ring: &Path,
    provider: &ProviderSpec,
) -> Result<KeyRingBuilder, Failure> {
    let provider = provider::for_decryption(std::slice::from_ref(provider))?;
    Ok(match Place::parse(ring)? {
        Some(place) if place.cloud != Cloud::S3 => return Err(not_in_s3(ring)),
        Some(Place { bucket, key, .. }) if key.is_empty() => {
            KeyRing::builder(provider, BucketRing::new(client, bucket))
        }
        Some(place) => {
            let Place { bucket, key, .. } = place.one_object()?;
            KeyRing::builder(provider, BucketRing::named(client, bucket, key))
        }
        None => KeyRing::builder(provider, FileRing::new(ring)),
    })
}

/// Only the one with this id, and none from before this epoch.
pub(super) fn expecting(
    mut ring: KeyRingBuilder,
    id: Option<&str>,
    epoch: Option<u32>,
) -> Result<KeyRingBuilder, Failure> {
    if let Some(id) = id {
        ring = ring.expect_id(id);
    }
    if let Some(epoch) = epoch {
        ring = ring.expect_epoch_at_least(Epoch::new(epoch)?);
    }
    Ok(ring)
}

/// Why a path is of no use where an object has to be.
pub(super) fn not_in_s3(path: &Path) -> Failure {
    Failure::usage(format!("{} is not s3://BUCKET/KEY", path.display()))
}

fn customer_key(file: &Path) -> Result<SseCustomerKey, Failure> {
    let key = key_file::read_customer_key(file)?;
    Ok(SseCustomerKey::from_bytes(key)?)
}
