//! Gateways of Alibaba Cloud KMS to try things with.

use std::{
    env::{self, VarError},
    error::Error,
};

use crypto_envelope::SecretBytes;
use crypto_envelope_alibaba_kms::{
    AlibabaKmsInstance, AlibabaKmsOpenApi, AlibabaKmsSettings, ClientKey,
    openapi::{AccessKey, Credentials},
};
use crypto_envelope_testkit::fake::{
    alibaba_instance::{FakeAlibabaInstance, KeyKind},
    alibaba_openapi::FakeAlibabaOpenApi,
};

/// An instance, the OpenAPI, and a symmetric key that both can use.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExampleKms {
    /// The gateway of the instance.
    pub instance: AlibabaKmsInstance,
    /// A gateway of the OpenAPI.
    pub openapi: AlibabaKmsOpenApi,
    /// The id of the key.
    pub key_id: String,
    /// They end when they are dropped.
    _fakes: Option<(FakeAlibabaInstance, FakeAlibabaOpenApi)>,
}

impl ExampleKms {
    /// What these variables say; or, without the first of them, fakes inside this process:
    ///
    /// - `CRYPTO_ENVELOPE_ALIBABA_KMS_KEY`: the id of the key
    /// - `CRYPTO_ENVELOPE_ALIBABA_KMS_INSTANCE`: the endpoint of the instance
    /// - `CRYPTO_ENVELOPE_ALIBABA_KMS_CA`: the file of its CA certificate
    /// - `CRYPTO_ENVELOPE_ALIBABA_KMS_CLIENT_KEY`: the file of the ClientKey
    /// - `CRYPTO_ENVELOPE_ALIBABA_KMS_PASSWORD`: its password
    /// - `CRYPTO_ENVELOPE_ALIBABA_KMS_OPENAPI`: the endpoint of the OpenAPI, whose credentials are those of
    ///   the vendor's tools
    ///
    /// # Errors
    ///
    /// If one of the others is missing or cannot be used, or a fake cannot be started.
    pub fn from_env() -> Result<Self, Box<dyn Error>> {
        match variable("KEY") {
            Ok(key_id) => Self::real(key_id),
            Err(_) => Self::fake(),
        }
    }

    fn real(key_id: String) -> Result<Self, Box<dyn Error>> {
        let password = SecretBytes::from(variable("PASSWORD")?.into_bytes());
        let key = ClientKey::from_file(variable("CLIENT_KEY")?, &password)?;
        let settings = AlibabaKmsSettings::new().ca_file(variable("CA")?)?;
        let instance = AlibabaKmsInstance::new(&variable("INSTANCE")?, &key, &settings)?;
        let credentials = Credentials::find()?;
        let openapi = AlibabaKmsOpenApi::new(
            &variable("OPENAPI")?,
            credentials.access_key(),
            &AlibabaKmsSettings::new(),
        )?;
        Ok(Self { instance, openapi, key_id, _fakes: None })
    }

    fn fake() -> Result<Self, Box<dyn Error>> {
        let fake_instance = FakeAlibabaInstance::start()?;
        let fake_openapi = FakeAlibabaOpenApi::beside(&fake_instance)?;
        let settings = AlibabaKmsSettings::new();
        let key = fake_instance.client_key();
        let key = ClientKey::from_private_key(key.id(), key.private_key())?;
        let instance = AlibabaKmsInstance::new(&fake_instance.endpoint(), &key, &settings)?;
        let key = fake_openapi.access_key();
        let key = AccessKey::new(key.id(), key.secret().as_bytes())?;
        let openapi = AlibabaKmsOpenApi::new(&fake_openapi.endpoint(), &key, &settings)?;
        let key_id = fake_instance.create_key(KeyKind::Symmetric)?;
        Ok(Self { instance, openapi, key_id, _fakes: Some((fake_instance, fake_openapi)) })
    }
}

fn variable(name: &str) -> Result<String, VarError> {
    env::var(format!("CRYPTO_ENVELOPE_ALIBABA_KMS_{name}"))
}
