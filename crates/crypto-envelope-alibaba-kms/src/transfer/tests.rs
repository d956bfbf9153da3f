//! What a transfer client does, on a fake instance.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptionContext, Error, Result, SecretBytes, blocking};
use crypto_envelope_testkit::fake::{
    alibaba_instance::{KeyKind, lie},
    http::Fault,
};

use super::client::{AlibabaKmsTransfer, DataKeyOrigin, Gateway, Mode};
use crate::{
    AadStyle, AlibabaKmsError, AlibabaKmsInstance, AlibabaKmsSettings, ClientKey,
    openapi::{
        AsymmetricDecrypt, AsymmetricEncrypt, AsymmetricSign, AsymmetricVerify, Ciphertext,
        CreateKey, Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext,
        GetPublicKey, GetSecretValue,
    },
    test_instance::TestInstance,
};

const MODES: [Mode; 2] = [Mode::Advance, Mode::InitialVersion];

fn blue() -> EncryptionContext {
    EncryptionContext::from([("tenant", "blue"), ("a", "1")])
}

fn encrypt(kms: &AlibabaKmsTransfer, key_id: &str) -> Result<Ciphertext> {
    blocking::wait(kms.call(Encrypt::new(key_id, &b"text"[..]).encryption_context(blue())))
}

fn decrypt(kms: &AlibabaKmsTransfer, ciphertext: &Ciphertext) -> Result<SecretBytes> {
    let call = Decrypt::new(&ciphertext.ciphertext_blob).encryption_context(blue());
    Ok(blocking::wait(kms.call(call))?.plaintext)
}

fn code(error: &Error) -> Option<String> {
    AlibabaKmsError::all_in(error).first()?.code().map(str::to_owned)
}

#[test]
fn what_one_mode_encrypts_the_other_decrypts() -> Result<()> {
    let fake = TestInstance::start()?;
    let first = encrypt(&AlibabaKmsTransfer::new(&fake.instance), &fake.key_id)?;
    let rotated = fake.fake.rotate_key(&fake.key_id).expect("rotated");
    for (mode, operations) in MODES.into_iter().zip([ADVANCE, INITIAL]) {
        let kms = AlibabaKmsTransfer::new(&fake.instance).with_mode(mode);
        let _ = fake.operations();
        let ciphertext = encrypt(&kms, &fake.key_id)?;
        assert_eq!(fake.operations(), operations[..1]);
        let is_newest = ciphertext.key_version_id.as_deref() == Some(&rotated);
        assert_eq!(is_newest, mode == Mode::Advance);
        for (mode, operations) in MODES.into_iter().zip([ADVANCE, INITIAL]) {
            let kms = kms.clone().with_mode(mode);
            assert!(decrypt(&kms, &ciphertext)?.equals(b"text"));
            assert!(decrypt(&kms, &first)?.equals(b"text"));
            assert_eq!(fake.operations(), [operations[1]; 2]);
        }
    }
    Ok(())
}

const ADVANCE: [&str; 2] = ["AdvanceEncrypt", "AdvanceDecrypt"];
const INITIAL: [&str; 2] = ["Encrypt", "Decrypt"];

#[test]
fn data_keys_are_encrypted_as_base64() -> Result<()> {
    let fake = TestInstance::start()?;
    for (mode, generates) in MODES.into_iter().zip(["AdvanceGenerateDataKey", "GenerateDataKey"]) {
        for (origin, calls) in [(DataKeyOrigin::Instance, 2), (DataKeyOrigin::Local, 1)] {
            let kms = AlibabaKmsTransfer::new(&fake.instance).with_mode(mode);
            let kms = kms.with_data_keys(origin);
            let call = GenerateDataKey::new(&fake.key_id).key_spec("AES_128");
            let made = blocking::wait(kms.call(call.encryption_context(blue())))?;
            let asked = fake.operations();
            assert_eq!((asked.len(), made.plaintext.len()), (calls, 16));
            assert_eq!(asked[0] == generates, origin == DataKeyOrigin::Instance);
            let call = Decrypt::new(&made.ciphertext_blob).encryption_context(blue());
            let opened = blocking::wait(kms.call(call))?;
            assert!(opened.plaintext.equals(BASE64.encode(made.plaintext.expose()).as_bytes()));
            assert!(opened.decoded()?.equals(made.plaintext.expose()));
            let call = GenerateDataKeyWithoutPlaintext::new(&fake.key_id).number_of_bytes(7);
            let made = blocking::wait(kms.call(call))?;
            let opened = blocking::wait(kms.call(Decrypt::new(made.ciphertext_blob)))?;
            assert_eq!(opened.decoded()?.len(), 7);
            let _ = fake.operations();
        }
    }
    let kms = AlibabaKmsTransfer::new(&fake.instance);
    let odd = kms.call(GenerateDataKey::new(&fake.key_id).key_spec("AES_192"));
    let refused = blocking::wait(odd).expect_err("there is no such key");
    assert!(refused.to_string().contains("AES_192"), "{refused}");
    assert!(fake.operations().is_empty());
    Ok(())
}

