//! `aws-kms:` and `aws-kms-rsa:`.

mod access;
mod discovery;
mod rsa;
mod strict;

use std::sync::Arc;

use crypto_envelope::{
    EncryptedDataKey, Error,
    provider::{KeyDescription, ProviderErrorKind},
};
use crypto_envelope_aws_kms::{AwsKmsError, AwsKmsProvider, AwsKmsRsaProvider};

use self::{discovery::Discovery, rsa::Rsa, strict::Strict};
use super::{Service, Spec, options::Options, said};

pub(super) use self::access::Access;

pub(super) const SERVICE: Service = Service {
    kinds: &[
        ("aws-kms", symmetric),
        ("aws-kms-rsa", |name, options| Ok(Arc::new(Rsa::parse(name, options)?))),
    ],
    recognize,
    hint_for,
};

fn symmetric(name: &str, options: Options) -> Result<Arc<dyn Spec>, String> {
    Ok(match name {
        "discovery" => Arc::new(Discovery::parse(options)?),
        key => Arc::new(Strict::parse(key, options)?),
    })
}

fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
    AwsKmsProvider::recognize(key).or_else(|| AwsKmsRsaProvider::recognize(key))
}

fn hint_for(error: &Error) -> Option<&'static str> {
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
