//! What a key consists of, and what is done with it.

mod ecc;
mod symmetric;

use std::fmt;

use aws_lc_rs::{
    agreement::{ECDH_P256, ECDH_P384, ECDH_P521},
    rsa::KeySize,
};

use self::{ecc::EccKey, symmetric::SymmetricKeys};
use super::{
    arn::Arn,
    error::KmsError,
    spec::{EncryptionAlgorithm, KeySpec},
};
use crate::fake::crypto::{self, Oaep, RsaKey};

pub(super) enum Material {
    Symmetric(SymmetricKeys),
    Rsa(RsaKey),
    Ecc(EccKey),
}

impl Material {
    pub(super) fn generate(spec: KeySpec) -> Result<Self, KmsError> {
        Ok(match spec {
            KeySpec::SymmetricDefault => Self::of_symmetric(crypto::random()),
            KeySpec::Rsa2048 => Self::of_rsa(KeySize::Rsa2048)?,
            KeySpec::Rsa3072 => Self::of_rsa(KeySize::Rsa3072)?,
            KeySpec::Rsa4096 => Self::of_rsa(KeySize::Rsa4096)?,
            KeySpec::EccP256 => Self::Ecc(EccKey::generate(&ECDH_P256)?),
            KeySpec::EccP384 => Self::Ecc(EccKey::generate(&ECDH_P384)?),
            KeySpec::EccP521 => Self::Ecc(EccKey::generate(&ECDH_P521)?),
        })
    }

    pub(super) fn of_symmetric(key: [u8; 32]) -> Self {
        Self::Symmetric(SymmetricKeys::new(vec![key]))
    }

    fn of_rsa(size: KeySize) -> Result<Self, KmsError> {
        RsaKey::generate(size).map(Self::Rsa).map_err(internal)
    }

    /// That of a symmetric key that waits for its import.
    pub(super) fn none() -> Self {
        Self::Symmetric(SymmetricKeys::new(Vec::new()))
    }

    /// The material that the test vectors give to the key of this name.
    pub(super) fn of_vectors(arn: &Arn) -> Self {
        let Arn { partition, account, id, region, .. } = arn;
        // Replicas share their material, so it cannot depend on the Region.
        let region = if arn.is_multi_region() { String::new() } else { format!(":{region}") };
        Self::of_symmetric(crypto::sha256(
            format!("esdk-fake-kms-key:{partition}:{account}:{id}{region}").as_bytes(),
        ))
    }

    pub(super) fn symmetric(&self) -> Result<&SymmetricKeys, KmsError> {
        match self {
            Self::Symmetric(keys) => Ok(keys),
            Self::Rsa(_) | Self::Ecc(_) => Err(KmsError::invalid_ciphertext()),
        }
    }

    /// RSAES-OAEP with the public half.
    pub(super) fn encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        self.rsa()?.encrypt(oaep(algorithm)?, plaintext).map_err(internal)
    }

    /// RSAES-OAEP with the private half.
    pub(super) fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, KmsError> {
        let opened = self.rsa()?.decrypt(oaep(algorithm)?, ciphertext);
        opened.map_err(|_| KmsError::invalid_ciphertext())
    }

    /// The bytes that every ciphertext of RSA has.
    pub(super) fn ciphertext_size(&self) -> Result<usize, KmsError> {
        self.rsa().map(RsaKey::size)
    }

    /// The secret that this key and the owner of a public key have in common, if this is a key for
    /// agreement and `public_key` fits: see [`EccKey::agree`].
    pub(super) fn agree(&self, public_key: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Ecc(key) => key.agree(public_key),
            Self::Symmetric(_) | Self::Rsa(_) => None,
        }
    }

    /// The public half, as DER of an X.509 `SubjectPublicKeyInfo`.
    pub(super) fn public_key(&self) -> Result<Vec<u8>, KmsError> {
        match self {
            Self::Rsa(key) => key.public_key().map_err(internal),
            Self::Ecc(key) => key.public_key(),
            Self::Symmetric(_) => Err(KmsError::invalid_ciphertext()),
        }
    }

    /// The private half, as DER of PKCS #8.
    pub(super) fn private_key(&self) -> Result<Vec<u8>, KmsError> {
        match self {
            Self::Rsa(key) => key.private_key().map_err(internal),
            Self::Ecc(key) => key.private_key(),
            Self::Symmetric(_) => Err(KmsError::invalid_ciphertext()),
        }
    }

    fn rsa(&self) -> Result<&RsaKey, KmsError> {
        match self {
            Self::Rsa(key) => Ok(key),
            Self::Symmetric(_) | Self::Ecc(_) => Err(KmsError::invalid_ciphertext()),
        }
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material")
    }
}

fn oaep(algorithm: EncryptionAlgorithm) -> Result<Oaep, KmsError> {
    match algorithm {
        EncryptionAlgorithm::OaepSha1 => Ok(Oaep::Sha1),
        EncryptionAlgorithm::OaepSha256 => Ok(Oaep::Sha256),
        EncryptionAlgorithm::SymmetricDefault => Err(KmsError::invalid_ciphertext()),
    }
}

fn internal<E>(_: E) -> KmsError {
    KmsError::silent("KMSInternalException")
}
