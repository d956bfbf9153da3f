//! The one seam over the cipher backends: primitives, and nothing of the message format. No other
//! file of this crate names a cipher crate.

#[cfg(all(test, feature = "aws-lc", feature = "rustcrypto"))]
mod agreement;
#[cfg(feature = "aws-lc")]
mod aws_lc;
mod curve;
mod ec_curve;
#[cfg(feature = "hazmat")]
mod ghash;
mod hash;
#[cfg(not(any(feature = "aws-lc", feature = "rustcrypto-rsa")))]
mod no_rsa;
#[cfg(any(feature = "aws-lc", feature = "rustcrypto-rsa"))]
mod rsa;
mod rsa_padding;
#[cfg_attr(
    not(feature = "hazmat"),
    allow(dead_code, unreachable_pub, reason = "all of it is for those who use `hazmat`")
)]
mod rsa_scheme;
#[cfg_attr(
    all(feature = "aws-lc", not(test)),
    allow(dead_code, unused_imports, reason = "with both backends, tests alone use this one")
)]
#[cfg(any(feature = "rustcrypto", feature = "rustcrypto-rsa"))]
mod rust_crypto;

use subtle::ConstantTimeEq;

#[cfg(not(any(feature = "aws-lc", feature = "rustcrypto")))]
compile_error!(
    "crypto-envelope needs a cipher backend: enable its feature `aws-lc` (fast, needs a C \
     compiler) or `rustcrypto` (pure Rust)"
);

#[cfg(all(feature = "aws-lc", feature = "hazmat"))]
pub(crate) use self::aws_lc::{AesCbcDecryptor, AesCtr};
#[cfg(feature = "aws-lc")]
pub(crate) use self::aws_lc::{AesGcm, EcdhKey, EcdsaKey, random, uncompressed, verify_ecdsa};
#[cfg(feature = "hazmat")]
pub(crate) use self::ghash::{GcmTag, first_counter};
#[cfg(not(any(feature = "aws-lc", feature = "rustcrypto-rsa")))]
pub(crate) use self::no_rsa::{RsaPrivateKey, RsaPublicKey};
#[cfg(any(feature = "aws-lc", feature = "rustcrypto-rsa"))]
pub(crate) use self::rsa::{RsaPrivateKey, RsaPublicKey};
#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub, reason = "public in `hazmat`"))]
pub use self::rsa_scheme::RsaScheme;
#[cfg(all(feature = "rustcrypto", not(feature = "aws-lc"), feature = "hazmat"))]
pub(crate) use self::rust_crypto::{AesCbcDecryptor, AesCtr};
#[cfg(all(feature = "rustcrypto", not(feature = "aws-lc")))]
pub(crate) use self::rust_crypto::{AesGcm, EcdhKey, EcdsaKey, random, uncompressed, verify_ecdsa};
pub(crate) use self::{
    curve::Curve,
    hash::{Hash, Hasher, Hkdf, counter_kdf},
};
pub use self::{ec_curve::EcCurve, rsa_padding::RsaPadding};

/// Compares in a time that does not depend on where the bytes differ.
pub(crate) fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// A primitive refused, with no detail on purpose: the caller knows what was tried.
#[derive(Debug)]
pub(crate) struct Failed;

pub(crate) const IV_LENGTH: usize = 12;
pub(crate) const TAG_LENGTH: usize = 16;
/// That of AES.
#[cfg(feature = "hazmat")]
pub(crate) const BLOCK_LENGTH: usize = 16;
