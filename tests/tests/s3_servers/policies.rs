//! What SeaweedFS and the stand-ins of AWS make of policies about customer keys: the table in the documentation of
//! `BucketPolicy` says it.

use crypto_envelope_s3_sse_c::{BucketRule, SseCErrorKind, SseCUploads};
use crypto_envelope_tests::{
    s3_policies::{
        Encryption::{CustomerKey, CustomerKeyAndHeader, Header, Plain},
        PolicedBucket, Setting,
        Upload::{Copy, Object, Parts, PartsCompletedWithoutKey},
    },
    s3_servers::S3Endpoint,
    s3_sse_c::World,
    vectors::Result,
};

use crate::{fake, ministack, moto, seaweed};

#[test]
fn seaweedfs_enforces_customer_keys() -> Result<()> {
    let seaweed = seaweed()?;
    let rules = [BucketRule::RequireSseC];
    let mut bucket = PolicedBucket::create(&seaweed.https(), "policy-required", &rules)?;
    for (upload, status) in [
        (Object(Plain), 403),
        (Object(Header), 403),
        (Object(CustomerKey), 200),
        (Parts(Plain), 403),
        (Parts(CustomerKey), 200),
        // Each request has to name the key.
        (PartsCompletedWithoutKey, 403),
        (Copy(Plain), 403),
        (Copy(CustomerKey), 200),
    ] {
        assert_eq!(bucket.upload(upload)?, status, "{upload:?}");
    }
    assert_eq!(bucket.read()?, 200);
    Ok(())
}

#[test]
fn seaweedfs_refuses_customer_keys_and_what_comes_without_tls() -> Result<()> {
    let seaweed = seaweed()?;
    let rules = [BucketRule::RefuseSseC];
    let mut bucket = PolicedBucket::create(&seaweed.https(), "policy-refused", &rules)?;
    for (upload, status) in [
        (Object(Plain), 200),
        (Object(CustomerKey), 403),
        (Parts(Plain), 200),
        (Parts(CustomerKey), 403),
        (Copy(Plain), 200),
        (Copy(CustomerKey), 403),
    ] {
        assert_eq!(bucket.upload(upload)?, status, "{upload:?}");
    }

    bucket.add(&[BucketRule::RequireTls, BucketRule::RequireSseC])?;
    let sids = [
        "DenyRequestsWithoutTls",
        "DenyRequestsOfUnknownTransport",
        "DenyUploadsWithoutSseC",
        "DenySseCWithOtherAlgorithms",
    ];
    assert_eq!(bucket.sids()?, sids);
    assert_eq!(bucket.upload(Object(CustomerKey))?, 200);
    assert_eq!(bucket.read()?, 200);
    let mut bucket = bucket.seen_from(&seaweed.http_insecure())?;
    assert_eq!(bucket.upload(Object(CustomerKey))?, 403);
    assert_eq!(bucket.read()?, 403);
    Ok(())
}

#[test]
fn policies_about_the_header_of_the_server_end_customer_keys_on_seaweedfs() -> Result<()> {
    let seaweed = seaweed()?;
    for (name, rule) in [
        ("policy-forced", BucketRule::ForceEncryptionHeader),
        ("policy-demanded", BucketRule::RequireEncryptionHeader),
    ] {
        let mut bucket = PolicedBucket::create(&seaweed.https(), name, &[rule])?;
        for (upload, status) in [
            (Object(Plain), 403),
            (Object(CustomerKey), 403),
            (Parts(CustomerKey), 403),
            (Object(CustomerKeyAndHeader), 500),
        ] {
            assert_eq!(bucket.upload(upload)?, status, "{rule:?} {upload:?}");
        }
    }
    Ok(())
}

#[test]
fn ministack_keeps_policies_and_enforces_none() -> Result<()> {
    let ministack = ministack()?;
    for (name, rule) in RULES {
        let mut bucket = PolicedBucket::create(&ministack.http_insecure(), name, &[rule])?;
        assert!(!bucket.sids()?.is_empty());
        for upload in [Object(Plain), Object(CustomerKey)] {
            assert_eq!(bucket.upload(upload)?, 200, "{rule:?} {upload:?}");
        }
    }
    Ok(())
}

#[test]
fn moto_does_not_look_at_conditions() -> Result<()> {
    let moto = moto()?;
    for (name, rule) in RULES {
        let mut bucket = PolicedBucket::create(&moto.http_insecure(), name, &[rule])?;
        for upload in [Object(Plain), Object(CustomerKey)] {
            assert_eq!(bucket.upload(upload)?, 403, "{rule:?} {upload:?}");
        }
    }
    Ok(())
}

const RULES: [(&str, BucketRule); 3] = [
    ("policy-required", BucketRule::RequireSseC),
    ("policy-refused", BucketRule::RefuseSseC),
    ("policy-by-tls", BucketRule::RequireTls),
];

/// A setting of the bucket, and not of its policy: that of Amazon S3 is new.
#[tokio::test]
async fn customer_keys_are_blocked_where_that_is_known() -> Result<()> {
    let (blocked, unknown) = (Ok(Some(SseCUploads::Blocked)), Err(SseCErrorKind::Unsupported));
    for (endpoint, set, after, upload) in [
        (S3Endpoint::of(fake()?), Ok(()), blocked, Err(SseCErrorKind::Denied)),
        // It keeps the setting, and does not mind it.
        (ministack()?.http_insecure(), Ok(()), blocked, Ok(())),
        (seaweed()?.https(), unknown, Ok(None), Ok(())),
        (moto()?.http_insecure(), unknown, Ok(None), Err(SseCErrorKind::NotProtected)),
    ] {
        let world = World::new(endpoint)?;
        let found = Setting::block(&world.bucket().await?).await?;
        let expected = Setting { before: Ok(None), set, after, upload };
        assert_eq!(found, expected, "{:?}", world.endpoint());
    }
    Ok(())
}
