//! Unmodified clients of AWS work against the fake AWS KMS: boto3, and the official AWS Encryption
//! SDK with its keyrings and its master keys.

use std::{path::Path, process::Command};

use crypto_envelope_testkit::fake::aws_kms::FakeAwsKms;
use crypto_envelope_tests::{peer, vectors::Result};
use serde_json::json;

#[test]
fn boto3_does_every_operation() -> Result<()> {
    check("operations").map(drop)
}

#[test]
fn boto3_raises_the_exceptions_of_aws() -> Result<()> {
    check("errors").map(drop)
}

#[test]
fn rsa_of_another_library_decrypts() -> Result<()> {
    check("rsa").map(drop)
}

#[test]
fn the_sdk_uses_one_key() -> Result<()> {
    let expected = [GENERATE_EAST, GENERATE_EAST, DECRYPT_EAST, DECRYPT_EAST];
    assert_eq!(check("strict")?, [&expected[..], &[DECRYPT_EAST; 2]].concat());
    Ok(())
}

#[test]
fn the_sdk_uses_several_keys() -> Result<()> {
    let written = [GENERATE_EAST, ENCRYPT_WEST];
    let read = [DECRYPT_EAST, DECRYPT_EAST, DECRYPT_WEST];
    assert_eq!(check("several")?, [&written[..], &written, &read, &read].concat());
    Ok(())
}

/// What the filter refuses is not even asked for.
#[test]
fn the_sdk_discovers_keys() -> Result<()> {
    let expected = [GENERATE_EAST, DECRYPT_EAST, DECRYPT_EAST, DECRYPT_EAST];
    assert_eq!(check("discovery")?, expected);
    Ok(())
}

#[test]
fn the_sdk_uses_replicas() -> Result<()> {
    let there = [&[GENERATE_EAST; 2][..], &[DECRYPT_WEST; 4]].concat();
    let back = [&[GENERATE_WEST; 2][..], &[DECRYPT_EAST; 4]].concat();
    assert_eq!(check("multi_region")?, [there, back].concat());
    Ok(())
}

#[test]
fn the_sdk_discovers_replicas() -> Result<()> {
    let elsewhere = "Decrypt eu-west-1";
    let expected = [GENERATE_EAST, DECRYPT_WEST, elsewhere, GENERATE_EAST, DECRYPT_WEST];
    assert_eq!(check("multi_region_discovery")?, expected);
    Ok(())
}

#[test]
fn the_sdk_uses_rsa_keys() -> Result<()> {
    let public_key = "GetPublicKey us-east-1";
    let expected = [public_key, DECRYPT_EAST, public_key, DECRYPT_EAST];
    assert_eq!(check("rsa_keyring")?, expected);
    Ok(())
}

/// Runs a check of `kms.py` against a fake of its own, and returns the calls that came.
fn check(name: &str) -> Result<Vec<String>> {
    let kms = FakeAwsKms::start()?;
    let samples = json!(kms.create_samples()?).to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/aws_esdk_python/kms.py");
    let status = Command::new(peer::prepared("CRYPTO_ENVELOPE_PYTHON")?)
        .args([script.as_os_str(), name.as_ref(), samples.as_ref()])
        .env("AWS_ENDPOINT_URL_KMS", kms.endpoint())
        .env("AWS_ACCESS_KEY_ID", "AKIDFAKE")
        .env("AWS_SECRET_ACCESS_KEY", "no secret at all")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_MAX_ATTEMPTS", "1")
        // Nothing of this machine may play a part.
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_ENDPOINT_URL")
        .env("NO_PROXY", "127.0.0.1")
        .status()?;
    assert!(status.success(), "{name}: {status}");
    let calls = kms.take_calls().into_iter();
    Ok(calls.map(|call| format!("{} {}", call.operation, call.region)).collect())
}

const GENERATE_EAST: &str = "GenerateDataKey us-east-1";
const GENERATE_WEST: &str = "GenerateDataKey us-west-2";
const ENCRYPT_WEST: &str = "Encrypt us-west-2";
const DECRYPT_EAST: &str = "Decrypt us-east-1";
const DECRYPT_WEST: &str = "Decrypt us-west-2";
