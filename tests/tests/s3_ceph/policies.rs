//! What RGW 16.2 makes of policies about customer keys: the table in the documentation of `BucketPolicy` says it. No
//! policy there makes uploads use them.

use crypto_envelope_s3_sse_c::{BucketRule, SseCErrorKind};
use crypto_envelope_tests::{
    s3_policies::{
        Encryption::{CustomerKey, CustomerKeyAndHeader, Header, OtherHeader, Plain},
        PolicedBucket, Setting, TEXT,
        Upload::{Copy, Object, Parts},
    },
    s3_sse_c::World,
    vectors::Result,
};

use crate::ceph;

#[test]
fn no_upload_passes_where_customer_keys_are_demanded_or_refused() -> Result<()> {
    let ceph = ceph()?;
    for (name, rule) in
        [("policy-required", BucketRule::RequireSseC), ("policy-refused", BucketRule::RefuseSseC)]
    {
        let mut bucket = PolicedBucket::create(&ceph.https(), name, &[rule])?;
        for upload in [
            Object(Plain),
            Object(CustomerKey),
            Object(Header),
            Object(CustomerKeyAndHeader),
            Parts(Plain),
            Parts(CustomerKey),
            Copy(Plain),
            Copy(CustomerKey),
        ] {
            assert_eq!(bucket.upload(upload)?, 403, "{rule:?} {upload:?}");
        }
        assert_eq!(bucket.read()?, 200);
    }
    Ok(())
}

#[test]
fn what_comes_without_tls_is_refused() -> Result<()> {
    let ceph = ceph()?;
    let rules = [BucketRule::RequireTls];
    let mut bucket = PolicedBucket::create(&ceph.https(), "policy-by-tls", &rules)?;
    assert_eq!(bucket.upload(Object(CustomerKey))?, 200);
    assert_eq!(bucket.read()?, 200);
    let mut bucket_in_clear = bucket.seen_from(&ceph.http_insecure())?;
    assert_eq!(bucket_in_clear.upload(Object(CustomerKey))?, 403);
    assert_eq!(bucket_in_clear.upload(Object(Plain))?, 403);
    assert_eq!(bucket_in_clear.read()?, 403);

    bucket.add(&[BucketRule::ForceEncryptionHeader])?;
    let sids = [
        "DenyRequestsWithoutTls",
        "DenyRequestsOfUnknownTransport",
        "DenyUnEncryptedObjectUploads",
    ];
    assert_eq!(bucket.sids()?, sids);
    Ok(())
}

#[test]
fn the_published_policy_lets_plain_uploads_pass() -> Result<()> {
    let ceph = ceph()?;
    let rules = [BucketRule::ForceEncryptionHeader];
    let mut bucket = PolicedBucket::create(&ceph.https(), "policy-forced", &rules)?;
    for (upload, status) in [
        (Object(OtherHeader), 403),
        (Object(CustomerKey), 200),
        (Object(CustomerKeyAndHeader), 200),
        (Parts(CustomerKey), 200),
        (Copy(Plain), 200),
        (Object(Plain), 200),
    ] {
        assert_eq!(bucket.upload(upload)?, status, "{upload:?}");
    }
    Ok(())
}

#[test]
fn the_header_that_is_demanded_encrypts_nothing() -> Result<()> {
    let ceph = ceph()?;
    let rules = [BucketRule::ForceEncryptionHeader, BucketRule::RequireEncryptionHeader];
    let mut bucket = PolicedBucket::create(&ceph.https(), "policy-demanded", &rules)?;
    for (upload, status) in [
        (Object(Plain), 403),
        (Object(OtherHeader), 403),
        (Object(CustomerKey), 403),
        (Copy(Plain), 403),
        // They cannot be begun.
        (Parts(CustomerKeyAndHeader), 403),
        (Object(CustomerKeyAndHeader), 200),
    ] {
        assert_eq!(bucket.upload(upload)?, status, "{upload:?}");
    }
    let in_plain = || -> Result<_> {
        let stored = ceph.at_rest("policy-demanded", "")?;
        Ok(stored.iter().filter(|bytes| bytes.contain(TEXT)).count())
    };
    // What was there before the policy.
    assert_eq!(in_plain()?, 1);
    assert_eq!(bucket.upload(Object(Header))?, 200);
    assert_eq!(in_plain()?, 2);
    Ok(())
}

/// It does not know the setting of Amazon S3, and says so in its way.
#[tokio::test]
async fn customer_keys_cannot_be_blocked() -> Result<()> {
    let world = World::new(ceph()?.https())?;
    let found = Setting::block(&world.bucket().await?).await?;
    let unknown = SseCErrorKind::Unsupported;
    let expected =
        Setting { before: Err(unknown), set: Err(unknown), after: Err(unknown), upload: Ok(()) };
    assert_eq!(found, expected);
    Ok(())
}
