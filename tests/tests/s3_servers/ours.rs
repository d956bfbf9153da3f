//! Our client on these servers.

use crypto_envelope_s3_sse_c::{CopiedWay, ObjectCopy};
use crypto_envelope_tests::{s3_sse_c::World, vectors::Result};

fn seaweed() -> Result<World> {
    World::new(crate::seaweed()?.https())
}

fn ministack() -> Result<World> {
    World::new(crate::ministack()?.http_insecure())
}

fn moto() -> Result<World> {
    World::new(crate::moto()?.http_insecure())
}

#[tokio::test]
async fn seaweed_and_boto_agree_with_ours() -> Result<()> {
    seaweed()?.bucket().await?.agrees_with_boto().await
}

#[tokio::test]
async fn ministack_and_boto_agree_with_ours() -> Result<()> {
    ministack()?.bucket().await?.agrees_with_boto().await
}

#[tokio::test]
async fn seaweed_has_keys_told_apart() -> Result<()> {
    seaweed()?.bucket().await?.tells_keys_apart().await
}

#[tokio::test]
async fn ministack_has_keys_told_apart() -> Result<()> {
    ministack()?.bucket().await?.tells_keys_apart().await
}

#[tokio::test]
async fn seaweed_takes_parts() -> Result<()> {
    seaweed()?.bucket().await?.takes_parts().await
}

#[tokio::test]
async fn ministack_takes_parts() -> Result<()> {
    ministack()?.bucket().await?.takes_parts().await
}

#[tokio::test]
async fn seaweed_changes_keys() -> Result<()> {
    let ways = seaweed()?.bucket().await?.changes_keys().await?;
    assert_eq!(ways, [CopiedWay::OnServer; 3]);
    Ok(())
}

#[tokio::test]
async fn ministack_changes_keys() -> Result<()> {
    let ways = ministack()?.bucket().await?.changes_keys().await?;
    assert_eq!(ways, [CopiedWay::OnServer; 3]);
    Ok(())
}

/// It honours conditions on what it replaces, also when it copies.
#[tokio::test]
async fn seaweed_rotates() -> Result<()> {
    for length in [0, 100_000, 12_000_000] {
        let copied = seaweed()?.bucket().await?.rotates(length, |copy| copy).await??;
        assert_eq!(copied.way, CopiedWay::OnServer, "{length}: {copied:?}");
    }
    Ok(())
}

/// It does not when it copies at once, but where parts are put together, of which an empty object has none.
#[tokio::test]
async fn ministack_rotates() -> Result<()> {
    let (here, parts) = (CopiedWay::ThroughHere, CopiedWay::OnServerInParts);
    for (length, way) in [(0, here), (100_000, parts), (12_000_000, parts)] {
        let copied = ministack()?.bucket().await?.rotates(length, |copy| copy).await??;
        assert_eq!(copied.way, way, "{length}: {copied:?}");
        let alone = |copy: ObjectCopy| copy.assume_no_writers();
        let copied = ministack()?.bucket().await?.rotates(length, alone).await??;
        assert_eq!(copied.way, CopiedWay::OnServer, "{length}: {copied:?}");
    }
    Ok(())
}

#[tokio::test]
async fn seaweed_keeps_a_ring() -> Result<()> {
    seaweed()?.bucket().await?.keeps_a_ring().await
}

#[tokio::test]
async fn ministack_keeps_a_ring() -> Result<()> {
    ministack()?.bucket().await?.keeps_a_ring().await
}

#[tokio::test]
async fn seaweed_keeps_versions() -> Result<()> {
    seaweed()?.bucket().await?.keeps_versions().await
}

#[tokio::test]
async fn ministack_keeps_versions() -> Result<()> {
    ministack()?.bucket().await?.keeps_versions().await
}

#[tokio::test]
async fn moto_is_never_believed() -> Result<()> {
    let world = moto()?;
    let bucket = world.bucket().await?;
    bucket.is_never_believed().await
}

#[tokio::test]
async fn seaweed_goes_on_with_an_upload() -> Result<()> {
    seaweed()?.bucket().await?.goes_on_with_an_upload().await
}

#[tokio::test]
async fn ministack_goes_on_with_an_upload() -> Result<()> {
    ministack()?.bucket().await?.goes_on_with_an_upload().await
}

#[tokio::test]
async fn seaweed_takes_presigned_requests() -> Result<()> {
    World::new(crate::seaweed()?.http_insecure())?.bucket().await?.takes_presigned_requests().await
}

#[tokio::test]
async fn ministack_takes_presigned_requests() -> Result<()> {
    ministack()?.bucket().await?.takes_presigned_requests().await
}
