//! RSA where nobody computes with it: keys that cannot be, and an error that names what is missing.

use super::{Failed, RsaScheme};
use crate::{Error, Result, SecretBytes};

pub(crate) enum RsaPublicKey {}

impl RsaPublicKey {
    pub(crate) fn from_spki(_: &[u8], _: RsaScheme) -> Result<Self> {
        Err(missing())
    }

    pub(crate) fn encrypt(&self, _: &[u8]) -> Result<Vec<u8>, Failed> {
        match *self {}
    }
}

pub(crate) enum RsaPrivateKey {}

impl RsaPrivateKey {
    pub(crate) fn from_pkcs8(_: &[u8], _: RsaScheme) -> Result<(Self, RsaPublicKey)> {
        Err(missing())
    }

    pub(crate) fn decrypt(&self, _: &[u8]) -> Result<SecretBytes, Failed> {
        match *self {}
    }
}

fn missing() -> Error {
    Error::unsupported(
        "RSA keys without the feature `rustcrypto-rsa`, or `aws-lc`, of crypto-envelope",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::RsaPadding;

    #[test]
    fn the_missing_feature_is_named() {
        let public = RsaPublicKey::from_spki(&[], RsaPadding::OaepSha256.into()).err();
        let private = RsaPrivateKey::from_pkcs8(&[], RsaPadding::OaepSha256.into()).err();
        for error in [public, private] {
            let named = matches!(&error, Some(Error::Unsupported { what, .. }) if what.contains("`rustcrypto-rsa`"));
            assert!(named, "{error:?}");
        }
    }
}
