//! Primitives for the provider crates of this workspace (feature `hazmat`). Used wrongly they protect
//! nothing, and they may change with any release.

use std::fmt;

use crate::{
    Error, Result, SecretBytes, crypto,
    provider::{RsaKey, RsaPadding},
};

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
    pub fn new(key: &RsaKey, padding: RsaPadding) -> Result<Self> {
        let modulus_length = key.modulus_length();
        let longest = modulus_length.saturating_sub(padding.overhead());
        let key = crypto::RsaPublicKey::from_spki(key.public_key(), padding)?;
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
