//! Unmodified clients of AWS work against the fake AWS KMS: boto3, and the official AWS Encryption
//! SDK with its keyrings and its master keys. What is asked, and refused, in detail is in the table
//! of the testkit; here it is shown that these clients understand the answers.

use std::time::{Duration, SystemTime};

use crypto_envelope_testkit::fake::aws_kms::{AccessKey, FakeAwsKms};
use crypto_envelope_tests::{peer, vectors::Result};
use serde_json::json;

#[test]
fn boto3_leads_a_key_through_its_life() -> Result<()> {
    check(SERVICE, "operations").map(drop)
}

#[test]
fn boto3_raises_the_exceptions_of_aws() -> Result<()> {
    check(SERVICE, "errors").map(drop)
}

#[test]
fn rsa_of_another_library_decrypts() -> Result<()> {
    check(MATERIAL, "rsa").map(drop)
}

#[test]
fn another_library_agrees_on_the_same_secrets() -> Result<()> {
    check(MATERIAL, "agreement").map(drop)
}

#[test]
fn pairs_work_in_another_library() -> Result<()> {
    check(MATERIAL, "pairs").map(drop)
}

#[test]
fn boto3_imports_key_material() -> Result<()> {
    check(MATERIAL, "imports").map(drop)
}

#[test]
fn the_sdk_uses_one_key() -> Result<()> {
    let expected = [GENERATE_EAST, GENERATE_EAST, DECRYPT_EAST, DECRYPT_EAST];
    assert_eq!(check(SDK, "strict")?, [&expected[..], &[DECRYPT_EAST; 2]].concat());
    Ok(())
}

#[test]
fn the_sdk_uses_several_keys() -> Result<()> {
    let written = [GENERATE_EAST, ENCRYPT_WEST];
    let read = [DECRYPT_EAST, DECRYPT_EAST, DECRYPT_WEST];
    assert_eq!(check(SDK, "several")?, [&written[..], &written, &read, &read].concat());
    Ok(())
}

/// What the filter refuses is not even asked for.
#[test]
fn the_sdk_discovers_keys() -> Result<()> {
    let expected = [GENERATE_EAST, DECRYPT_EAST, DECRYPT_EAST, DECRYPT_EAST];
    assert_eq!(check(SDK, "discovery")?, expected);
    Ok(())
}

#[test]
fn the_sdk_uses_replicas() -> Result<()> {
    let there = [&[GENERATE_EAST; 2][..], &[DECRYPT_WEST; 4]].concat();
    let back = [&[GENERATE_WEST; 2][..], &[DECRYPT_EAST; 4]].concat();
    assert_eq!(check(SDK, "multi_region")?, [there, back].concat());
    Ok(())
}

#[test]
fn the_sdk_discovers_replicas() -> Result<()> {
    let elsewhere = "Decrypt eu-west-1";
    let expected = [GENERATE_EAST, DECRYPT_WEST, elsewhere, GENERATE_EAST, DECRYPT_WEST];
    assert_eq!(check(SDK, "multi_region_discovery")?, expected);
    Ok(())
}

#[test]
fn the_sdk_uses_rsa_keys() -> Result<()> {
    let public_key = "GetPublicKey us-east-1";
    let expected = [public_key, DECRYPT_EAST, public_key, DECRYPT_EAST];
    assert_eq!(check(SDK, "rsa_keyring")?, expected);
    Ok(())
}

/// The recipient, who has his own private key, makes no call.
#[test]
fn the_sdk_agrees_on_keys() -> Result<()> {
    let public_key = "GetPublicKey us-east-1";
    let derive = "DeriveSharedSecret us-east-1";
    let of_one_curve = [public_key, public_key, derive, derive];
    assert_eq!(check(SDK, "ecdh_keyring")?, of_one_curve.repeat(3));
    Ok(())
}

#[test]
fn boto3_signs_with_the_secret() -> Result<()> {
    check(SERVICE, "signatures").map(drop)
}

#[test]
fn boto3_signs_with_the_time() -> Result<()> {
    let hour = Duration::from_hours(1);
    for (time, name) in [(SystemTime::now() + hour, "expired"), (SystemTime::now() - hour, "early")]
    {
        let kms = start()?;
        kms.set_clock(Some(time));
        check_with(&kms, SERVICE, name)?;
    }
    Ok(())
}

#[test]
fn boto3_is_held_to_key_policies() -> Result<()> {
    check(SERVICE, "policies").map(drop)
}

/// Runs a check of this file against a fake of its own, and returns the calls that came.
fn check(file: &str, name: &str) -> Result<Vec<String>> {
    let kms = start()?;
    check_with(&kms, file, name)?;
    let calls = kms.take_calls().into_iter();
    Ok(calls.map(|call| format!("{} {}", call.operation, call.region)).collect())
}

/// A fake that verifies every signature.
fn start() -> Result<FakeAwsKms> {
    let writer = AccessKey::new(WRITER, "writer").secret(SECRET);
    let reader = AccessKey::new(READER, "reader").secret(READER_SECRET).allow("DescribeKey", "*");
    Ok(FakeAwsKms::builder().access_key(writer).access_key(reader).start()?)
}

fn check_with(kms: &FakeAwsKms, file: &str, name: &str) -> Result<()> {
    let samples = json!(kms.create_samples()?).to_string();
    let status = peer::python(&format!("aws_esdk_python/{file}"))?
        .args([name, &samples])
        .env("AWS_ENDPOINT_URL_KMS", kms.endpoint())
        .env("AWS_ACCESS_KEY_ID", WRITER)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_MAX_ATTEMPTS", "1")
        .status()?;
    assert!(status.success(), "{name}: {status}");
    Ok(())
}

const SERVICE: &str = "kms_service.py";
const MATERIAL: &str = "kms_material.py";
const SDK: &str = "kms_sdk.py";
/// Who may do everything.
const WRITER: &str = "AKIDWRITER";
const SECRET: &str = "no secret/at all+";
/// Who may do nothing but look; `kms_service.py` knows them as well.
const READER: &str = "AKIDREADER";
const READER_SECRET: &str = "no secret of the reader";
const GENERATE_EAST: &str = "GenerateDataKey us-east-1";
const GENERATE_WEST: &str = "GenerateDataKey us-west-2";
const ENCRYPT_WEST: &str = "Encrypt us-west-2";
const DECRYPT_EAST: &str = "Decrypt us-east-1";
const DECRYPT_WEST: &str = "Decrypt us-west-2";
