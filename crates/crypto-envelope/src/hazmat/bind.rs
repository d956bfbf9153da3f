//! Binding a secret to an encryption context.

use crate::{
    EncryptionContext, Error, Result, SecretBytes,
    crypto::{Hash, Hasher},
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
