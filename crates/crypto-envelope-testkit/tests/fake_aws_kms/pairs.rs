//! Key pairs for use elsewhere.

use aws_lc_rs::{
    agreement::{self, Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey, UnparsedPublicKey},
    encoding::{AsDer, PublicKeyX509Der},
    rsa::PrivateDecryptingKey,
};
use crypto_envelope_testkit::{
    fake::aws_kms::{FakeAwsKms, KeyKind},
    redaction,
};
use serde_json::json;

use crate::client::{REGION, Result, bytes};

/// A pair, whose private key must come back from its ciphertext, and from there only under the same
/// context.
fn generate(kms: &FakeAwsKms, key: &str, spec: &str) -> Result<(Vec<u8>, Vec<u8>)> {
    let context = json!({"purpose": spec});
    let request = json!({"KeyId": key, "KeyPairSpec": spec, "EncryptionContext": context});
    let pair = kms.administer(REGION, "GenerateDataKeyPair", &request)?;
    assert_eq!((&pair["KeyId"], &pair["KeyPairSpec"]), (&json!(key), &json!(spec)));
    let mut request = json!({"CiphertextBlob": pair["PrivateKeyCiphertextBlob"]});
    let refused = kms.administer(REGION, "Decrypt", &request).err();
    assert_eq!(refused.map(|error| error.code()), Some("InvalidCiphertextException"));
    request["EncryptionContext"] = context;
    let opened = kms.administer(REGION, "Decrypt", &request)?;
    assert_eq!(opened["Plaintext"], pair["PrivateKeyPlaintext"]);
    let private_key = bytes(&pair, "PrivateKeyPlaintext")?;
    redaction::hunt_debug(kms, &[&private_key])?;
    Ok((private_key, bytes(&pair, "PublicKey")?))
}

#[test]
fn pairs_of_rsa_belong_together() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    for (spec, bits) in [("RSA_2048", 2048), ("RSA_3072", 3072), ("RSA_4096", 4096)] {
        let (private_key, public_key) = generate(&kms, &key, spec)?;
        let private_key = PrivateDecryptingKey::from_pkcs8(&private_key)?;
        let own: PublicKeyX509Der<'_> = private_key.public_key().as_der()?;
        assert_eq!((private_key.key_size_bits(), own.as_ref()), (bits, &public_key[..]));
    }
    Ok(())
}

#[test]
fn pairs_of_ecc_belong_together() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    let curves: [(&str, &'static Algorithm); 3] = [
        ("ECC_NIST_P256", &ECDH_P256),
        ("ECC_NIST_P384", &ECDH_P384),
        ("ECC_NIST_P521", &ECDH_P521),
    ];
    for (spec, curve) in curves {
        let (private_key, public_key) = generate(&kms, &key, spec)?;
        let private_key = PrivateKey::from_private_key_der(curve, &private_key)?;
        let own: PublicKeyX509Der<'_> = private_key.compute_public_key()?.as_der()?;
        assert_eq!(own.as_ref(), public_key);
        let peer = UnparsedPublicKey::new(curve, public_key);
        agreement::agree(&private_key, &peer, "not of this curve", |_| Ok(()))?;
    }
    Ok(())
}

#[test]
fn the_private_key_can_be_left_out() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    let request = json!({"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"});
    let mut seen = Vec::new();
    for _ in 0..2 {
        let pair = kms.administer(REGION, "GenerateDataKeyPairWithoutPlaintext", &request)?;
        assert!(pair.get("PrivateKeyPlaintext").is_none());
        let request = json!({"CiphertextBlob": pair["PrivateKeyCiphertextBlob"]});
        let opened = kms.administer(REGION, "Decrypt", &request)?;
        let private_key =
            PrivateKey::from_private_key_der(&ECDH_P256, &bytes(&opened, "Plaintext")?)?;
        let own: PublicKeyX509Der<'_> = private_key.compute_public_key()?.as_der()?;
        assert_eq!(own.as_ref(), bytes(&pair, "PublicKey")?);
        assert!(!seen.contains(&pair["PublicKey"]));
        seen.push(pair["PublicKey"].clone());
    }
    Ok(())
}
