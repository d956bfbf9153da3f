//! What calls send, and what they refuse to.

use crypto_envelope::{Error, Result};
use serde_json::{Value, json};

use super::{Call, Parts as _, ciphertexts::*, data_keys::*, secrets::*, signatures::*};
use crate::{
    instance::{
        messages,
        values::{KeyFormat, MessageType},
    },
    test_vectors,
};

/// The first of the two vectors of this message: the one with all its fields. What our types cannot
/// say is changed.
fn vector(message: &str, changes: &[(&str, Value)]) -> (Value, Vec<u8>) {
    let cases = test_vectors::cases("alibaba/instance_protobuf.json", 78);
    let case = cases.iter().find(|case| test_vectors::str(case, "message") == message);
    let mut values = case.expect("the vendor has it")["values"].clone();
    for (name, value) in changes {
        values[*name] = value.clone();
    }
    let bytes = messages::encode_json(message, &values).expect("the message is known");
    (values, bytes.expose().to_vec())
}

/// A call with the values of a vector, whose bytes must be those of the vector.
fn check<C: Call>(changes: &[(&str, Value)], make: impl FnOnce(&Values) -> C) -> Result<()> {
    let message = format!("{}Request", C::API);
    let (values, bytes) = vector(&message, changes);
    assert_eq!(make(&Values(values)).body()?.bytes.expose(), bytes, "{message}");
    Ok(())
}

struct Values(Value);

impl Values {
    fn text(&self, name: &str) -> &str {
        test_vectors::str(&self.0, name)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        test_vectors::hex(&self.0[name], "hex")
    }
}

#[test]
fn ciphertexts_are_asked_for_as_by_the_vendor() -> Result<()> {
    check(&[], |of| {
        Encrypt::new(of.text("KeyId"), of.bytes("Plaintext"))
            .aad(of.bytes("Aad"))
            .algorithm(of.text("Algorithm"))
            .padding_mode(of.text("PaddingMode"))
            .danger_iv(of.bytes("Iv"))
    })?;
    check(&[], |of| {
        AdvanceEncrypt::new(of.text("KeyId"), of.bytes("Plaintext"))
            .aad(of.bytes("Aad"))
            .algorithm(of.text("Algorithm"))
            .padding_mode(of.text("PaddingMode"))
            .danger_iv(of.bytes("Iv"))
    })?;
    check(&[], |of| {
        Decrypt::new(of.text("KeyId"), of.bytes("CiphertextBlob"))
            .iv(of.bytes("Iv"))
            .aad(of.bytes("Aad"))
            .algorithm(of.text("Algorithm"))
            .padding_mode(of.text("PaddingMode"))
    })?;
    check(&[], |of| {
        AdvanceDecrypt::new(of.bytes("CiphertextBlob"))
            .key_id(of.text("KeyId"))
            .iv(of.bytes("Iv"))
            .aad(of.bytes("Aad"))
            .algorithm(of.text("Algorithm"))
            .padding_mode(of.text("PaddingMode"))
    })
}

#[test]
fn data_keys_are_asked_for_as_by_the_vendor() -> Result<()> {
    check(&[], |of| {
        GenerateDataKey::new(of.text("KeyId"), 32)
            .aad(of.bytes("Aad"))
            .algorithm(of.text("Algorithm"))
    })?;
    check(&[], |of| AdvanceGenerateDataKey::new(of.text("KeyId"), 32).aad(of.bytes("Aad")))?;
    for (format, name) in [(KeyFormat::Der, "DER"), (KeyFormat::Pem, "PEM")] {
        let format_only = [("KeyFormat", json!(name))];
        check(&format_only, |of| {
            GenerateDataKeyPair::new(of.text("KeyId"), of.text("KeyPairSpec"), format)
                .aad(of.bytes("Aad"))
                .algorithm(of.text("Algorithm"))
        })?;
        check(&format_only, |of| {
            let (key_id, spec) = (of.text("KeyId"), of.text("KeyPairSpec"));
            GenerateDataKeyPairWithoutPlaintext::new(key_id, spec, format)
                .aad(of.bytes("Aad"))
                .algorithm(of.text("Algorithm"))
        })?;
        check(&format_only, |of| {
            AdvanceGenerateDataKeyPair::new(of.text("KeyId"), of.text("KeyPairSpec"), format)
                .aad(of.bytes("Aad"))
        })?;
        check(&format_only, |of| {
            let (key_id, spec) = (of.text("KeyId"), of.text("KeyPairSpec"));
            AdvanceGenerateDataKeyPairWithoutPlaintext::new(key_id, spec, format)
                .aad(of.bytes("Aad"))
        })?;
    }
    Ok(())
}

