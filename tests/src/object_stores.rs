//! S3 and its servers as stores of `object_store`, and what stores have to do.

use std::fs;

use crypto_envelope::{SecretBytes, provider::RawAesProvider};
use crypto_envelope_object_store::EncryptedStore;
use object_store::{
    Certificate, ClientOptions, ObjectStore,
    aws::{AmazonS3, AmazonS3Builder},
    integration,
};

use crate::{s3_servers::S3Endpoint, s3_sse_c::World, vectors::Result};

/// A store that encrypts into a new bucket of a server.
///
/// # Errors
///
/// If there is no bucket, or the server cannot be asked.
pub async fn encrypted_bucket(endpoint: S3Endpoint) -> Result<EncryptedStore<AmazonS3>> {
    let provider = RawAesProvider::new("tests", "key", &SecretBytes::from(vec![7; 32]))?;
    Ok(EncryptedStore::new(bucket(endpoint).await?, provider)?)
}

/// The same without encryption.
async fn bucket(endpoint: S3Endpoint) -> Result<AmazonS3> {
    let world = World::new(endpoint)?;
    let bucket = world.bucket().await?;
    s3(world.endpoint(), &bucket.name)
}

/// Whether the server still deviates without us: else there is something more to test.
///
/// # Errors
///
/// If there is no bucket, or the server cannot be asked.
pub async fn deviates(endpoint: S3Endpoint, deviation: Deviation) -> Result<bool> {
    let store = bucket(endpoint).await?;
    let outcome = tokio::spawn(async move {
        match deviation {
            Deviation::ListsFromName => integration::put_get_delete_list(&store).await,
            Deviation::NamesAndConditions => integration::put_get_attributes(&store).await,
        }
    });
    Ok(outcome.await.is_err_and(|error| error.is_panic()))
}

fn s3(endpoint: &S3Endpoint, bucket: &str) -> Result<AmazonS3> {
    let mut client = ClientOptions::new().with_allow_http(true);
    if let Some(ca) = &endpoint.ca {
        client = client.with_root_certificate(Certificate::from_pem(&fs::read(ca)?)?);
    }
    let builder = AmazonS3Builder::new()
        .with_endpoint(&endpoint.url)
        .with_region(&endpoint.region)
        .with_access_key_id(&endpoint.access_key)
        .with_secret_access_key(&endpoint.secret_key)
        .with_bucket_name(bucket)
        .with_client_options(client);
    Ok(builder.build()?)
}

/// What a server does otherwise than S3, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests name them")]
pub enum Deviation {
    /// Of SeaweedFS: lists behind a name begin with the object of that name.
    ListsFromName,
    /// Of Ceph 16.2: names of metadata come back with hyphens in place of underscores, and no write on the condition
    /// of an entity tag succeeds.
    NamesAndConditions,
}

/// What a store has to do by the integration tests of `object_store`, in an empty bucket. They panic.
pub async fn passes_suite(store: &dyn ObjectStore, deviation: Option<Deviation>) {
    if deviation != Some(Deviation::ListsFromName) {
        integration::put_get_delete_list(store).await;
    }
    integration::list_with_offset_exclusivity(store).await;
    integration::get_opts(store).await;
    integration::list_uses_directories_correctly(store).await;
    integration::list_with_delimiter(store).await;
    integration::rename_and_copy(store).await;
    integration::copy_if_not_exists(store).await;
    integration::copy_rename_nonexistent_object(store).await;
    integration::stream_get(store).await;
    if deviation != Some(Deviation::NamesAndConditions) {
        integration::put_get_attributes(store).await;
        integration::put_opts(store, true).await;
    }
    integration::multipart_race_condition(store, true).await;
    integration::multipart_out_of_order(store).await;
}
