//! Stores that encrypt, on these servers.

use crypto_envelope_tests::{
    object_stores::{Deviation, bucket, deviates, encrypted, passes_suite},
    s3_servers::S3Endpoint,
    vectors::Result,
};

#[tokio::test]
async fn passes_on_moto() -> Result<()> {
    passes_suite(&encrypted(bucket(crate::moto()?.http_insecure()).await?)?, None).await;
    Ok(())
}

#[tokio::test]
async fn passes_on_ministack() -> Result<()> {
    passes_suite(&encrypted(bucket(crate::ministack()?.http_insecure()).await?)?, None).await;
    Ok(())
}

#[tokio::test]
async fn passes_on_the_fake() -> Result<()> {
    passes_suite(&encrypted(bucket(S3Endpoint::of(crate::fake()?)).await?)?, None).await;
    Ok(())
}

#[tokio::test]
async fn passes_on_seaweed() -> Result<()> {
    let deviation = Deviation::ListsFromName;
    assert!(deviates(bucket(crate::seaweed()?.http_insecure()).await?, deviation).await);
    let store = encrypted(bucket(crate::seaweed()?.http_insecure()).await?)?;
    passes_suite(&store, Some(deviation)).await;
    Ok(())
}
