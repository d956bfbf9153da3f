//! The AWS-LC backend.

#[cfg(feature = "hazmat")]
mod aes;
mod aes_gcm;
mod ecdh;
mod ecdsa;
mod rsa;

use aws_lc_rs::rand;

#[cfg(feature = "hazmat")]
pub(crate) use self::aes::{AesCbcDecryptor, AesCtr};
pub(crate) use self::{
    aes_gcm::AesGcm,
    ecdh::{EcdhKey, uncompressed},
    ecdsa::{EcdsaKey, verify_ecdsa},
    rsa::{RsaPrivateKey, RsaPublicKey},
};
use super::Failed;

/// Fills `bytes` from the random generator.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Failed> {
    rand::fill(bytes).map_err(|_| Failed)
}
