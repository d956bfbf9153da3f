//! What the AWS SDK and we tell by `tracing`, all threads, every level: no data key. A program of its
//! own, since it listens to everything in the process.

use crypto_envelope::{
    SecretBytes,
    provider::{DetachedTarget, KeyProvider, Target, UnwrapRequest, WrapRequest},
};
use crypto_envelope_aws_kms::AwsKmsProvider;
use crypto_envelope_testkit::{
    fake::{aws_kms::KeyKind, http::Fault},
    redaction,
};
use crypto_envelope_tests::{aws_kms::Kms, heard::Heard, vectors::Result};

#[tokio::test]
async fn no_data_key_is_logged() -> Result<()> {
    let heard = Heard::default();
    tracing::subscriber::set_global_default(heard.clone())?;
    let kms = Kms::start()?;
    let arn = kms.fake.create_key("us-east-1", KeyKind::Symmetric)?;
    let provider = AwsKmsProvider::new(&kms.clients, &arn)?;
    let ring = Target::Detached(DetachedTarget::KeyRing);
    let (secret, context) = (SecretBytes::random(32)?, [("purpose", "logs")].into());
    // Also what is told of a second attempt.
    kms.fake.inject(Fault::cut(20));
    let keys = provider.wrap(WrapRequest::new(&secret, ring, &context)).await?;
    provider.unwrap(UnwrapRequest::new(&keys[0], ring, &context)).await?;
    let heard = heard.text();
    assert!(heard.contains("kms") && heard.len() > 1000, "there is nothing to look at: {heard}");
    redaction::hunt(&heard, &[secret.expose()])?;
    Ok(())
}
