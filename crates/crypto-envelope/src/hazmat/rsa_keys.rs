//! RSA by itself.

use std::fmt;

use crate::{
    Error, Result, SecretBytes,
    crypto::{self, RsaScheme},
    der,
    provider::RsaKey,
};

/// The private key as PKCS#8 in DER. None if only the public half is known.
#[must_use]
pub fn pkcs8(key: &RsaKey) -> Option<&[u8]> {
    key.private_key()
}

/// The content of the DER value (X.690) with this tag at the front of `der`, and what stands behind
/// it. The tag is one byte, and the length in the shortest form.
#[must_use]
pub fn der_value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    der::value(tag, der)
}

/// Encrypts small secrets with a public RSA key (RFC 8017).
pub struct RsaEncryptor {
    key: crypto::RsaPublicKey,
    modulus_length: usize,
    longest: usize,
}

impl RsaEncryptor {
    /// Takes the public half of `key`.
    ///
    /// # Errors
    ///
    /// As [`RawRsaProvider::new`](crate::provider::RawRsaProvider::new) about the key.
    pub fn new(key: &RsaKey, scheme: impl Into<RsaScheme>) -> Result<Self> {
        let scheme = scheme.into();
        let modulus_length = key.modulus_length();
        let longest = modulus_length.saturating_sub(scheme.overhead());
        let key = crypto::RsaPublicKey::from_spki(key.public_key(), scheme)?;
        Ok(Self { key, modulus_length, longest })
    }

    /// Length of the modulus in bytes.
    #[must_use]
    pub fn modulus_length(&self) -> usize {
        self.modulus_length
    }

    /// Encrypts `plaintext`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is too long for the key and its padding.
    pub fn encrypt(&self, plaintext: &SecretBytes) -> Result<Vec<u8>> {
        if plaintext.len() > self.longest {
            let message = "the secret is too long for the RSA key and its padding";
            return Err(Error::invalid_input(message));
        }
        let encrypted = self.key.encrypt(plaintext.expose());
        encrypted.map_err(|_| Error::Internal { what: "encrypting with RSA failed" })
    }
}

impl fmt::Debug for RsaEncryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaEncryptor")
    }
}

/// Decrypts small secrets with a private RSA key (RFC 8017). Whatever is wrong with a ciphertext is one
/// and the same error.
pub struct RsaDecryptor(crypto::RsaPrivateKey);

impl RsaDecryptor {
    /// Takes the private half of `key`. None if there is only the public one.
    ///
    /// # Errors
    ///
    /// As [`RawRsaProvider::new`](crate::provider::RawRsaProvider::new) about the key.
    pub fn new(key: &RsaKey, scheme: impl Into<RsaScheme>) -> Result<Option<Self>> {
        let Some(pkcs8) = key.private_key() else { return Ok(None) };
        let (key, _) = crypto::RsaPrivateKey::from_pkcs8(pkcs8, scheme.into())?;
        Ok(Some(Self(key)))
    }

    /// Decrypts `ciphertext`, to a secret of exactly `length` bytes.
    ///
    /// # Errors
    ///
    /// [`Error::unauthentic_key`] if it was not made with this key, or its plaintext is longer or
    /// shorter.
    pub fn decrypt(&self, ciphertext: &[u8], length: usize) -> Result<SecretBytes> {
        let secret = self.0.decrypt(ciphertext).ok().filter(|secret| secret.len() == length);
        secret.ok_or_else(Error::unauthentic_key)
    }
}

impl fmt::Debug for RsaDecryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaDecryptor")
    }
}
