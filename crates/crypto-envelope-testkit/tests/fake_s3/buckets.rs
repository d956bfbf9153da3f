//! Buckets and their settings.

use crypto_envelope_testkit::fake::s3::FakeS3;

use crate::client::{Ask, MINE, Result, THEN, get, go_to, put, start};

#[test]
fn buckets_are_made_and_removed() -> Result<()> {
    let s3 = start()?;
    assert_eq!(put(&s3, "/new-one", b"")?.header("Location"), Some("/new-one"));
    assert_eq!(put(&s3, "/new-one", b"")?.status, 200);
    assert_eq!(get(&s3, "/")?.elements("Name"), ["bkt", "new-one"]);
    let head = Ask::new(&s3, "HEAD", "/new-one").send()?;
    assert_eq!(head.header("x-amz-bucket-region"), Some("us-east-1"));
    assert_eq!(Ask::new(&s3, "HEAD", "/none").send()?.status, 404);
    put(&s3, "/new-one/key", b"")?;
    let delete = || Ask::new(&s3, "DELETE", "/new-one").send();
    assert_eq!(delete()?.error(), (409, "BucketNotEmpty"));
    Ask::new(&s3, "DELETE", "/new-one/key").send()?;
    assert_eq!(delete()?.status, 204);
    assert_eq!(delete()?.error(), (404, "NoSuchBucket"));
    for name in ["ab", "Upper", "a_b", "-ab", "ab-", "a..b", &"a".repeat(64)] {
        let refused = put(&s3, &format!("/{name}"), b"")?;
        assert_eq!(refused.error(), (400, "InvalidBucketName"), "{name}");
    }
    let elsewhere = FakeS3::builder().region("eu-x-1").bucket("bkt").start()?;
    go_to(&elsewhere, THEN);
    assert_eq!(put(&elsewhere, "/bkt", b"")?.error(), (409, "BucketAlreadyOwnedByYou"));
    assert!(get(&elsewhere, "/bkt?location")?.text().contains(">eu-x-1</LocationConstraint>"));
    Ok(())
}

#[test]
fn customer_keys_can_be_blocked() -> Result<()> {
    let s3 = start()?;
    Ask::new(&s3, "PUT", "/bkt/key").key(MINE).send()?;
    let upload = Ask::new(&s3, "POST", "/bkt/key?uploads").key(MINE).send()?;
    let part = format!("/bkt/key?partNumber=1&uploadId={}", upload.elements("UploadId")[0]);
    let set = |types: &str| {
        let body = format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>id</KMSMasterKeyID>\
             </ApplyServerSideEncryptionByDefault><BlockedEncryptionTypes>{types}\
             </BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>"
        );
        Ask::new(&s3, "PUT", "/bkt?encryption").body(body.as_bytes()).send()
    };
    assert_eq!(get(&s3, "/bkt?encryption")?.elements("SSEAlgorithm"), ["AES256"]);
    assert_eq!(set("<EncryptionType>SSE-C</EncryptionType>")?.status, 200);
    let told = get(&s3, "/bkt?encryption")?;
    assert_eq!(told.elements("EncryptionType"), ["SSE-C"]);
    for (method, target) in [("PUT", "/bkt/key"), ("POST", "/bkt/key?uploads"), ("PUT", &part)] {
        let refused = Ask::new(&s3, method, target).key(MINE).send()?;
        assert_eq!(refused.error(), (403, "AccessDenied"), "{method} {target}");
    }
    let copy = Ask::new(&s3, "PUT", "/bkt/copy").header("x-amz-copy-source", "bkt/key");
    let refused = copy.key(MINE).source_key(MINE).send()?;
    assert_eq!(refused.error(), (403, "AccessDenied"));
    // What is there is read, and what has no such key is written by the key of the bucket.
    assert_eq!(Ask::new(&s3, "GET", "/bkt/key").key(MINE).send()?.status, 200);
    let written = put(&s3, "/bkt/other", b"")?;
    assert_eq!(written.header("x-amz-server-side-encryption"), Some("aws:kms"));
    assert_eq!(written.header("x-amz-server-side-encryption-aws-kms-key-id"), Some("id"));
    assert_eq!(set("<EncryptionType>NONE</EncryptionType>")?.status, 200);
    assert_eq!(Ask::new(&s3, "PUT", "/bkt/key").key(MINE).send()?.status, 200);
    assert_eq!(set("<EncryptionType>SSE-X</EncryptionType>")?.error(), (400, "MalformedXML"));
    assert_eq!(Ask::new(&s3, "DELETE", "/bkt?encryption").send()?.status, 204);
    assert_eq!(get(&s3, "/bkt?encryption")?.elements("SSEAlgorithm"), ["AES256"]);
    Ok(())
}

#[test]
fn policies_deny_what_they_are_about() -> Result<()> {
    let s3 = start()?;
    assert_eq!(get(&s3, "/bkt?policy")?.error(), (404, "NoSuchBucketPolicy"));
    let policy = r#"{"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::bkt/*",
        "Condition": {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "true"}}}]}"#;
    assert_eq!(put(&s3, "/bkt?policy", policy.as_bytes())?.status, 204);
    assert_eq!(get(&s3, "/bkt?policy")?.text(), policy);
    assert_eq!(put(&s3, "/bkt/key", b"")?.error(), (403, "AccessDenied"));
    assert_eq!(Ask::new(&s3, "PUT", "/bkt/key").key(MINE).send()?.status, 200);
    assert_eq!(get(&s3, "/bkt/key")?.error(), (400, "InvalidRequest"));
    assert_eq!(put(&s3, "/bkt?policy", b"{}")?.error(), (400, "MalformedPolicy"));
    // Nobody locks the owner out.
    let nothing = policy.replace("s3:PutObject", "s3:*").replace("bkt/*", "*");
    assert_eq!(put(&s3, "/bkt?policy", nothing.as_bytes())?.status, 204);
    assert_eq!(get(&s3, "/bkt")?.error(), (403, "AccessDenied"));
    assert_eq!(Ask::new(&s3, "DELETE", "/bkt?policy").send()?.status, 204);
    assert_eq!(get(&s3, "/bkt")?.status, 200);
    Ok(())
}
