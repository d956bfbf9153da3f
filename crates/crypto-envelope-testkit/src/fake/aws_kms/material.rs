//! What a key consists of, and what is done with it. AWS-LC directly, so that a mistake in the
//! cipher code of the core does not meet itself here.

mod ecc;
mod rsa;
mod symmetric;

use std::fmt;

use aws_lc_rs::{
    agreement::{ECDH_P256, ECDH_P384, ECDH_P521},
    digest, rand,
    rsa::KeySize,
};

use self::{ecc::EccKey, rsa::RsaKey, symmetric::SymmetricKeys};
use super::{arn::Arn, error::KmsError, spec::KeySpec};

pub(super) enum Material {
    Symmetric(SymmetricKeys),
    Rsa(RsaKey),
    Ecc(EccKey),
}

impl Material {
    pub(super) fn generate(spec: KeySpec) -> Result<Self, KmsError> {
        Ok(match spec {
            KeySpec::SymmetricDefault => Self::of_symmetric(random()),
            KeySpec::Rsa2048 => Self::Rsa(RsaKey::generate(KeySize::Rsa2048)?),
            KeySpec::Rsa3072 => Self::Rsa(RsaKey::generate(KeySize::Rsa3072)?),
            KeySpec::Rsa4096 => Self::Rsa(RsaKey::generate(KeySize::Rsa4096)?),
            KeySpec::EccP256 => Self::Ecc(EccKey::generate(&ECDH_P256)?),
            KeySpec::EccP384 => Self::Ecc(EccKey::generate(&ECDH_P384)?),
            KeySpec::EccP521 => Self::Ecc(EccKey::generate(&ECDH_P521)?),
        })
    }

    pub(super) fn of_symmetric(key: [u8; 32]) -> Self {
        Self::Symmetric(SymmetricKeys::new(vec![key]))
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
        Self::of_symmetric(sha256(
            format!("esdk-fake-kms-key:{partition}:{account}:{id}{region}").as_bytes(),
        ))
    }

    pub(super) fn symmetric(&self) -> Result<&SymmetricKeys, KmsError> {
        match self {
            Self::Symmetric(keys) => Ok(keys),
            Self::Rsa(_) | Self::Ecc(_) => Err(KmsError::invalid_ciphertext()),
        }
    }

    pub(super) fn rsa(&self) -> Result<&RsaKey, KmsError> {
        match self {
            Self::Rsa(key) => Ok(key),
            Self::Symmetric(_) | Self::Ecc(_) => Err(KmsError::invalid_ciphertext()),
        }
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
            Self::Rsa(key) => key.public_key(),
            Self::Ecc(key) => key.public_key(),
            Self::Symmetric(_) => Err(KmsError::invalid_ciphertext()),
        }
    }

    /// The private half, as DER of PKCS #8.
    pub(super) fn private_key(&self) -> Result<Vec<u8>, KmsError> {
        match self {
            Self::Rsa(key) => key.private_key(),
            Self::Ecc(key) => key.private_key(),
            Self::Symmetric(_) => Err(KmsError::invalid_ciphertext()),
        }
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material")
    }
}

/// Random bytes. Without them there is nothing to test.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("AWS-LC aborts rather than be without randomness");
    bytes
}

pub(super) fn random_bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).expect("AWS-LC aborts rather than be without randomness");
    bytes
}

/// A random name in the form of a UUID.
pub(super) fn uuid() -> String {
    let hex = hex(&random::<16>());
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().try_into().expect("a SHA-256 hash has 32 bytes")
}

fn internal(_: aws_lc_rs::error::Unspecified) -> KmsError {
    KmsError::silent("KMSInternalException")
}
