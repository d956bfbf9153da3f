//! With the keys of an instance.

use std::time::{Duration, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::{
    alibaba_instance::FakeAlibabaInstance, alibaba_openapi::FakeAlibabaOpenApi,
};

use crate::{
    client::{Client, NOW, Result},
    fields::field,
    instance_client::Client as InstanceClient,
};

#[test]
fn what_one_gets_both_have() -> Result<()> {
    let instance = FakeAlibabaInstance::builder().tls().start()?;
    let samples = instance.create_samples()?;
    let public = FakeAlibabaOpenApi::beside(&instance)?;
    assert_eq!(public.create_samples()?, samples);
    let client = Client::new(&public);
    instance.create_alias("alias/a", &samples["symmetric"])?;
    let described = client.ask("DescribeKey", &[("KeyId", "alias/a")]);
    assert_eq!(described.text("/KeyMetadata/KeyId"), samples["symmetric"]);
    instance.disable_key("alias/a")?;
    let encrypt = || client.code("Encrypt", &[("KeyId", "alias/a"), ("Plaintext", "x")]);
    assert_eq!(encrypt(), "409 Rejected.Disabled");
    instance.enable_key("alias/a")?;
    assert_eq!(encrypt(), "200 ok");
    let version = instance.put_secret("name", "data");
    let secret = client.ask("GetSecretValue", &[("SecretName", "name")]);
    assert_eq!((secret.text("/SecretData"), secret.text("/VersionId")), ("data", &*version));
    assert_eq!(secret.text("/VersionStages/VersionStage/0"), "ACSCurrent");
    assert_eq!(
        client.code("GetSecretValue", &[("SecretName", "x")]),
        "404 Forbidden.ResourceNotFound"
    );

    let told = client.ask("GetKmsInstance", &[("KmsInstanceId", instance.id())]);
    let pem = told.text("/KmsInstance/CaCertificateChainPem");
    assert_eq!(Some(pem), instance.ca_pem());
    let created = client.ask("CreateKey", &[("DKMSInstanceId", instance.id())]);
    assert_eq!(created.text("/KeyMetadata/DKMSInstanceId"), instance.id());
    assert!(instance.rotate_key(created.text("/KeyMetadata/KeyId")).is_ok());
    Ok(())
}

/// The SHA-256 of `a=1`.
const AAD: &str = "wi/qXXQo5c9H72NUyXySI8ldbc3D4NIwD/eQVrH/PYU=";

#[test]
fn ciphertexts_go_from_one_to_the_other() -> Result<()> {
    let instance = FakeAlibabaInstance::start()?;
    let public = FakeAlibabaOpenApi::beside(&instance)?;
    let key = instance.create_samples()?["symmetric"].clone();
    // Both set the clock that they share; what was said last is the time.
    let theirs = InstanceClient::new(&instance);
    let aad = field(4, STANDARD.decode(AAD)?);
    let sealed = theirs.ask("AdvanceEncrypt", &[field(1, &key), field(2, "text"), aad.clone()]);
    let blob = sealed.bytes(2);
    let ours = Client::new(&public);
    let context = ("EncryptionContext", r#"{"a":"1"}"#);
    let text = STANDARD.encode(blob.strip_prefix(b"$\0\x02").ok_or("no blob")?);
    let opened = ours.ask("Decrypt", &[("CiphertextBlob", &text), context]);
    assert_eq!(opened.text("/Plaintext"), "text");
    assert_eq!(ours.code("Decrypt", &[("CiphertextBlob", &text)]), "400 InvalidParameter");

    let sealed = ours.ask("Encrypt", &[("KeyId", &key), ("Plaintext", "back"), context]);
    let blob = [b"$\0\x02", &STANDARD.decode(sealed.text("/CiphertextBlob"))?[..]].concat();
    let theirs = InstanceClient::new(&instance);
    assert_eq!(theirs.ask("AdvanceDecrypt", &[field(1, &blob), aad]).text(2), "back");
    assert_eq!(theirs.code("AdvanceDecrypt", &[field(1, &blob)]), "400 InvalidParameter");
    // What is no text cannot be told.
    let binary = theirs.ask("AdvanceEncrypt", &[field(1, &key), field(2, [0xFF])]).bytes(2);
    let text = STANDARD.encode(&binary[3..]);
    public.set_clock(Some(UNIX_EPOCH + Duration::from_secs(NOW)));
    assert_eq!(ours.code("Decrypt", &[("CiphertextBlob", &text)]), "400 UnsupportedOperation");
    Ok(())
}

#[test]
fn alone_there_is_no_instance() -> Result<()> {
    let kms = FakeAlibabaOpenApi::builder().tls().start()?;
    assert!(kms.endpoint().starts_with("https://") && kms.ca_pem().is_some());
    let kms = FakeAlibabaOpenApi::start()?;
    let code = Client::new(&kms).code("GetKmsInstance", &[("KmsInstanceId", "kst-x")]);
    assert_eq!(code, "404 Forbidden.DKMSInstanceNotFound");
    Ok(())
}
