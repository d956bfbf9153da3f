//! `alibaba-kms:` and `alibaba-kms-rsa:`.

mod rsa;
mod symmetric;

use std::{path::PathBuf, sync::Arc};

use crypto_envelope::{
    EncryptedDataKey, Error,
    provider::{KeyDescription, ProviderErrorKind},
};
use crypto_envelope_alibaba_kms::{
    AlibabaKmsError, AlibabaKmsInstanceProvider, AlibabaKmsRsaProvider,
};

use self::{rsa::Rsa, symmetric::Symmetric};
use super::{Service, options::Options};
use crate::alibaba_kms::{Said, Way};

pub(super) const SERVICE: Service = Service {
    kinds: &[
        ("alibaba-kms", |name, options| Ok(Arc::new(Symmetric::parse(name, options)?))),
        ("alibaba-kms-rsa", |name, options| Ok(Arc::new(Rsa::parse(name, options)?))),
    ],
    recognize,
    hint_for,
};

fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
    AlibabaKmsInstanceProvider::recognize(key).or_else(|| AlibabaKmsRsaProvider::recognize(key))
}

/// The options that say where KMS is, and who asks.
fn take_way(options: &mut Options) -> Result<Way, String> {
    let mut take_path = |name| options.take(name).map(PathBuf::from);
    let (client_key, password_file) = (take_path("client-key"), take_path("password-file"));
    let ca = take_path("ca");
    let endpoint = options.take("endpoint");
    let (region, profile) = (options.take("region"), options.take("profile"));
    Said { endpoint, client_key, password_file, region, profile, ca }.way()
}

/// In words that options of `--provider` and those of `kms` share.
fn hint_for(error: &Error) -> Option<&'static str> {
    let Error::Provider(provider) = error else { return None };
    let kms = AlibabaKmsError::all_in(error).pop()?;
    match provider.kind() {
        _ if kms.distrusts_gateway() => Some(
            "the console of KMS gives out the CA certificate of an instance: ca names the file it is in",
        ),
        ProviderErrorKind::NotFound => {
            Some("region or endpoint say where to ask: each gateway has keys of its own")
        }
        _ => None,
    }
}
