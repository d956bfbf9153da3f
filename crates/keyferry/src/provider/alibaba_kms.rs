//! `alibaba-kms:`.

mod symmetric;

use std::sync::Arc;

use crypto_envelope::{
    EncryptedDataKey, Error,
    provider::{KeyDescription, ProviderErrorKind},
};
use crypto_envelope_alibaba_kms::{AlibabaKmsError, AlibabaKmsInstanceProvider};

use self::symmetric::Symmetric;
use super::Service;

pub(super) const SERVICE: Service = Service {
    kinds: &[("alibaba-kms", |name, options| Ok(Arc::new(Symmetric::parse(name, options)?)))],
    recognize,
    hint_for,
};

fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
    AlibabaKmsInstanceProvider::recognize(key)
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
