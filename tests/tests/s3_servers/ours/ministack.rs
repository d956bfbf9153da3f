//! Our client on Ministack.

use crypto_envelope_s3_sse_c::{CopiedWay, ObjectCopy, ServerKey};
use crypto_envelope_tests::{on_s3, s3_sse_c::World, vectors::Result};

fn world() -> Result<World> {
    World::new(crate::ministack()?.http_insecure())
}

on_s3! { world }
on_s3! { world: goes_on_with_an_upload takes_presigned_requests }

#[tokio::test]
async fn migrates_server_keys() -> Result<()> {
    world()?.bucket().await?.migrates_server_keys(ServerKey::S3).await
}

#[tokio::test]
async fn changes_keys() -> Result<()> {
    assert_eq!(world()?.bucket().await?.changes_keys().await?, [CopiedWay::OnServer; 3]);
    Ok(())
}

/// It honours no condition when it copies at once, but where parts are put together, of which an empty object has none.
#[tokio::test]
async fn rotates() -> Result<()> {
    let (here, parts) = (CopiedWay::ThroughHere, CopiedWay::OnServerInParts);
    for (length, expected) in [(0, here), (100_000, parts), (12_000_000, parts)] {
        let way = world()?.bucket().await?.rotates(length, |copy| copy).await?;
        assert_eq!(way, expected, "{length}");
        let way = world()?.bucket().await?.rotates(length, ObjectCopy::assume_no_writers).await?;
        assert_eq!(way, CopiedWay::OnServer, "{length}");
    }
    Ok(())
}
