//! Who calls S3, and with which keys.

use std::{env, fs, path::PathBuf};

use crypto_envelope::{Error, blocking};
use crypto_envelope_s3_sse_c::{
    BucketRing, Declaration, FileRing, KeyRing, KeyRingBuilder, ObjectKeys, Protection, SseCClient,
    SseCustomerKey,
};

use super::{S3Place, run};
use crate::{
    args::{FromSseC, S3Way, SseC},
    failure::Failure,
    key_file,
    provider::{self, ProviderSpec},
};

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
    if way.s3_aes256_header {
        builder = builder.declaration(Declaration::Aes256Too);
    }
    Ok(builder.build()?)
}

/// What objects in a bucket are under.
pub(super) fn protection(
    client: &SseCClient,
    sse_c: &SseC,
    bucket: &str,
) -> Result<Protection, Failure> {
    let keys: ObjectKeys = match sse_c {
        SseC { sse_c_key_file: Some(file), .. } => customer_key(file)?.into(),
        SseC { sse_c_provider: Some(provider), sse_c_ring, .. } => {
            let default = PathBuf::from(format!("s3://{bucket}/"));
            let ring = ring(client, sse_c_ring.as_ref().unwrap_or(&default), provider)?;
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

/// What they are under before.
pub(super) fn before(from: &FromSseC, after: &Protection) -> Result<Protection, Failure> {
    Ok(match from {
        FromSseC { from_sse_c_key_file: Some(file), .. } => customer_key(file)?.into(),
        FromSseC { from_without_sse_c: true, .. } => Protection::OfBucket,
        _ => after.clone(),
    })
}

/// A ring that is to be opened, or made.
pub(super) fn ring(
    client: &SseCClient,
    ring: &std::path::Path,
    provider: &ProviderSpec,
) -> Result<KeyRingBuilder, Failure> {
    let provider = provider::for_decryption(std::slice::from_ref(provider))?;
    Ok(match S3Place::parse(ring)? {
        Some(S3Place { bucket, key }) if key.is_empty() => {
            KeyRing::builder(provider, BucketRing::new(client, bucket))
        }
        Some(place) => {
            let object = place.object()?;
            let place = BucketRing::named(client, object.bucket(), object.key());
            KeyRing::builder(provider, place)
        }
        None => KeyRing::builder(provider, FileRing::new(ring)),
    })
}

fn customer_key(file: &std::path::Path) -> Result<SseCustomerKey, Failure> {
    let key = key_file::read_customer_key(file)?;
    SseCustomerKey::from_bytes(key).map_err(|error: Error| error.into())
}
