//! Data keys, encrypting and decrypting.

use crypto_envelope_testkit::{
    fake::aws_kms::{FakeAwsKms, KeyKind},
    redaction,
};
use serde_json::json;

use crate::client::{REGION, Result, bytes, call};

#[test]
fn a_data_key_comes_back() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    let context = json!({"purpose": "test"});
    let request = json!({"KeyId": key, "NumberOfBytes": 24, "EncryptionContext": context});
    let generated = call(&kms, REGION, "GenerateDataKey", &request).unwrap();
    assert_eq!(generated["KeyId"], key);
    assert_eq!(bytes(&generated, "Plaintext")?.len(), 24);

    let request = json!({
        "KeyId": key,
        "CiphertextBlob": generated["CiphertextBlob"],
        "EncryptionContext": context,
    });
    let decrypted = call(&kms, REGION, "Decrypt", &request).unwrap();
    assert_eq!(decrypted["Plaintext"], generated["Plaintext"]);
    assert_eq!(decrypted["KeyId"], key);
    assert_eq!(decrypted["EncryptionAlgorithm"], "SYMMETRIC_DEFAULT");

    let calls = kms.take_calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1].operation, "Decrypt");
    assert_eq!(calls[1].region, REGION);
    assert_eq!(calls[1].access_key, "AKID");
    assert_eq!(calls[1].request, request);
    assert_eq!(calls[1].response, decrypted);
    assert_eq!(calls[1].header("user-agent"), Some("tests/1"));
    assert!(kms.calls().is_empty());
    Ok(())
}

#[test]
fn data_keys_have_the_length_asked_for_and_are_new() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    let mut seen = Vec::new();
    for (member, value, length) in [
        ("KeySpec", json!("AES_128"), 16),
        ("KeySpec", json!("AES_256"), 32),
        ("NumberOfBytes", json!(16), 16),
        ("NumberOfBytes", json!(1024), 1024),
    ] {
        let request = json!({"KeyId": key, member: value});
        for operation in ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
            let generated = kms.administer(REGION, operation, &request)?;
            let blob = json!({"CiphertextBlob": generated["CiphertextBlob"]});
            let mut opened = kms.administer(REGION, "Decrypt", &blob)?;
            assert_eq!(bytes(&opened, "Plaintext")?.len(), length);
            let opened = opened["Plaintext"].take();
            let shown = (operation == "GenerateDataKey").then_some(&opened);
            assert_eq!(generated.get("Plaintext"), shown);
            assert!(!seen.contains(&opened));
            seen.push(opened);
        }
    }
    Ok(())
}

/// Its log has to be asked for: the fake itself prints no key.
#[test]
fn a_fake_shows_no_key() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    let request = json!({"KeyId": key, "KeySpec": "AES_256"});
    let generated = call(&kms, REGION, "GenerateDataKey", &request).unwrap();
    redaction::hunt_debug(&kms, &[&bytes(&generated, "Plaintext")?])?;
    Ok(())
}
