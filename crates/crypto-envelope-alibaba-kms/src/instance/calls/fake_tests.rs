//! Calls to a fake instance, there and back.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptionContext, Error, Result, SecretBytes};
use crypto_envelope_testkit::{
    fake::alibaba_instance::{KeyKind, lie},
    redaction::hunt_debug,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{ciphertexts::*, data_keys::*, secrets::*, signatures::*};
use crate::{
    AadStyle, AlibabaKmsError, AlibabaKmsSettings,
    instance::values::{KeyFormat, MessageType},
    test_instance::TestInstance,
};

fn code<T: std::fmt::Debug>(answer: Result<T>) -> String {
    let refused = answer.expect_err("it was answered");
    AlibabaKmsError::all_in(&refused)[0].code().unwrap_or_default().to_owned()
}

fn aad() -> Vec<u8> {
    AadStyle::default().aad(&EncryptionContext::from([("tenant", "blue")]))
}

#[test]
fn the_first_version_encrypts_and_decrypts() -> Result<()> {
    let kms = TestInstance::start()?;
    let sealed = kms.ask(Encrypt::new(&kms.key_id, &b"text"[..]).aad(aad()))?;
    assert_eq!((sealed.key_id.as_str(), sealed.iv.len()), (kms.key_id.as_str(), 12));
    assert_eq!((sealed.ciphertext_blob.len(), sealed.algorithm.as_deref()), (20, Some("AES_GCM")));
    let version = sealed.key_version_id.clone().expect("a header has it");
    assert!(sealed.request_id.is_some_and(|id| id.len() == 36));

    kms.fake.rotate_key(&kms.key_id).expect("rotated");
    let decrypt = || Decrypt::new(&kms.key_id, &*sealed.ciphertext_blob).iv(&*sealed.iv);
    let opened = kms.ask(decrypt().aad(aad()).algorithm("AES_GCM"))?;
    assert!(opened.plaintext.equals(b"text"));
    assert_eq!(opened.key_version_id.as_ref(), Some(&version));
    let opened = kms.ask(decrypt().aad(aad()).on_key_version(&version))?;
    assert!(opened.plaintext.equals(b"text"));
    assert_eq!(code(kms.ask(decrypt())), "InvalidParameter");
    assert_eq!(code(kms.ask(decrypt().aad(aad()).on_key_version("v"))), "Forbidden.KeyNotFound");

    let advance = AdvanceDecrypt::new(sealed.ciphertext_blob.clone()).key_id(&kms.key_id);
    let opened = kms.ask(advance.iv(&*sealed.iv).aad(aad()))?;
    assert!(opened.plaintext.equals(b"text"));
    Ok(())
}

#[test]
fn the_newest_version_encrypts_and_decrypts() -> Result<()> {
    let kms = TestInstance::start()?;
    let version = kms.fake.rotate_key(&kms.key_id).expect("rotated");
    let sealed = kms.ask(AdvanceEncrypt::new(&kms.key_id, &b"text"[..]).aad(aad()))?;
    assert_eq!(sealed.key_version_id, Some(version));
    let opened = kms.ask(AdvanceDecrypt::new(sealed.ciphertext_blob.clone()).aad(aad()))?;
    assert!(opened.plaintext.equals(b"text"));
    assert_eq!((opened.key_id, opened.key_version_id), (sealed.key_id, sealed.key_version_id));
    let changed = AdvanceDecrypt::new(sealed.ciphertext_blob).aad([1]);
    assert_eq!(code(kms.ask(changed)), "InvalidParameter");
    let with_iv = AdvanceEncrypt::new(&kms.key_id, &b"text"[..]).danger_iv([7; 12]);
    assert_eq!(kms.ask(with_iv)?.iv, [7; 12]);
    Ok(())
}

#[test]
fn data_keys_are_made_and_opened() -> Result<()> {
    let kms = TestInstance::start()?;
    let made = kms.ask(GenerateDataKey::new(&kms.key_id, 64).aad(aad()).algorithm("AES_GCM"))?;
    assert_eq!((made.plaintext.len(), made.iv.len()), (64, 12));
    let decrypt = Decrypt::new(&kms.key_id, made.ciphertext_blob).iv(made.iv).aad(aad());
    assert!(kms.ask(decrypt)?.plaintext.equals(made.plaintext.expose()));

    let made = kms.ask(AdvanceGenerateDataKey::new(&kms.key_id, 1).aad(aad()))?;
    assert_eq!(made.plaintext.len(), 1);
    assert!(made.key_version_id.is_some());
    let opened = kms.ask(AdvanceDecrypt::new(made.ciphertext_blob).aad(aad()))?;
    assert!(opened.plaintext.equals(made.plaintext.expose()));
    Ok(())
}

/// That they are pairs is for the fake to show: here it counts that everything is in its place.
#[test]
fn key_pairs_are_made_and_opened() -> Result<()> {
    let kms = TestInstance::start()?;
    let (key_id, spec) = (&*kms.key_id, "EC_P256");
    let made = kms.ask(GenerateDataKeyPair::new(key_id, spec, KeyFormat::Der).aad(aad()))?;
    assert_eq!((made.key_id.as_str(), made.key_pair_spec.as_deref()), (key_id, Some(spec)));
    assert!(made.key_version_id.is_some() && made.public_key.starts_with(&[0x30]));
    // Around the number stands what is public.
    assert!(hunt_debug(&made, &[&made.private_key.expose()[36..68]]).is_ok());
    let decrypt = Decrypt::new(key_id, made.private_key_ciphertext_blob).iv(made.iv).aad(aad());
    assert!(kms.ask(decrypt)?.plaintext.equals(made.private_key.expose()));

    let call = AdvanceGenerateDataKeyPair::new(key_id, spec, KeyFormat::Pem).aad(aad());
    let made = kms.ask(call)?;
    assert!(made.public_key.starts_with(b"-----BEGIN PUBLIC KEY-----"));
    let opened = kms.ask(AdvanceDecrypt::new(made.private_key_ciphertext_blob).aad(aad()))?;
    assert!(opened.plaintext.equals(made.private_key.expose()));
    assert_eq!(opened.key_version_id, made.key_version_id);
    Ok(())
}

#[test]
fn key_pairs_are_made_for_later() -> Result<()> {
    let kms = TestInstance::start()?;
    let (key_id, spec) = (&*kms.key_id, "EC_P256");
    let call = GenerateDataKeyPairWithoutPlaintext::new(key_id, spec, KeyFormat::Pem).aad(aad());
    let made = kms.ask(call.algorithm("AES_GCM"))?;
    assert!(made.public_key.starts_with(b"-----BEGIN PUBLIC KEY-----"));
    let decrypt = Decrypt::new(key_id, made.private_key_ciphertext_blob).iv(made.iv).aad(aad());
    assert!(kms.ask(decrypt)?.plaintext.expose().starts_with(b"-----BEGIN PRIVATE KEY-----"));

    let format = KeyFormat::Pem;
    let call = AdvanceGenerateDataKeyPairWithoutPlaintext::new(key_id, spec, format).aad(aad());
    let made = kms.ask(call)?;
    assert_eq!(made.key_pair_spec.as_deref(), Some(spec));
    let opened = kms.ask(AdvanceDecrypt::new(made.private_key_ciphertext_blob).aad(aad()))?;
    assert!(opened.plaintext.expose().starts_with(b"-----BEGIN PRIVATE KEY-----"));
    assert_eq!(opened.key_version_id, made.key_version_id);
    let calls = kms.fake.take_calls();
    assert!(calls[2].response.get("PrivateKeyPlaintext").is_none());
    Ok(())
}

#[test]
fn rsa_keys_encrypt_and_decrypt() -> Result<()> {
    let kms = TestInstance::start()?;
    let key_id = kms.key(KeyKind::Rsa2048Encrypt);
    let algorithm = "RSAES_OAEP_SHA_256";
    let sealed = kms.ask(Encrypt::new(&key_id, &b"text"[..]).algorithm(algorithm))?;
    let version = sealed.key_version_id.expect("a header has it");
    assert_eq!((sealed.ciphertext_blob.len(), sealed.iv), (256, vec![]));
    let decrypt = Decrypt::new(&key_id, sealed.ciphertext_blob).algorithm(algorithm);
    assert!(kms.ask(decrypt.on_key_version(&version))?.plaintext.equals(b"text"));
    let calls = kms.fake.take_calls();
    assert_eq!(calls[1].header("x-kms-migrationkeyversionid"), Some(&*version));
    assert_eq!(calls[0].header("x-kms-migrationkeyversionid"), None);
    Ok(())
}

#[test]
fn signatures_are_made_and_verified() -> Result<()> {
    let kms = TestInstance::start()?;
    let key_id = kms.key(KeyKind::Rsa2048Sign);
    let digest = Sha256::digest(b"message").to_vec();
    for algorithm in ["RSA_PKCS1_SHA_256", "RSA_PSS_SHA_256"] {
        let signed = kms.ask(Sign::new(&key_id, algorithm, MessageType::Raw, &b"message"[..]))?;
        assert_eq!((signed.signature.len(), &signed.key_id), (256, &key_id));
        let version = signed.key_version_id.expect("a header has it");
        let verify = |digest: &[u8]| {
            let signature = &*signed.signature;
            Verify::new(&key_id, algorithm, MessageType::Digest, digest, signature)
        };
        assert!(kms.ask(verify(&digest))?.is_valid);
        assert!(kms.ask(verify(&digest).on_key_version(version))?.is_valid);
        assert!(!kms.ask(verify(&[0; 32]))?.is_valid);
    }
    Ok(())
}

#[test]
fn signatures_fit_the_public_key() -> Result<()> {
    let kms = TestInstance::start()?;
    let key_id = kms.key(KeyKind::Rsa2048Sign);
    let public = kms.ask(GetPublicKey::new(&key_id))?;
    assert!(public.key_version_id.is_some());
    let pem = public.public_key.lines().filter(|line| !line.starts_with('-'));
    let der = BASE64.decode(pem.collect::<String>()).expect("it is PEM");
    let digest = Sha256::digest(b"message").to_vec();
    let sign = Sign::new(&key_id, "RSA_PKCS1_SHA_256", MessageType::Digest, digest);
    let signed = kms.ask(sign)?;
    let public_key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der);
    assert!(public_key.verify(b"message", &signed.signature).is_ok());
    Ok(())
}