#[test]
fn signatures_are_asked_for_as_by_the_vendor() -> Result<()> {
    for (message_type, name) in [(MessageType::Raw, "RAW"), (MessageType::Digest, "DIGEST")] {
        // The field is from before there was a type, and is not sent.
        let changes = [("MessageType", json!(name)), ("Digest", json!({"hex": ""}))];
        check(&changes, |of| {
            let (key_id, algorithm) = (of.text("KeyId"), of.text("Algorithm"));
            Sign::new(key_id, algorithm, message_type, of.bytes("Message"))
        })?;
        check(&changes, |of| {
            let (key_id, algorithm) = (of.text("KeyId"), of.text("Algorithm"));
            let (message, signature) = (of.bytes("Message"), of.bytes("Signature"));
            Verify::new(key_id, algorithm, message_type, message, signature)
        })?;
    }
    check(&[], |of| GetPublicKey::new(of.text("KeyId")))?;
    check(&[], |of| Hmac::new(of.text("KeyId"), of.bytes("Message")))?;
    check(&[], |of| Hash::new(of.text("Algorithm"), of.bytes("Message")))
}

#[test]
fn secrets_are_asked_for_as_by_the_vendor() -> Result<()> {
    check(&[], |_| GenerateRandom::new(32))?;
    let all = |of: &Values| {
        GetSecretValue::new(of.text("SecretName"))
            .version_stage(of.text("VersionStage"))
            .version_id(of.text("VersionId"))
    };
    check(&[], |of| all(of).fetch_extended_config())?;
    check(&[("FetchExtendedConfig", json!(false))], all)
}

#[test]
fn names_are_for_errors_and_versions_for_the_header() -> Result<()> {
    assert_eq!(Encrypt::new("k", vec![1]).name(), Some("k"));
    assert_eq!(AdvanceDecrypt::new([1]).name(), None);
    assert_eq!(AdvanceDecrypt::new([1]).key_id("k").name(), Some("k"));
    assert_eq!(GetSecretValue::new("s").name(), Some("s"));
    assert_eq!(Encrypt::new("k", vec![1]).key_version()?, None);
    let version = Some("v".to_owned());
    assert_eq!(Encrypt::new("k", vec![1]).on_key_version("v").key_version()?, version);
    assert_eq!(Decrypt::new("k", [1]).on_key_version("v").key_version()?, version);
    let sign = Sign::new("k", "RSA_PSS_SHA_256", MessageType::Raw, [1]);
    assert_eq!(sign.on_key_version("v").key_version()?, version);
    let verify = Verify::new("k", "RSA_PSS_SHA_256", MessageType::Raw, [1], [2]);
    assert_eq!(verify.on_key_version("v").key_version()?, version);
    assert_eq!(GetPublicKey::new("k").on_key_version("v").key_version()?, version);
    assert!(Decrypt::new("k", [1]).on_key_version("").key_version().is_err());
    Ok(())
}

fn why<C: Call>(call: &C) -> String {
    match call.body() {
        Err(Error::InvalidInput { what, .. }) => what,
        other => unreachable!("{call:?} is refused: {other:?}"),
    }
}

