//! Key pairs that are given away.

use aws_lc_rs::{
    agreement::{Algorithm, PrivateKey},
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::KeySize,
};

use super::{CryptoError, RsaKey};

/// A key pair as DER.
pub(crate) struct Pair {
    /// PKCS #8.
    pub(crate) private_key: Vec<u8>,
    /// An X.509 `SubjectPublicKeyInfo`.
    pub(crate) public_key: Vec<u8>,
}

impl Pair {
    pub(crate) fn of_rsa(size: KeySize) -> Result<Self, CryptoError> {
        let key = RsaKey::generate(size)?;
        Ok(Self { private_key: key.private_key()?, public_key: key.public_key()? })
    }

    pub(crate) fn on_curve(curve: &'static Algorithm) -> Result<Self, CryptoError> {
        let key = PrivateKey::generate(curve)?;
        let private_key: Pkcs8V1Der<'_> = key.as_der()?;
        let public_key: PublicKeyX509Der<'_> = key.compute_public_key()?.as_der()?;
        let private_key = private_key.as_ref().to_vec();
        Ok(Self { private_key, public_key: public_key.as_ref().to_vec() })
    }
}
