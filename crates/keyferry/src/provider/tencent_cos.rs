//! `cos-aes:` and `cos-rsa:`.

mod aes;
mod rsa;

use std::sync::Arc;

use crypto_envelope::{EncryptedDataKey, provider::KeyDescription};
use crypto_envelope_tencent_cos::{CosAesProvider, CosKmsProvider, CosRsaProvider};

use self::{aes::CosAes, rsa::CosRsa};
use super::Service;

pub(super) const SERVICE: Service = Service {
    kinds: &[
        ("cos-aes", |name, options| Ok(Arc::new(CosAes::parse(name, options)?))),
        ("cos-rsa", |name, options| Ok(Arc::new(CosRsa::parse(name, options)?))),
    ],
    recognize,
    hint_for: |_| None,
};

fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
    CosAesProvider::recognize(key)
        .or_else(|| CosRsaProvider::recognize(key))
        .or_else(|| CosKmsProvider::recognize(key))
}
