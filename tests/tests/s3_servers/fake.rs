//! Our client on our fake S3, whose behaviour is with that of the others.

use std::time::Duration;

use crypto_envelope_s3_sse_c::{
    BucketRule, CopiedWay, Download, ServerKey, SseCErrorKind, SseCustomerKey,
};
use crypto_envelope_testkit::fake::{
    http::Fault,
    s3::{FakeS3, Lie},
};
use crypto_envelope_tests::{
    on_s3,
    s3_policies::{
        Encryption::{CustomerKey, Header, Plain},
        PolicedBucket,
        Upload::{Copy, Object, Parts, PartsCompletedWithoutKey},
    },
    s3_servers::S3Endpoint,
    s3_sse_c::{World, kind_of},
    vectors::Result,
};

fn world() -> Result<World> {
    World::new(S3Endpoint::of(crate::fake()?))
}

on_s3! { world }
on_s3! { world: takes_presigned_requests }

/// As it would be with S3 itself.
#[tokio::test]
async fn boto_agrees_with_ours_over_tls() -> Result<()> {
    let (s3, folder) = (FakeS3::builder().tls().start()?, tempfile::tempdir()?);
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, s3.ca_pem().ok_or("no CA")?)?;
    let world = World::new(S3Endpoint { ca: Some(ca), ..S3Endpoint::of(&s3) })?;
    world.bucket().await?.agrees_with_boto().await
}

#[tokio::test]
async fn keys_are_changed() -> Result<()> {
    let ways = world()?.bucket().await?.changes_keys().await?;
    assert_eq!(ways, [CopiedWay::OnServer; 3]);
    Ok(())
}

#[tokio::test]
async fn keys_are_rotated() -> Result<()> {
    for length in [0, 100_000, 12_000_000] {
        let way = world()?.bucket().await?.rotates(length, |copy| copy).await?;
        assert_eq!(way, CopiedWay::OnServer, "{length}");
    }
    Ok(())
}

#[tokio::test]
async fn keys_of_the_server_are_left_and_taken() -> Result<()> {
    let world = world()?;
    world.bucket().await?.migrates_server_keys(ServerKey::S3).await?;
    world.bucket().await?.migrates_server_keys(ServerKey::kms(None)).await
}

/// What was sent in the last second may be sent again, and the fake takes no time.
#[tokio::test]
async fn an_upload_goes_on() -> Result<()> {
    let s3 = FakeS3::start()?;
    let slow = Fault::delay(Duration::from_millis(1100)).times(2);
    s3.inject(slow.when(|operation| operation == "UploadPart"));
    let world = World::new(S3Endpoint::of(&s3))?;
    world.bucket().await?.goes_on_with_an_upload().await
}

#[tokio::test]
async fn a_fake_that_passes_over_keys_is_never_believed() -> Result<()> {
    let s3 = FakeS3::start()?;
    s3.lie(Lie::NoEcho);
    let world = World::new(S3Endpoint::of(&s3))?;
    world.bucket().await?.is_never_believed().await?;
    world.bucket().await?.gives_back_older_versions().await
}

#[tokio::test]
async fn the_digest_of_another_key_is_not_believed() -> Result<()> {
    let s3 = FakeS3::start()?;
    let world = World::new(S3Endpoint::of(&s3))?;
    let (bucket, key) = (world.bucket().await?, SseCustomerKey::generate()?);
    bucket.put("a", b"text", &key).await?;
    s3.lie(Lie::OtherEcho);
    assert!(bucket.put("b", b"text", &key).await.is_err());
    assert!(bucket.get("a", &key).await.is_err());
    s3.be_honest();
    assert_eq!(bucket.get("a", &key).await?, b"text");
    Ok(())
}