#[test]
fn random_bytes_and_secrets_come() -> Result<()> {
    let kms = TestInstance::start()?;
    let bytes = [1, 1024].map(|length| kms.ask(GenerateRandom::new(length)));
    for (bytes, length) in bytes.into_iter().zip([1, 1024]) {
        assert_eq!(bytes?.random.len(), length);
    }
    let old = kms.fake.put_secret("db", "old hidden");
    let new = kms.fake.put_secret("db", "hidden");
    let secret = kms.ask(GetSecretValue::new("db").fetch_extended_config())?;
    assert!(secret.secret_data.equals(b"hidden"));
    assert_eq!((secret.version_id, secret.version_stages), (Some(new), vec!["ACSCurrent".into()]));
    assert_eq!(secret.secret_data_type.as_deref(), Some("text"));
    assert!(secret.create_time.is_some() && secret.extended_config.is_none());
    for call in [
        GetSecretValue::new("db").version_stage("ACSPrevious"),
        GetSecretValue::new("db").version_id(old),
    ] {
        assert!(kms.ask(call)?.secret_data.equals(b"old hidden"));
    }
    assert_eq!(code(kms.ask(GetSecretValue::new("none"))), "Forbidden.ResourceNotFound");
    Ok(())
}

#[test]
fn what_an_instance_does_not_have_is_said() -> Result<()> {
    let kms = TestInstance::start()?;
    let refused = kms.ask(Hmac::new(&kms.key_id, &b"m"[..]));
    let told = refused.as_ref().err().map(ToString::to_string).unwrap_or_default();
    assert!(told.contains(&format!("kms:Hmac of {}", kms.key_id)), "{told}");
    assert_eq!(code(refused), "UnsupportedOperation");
    assert_eq!(code(kms.ask(Hash::new("SHA_256", &b"m"[..]))), "UnsupportedOperation");
    Ok(())
}

