//! Files in S3, or on a Ceph gateway, under a key of one's own, which the server does not keep (SSE-C): uploaded,
//! downloaded, put under another key, and kept from being stored without one.
//!
//! **Without the key the file is lost**: the server cannot help. A key ring, at the end, leaves the keeping to a key
//! service; here a key in memory stands for that.
//!
//! It runs against a fake; see `ExampleS3` for a bucket of yours.

use std::{
    error::Error,
    fs,
    io::{Write, stdout},
    path::Path,
};

use crypto_envelope::{SecretBytes, provider::RawAesProvider};
use crypto_envelope_examples::ExampleS3;
use crypto_envelope_s3_sse_c::{
    BucketPolicy, BucketRing, BucketRule, Download, KeyRing, ObjectCopy, ObjectPlace, SseCError,
    SseCErrorKind, SseCustomerKey, Upload,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (upload, download) = (folder.path().join("upload.txt"), folder.path().join("download.txt"));
    fs::write(&upload, "what nobody else may read")?;
    let s3 = ExampleS3::from_env().await?;

    // Made once, and then read again and again: 32 random bytes in a file that nobody else may read.
    let key = key_of(&folder.path().join("customer.key"))?;

    // The server has to say that it used the key, or this fails.
    let request = s3.client.s3().create_multipart_upload().bucket(&s3.bucket).key("test.txt");
    s3.client.upload(request, Upload::file(&upload), &key).await?;

    let request = s3.client.s3().get_object().bucket(&s3.bucket).key("test.txt");
    s3.client.download(request.clone(), Download::file(&download), &key).await?;
    assert_eq!(fs::read(&upload)?, fs::read(&download)?);

    // With another key there is nothing to be had.
    let other = SseCustomerKey::generate()?;
    let refused = s3.client.get_object(request.clone(), &other).await.expect_err("another key");
    assert_eq!(SseCError::kind_in(&refused), Some(SseCErrorKind::WrongKey));

    // From then on with that one: the server changes it, if it really can.
    let place = ObjectPlace::new(&s3.bucket, "test.txt");
    s3.client.copy(ObjectCopy::in_place(place, &key, &other)).await?;
    assert!(s3.client.get_object(request, &other).await.is_ok());

    // What the bucket should refuse from everybody. Ceph does not understand it: see docs/sse-c-servers.md.
    let policy = BucketPolicy::new(&s3.bucket, BucketRule::RequireSseC)?;
    writeln!(
        stdout(),
        "aws s3api put-bucket-policy --bucket {} --policy '{}'",
        s3.bucket,
        policy.to_json()
    )?;

    with_a_ring(&s3).await
}

/// The seed of all keys is wrapped by a key service, and every object has a key of its own.
async fn with_a_ring(s3: &ExampleS3) -> Result<(), Box<dyn Error>> {
    let provider = RawAesProvider::new("examples", "key-1", &SecretBytes::random(32)?)?; // or of any cloud
    let ring = KeyRing::builder(provider, BucketRing::new(&s3.client, &s3.bucket));
    let ring = ring.create([&s3.bucket]).await?;

    let request = s3.client.s3().create_multipart_upload().bucket(&s3.bucket).key("ringed.txt");
    s3.client.upload(request, Upload::stream(&b"with a key of its own"[..]), &ring).await?;
    ring.rotate().await?;

    // It opens with the older root, too, and is put under the newer one.
    let place = ObjectPlace::new(&s3.bucket, "ringed.txt");
    s3.client.copy(ObjectCopy::in_place(place, &ring, &ring)).await?;
    let audit = s3.client.audit(&ring, &s3.bucket).await?;
    assert_eq!(audit.versions(ring.newest()), 1);
    Ok(())
}

fn key_of(path: &Path) -> crypto_envelope::Result<SseCustomerKey> {
    if !path.exists() {
        SseCustomerKey::generate()?.create_file(path)?;
    }
    SseCustomerKey::from_file(path)
}
