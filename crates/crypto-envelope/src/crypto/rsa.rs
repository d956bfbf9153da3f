//! RSA keys, each with the implementation that takes its length: AWS-LC those of 2048 to 8192 bits,
//! the crate `rsa` the shorter ones, and without AWS-LC all.

#[cfg(feature = "aws-lc")]
use super::aws_lc;
#[cfg(feature = "rustcrypto-rsa")]
use super::rust_crypto;
use super::{Failed, RsaScheme};
use crate::{Error, Result, SecretBytes, der};

/// A public RSA key, with its padding (RFC 8017).
pub(crate) enum RsaPublicKey {
    #[cfg(feature = "aws-lc")]
    AwsLc(aws_lc::RsaPublicKey),
    #[cfg(feature = "rustcrypto-rsa")]
    RustCrypto(rust_crypto::RsaPublicKey),
}

impl RsaPublicKey {
    /// Takes a `SubjectPublicKeyInfo` in DER.
    pub(crate) fn from_spki(der: &[u8], scheme: RsaScheme) -> Result<Self> {
        let unusable = || Error::invalid_input("this is not a public RSA key");
        let bits = der::rsa::of_spki(der).and_then(|key| key.bits()).ok_or_else(unusable)?;
        match Implementation::of(bits, scheme)? {
            #[cfg(feature = "aws-lc")]
            Implementation::AwsLc(padding) => {
                aws_lc::RsaPublicKey::from_spki(der, padding).map(Self::AwsLc)
            }
            #[cfg(feature = "rustcrypto-rsa")]
            Implementation::RustCrypto => {
                rust_crypto::RsaPublicKey::from_spki(der, scheme).map(Self::RustCrypto)
            }
        }
        .map_err(|_| unusable())
    }

    pub(crate) fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, Failed> {
        match self {
            #[cfg(feature = "aws-lc")]
            Self::AwsLc(key) => key.encrypt(plaintext),
            #[cfg(feature = "rustcrypto-rsa")]
            Self::RustCrypto(key) => key.encrypt(plaintext),
        }
    }
}

/// A private RSA key, with its padding. Wiped on drop.
pub(crate) enum RsaPrivateKey {
    #[cfg(feature = "aws-lc")]
    AwsLc(aws_lc::RsaPrivateKey),
    #[cfg(feature = "rustcrypto-rsa")]
    RustCrypto(rust_crypto::RsaPrivateKey),
}

impl RsaPrivateKey {
    /// Takes a `PrivateKeyInfo` (PKCS#8) in DER; also gives the public key.
    pub(crate) fn from_pkcs8(der: &[u8], scheme: RsaScheme) -> Result<(Self, RsaPublicKey)> {
        let unusable = || Error::invalid_input("this is not an RSA key, or not a private one");
        let bits = der::rsa::of_pkcs8(der).and_then(|key| key.bits()).ok_or_else(unusable)?;
        match Implementation::of(bits, scheme)? {
            #[cfg(feature = "aws-lc")]
            Implementation::AwsLc(padding) => aws_lc::RsaPrivateKey::from_pkcs8(der, padding)
                .map(|(key, public)| (Self::AwsLc(key), RsaPublicKey::AwsLc(public))),
            #[cfg(feature = "rustcrypto-rsa")]
            Implementation::RustCrypto => rust_crypto::RsaPrivateKey::from_pkcs8(der, scheme)
                .map(|(key, public)| (Self::RustCrypto(key), RsaPublicKey::RustCrypto(public))),
        }
        .map_err(|_| unusable())
    }

    pub(crate) fn decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, Failed> {
        match self {
            #[cfg(feature = "aws-lc")]
            Self::AwsLc(key) => key.decrypt(ciphertext),
            #[cfg(feature = "rustcrypto-rsa")]
            Self::RustCrypto(key) => key.decrypt(ciphertext),
        }
    }
}

/// Who computes with a key.
enum Implementation {
    #[cfg(feature = "aws-lc")]
    AwsLc(super::RsaPadding),
    #[cfg(feature = "rustcrypto-rsa")]
    RustCrypto,
}

impl Implementation {
    /// Decides by the length and the scheme alone, so that a key that one refuses is not tried with
    /// the other.
    fn of(bits: usize, scheme: RsaScheme) -> Result<Self> {
        match (bits, scheme) {
            #[cfg(feature = "aws-lc")]
            (2048..=8192, RsaScheme::Padding(padding)) => Ok(Self::AwsLc(padding)),
            #[cfg(feature = "rustcrypto-rsa")]
            (MIN_BITS..=8192, _) => Ok(Self::RustCrypto),
            #[cfg(not(feature = "rustcrypto-rsa"))]
            (2048..=8192, RsaScheme::OaepSha256Mgf1Sha1) => Err(Error::unsupported(format!(
                "{}, as Java makes it: enable the feature `rustcrypto-rsa`",
                scheme.name()
            ))),
            (1024.., _) if bits < MIN_BITS => Err(Error::unsupported(format!(
                "an RSA key of {bits} bits: take one of {MIN_BITS} bits or more, or enable the \
                 feature `rustcrypto-rsa`"
            ))),
            _ => Err(Error::invalid_input(format!(
                "an RSA key of {bits} bits: {MIN_BITS} to 8192 are possible"
            ))),
        }
    }
}

const MIN_BITS: usize = if cfg!(feature = "rustcrypto-rsa") { 1024 } else { 2048 };
