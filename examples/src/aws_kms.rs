//! A key in AWS KMS to try things with.

use std::{env, error::Error};

use crypto_envelope::blocking;
use crypto_envelope_aws_kms::{
    AwsKmsClients, SdkConfig,
    aws_sdk_kms::config::{Credentials, SharedCredentialsProvider},
};
use crypto_envelope_testkit::fake::aws_kms::{FakeAwsKms, KeyKind};

/// A KMS key to try things with.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExampleKey {
    /// The way to it.
    pub clients: AwsKmsClients,
    /// Its name.
    pub arn: String,
    /// Ends when it is dropped.
    _fake: Option<FakeAwsKms>,
}

impl ExampleKey {
    /// The key whose ARN is in `CRYPTO_ENVELOPE_AWS_KMS_KEY`, with the credentials of the AWS tools; or,
    /// without the variable, one in a fake AWS KMS inside this process.
    ///
    /// # Errors
    ///
    /// If the fake cannot be started, or the configuration of AWS cannot be used.
    pub fn from_env() -> Result<Self, Box<dyn Error>> {
        if let Ok(arn) = env::var("CRYPTO_ENVELOPE_AWS_KMS_KEY") {
            return Ok(Self { clients: blocking::wait(AwsKmsClients::load())?, arn, _fake: None });
        }
        let fake = FakeAwsKms::start()?;
        let arn = fake.create_key("us-east-1", KeyKind::Symmetric)?;
        let anybody = Credentials::new("AKIDEXAMPLE", "not secret", None, None, "example");
        let config = SdkConfig::builder()
            .endpoint_url(fake.endpoint())
            .credentials_provider(SharedCredentialsProvider::new(anybody))
            .build();
        Ok(Self { clients: AwsKmsClients::new(&config), arn, _fake: Some(fake) })
    }
}
