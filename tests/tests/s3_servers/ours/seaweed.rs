//! Our client on SeaweedFS.

use crypto_envelope_s3_sse_c::CopiedWay;
use crypto_envelope_tests::{on_s3, s3_sse_c::World, vectors::Result};

use crate::seaweed;

fn https() -> Result<World> {
    World::new(seaweed()?.https())
}

fn http() -> Result<World> {
    World::new(seaweed()?.http_insecure())
}

on_s3! { https }
on_s3! { https: goes_on_with_an_upload has_no_server_keys }
on_s3! { http: takes_presigned_requests }

#[tokio::test]
async fn changes_keys() -> Result<()> {
    assert_eq!(https()?.bucket().await?.changes_keys().await?, [CopiedWay::OnServer; 3]);
    Ok(())
}

/// It honours conditions on what it replaces, also when it copies.
#[tokio::test]
async fn rotates() -> Result<()> {
    for length in [0, 100_000, 12_000_000] {
        let way = https()?.bucket().await?.rotates(length, |copy| copy).await?;
        assert_eq!(way, CopiedWay::OnServer, "{length}");
    }
    Ok(())
}
