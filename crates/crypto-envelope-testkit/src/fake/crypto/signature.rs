//! Signatures by RSA, over SHA-256.

use aws_lc_rs::{
    digest::{Digest, SHA256},
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::{
        KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256,
        RSA_PSS_SHA256, RsaEncoding, RsaParameters, UnparsedPublicKey,
    },
};

use super::CryptoError;

/// What is done to a hash before it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RsaPadding {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// RSASSA-PSS, with a salt as long as the hash.
    Pss,
}

pub(crate) struct SigningKey(KeyPair);

impl SigningKey {
    pub(crate) fn generate(size: KeySize) -> Result<Self, CryptoError> {
        Ok(Self(KeyPair::generate(size)?))
    }

    /// From DER of PKCS #8.
    pub(crate) fn of(private_key: &[u8]) -> Result<Self, CryptoError> {
        KeyPair::from_pkcs8(private_key).map(Self).map_err(|_| CryptoError)
    }

    /// Signs what has this hash.
    pub(crate) fn sign(&self, padding: RsaPadding, hash: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let digest = Digest::import_less_safe(hash, &SHA256)?;
        self.0.sign_digest(padding.encoding(), &digest, &mut signature)?;
        Ok(signature)
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

/// Whether what has this hash was signed so, with the other half of a `SubjectPublicKeyInfo`.
pub(crate) fn verify(
    padding: RsaPadding,
    public_key: &[u8],
    hash: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    let digest = Digest::import_less_safe(hash, &SHA256)?;
    let key = UnparsedPublicKey::new(padding.parameters(), public_key);
    Ok(key.verify_digest(&digest, signature)?)
}

impl RsaPadding {
    fn encoding(self) -> &'static dyn RsaEncoding {
        match self {
            Self::Pkcs1 => &RSA_PKCS1_SHA256,
            Self::Pss => &RSA_PSS_SHA256,
        }
    }

    fn parameters(self) -> &'static RsaParameters {
        match self {
            Self::Pkcs1 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Pss => &RSA_PSS_2048_8192_SHA256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_is_noticed() -> Result<(), CryptoError> {
        let key = SigningKey::generate(KeySize::Rsa2048)?;
        let public_key = key.public_key()?;
        for (padding, other) in
            [(RsaPadding::Pkcs1, RsaPadding::Pss), (RsaPadding::Pss, RsaPadding::Pkcs1)]
        {
            let mut signature = key.sign(padding, &[1; 32])?;
            assert_eq!(verify(padding, &public_key, &[1; 32], &signature), Ok(()));
            assert!(verify(other, &public_key, &[1; 32], &signature).is_err());
            assert!(verify(padding, &public_key, &[2; 32], &signature).is_err());
            assert!(verify(padding, b"no key", &[1; 32], &signature).is_err());
            signature[0] ^= 1;
            assert!(verify(padding, &public_key, &[1; 32], &signature).is_err());
            assert!(key.sign(padding, &[1; 31]).is_err());
        }
        Ok(())
    }
}
