//! Symmetric keys at work.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::alibaba_openapi::{FakeAlibabaOpenApi, KeyKind};

use crate::client::{Client, Result};

#[test]
fn what_is_encrypted_comes_back_as_text() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let key = kms.create_key(KeyKind::Symmetric)?;
    let context = ("EncryptionContext", r#"{"b":"2","a":"1"}"#);
    let plaintext = ("Plaintext", "é + &=");
    let encrypted = client.ask("Encrypt", &[("KeyId", &key), plaintext, context]);
    let blob = encrypted.text("/CiphertextBlob").to_owned();
    let raw = STANDARD.decode(&blob)?;
    assert_eq!(raw.len(), 36 + 12 + plaintext.1.len() + 16);
    assert_eq!(&raw[..36], encrypted.text("/KeyVersionId").as_bytes());
    let decrypt = |blob: &str, context: &str| {
        client.ask("Decrypt", &[("CiphertextBlob", blob), ("EncryptionContext", context)])
    };
    let decrypted = decrypt(&blob, r#"{"a":"1","b":"2"}"#);
    assert_eq!(decrypted.text("/Plaintext"), plaintext.1);
    assert_eq!(decrypted.text("/KeyId"), key);
    assert_eq!(decrypted.text("/KeyVersionId"), encrypted.text("/KeyVersionId"));
    for context in ["", "{}", r#"{"a":"1"}"#, r#"{"a":"1","b":"3"}"#] {
        assert_eq!(decrypt(&blob, context).code(), "400 InvalidParameter");
    }
    for position in 0..raw.len() {
        let mut changed = raw.clone();
        changed[position] ^= 1;
        assert_eq!(decrypt(&STANDARD.encode(changed), context.1).code(), "400 InvalidParameter");
    }
    for blob in ["x", "", &STANDARD.encode(&raw[..40])] {
        assert_eq!(decrypt(blob, context.1).status, 400);
    }
    Ok(())
}

#[test]
fn data_keys_are_wrapped_in_base64() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let key = kms.create_key(KeyKind::Symmetric)?;
    for (more, length) in [
        (&[][..], 32),
        (&[("KeySpec", "AES_128")], 16),
        (&[("KeySpec", "AES_256")], 32),
        (&[("KeySpec", "AES_128"), ("NumberOfBytes", "1024")], 1024),
    ] {
        let parameters = [&[("KeyId", key.as_str())], more].concat();
        let generated = client.ask("GenerateDataKey", &parameters);
        assert_eq!(STANDARD.decode(generated.text("/Plaintext"))?.len(), length);
        let blob = ("CiphertextBlob", generated.text("/CiphertextBlob"));
        assert_eq!(client.ask("Decrypt", &[blob]).text("/Plaintext"), generated.text("/Plaintext"));
        let silent = client.ask("GenerateDataKeyWithoutPlaintext", &parameters);
        assert_eq!(silent.text("/Plaintext"), "");
        let blob = ("CiphertextBlob", silent.text("/CiphertextBlob"));
        let text = client.ask("Decrypt", &[blob]);
        assert_eq!(STANDARD.decode(text.text("/Plaintext"))?.len(), length);
    }
    for more in [("KeySpec", "AES_192"), ("NumberOfBytes", "0"), ("NumberOfBytes", "1025")] {
        let code = client.code("GenerateDataKey", &[("KeyId", &key), more]);
        assert_eq!(code, "400 InvalidParameter");
    }
    Ok(())
}

#[test]
fn ciphertexts_go_from_key_to_key() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let (one, two) = (kms.create_key(KeyKind::Symmetric)?, kms.create_key(KeyKind::Symmetric)?);
    let encrypted = client.ask("Encrypt", &[("KeyId", &one), ("Plaintext", "text")]);
    let moved = client.ask(
        "ReEncrypt",
        &[
            ("CiphertextBlob", encrypted.text("/CiphertextBlob")),
            ("DestinationKeyId", &two),
            ("DestinationEncryptionContext", r#"{"a":"1"}"#),
        ],
    );
    assert_eq!(moved.text("/KeyId"), two);
    let blob = ("CiphertextBlob", moved.text("/CiphertextBlob"));
    let opened = client.ask("Decrypt", &[blob, ("EncryptionContext", r#"{"a":"1"}"#)]);
    assert_eq!((opened.text("/Plaintext"), opened.text("/KeyId")), ("text", two.as_str()));
    assert_eq!(client.code("Decrypt", &[blob]), "400 InvalidParameter");
    Ok(())
}

#[test]
fn dry_runs_fail_in_the_end() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let key = kms.create_key(KeyKind::Symmetric)?;
    let encrypt = |more| client.code("Encrypt", &[("KeyId", &key), ("Plaintext", "x"), more]);
    assert_eq!(encrypt(("DryRun", "true")), "400 DryRunOperationError");
    assert_eq!(encrypt(("DryRun", "false")), "200 ok");
    assert_eq!(encrypt(("DryRun", "maybe")), "400 InvalidParameter");
    let dry = ("DryRun", "true");
    assert_eq!(client.code("Decrypt", &[("CiphertextBlob", "x"), dry]), "400 InvalidParameter");
    let long = "x".repeat((6 << 10) + 1);
    let too_long = client.code("Encrypt", &[("KeyId", &key), ("Plaintext", &long)]);
    assert_eq!(too_long, "400 InvalidParameter");
    Ok(())
}
