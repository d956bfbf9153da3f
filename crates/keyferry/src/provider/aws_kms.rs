//! `aws-kms:` and `aws-kms-rsa:`.

mod access;
mod discovery;
mod rsa;
mod strict;

use crypto_envelope::{
    EncryptedDataKey, Error,
    provider::{KeyDescription, ProviderErrorKind},
};
use crypto_envelope_aws_kms::{AwsKmsError, AwsKmsProvider, AwsKmsRsaProvider};

pub(super) use self::{access::Access, discovery::Discovery, rsa::Rsa, strict::Strict};

/// What a wrapped key is, if a key of KMS wrapped it.
pub(super) fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
    AwsKmsProvider::recognize(key).or_else(|| AwsKmsRsaProvider::recognize(key))
}

/// What to do about an error of KMS, where the provider cannot say it as well.
pub(super) fn hint_for(error: &Error) -> Option<&'static str> {
    let Error::Provider(provider) = error else { return None };
    let kms = AwsKmsError::all_in(error).pop()?;
    let is_arn = kms.key_id().starts_with("arn:");
    match provider.kind() {
        _ if kms.lacks_credentials() => Some(
            "a profile is that of AWS_PROFILE, or --provider 'aws-kms:KEY?profile=NAME'; one of \
             single sign-on needs aws sso login",
        ),
        ProviderErrorKind::NotFound if !is_arn => {
            Some("to ask in another region: --provider 'aws-kms:KEY?region=REGION'")
        }
        _ => None,
    }
}

/// The words of an error about something that was said wrongly.
fn said(error: Error) -> String {
    match error {
        Error::InvalidInput { what, .. } => what,
        error => error.to_string(),
    }
}
