//! With the keys of an instance.

use crypto_envelope_testkit::fake::{
    alibaba_instance::FakeAlibabaInstance, alibaba_openapi::FakeAlibabaOpenApi,
};

use crate::client::{Client, Result};

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

#[test]
fn alone_there_is_no_instance() -> Result<()> {
    let kms = FakeAlibabaOpenApi::builder().tls().start()?;
    assert!(kms.endpoint().starts_with("https://") && kms.ca_pem().is_some());
    let kms = FakeAlibabaOpenApi::start()?;
    let code = Client::new(&kms).code("GetKmsInstance", &[("KmsInstanceId", "kst-x")]);
    assert_eq!(code, "404 Forbidden.DKMSInstanceNotFound");
    Ok(())
}
