//! Agreeing on secrets.

use aws_lc_rs::{
    agreement::{self, Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey, UnparsedPublicKey},
    encoding::{AsDer, PublicKeyX509Der},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::{
    fake::aws_kms::{AccessKey, FakeAwsKms, KeyKind},
    redaction,
};
use serde_json::{Value, json};

use crate::client::{REGION, Result, bytes, call};

const CURVES: [(KeyKind, &Algorithm, usize); 3] = [
    (KeyKind::EccP256, &ECDH_P256, 32),
    (KeyKind::EccP384, &ECDH_P384, 48),
    (KeyKind::EccP521, &ECDH_P521, 66),
];

fn public_key(key: &PrivateKey) -> Result<String> {
    let der: PublicKeyX509Der<'_> = key.compute_public_key()?.as_der()?;
    Ok(STANDARD.encode(der.as_ref()))
}

fn derive(key: &str, public_key: &str) -> Value {
    json!({"KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": public_key})
}

#[test]
fn the_secret_is_that_of_the_other_side() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    for (kind, curve, length) in CURVES {
        let key = kms.create_key(REGION, kind)?;
        let ours = PrivateKey::generate(curve)?;
        let theirs = kms.administer(REGION, "GetPublicKey", &json!({"KeyId": key}))?;
        let theirs = UnparsedPublicKey::new(curve, bytes(&theirs, "PublicKey")?);
        let local = agreement::agree(&ours, &theirs, "no agreement", |secret| Ok(secret.to_vec()))?;
        let answer = call(&kms, REGION, "DeriveSharedSecret", &derive(&key, &public_key(&ours)?));
        let secret = bytes(&answer.unwrap(), "SharedSecret")?;
        assert_eq!((secret.len(), &secret), (length, &local));
        redaction::hunt_debug(&kms, &[&secret])?;
    }
    Ok(())
}

#[test]
fn two_keys_of_the_service_agree_and_a_third_does_not() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    for (kind, _, _) in CURVES {
        let mut keys = Vec::new();
        for _ in 0..3 {
            let key = kms.create_key(REGION, kind)?;
            let public = kms.administer(REGION, "GetPublicKey", &json!({"KeyId": key}))?;
            keys.push((key, public["PublicKey"].as_str().ok_or("no key")?.to_owned()));
        }
        let secret = |one: usize, other: usize| {
            let request = derive(&keys[one].0, &keys[other].1);
            kms.administer(REGION, "DeriveSharedSecret", &request)
                .map(|mut a| a["SharedSecret"].take())
        };
        assert_eq!(secret(0, 1)?, secret(1, 0)?);
        assert_ne!(secret(0, 1)?, secret(0, 2)?);
    }
    Ok(())
}

#[test]
fn keys_for_agreement_are_described_as_such() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::EccP384)?;
    let metadata =
        kms.administer(REGION, "DescribeKey", &json!({"KeyId": key}))?["KeyMetadata"].take();
    assert_eq!(metadata["KeySpec"], "ECC_NIST_P384");
    assert_eq!(metadata["CustomerMasterKeySpec"], "ECC_NIST_P384");
    assert_eq!(metadata["KeyUsage"], "KEY_AGREEMENT");
    assert_eq!(metadata["KeyAgreementAlgorithms"], json!(["ECDH"]));
    assert!(metadata.get("EncryptionAlgorithms").is_none(), "{metadata}");
    Ok(())
}

#[test]
fn a_replica_agrees_on_the_same() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let request =
        json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT", "MultiRegion": true});
    let created = kms.administer(REGION, "CreateKey", &request)?;
    let primary = created["KeyMetadata"]["Arn"].as_str().ok_or("no ARN")?;
    let replica = kms.replicate_key(primary, "us-west-2")?;
    let peer = public_key(&PrivateKey::generate(&ECDH_P256)?)?;
    let here = kms.administer(REGION, "DeriveSharedSecret", &derive(primary, &peer))?;
    let there = kms.administer("us-west-2", "DeriveSharedSecret", &derive(&replica, &peer))?;
    assert_eq!(here["SharedSecret"], there["SharedSecret"]);
    assert_eq!(there["KeyId"], replica);
    Ok(())
}

#[test]
fn it_is_a_right_of_its_own() -> Result<()> {
    let user = AccessKey::new("AKID", "user").allow("GetPublicKey", "*");
    let grantee = user.user_arn();
    let kms = FakeAwsKms::builder().access_key(user).start()?;
    let key = kms.create_key(REGION, KeyKind::EccP256)?;
    let mut request = derive(&key, &public_key(&PrivateKey::generate(&ECDH_P256)?)?);
    let (code, message) = call(&kms, REGION, "DeriveSharedSecret", &request).unwrap_err();
    assert_eq!(code, "AccessDeniedException");
    assert!(message.is_some_and(|message| message.contains("kms:DeriveSharedSecret")));
    let grant =
        json!({"KeyId": key, "GranteePrincipal": grantee, "Operations": ["DeriveSharedSecret"]});
    let grant = kms.administer(REGION, "CreateGrant", &grant)?;
    request["GrantTokens"] = json!([grant["GrantToken"]]);
    assert!(call(&kms, REGION, "DeriveSharedSecret", &request).is_ok());
    Ok(())
}
