//! RSAES-OAEP.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{
        KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm,
        OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    },
};

use super::CryptoError;

/// The hash of the padding, and of its mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oaep {
    Sha1,
    Sha256,
}

pub(crate) struct RsaKey(PrivateDecryptingKey);

impl RsaKey {
    pub(crate) fn generate(size: KeySize) -> Result<Self, CryptoError> {
        Ok(Self(PrivateDecryptingKey::generate(size)?))
    }

    /// From DER of PKCS #8.
    pub(crate) fn of(private_key: &[u8]) -> Result<Self, CryptoError> {
        PrivateDecryptingKey::from_pkcs8(private_key).map(Self).map_err(|_| CryptoError)
    }

    pub(crate) fn encrypt(&self, oaep: Oaep, plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let key = OaepPublicEncryptingKey::new(self.0.public_key())?;
        let mut ciphertext = vec![0; key.ciphertext_size()];
        let ciphertext = key.encrypt(oaep.algorithm(), plaintext, &mut ciphertext, None)?;
        Ok(ciphertext.to_vec())
    }

    pub(crate) fn decrypt(&self, oaep: Oaep, ciphertext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let key = OaepPrivateDecryptingKey::new(self.0.clone())?;
        let mut plaintext = vec![0; key.min_output_size()];
        let plaintext = key.decrypt(oaep.algorithm(), ciphertext, &mut plaintext, None)?;
        Ok(plaintext.to_vec())
    }

    /// The bytes of the modulus, which every ciphertext has.
    pub(crate) fn size(&self) -> usize {
        self.0.key_size_bytes()
    }

    /// As DER of an X.509 `SubjectPublicKeyInfo`.
    pub(crate) fn public_key(&self) -> Result<Vec<u8>, CryptoError> {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der()?;
        Ok(der.as_ref().to_vec())
    }

    /// As DER of PKCS #8.
    pub(crate) fn private_key(&self) -> Result<Vec<u8>, CryptoError> {
        let der: Pkcs8V1Der<'_> = self.0.as_der()?;
        Ok(der.as_ref().to_vec())
    }
}

impl Oaep {
    fn algorithm(self) -> &'static OaepAlgorithm {
        match self {
            Self::Sha1 => &OAEP_SHA1_MGF1SHA1,
            Self::Sha256 => &OAEP_SHA256_MGF1SHA256,
        }
    }
}
