//! Stores that encrypt, on these servers.

use crypto_envelope_tests::{
    object_stores::{bucket, passes_what_the_store_passes},
    s3_servers::S3Endpoint,
    vectors::Result,
};

#[tokio::test]
async fn passes_on_moto() -> Result<()> {
    passes(crate::moto()?.http_insecure(), &[]).await
}

#[tokio::test]
async fn passes_on_ministack() -> Result<()> {
    passes(crate::ministack()?.http_insecure(), &[]).await
}

#[tokio::test]
async fn passes_on_the_fake() -> Result<()> {
    passes(S3Endpoint::of(crate::fake()?), &[]).await
}

/// Its lists that are to begin behind a name begin with the object of that name.
#[tokio::test]
async fn passes_on_seaweed() -> Result<()> {
    passes(crate::seaweed()?.http_insecure(), &["put_get_delete_list"]).await
}

async fn passes(endpoint: S3Endpoint, fails: &[&str]) -> Result<()> {
    let bare = bucket(endpoint.clone()).await?;
    passes_what_the_store_passes(bare, bucket(endpoint).await?, fails).await
}
