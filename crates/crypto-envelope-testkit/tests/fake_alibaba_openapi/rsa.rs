//! RSA keys at work.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::alibaba_openapi::{FakeAlibabaOpenApi, KeyKind};

use crate::client::{Client, Result};

fn version_of(client: &Client<'_>, key: &str) -> String {
    let versions = client.ask("ListKeyVersions", &[("KeyId", key)]);
    versions.text("/KeyVersions/KeyVersion/0/KeyVersionId").to_owned()
}

#[test]
fn rsa_keys_encrypt() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let key = kms.create_key(KeyKind::Rsa2048Encrypt)?;
    let version = version_of(&client, &key);
    let text = STANDARD.encode("text");
    for algorithm in ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"] {
        let by =
            [("KeyId", key.as_str()), ("KeyVersionId", version.as_str()), ("Algorithm", algorithm)];
        let encrypted =
            client.ask("AsymmetricEncrypt", &[&by[..], &[("Plaintext", &text)]].concat());
        let blob = ("CiphertextBlob", encrypted.text("/CiphertextBlob"));
        let opened = client.ask("AsymmetricDecrypt", &[&by[..], &[blob]].concat());
        assert_eq!(opened.text("/Plaintext"), text);
        assert_eq!(opened.text("/KeyVersionId"), version);
        let signed = client.code("AsymmetricSign", &[&by[..], &[("Digest", &text)]].concat());
        assert_eq!(signed, "400 InvalidParameter");
    }
    for (name, value, expected) in [
        ("Algorithm", "SM2PKE", "400 UnsupportedOperation"),
        ("KeyVersionId", "x", "404 Forbidden.KeyVersionNotFound"),
        ("Plaintext", "*", "400 InvalidParameter"),
        ("Plaintext", &STANDARD.encode([0; 191]), "400 InvalidParameter"),
    ] {
        let mut parameters = vec![
            ("KeyId", key.as_str()),
            ("KeyVersionId", &version),
            ("Algorithm", "RSAES_OAEP_SHA_256"),
            ("Plaintext", &text),
        ];
        parameters.retain(|(other, _)| *other != name);
        parameters.push((name, value));
        assert_eq!(client.code("AsymmetricEncrypt", &parameters), expected, "{name}");
    }
    let symmetric = client.code("Encrypt", &[("KeyId", &key), ("Plaintext", "x")]);
    assert_eq!(symmetric, "400 InvalidParameter");
    Ok(())
}

#[test]
fn rsa_keys_sign() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let key = kms.create_key(KeyKind::Rsa2048Sign)?;
    let version = version_of(&client, &key);
    let digests = [STANDARD.encode([1; 32]), STANDARD.encode([2; 32])];
    for algorithm in ["RSA_PSS_SHA_256", "RSA_PKCS1_SHA_256"] {
        let by =
            [("KeyId", key.as_str()), ("KeyVersionId", version.as_str()), ("Algorithm", algorithm)];
        let signed = client.ask("AsymmetricSign", &[&by[..], &[("Digest", &digests[0])]].concat());
        for (digest, expected) in [(&digests[0], true), (&digests[1], false)] {
            let more = [("Digest", digest.as_str()), ("Value", signed.text("/Value"))];
            let verified = client.ask("AsymmetricVerify", &[&by[..], &more].concat());
            assert_eq!(verified.body["Value"], expected);
        }
        let short = client.code("AsymmetricSign", &[&by[..], &[("Digest", "AAAA")]].concat());
        assert_eq!(short, "400 InvalidParameter");
    }
    let public_key = client.ask("GetPublicKey", &[("KeyId", &key)]);
    assert!(public_key.text("/PublicKey").starts_with("-----BEGIN PUBLIC KEY-----\n"));
    assert_eq!(public_key.text("/KeyVersionId"), version);
    Ok(())
}