/// A connection that breaks off is no reason to give up at once, and what breaks off always becomes no file.
#[tokio::test]
async fn a_download_that_breaks_off_becomes_no_half_of_a_file() -> Result<()> {
    let (s3, folder) = (FakeS3::start()?, tempfile::tempdir()?);
    let world = World::new(S3Endpoint::of(&s3))?;
    let (bucket, key) = (world.bucket().await?, SseCustomerKey::generate()?);
    let (path, body) = (folder.path().join("file"), b"0123456789".repeat(300_000));
    bucket.put("a", &body, &key).await?;
    let download = || {
        let download = Download::file(&path).part_size(1 << 20);
        world.client().download(bucket.reading("a"), download, &key)
    };
    let cut = || Fault::cut(100_000).when(|operation| operation == "GetObject");
    s3.inject(cut().times(2));
    download().await?;
    assert!(std::fs::read(&path)? == body, "it is something else");
    std::fs::remove_file(&path)?;
    s3.inject(cut().always());
    assert!(download().await.is_err());
    assert_eq!(folder.path().read_dir()?.count(), 0);
    Ok(())
}

/// Whoever redirects does not get the key.
#[tokio::test]
async fn keys_do_not_follow_redirections() -> Result<()> {
    let (s3, thief) = (FakeS3::start()?, FakeS3::start()?);
    let world = World::new(S3Endpoint::of(&s3))?;
    let (bucket, key) = (world.bucket().await?, SseCustomerKey::generate()?);
    bucket.put("a", b"text", &key).await?;
    s3.lie(Lie::Redirects(thief.endpoint()));
    assert!(bucket.put("b", b"text", &key).await.is_err());
    assert!(bucket.get("a", &key).await.is_err());
    assert_eq!(thief.calls(), []);
    Ok(())
}

/// The fake shows what a client would be told of by a HEAD without a key.
#[tokio::test]
async fn what_is_stored_shows_who_could_read_it() -> Result<()> {
    let s3 = FakeS3::start()?;
    let world = World::new(S3Endpoint::of(&s3))?;
    let (bucket, key) = (world.bucket().await?, SseCustomerKey::generate()?);
    let text = b"a text that is long enough to be found".repeat(10_000);
    bucket.put("a", &text, &key).await?;
    bucket.put_plainly("b", &text).await?;
    let shows = |key: &str| {
        let stored = s3.stored_bytes(&bucket.name, key);
        stored.windows(38).any(|window| *window == text[..38])
    };
    assert_eq!((shows("a"), shows("b")), (false, true));
    assert_eq!(kind_of(bucket.get("b", &key).await)?, SseCErrorKind::NotEncrypted);
    Ok(())
}

#[test]
fn policies_about_customer_keys_are_enforced() -> Result<()> {
    let endpoint = S3Endpoint::of(crate::fake()?);
    let mut bucket = PolicedBucket::create(&endpoint, "fake-required", &[BucketRule::RequireSseC])?;
    for (upload, status) in [
        (Object(Plain), 403),
        (Object(Header), 403),
        (Object(CustomerKey), 200),
        (Parts(Plain), 403),
        (Parts(CustomerKey), 200),
        // The upload has it.
        (PartsCompletedWithoutKey, 200),
        (Copy(Plain), 403),
        (Copy(CustomerKey), 200),
    ] {
        assert_eq!(bucket.upload(upload)?, status, "{upload:?}");
    }
    assert_eq!(bucket.read()?, 200);
    let mut bucket = PolicedBucket::create(&endpoint, "fake-refused", &[BucketRule::RefuseSseC])?;
    for (upload, status) in
        [(Object(Plain), 200), (Object(CustomerKey), 403), (Copy(CustomerKey), 403)]
    {
        assert_eq!(bucket.upload(upload)?, status, "{upload:?}");
    }
    let mut bucket = PolicedBucket::create(&endpoint, "fake-by-tls", &[BucketRule::RequireTls])?;
    assert_eq!(bucket.upload(Object(CustomerKey))?, 403);
    Ok(())
}
