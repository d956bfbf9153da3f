//! S3 and its servers.

use std::fs;

use object_store::{
    Certificate,
    aws::{AmazonS3, AmazonS3Builder},
};

use super::http_allowed;
use crate::{s3_servers::S3Endpoint, s3_sse_c::World, vectors::Result};

/// A new bucket of a server.
///
/// # Errors
///
/// If there is no bucket, or the server cannot be asked.
pub async fn bucket(endpoint: S3Endpoint) -> Result<AmazonS3> {
    let world = World::new(endpoint)?;
    let bucket = world.bucket().await?;
    s3(world.endpoint(), &bucket.name)
}

fn s3(endpoint: &S3Endpoint, bucket: &str) -> Result<AmazonS3> {
    let mut client = http_allowed();
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
