//! The one seam over the cipher backends: nothing else in this crate names a cipher crate.

#[cfg(feature = "aws-lc")]
mod aws_lc;
mod kdf;
mod signature;

use subtle::ConstantTimeEq;

#[cfg(not(feature = "aws-lc"))]
compile_error!("crypto-envelope needs a cipher backend: enable its feature `aws-lc`");

#[cfg(feature = "aws-lc")]
pub(crate) use self::aws_lc::{AesGcm, random};
pub(crate) use self::{
    kdf::{COMMITMENT_LENGTH, MessageKeys, derive_message_keys},
    signature::{MessageSigner, MessageVerifier, SIGNATURE_LENGTH},
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