#[test]
fn contexts_of_the_sdk_for_python_are_read_where_that_was_said() -> Result<()> {
    let fake = TestInstance::start()?;
    let ours = AlibabaKmsTransfer::new(&fake.instance);
    let styles = [AadStyle::Raw, AadStyle::PythonHex, AadStyle::Json];
    for style in styles {
        let ciphertext = encrypt(&ours.clone().with_aad_style(style), &fake.key_id)?;
        let _ = fake.operations();
        let alone = decrypt(&ours, &ciphertext);
        assert_eq!(alone.is_ok(), style == AadStyle::Raw);
        assert_eq!(fake.operations().len(), 1);
        let reading = ours.clone().with_other_aad_styles(styles);
        assert!(decrypt(&reading, &ciphertext)?.equals(b"text"));
        let tries = styles.iter().position(|tried| *tried == style).map(|place| place + 1);
        assert_eq!(Some(fake.operations().len()), tries);
    }
    Ok(())
}

#[test]
fn json_has_the_pairs_in_the_order_of_old() -> Result<()> {
    let fake = TestInstance::start()?;
    let kms = AlibabaKmsTransfer::new(&fake.instance).with_aad_style(AadStyle::Json);
    let old = kms.clone().with_json_order(["tenant"]);
    assert_eq!(old.aad(Some(&blue())), br#"{"tenant":"blue","a":"1"}"#);
    assert_eq!(kms.aad(Some(&blue())), br#"{"a":"1","tenant":"blue"}"#);
    let ciphertext = encrypt(&old, &fake.key_id)?;
    assert!(decrypt(&old, &ciphertext)?.equals(b"text"));
    assert_eq!(code(&decrypt(&kms, &ciphertext).expect_err("opened")), Some(INVALID.into()));
    Ok(())
}

const INVALID: &str = "InvalidParameter";

/// No other way is tried then: it could not help.
#[test]
fn other_styles_are_not_tried_for_other_errors() -> Result<()> {
    let fake = TestInstance::with(&AlibabaKmsSettings::new().max_attempts(1))?;
    let kms = AlibabaKmsTransfer::new(&fake.instance).with_other_aad_styles([AadStyle::PythonHex]);
    let ciphertext = encrypt(&kms, &fake.key_id)?;
    let _ = fake.operations();
    fake.fake.disable_key(&fake.key_id).expect("there is such a key");
    assert_eq!(
        code(&decrypt(&kms, &ciphertext).expect_err("opened")),
        Some("Rejected.Disabled".into())
    );
    assert_eq!(fake.operations().len(), 1);
    Ok(())
}

#[test]
fn pairs_of_keys_do_what_they_do_elsewhere() -> Result<()> {
    let fake = TestInstance::start()?;
    let kms = AlibabaKmsTransfer::new(&fake.instance);
    let signing = fake.fake.create_key(KeyKind::Rsa2048Sign).expect("a key");
    let found = blocking::wait(kms.call(GetPublicKey::new(&signing)))?;
    let version = found.key_version_id.unwrap_or_default();
    let digest = [7; 32];
    let algorithm = "RSA_PSS_SHA_256";
    let call = AsymmetricSign::new(&signing, &version, algorithm, digest);
    let signature = blocking::wait(kms.call(call))?.signature;
    for (digest, expected) in [(digest, true), ([8; 32], false)] {
        let call = AsymmetricVerify::new(&signing, "", algorithm, digest, signature.clone());
        assert_eq!(blocking::wait(kms.call(call))?.is_valid, expected);
    }
    let pair = fake.fake.create_key(KeyKind::Rsa2048Encrypt).expect("a key");
    let algorithm = "RSAES_OAEP_SHA_256";
    let call = AsymmetricEncrypt::new(&pair, "", algorithm, &b"text"[..]);
    let sealed = blocking::wait(kms.call(call))?;
    let version = sealed.key_version_id.unwrap_or_default();
    let call = AsymmetricDecrypt::new(&pair, &version, algorithm, sealed.ciphertext_blob);
    assert!(blocking::wait(kms.call(call))?.plaintext.equals(b"text"));
    Ok(())
}

#[test]
fn secrets_come_with_their_stages() -> Result<()> {
    let fake = TestInstance::start()?;
    let version = fake.fake.put_secret("s", "hidden");
    let kms = AlibabaKmsTransfer::new(&fake.instance);
    let secret = blocking::wait(kms.call(GetSecretValue::new("s").fetch_extended_config()))?;
    assert!(secret.secret_data.equals(b"hidden"));
    assert_eq!(secret.version_id.as_deref(), Some(&*version));
    assert_eq!(secret.version_stages, ["ACSCurrent"]);
    Ok(())
}

/// Messages that end too early, between two fields, look whole.
#[test]
fn answers_that_lack_something_are_refused() -> Result<()> {
    let fake = TestInstance::start()?;
    let _ = fake.fake.put_secret("s", "hidden");
    let signing = fake.key(KeyKind::Rsa2048Sign);
    for (mode, operations) in MODES.into_iter().zip([ADVANCE, INITIAL]) {
        let kms = AlibabaKmsTransfer::new(&fake.instance).with_mode(mode);
        let ciphertext = encrypt(&kms, &fake.key_id)?;
        for field in ["Plaintext", "KeyId"] {
            fake.fake.inject(lie::without(operations[1], field));
            let refused = decrypt(&kms, &ciphertext).expect_err(field).to_string();
            assert!(refused.contains(&format!("without {field}")), "{refused}");
        }
        fake.fake.inject(Fault::status(200, ""));
        assert!(decrypt(&kms, &ciphertext).is_err());
        fake.fake.inject(lie::without(operations[0], "KeyId"));
        assert!(encrypt(&kms, &fake.key_id).is_err());
    }
    let kms = AlibabaKmsTransfer::new(&fake.instance);
    fake.fake.inject(lie::without("GetSecretValue", "SecretData"));
    assert!(blocking::wait(kms.call(GetSecretValue::new("s"))).is_err());
    fake.fake.inject(lie::without("GetPublicKey", "PublicKey"));
    assert!(blocking::wait(kms.call(GetPublicKey::new(&signing))).is_err());
    fake.fake.inject(lie::without("Sign", "Signature"));
    let sign = AsymmetricSign::new(&signing, "", "RSA_PSS_SHA_256", [7; 32]);
    assert!(blocking::wait(kms.call(sign)).is_err());
    Ok(())
}

#[test]
fn what_the_instance_cannot_do_is_not_done() -> Result<()> {
    let fake = TestInstance::start()?;
    let kms = AlibabaKmsTransfer::new(&fake.instance);
    for refused in [
        blocking::wait(kms.call(CreateKey::new())).map(drop),
        blocking::wait(kms.call_by(Gateway::Instance, CreateKey::new())).map(drop),
        blocking::wait(kms.call_by(Gateway::OpenApi, Decrypt::new("c"))).map(drop),
        blocking::wait(kms.call(Decrypt::new("c").dry_run())).map(drop),
        blocking::wait(kms.call(Decrypt::new(""))).map(drop),
        blocking::wait(kms.call(Decrypt::new(BASE64.encode([b'v'; 48])))).map(drop),
        encrypt(&kms.clone().by_openapi::<Encrypt>(), &fake.key_id).map(drop),
        encrypt(&kms.clone().with_gateway(Gateway::OpenApi), &fake.key_id).map(drop),
    ] {
        let refused = refused.expect_err("it was done");
        assert!(matches!(refused, Error::InvalidInput { .. }), "{refused}");
    }
    assert!(fake.operations().is_empty());
    Ok(())
}

#[test]
fn errors_have_the_codes_of_the_openapi() -> Result<()> {
    let fake = TestInstance::with(&AlibabaKmsSettings::new().max_attempts(1))?;
    let kms = AlibabaKmsTransfer::new(&fake.instance);
    fake.fake.set_clock(Some(SystemTime::now() + Duration::from_hours(1)));
    let refused = encrypt(&kms, &fake.key_id).expect_err("the clock is wrong");
    assert_eq!(code(&refused).as_deref(), Some("IllegalTimestamp"));
    assert!(refused.to_string().contains("15 minutes"), "{refused}");
    fake.fake.set_clock(None);
    let refused = encrypt(&kms, "key-none").expect_err("there is no such key");
    assert_eq!(code(&refused).as_deref(), Some("Forbidden.KeyNotFound"));

    let others = fake.fake.create_client_key().expect("a key");
    for (id, expected) in [
        ("KAAP.unknown", "InvalidAccessKeyId.NotFound"),
        (fake.fake.client_key().id(), "SignatureNotMatch"),
    ] {
        let key = ClientKey::from_private_key(id, others.private_key())?;
        let endpoint = fake.fake.endpoint();
        let settings = AlibabaKmsSettings::new().max_attempts(1);
        let instance = AlibabaKmsInstance::new(&endpoint, &key, &settings)?;
        let refused = encrypt(&AlibabaKmsTransfer::new(&instance), &fake.key_id);
        assert_eq!(code(&refused.expect_err("it was let in")).as_deref(), Some(expected));
    }
    Ok(())
}
