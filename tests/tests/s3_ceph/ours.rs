//! Our client on Ceph.

use std::fs;

use crypto_envelope_s3_sse_c::{
    CopiedWay, Declaration, ObjectCopy, Protection, SseCErrorKind, SseCustomerKey, Upload,
    aws_sdk_s3::primitives::ByteStream,
};
use crypto_envelope_tests::{
    on_s3,
    s3_sse_c::{World, rejected},
    vectors::Result,
};

use crate::ceph;

fn https() -> Result<World> {
    World::new(ceph()?.https())
}

fn http() -> Result<World> {
    World::new(ceph()?.http_insecure())
}

on_s3! { https }
on_s3! { https: goes_on_with_an_upload has_no_server_keys }

mod without_tls {
    use super::{http, on_s3};

    on_s3! { http: agrees_with_boto takes_presigned_requests }
}

#[tokio::test]
async fn changes_keys() -> Result<()> {
    let world = https()?;
    // Ceph copies whatever is there by then, so nothing is left to it.
    let ways = world.bucket().await?.changes_keys().await?;
    assert_eq!(ways, [CopiedWay::ThroughHere; 3]);
    // A version stays what it is.
    let versioned = world.bucket().await?;
    versioned.enable_versions().await?;
    let ways = versioned.changes_keys().await?;
    assert_eq!(ways, [CopiedWay::OnServerInParts, CopiedWay::ThroughHere, CopiedWay::ThroughHere]);
    Ok(())
}

#[tokio::test]
async fn rotates() -> Result<()> {
    for length in [0, 100_000, 20_000_000] {
        let way = https()?.bucket().await?.rotates(length, ObjectCopy::assume_no_writers).await?;
        assert_eq!(way, CopiedWay::ThroughHere, "{length}");
    }
    Ok(())
}

/// It honours conditions on what is written at once, and none where parts are put together.
#[tokio::test]
async fn replaces_nothing_large_unguarded() -> Result<()> {
    let world = https()?;
    let way = world.bucket().await?.rotates(100_000, |copy| copy).await?;
    assert_eq!(way, CopiedWay::ThroughHere);
    let refused = world.bucket().await?.does_not_rotate(20_000_000).await?;
    assert_eq!(refused, SseCErrorKind::Unsupported);
    // With versions it honours none at all.
    let versioned = world.bucket().await?;
    versioned.enable_versions().await?;
    assert_eq!(versioned.does_not_rotate(100).await?, SseCErrorKind::Unsupported);
    Ok(())
}

/// Whatever way an object came under a key, the disks of Ceph do not show it.
#[tokio::test]
async fn nothing_is_in_plain_at_rest() -> Result<()> {
    let world = https()?;
    let (bucket, client) = (world.bucket().await?, world.client());
    let text = b"a text that nobody but its owner may read ".repeat(300_000);
    let (key, new) = (SseCustomerKey::generate()?, SseCustomerKey::generate()?);
    let at_rest = || -> Result<usize> {
        let stored = ceph()?.at_rest(&bucket.name, "")?;
        Ok(stored.iter().filter(|stored| stored.contain(&text[..42])).count())
    };
    bucket.put("put", &text, &key).await?;
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("file"), &text)?;
    let request = client.s3().create_multipart_upload().bucket(&bucket.name).key("uploaded");
    let upload = Upload::file(folder.path().join("file")).part_size(5 << 20);
    client.upload(request, upload, &key).await?;
    let copied = ObjectCopy::new(bucket.place("put"), &key, bucket.place("copied"), &new);
    client.copy(copied).await?;
    assert_eq!(at_rest()?, 0);
    // So that the look at the disks is known to see something.
    bucket.put_plainly("plain", &text).await?;
    let in_plain = at_rest()?;
    assert!(in_plain > 0);
    let from_plain =
        ObjectCopy::new(bucket.place("plain"), Protection::OfBucket, bucket.place("keyed"), &key);
    client.copy(from_plain).await?;
    assert_eq!(at_rest()?, in_plain);
    let in_place = ObjectCopy::in_place(bucket.place("plain"), Protection::OfBucket, &key);
    client.copy(in_place.assume_no_writers()).await?;
    // Ceph removes what was replaced when it has time.
    let plain = ceph()?.at_rest(&bucket.name, "plain")?;
    let head = plain.iter().filter(|stored| stored.name.ends_with("_plain"));
    assert_eq!(head.filter(|stored| stored.contain(&text[..42])).count(), 0);
    Ok(())
}

#[tokio::test]
async fn both_headers_are_sent_if_they_are_wanted() -> Result<()> {
    let world = https()?;
    let bucket = world.bucket().await?;
    let client = world.declaring(Declaration::Aes256Too)?;
    let key = SseCustomerKey::generate()?;
    let put = client.s3().put_object().bucket(&bucket.name).key("both");
    client.put_object(put.body(ByteStream::from_static(b"text")), &key).await?;
    assert_eq!(bucket.get("both", &key).await?, b"text");
    Ok(())
}

/// Ours takes the way without TLS on this machine; a strict gateway does not.
#[tokio::test]
async fn a_strict_gateway_refuses_keys_without_tls() -> Result<()> {
    let bucket = https()?;
    let bucket = bucket.bucket().await?;
    let key = SseCustomerKey::generate()?;
    bucket.put("there", b"text", &key).await?;
    let strict = World::new(ceph()?.http_strict())?;
    let client = strict.client();
    let put = client.s3().put_object().bucket(&bucket.name).key("name");
    let put = client.put_object(put.body(ByteStream::from_static(b"text")), &key).await;
    let get = client.s3().get_object().bucket(&bucket.name).key("there");
    for error in [rejected(put)?, rejected(client.get_object(get, &key).await)?] {
        assert_eq!(error.status(), Some(400), "{error}");
    }
    Ok(())
}
