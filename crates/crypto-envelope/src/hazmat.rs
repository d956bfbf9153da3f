//! Primitives for the provider crates of this workspace (feature `hazmat`). Used wrongly they protect
//! nothing, and they may change with any release.

use std::fmt;

use crate::{
    EncryptionContext, Error, Result, SecretBytes,
    crypto::{self, Hash, Hasher},
    der,
    provider::{RsaKey, RsaPadding},
};

/// Binds a secret to an encryption context, where the wrapping itself cannot: the SHA-384 of the context
/// and then the secret are what is wrapped (AWS Encryption SDK specification, "AWS KMS RSA Keyring").
///
/// # Errors
///
/// [`Error::InvalidInput`] if the context is larger than the format can hold.
pub fn bind(secret: &SecretBytes, context: &EncryptionContext) -> Result<SecretBytes> {
    let digest = digest(context)?;
    SecretBytes::filled_by(DIGEST_LENGTH + secret.len(), |bytes| {
        let (first, rest) = bytes.split_at_mut(DIGEST_LENGTH);
        first.copy_from_slice(&digest);
        rest.copy_from_slice(secret.expose());
        Ok(())
    })
}

/// The secret that was [bound](bind), compared in constant time.
///
/// # Errors
///
/// [`Error::unauthentic_key`] if it was bound to another context; as [`bind`].
pub fn release(bound: &SecretBytes, context: &EncryptionContext) -> Result<SecretBytes> {
    let parts = bound.expose().split_at_checked(DIGEST_LENGTH);
    let (found, secret) = parts.ok_or_else(Error::unauthentic_key)?;
    if SecretBytes::from(found).equals(&digest(context)?) {
        Ok(SecretBytes::from(secret))
    } else {
        Err(Error::unauthentic_key())
    }
}

/// Of 48 bytes.
fn digest(context: &EncryptionContext) -> Result<Vec<u8>> {
    let mut hasher = Hasher::new(Hash::Sha384);
    hasher.update(context.serialize()?);
    Ok(hasher.finish())
}

const DIGEST_LENGTH: usize = 48;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bound_is_released_to_its_context_alone() -> Result<()> {
        let context = EncryptionContext::from([("tenant", "blue")]);
        let secret = SecretBytes::from(&b"secret"[..]);
        let bound = bind(&secret, &context)?;
        assert_eq!(bound.len(), 48 + 6);
        assert!(release(&bound, &context)?.equals(b"secret"));
        let others = [EncryptionContext::new(), EncryptionContext::from([("tenant", "red")])];
        for other in others {
            assert!(release(&bound, &other).is_err());
        }
        for length in [0, 47] {
            assert!(release(&SecretBytes::from(&bound.expose()[..length]), &context).is_err());
        }
        assert!(release(&SecretBytes::from(&bound.expose()[..48]), &context)?.is_empty());
        Ok(())
    }
}