#[test]
fn nothing_is_sent_if_a_parameter_cannot_be() -> Result<()> {
    let kms = TestInstance::start()?;
    let too_long = kms.ask(AdvanceGenerateDataKey::new(&kms.key_id, 1025));
    let no_version = kms.ask(Decrypt::new("k", [1]).on_key_version(""));
    let two_lines = kms.ask(Decrypt::new("k", [1]).on_key_version("v\nx: y"));
    assert!(matches!(too_long, Err(Error::InvalidInput { .. })));
    assert!(matches!(no_version, Err(Error::InvalidInput { .. })));
    assert!(matches!(two_lines, Err(Error::InvalidInput { .. })));
    assert_eq!(kms.operations(), Vec::<String>::new());
    Ok(())
}

#[test]
fn answers_that_lack_something_are_refused() -> Result<()> {
    let kms = TestInstance::with(&AlibabaKmsSettings::new().max_attempts(1))?;
    for field in ["KeyId", "CiphertextBlob", "Plaintext"] {
        kms.fake.inject(lie::without("AdvanceGenerateDataKey", field));
        let refused = kms.ask(AdvanceGenerateDataKey::new(&kms.key_id, 32));
        let refused = refused.expect_err(field);
        assert!(
            refused.to_string().contains(&format!("the answer is without {field}")),
            "{refused}"
        );
        assert!(AlibabaKmsError::all_in(&refused)[0].request_id().is_some());
    }
    kms.fake.inject(lie::without("AdvanceGenerateDataKey", "KeyVersionId"));
    let made = kms.ask(AdvanceGenerateDataKey::new(&kms.key_id, 32))?;
    assert!(made.key_version_id.is_some(), "the header has it too");
    kms.fake.inject(lie::answer("GenerateRandom", |answer| answer["Random"] = json!("AAAA")));
    let refused = kms.ask(GenerateRandom::new(4)).expect_err("three bytes came");
    assert!(refused.to_string().contains("Random has 3 bytes, not 4"), "{refused}");
    Ok(())
}

#[test]
fn nothing_secret_is_shown() -> Result<()> {
    let kms = TestInstance::start()?;
    let made = kms.ask(AdvanceGenerateDataKey::new(&kms.key_id, 32))?;
    let secret = SecretBytes::from(made.plaintext.expose());
    assert!(hunt_debug(&made, &[secret.expose()]).is_ok());
    let opened = kms.ask(AdvanceDecrypt::new(&*made.ciphertext_blob))?;
    assert!(hunt_debug(&opened, &[secret.expose()]).is_ok());
    let random = kms.ask(GenerateRandom::new(32))?;
    assert!(hunt_debug(&random, &[random.random.expose()]).is_ok());
    kms.fake.put_secret("db", "hidden secret");
    let value = kms.ask(GetSecretValue::new("db"))?;
    assert!(hunt_debug(&value, &[b"hidden secret"]).is_ok());
    Ok(())
}
