//! Data keys of AWS KMS.

use crypto_envelope::{
    SecretBytes,
    provider::{DetachedTarget, KeyProvider, Target, UnwrapRequest, WrapRequest},
};
use crypto_envelope_aws_kms::{
    AwsKmsClients, AwsKmsProvider, SdkConfig,
    aws_sdk_kms::config::{Credentials, SharedCredentialsProvider, StalledStreamProtectionConfig},
};
use crypto_envelope_testkit::{
    fake::{aws_kms::KeyKind, http::Fault},
    redaction,
};
use crypto_envelope_tests::{aws_kms::Kms, heard::Heard, vectors::Result};

pub(crate) async fn tells_no_data_key(heard: &Heard) -> Result<()> {
    let kms = Kms::start()?;
    let arn = kms.fake.create_key("us-east-1", KeyKind::Symmetric)?;
    let ring = Target::Detached(DetachedTarget::KeyRing);
    let (secret, context) = (SecretBytes::random(32)?, [("purpose", "logs")].into());
    for clients in [&kms.clients, &without_protection(&kms)] {
        let provider = AwsKmsProvider::new(clients, &arn)?;
        // Also what is told of a second attempt.
        kms.fake.inject(Fault::cut(20));
        let keys = provider.wrap(WrapRequest::new(&secret, ring, &context)).await?;
        provider.unwrap(UnwrapRequest::new(&keys[0], ring, &context)).await?;
    }
    let heard = heard.text();
    assert_eq!(heard.matches("transmitting request").count(), 6, "who tells of requests? {heard}");
    redaction::hunt(&heard, &[secret.expose()])?;
    Ok(())
}

/// Without a setting of the AWS SDK that keeps bodies out of its traces by chance.
fn without_protection(kms: &Kms) -> AwsKmsClients {
    let credentials = Credentials::new("test", "test", None, None, "tests");
    let config = SdkConfig::builder()
        .endpoint_url(kms.fake.endpoint())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    AwsKmsClients::new(&config)
}
