//! RSA encryption by AWS-LC.

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey,
    Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use zeroize::Zeroizing;

use crate::{
    SecretBytes,
    crypto::{Failed, RsaPadding},
};

/// A public RSA key of 2048 to 8192 bits, with its padding (RFC 8017).
pub(crate) enum RsaPublicKey {
    Pkcs1(Pkcs1PublicEncryptingKey),
    Oaep(OaepPublicEncryptingKey, &'static OaepAlgorithm),
}

impl RsaPublicKey {
    /// Takes a `SubjectPublicKeyInfo` in DER.
    pub(crate) fn from_spki(der: &[u8], padding: RsaPadding) -> Result<Self, Failed> {
        Self::new(PublicEncryptingKey::from_der(der).map_err(|_| Failed)?, padding)
    }

    fn new(key: PublicEncryptingKey, padding: RsaPadding) -> Result<Self, Failed> {
        Ok(match oaep(padding) {
            None => Self::Pkcs1(Pkcs1PublicEncryptingKey::new(key).map_err(|_| Failed)?),
            Some(algorithm) => {
                Self::Oaep(OaepPublicEncryptingKey::new(key).map_err(|_| Failed)?, algorithm)
            }
        })
    }

    pub(crate) fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, Failed> {
        match self {
            Self::Pkcs1(key) => {
                let mut ciphertext = vec![0; key.ciphertext_size()];
                key.encrypt(plaintext, &mut ciphertext).map_err(|_| Failed)?;
                Ok(ciphertext)
            }
            Self::Oaep(key, algorithm) => {
                let mut ciphertext = vec![0; key.ciphertext_size()];
                key.encrypt(algorithm, plaintext, &mut ciphertext, None).map_err(|_| Failed)?;
                Ok(ciphertext)
            }
        }
    }
}

/// A private RSA key of 2048 to 8192 bits, with its padding. Wiped by AWS-LC on drop.
pub(crate) enum RsaPrivateKey {
    Pkcs1(Pkcs1PrivateDecryptingKey),
    Oaep(OaepPrivateDecryptingKey, &'static OaepAlgorithm),
}

impl RsaPrivateKey {
    /// Takes a `PrivateKeyInfo` (PKCS#8) in DER; also gives the public key.
    pub(crate) fn from_pkcs8(
        der: &[u8],
        padding: RsaPadding,
    ) -> Result<(Self, RsaPublicKey), Failed> {
        let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| Failed)?;
        let public = RsaPublicKey::new(key.public_key(), padding)?;
        let private = match oaep(padding) {
            None => Self::Pkcs1(Pkcs1PrivateDecryptingKey::new(key).map_err(|_| Failed)?),
            Some(algorithm) => {
                Self::Oaep(OaepPrivateDecryptingKey::new(key).map_err(|_| Failed)?, algorithm)
            }
        };
        Ok((private, public))
    }

    pub(crate) fn decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, Failed> {
        match self {
            Self::Pkcs1(key) => {
                let mut plaintext = Zeroizing::new(vec![0; key.min_output_size()]);
                key.decrypt(ciphertext, &mut plaintext)
                    .map(|plaintext| SecretBytes::from(&*plaintext))
                    .map_err(|_| Failed)
            }
            Self::Oaep(key, algorithm) => {
                let mut plaintext = Zeroizing::new(vec![0; key.min_output_size()]);
                key.decrypt(algorithm, ciphertext, &mut plaintext, None)
                    .map(|plaintext| SecretBytes::from(&*plaintext))
                    .map_err(|_| Failed)
            }
        }
    }
}

fn oaep(padding: RsaPadding) -> Option<&'static OaepAlgorithm> {
    match padding {
        RsaPadding::DangerPkcs1V15 => None,
        RsaPadding::OaepSha1 => Some(&OAEP_SHA1_MGF1SHA1),
        RsaPadding::OaepSha256 => Some(&OAEP_SHA256_MGF1SHA256),
        RsaPadding::OaepSha384 => Some(&OAEP_SHA384_MGF1SHA384),
        RsaPadding::OaepSha512 => Some(&OAEP_SHA512_MGF1SHA512),
    }
}
