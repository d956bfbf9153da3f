//! The gateways of one cluster, and its users.

use crypto_envelope_tests::{s3_servers::S3Client, vectors::Result};
use serde_json::{Value, json};

use crate::ceph;

#[test]
fn every_gateway_answers_every_user() -> Result<()> {
    let ceph = ceph()?;
    for endpoint in [ceph.https(), ceph.http_insecure(), ceph.http_strict()] {
        for endpoint in [ceph.for_another(endpoint.clone()), endpoint] {
            let answer = S3Client::start(&endpoint)?.ask(&json!({"call": "list_buckets"}))?;
            assert_eq!(answer.status, 200, "{endpoint:?}: {answer:?}");
        }
    }
    Ok(())
}

#[test]
fn nobody_looks_into_buckets_of_another() -> Result<()> {
    let ceph = ceph()?;
    ask(&mut S3Client::start(&ceph.https())?, "create_bucket", "private", json!({}))?;
    let mut another = S3Client::start(&ceph.for_another(ceph.https()))?;
    let answer = ask(&mut another, "list_objects_v2", "private", json!({}))?;
    assert_eq!(answer, (403, Some("AccessDenied".to_owned())));
    Ok(())
}

/// By default. But the key has been sent by then, and a copy is not refused.
#[test]
fn keys_without_tls_are_refused() -> Result<()> {
    let ceph = ceph()?;
    let mut strict = S3Client::start(&ceph.http_strict())?;
    let mut https = S3Client::start(&ceph.https())?;
    ask(&mut https, "create_bucket", "without-tls", json!({}))?;
    ask(&mut https, "put_object", "without-tls", json!({"Key": "plain"}))?;
    assert_eq!(ask_with_key(&mut https, "put_object", json!({}))?.0, 200);
    let refused = (400, Some("InvalidRequest".to_owned()));
    for call in ["put_object", "get_object", "create_multipart_upload"] {
        assert_eq!(ask_with_key(&mut strict, call, json!({}))?, refused, "{call}");
    }
    assert_eq!(ask_with_key(&mut strict, "head_object", json!({}))?.0, 400);
    let copy = json!({"CopySource": "without-tls/plain", "Key": "copy"});
    assert_eq!(ask_with_key(&mut strict, "copy_object", copy)?.0, 200);
    assert_eq!(
        ask_with_key(&mut S3Client::start(&ceph.http_insecure())?, "get_object", json!({}))?.0,
        200
    );
    Ok(())
}

/// Which its own programs see.
#[test]
fn what_is_encrypted_says_so_at_rest() -> Result<()> {
    let ceph = ceph()?;
    let mut https = S3Client::start(&ceph.https())?;
    ask(&mut https, "create_bucket", "attributes", json!({}))?;
    ask(&mut https, "put_object", "attributes", json!({"Key": "plain"}))?;
    let arguments = json!({"Bucket": "attributes", "Key": "encrypted"});
    https.ask(&json!({"call": "put_object", "arguments": arguments, "key": KEY}))?;
    for (object, is_encrypted) in [("plain", false), ("encrypted", true)] {
        let stored = ceph.at_rest("attributes", object)?;
        assert_eq!(stored.len(), 1, "{object}");
        let says_so = stored[0].attributes.iter().any(|name| name == "user.rgw.crypt.mode");
        assert_eq!(says_so, is_encrypted, "{object}: {:?}", stored[0].attributes);
    }
    Ok(())
}

/// The status and the code.
fn ask(
    client: &mut S3Client,
    call: &str,
    bucket: &str,
    mut arguments: Value,
) -> Result<(u64, Option<String>)> {
    arguments["Bucket"] = bucket.into();
    let request = json!({"call": call, "arguments": arguments});
    let answer = client.ask(&request)?;
    Ok((answer.status, answer.code))
}

fn ask_with_key(
    client: &mut S3Client,
    call: &str,
    mut arguments: Value,
) -> Result<(u64, Option<String>)> {
    arguments["Bucket"] = "without-tls".into();
    if arguments["Key"].is_null() {
        arguments["Key"] = "a".into();
    }
    let request = json!({"call": call, "arguments": arguments, "key": KEY});
    let answer = client.ask(&request)?;
    Ok((answer.status, answer.code))
}

const KEY: &str = "ERERERERERERERERERERERERERERERERERERERERERE=";
