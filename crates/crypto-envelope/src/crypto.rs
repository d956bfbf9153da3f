//! The one seam over the cipher backends: primitives, and nothing of the message format. No other
//! file of this crate names a cipher crate.

#[cfg(feature = "aws-lc")]
mod aws_lc;
mod curve;
mod hash;
mod rsa;
mod rsa_padding;
#[cfg(feature = "rustcrypto-rsa")]
mod rust_crypto;

use subtle::ConstantTimeEq;

#[cfg(not(feature = "aws-lc"))]
compile_error!("crypto-envelope needs a cipher backend: enable its feature `aws-lc`");

#[cfg(feature = "aws-lc")]
pub(crate) use self::aws_lc::{AesGcm, EcdsaKey, random, verify_ecdsa};
pub use self::rsa_padding::RsaPadding;
pub(crate) use self::{
    curve::Curve,
    hash::{Hash, Hasher, Hkdf},
    rsa::{RsaPrivateKey, RsaPublicKey},
};

/// Compares in a time that does not depend on where the bytes differ.
pub(crate) fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// A primitive refused, with no detail on purpose: the caller knows what was tried.
#[derive(Debug)]
pub(crate) struct Failed;

pub(crate) const IV_LENGTH: usize = 12;
pub(crate) const TAG_LENGTH: usize = 16;