#[test]
fn what_is_empty_is_refused() {
    assert_eq!(why(&Encrypt::new("", vec![1])), "KeyId is empty");
    assert_eq!(why(&Encrypt::new("k", vec![])), "Plaintext is empty");
    assert_eq!(why(&Encrypt::new("k", vec![1]).algorithm("")), "Algorithm is empty");
    assert_eq!(why(&Decrypt::new("", [1])), "KeyId is empty");
    assert!(Decrypt::by_key_version("v", &[1]).body().is_ok());
    assert_eq!(why(&AdvanceDecrypt::new([])), "CiphertextBlob is empty");
    assert_eq!(why(&AdvanceDecrypt::new([1]).key_id("")), "KeyId is empty");
    let pair = GenerateDataKeyPair::new("k", "", KeyFormat::Der);
    assert_eq!(why(&pair), "KeyPairSpec is empty");
    assert_eq!(why(&Sign::new("k", "A", MessageType::Raw, [])), "Message is empty");
    assert_eq!(why(&Verify::new("k", "A", MessageType::Raw, [1], [])), "Signature is empty");
    assert_eq!(why(&GetSecretValue::new("")), "SecretName is empty");
    assert_eq!(why(&GetSecretValue::new("s").version_id("")), "VersionId is empty");
    assert!(AdvanceEncrypt::new("k", vec![1]).aad([]).body().is_ok());
}

#[test]
fn limits_are_kept() {
    let kib64 = "x".repeat(64 << 10);
    assert!(GetPublicKey::new(kib64.clone()).body().is_ok());
    assert_eq!(why(&GetPublicKey::new(kib64 + "x")), "KeyId is longer than 65536 bytes");

    assert!(AdvanceEncrypt::new("k", vec![1]).aad([0; 8192]).body().is_ok());
    let call = AdvanceEncrypt::new("k", vec![1]).aad([0; 8193]);
    assert_eq!(why(&call), "Aad has 8193 bytes, and 8192 are the most: give its SHA-256");

    for length in [1, 1024] {
        assert!(GenerateRandom::new(length).body().is_ok());
        assert_eq!(AdvanceGenerateDataKey::new("k", length).length(), Some(length));
    }
    for length in [0, 1025, u32::MAX] {
        let expected = format!("Length is {length}, but has to be from 1 to 1024");
        assert_eq!(why(&GenerateRandom::new(length)), expected);
        assert!(why(&GenerateDataKey::new("k", length)).starts_with("NumberOfBytes is "));
        assert!(why(&AdvanceGenerateDataKey::new("k", length)).starts_with("NumberOfBytes is "));
    }

    for (length, fits) in [(11, false), (12, true), (13, false), (16, true), (17, false)] {
        assert_eq!(Decrypt::new("k", [1]).iv(vec![0; length]).body().is_ok(), fits, "{length}");
        assert_eq!(Encrypt::new("k", vec![1]).danger_iv(vec![0; length]).body().is_ok(), fits);
    }
}

#[test]
fn digests_are_as_long_as_the_algorithm_says() {
    let sign =
        |message_type, length| Sign::new("k", "RSA_PKCS1_SHA_256", message_type, vec![1; length]);
    assert!(sign(MessageType::Digest, 32).body().is_ok());
    assert!(sign(MessageType::Raw, 31).body().is_ok());
    let expected = "Message has 31 bytes, but the digest for RSA_PKCS1_SHA_256 has 32";
    assert_eq!(why(&sign(MessageType::Digest, 31)), expected);
    let verify = |message| Verify::new("k", "ECDSA_SHA_256", MessageType::Digest, message, [2]);
    assert!(verify(vec![1; 32]).body().is_ok());
    assert!(why(&verify(vec![1; 64])).contains("has 32"));
    assert!(Sign::new("k", "SM2DSA", MessageType::Digest, [1; 33]).body().is_ok());
}

#[test]
fn secrets_are_not_shown() {
    for shown in [
        format!("{:?}", Encrypt::new("k", &b"hidden"[..])),
        format!("{:?}", AdvanceEncrypt::new("k", &b"hidden"[..])),
        format!("{:?}", Hmac::new("k", &b"hidden"[..])),
        format!("{:?}", Hash::new("SHA_256", &b"hidden"[..])),
    ] {
        assert!(!shown.contains("hidden") && !shown.contains("104, 105"), "{shown}");
    }
}
