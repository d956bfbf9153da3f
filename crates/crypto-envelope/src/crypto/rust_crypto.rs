//! The backend in pure Rust: the crates of `RustCrypto`.

#[cfg(all(feature = "rustcrypto", feature = "hazmat"))]
mod aes;
#[cfg(feature = "rustcrypto")]
mod aes_gcm;
#[cfg(feature = "rustcrypto")]
mod ecdh;
#[cfg(feature = "rustcrypto")]
mod ecdsa;
#[cfg(feature = "rustcrypto-rsa")]
mod rsa;

#[cfg(all(feature = "rustcrypto", feature = "hazmat"))]
pub(crate) use self::aes::{AesCbcDecryptor, AesCtr};
#[cfg(feature = "rustcrypto-rsa")]
pub(crate) use self::rsa::{RsaPrivateKey, RsaPublicKey};
#[cfg(feature = "rustcrypto")]
pub(crate) use self::{
    aes_gcm::AesGcm,
    ecdh::{EcdhKey, uncompressed},
    ecdsa::{EcdsaKey, verify_ecdsa},
};
#[cfg(feature = "rustcrypto")]
use super::Failed;

/// Fills `bytes` from the random generator of the system.
#[cfg(feature = "rustcrypto")]
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Failed> {
    getrandom::fill(bytes).map_err(|_| Failed)
}

/// Compiles only for what is wiped on drop: a feature `zeroize` that is missing must be noticed.
const fn assert_wiped<T: zeroize::ZeroizeOnDrop>() {}
