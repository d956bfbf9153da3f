//! What wrapped keys of this crate look like in a message.

use crypto_envelope::{
    EncryptedDataKey, Error, Result, SecretBytes,
    provider::{KeyDescription, ProviderError, ProviderErrorKind, Target},
};

use crate::AwsKmsArn;

/// The provider id of symmetric keys.
pub(crate) const SYMMETRIC: &str = "aws-kms";
/// The provider id of RSA keys.
pub(crate) const RSA: &str = "aws-kms-rsa";

/// The provider id of what two keys agreed on.
pub(crate) const ECDH: &str = "aws-kms-ecdh";

/// The provider id of branch keys.
#[cfg(feature = "hierarchy")]
pub(crate) const HIERARCHY: &str = "aws-kms-hierarchy";

/// The key that wrapped `key`, if its provider id is this one.
pub(crate) fn arn(key: &EncryptedDataKey, provider_id: &str) -> Option<AwsKmsArn> {
    let is_kms = key.provider_id() == provider_id;
    is_kms.then(|| AwsKmsArn::of_key(key.provider_info())).flatten()
}

/// The ARN of a key, and not of an alias.
pub(crate) fn key_arn(key_arn: &str) -> Result<AwsKmsArn> {
    let arn = AwsKmsArn::parse(key_arn)?;
    if !arn.is_key() {
        let message = format!("{arn} is an alias: name the key itself");
        return Err(Error::invalid_input(message));
    }
    Ok(arn)
}

pub(crate) fn describe(arn: &AwsKmsArn) -> KeyDescription {
    KeyDescription::new()
        .with_key_id(arn.to_string())
        .with_region(arn.region())
        .with_algorithm("SYMMETRIC_DEFAULT")
}

/// A data key of a message has the length that its suite says.
pub(crate) fn check_length(secret: &SecretBytes, target: Target, arn: &AwsKmsArn) -> Result<()> {
    match target {
        Target::Message(suite) if secret.len() != suite.data_key_length() => {
            let (found, needed) = (secret.len(), suite.data_key_length());
            let message = format!("{arn} unwrapped {found} bytes, where the suite needs {needed}");
            Err(ProviderError::new(ProviderErrorKind::Other, message).into())
        }
        _ => Ok(()),
    }
}
