//! What fakes do with keys. AWS-LC directly, so that a mistake in the cipher code of the core does
//! not meet itself here.

pub(crate) mod aes_gcm;
#[cfg(any(feature = "s3", feature = "tencent-cos"))]
mod md5;
mod pair;
mod rsa;
mod signature;

use std::{error::Error, fmt};

use aws_lc_rs::{digest, error::Unspecified, rand};

#[cfg(any(feature = "s3", feature = "tencent-cos"))]
pub(crate) use self::md5::md5;
pub(crate) use self::{
    pair::Pair,
    rsa::{Oaep, RsaKey},
    signature::{RsaPadding, SigningKey, verify},
};

/// Something cannot be done with a key. Why is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CryptoError;

impl From<Unspecified> for CryptoError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

impl fmt::Display for CryptoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this cannot be done with the key")
    }
}

impl Error for CryptoError {}

/// Random bytes. Without them there is nothing to test.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("AWS-LC aborts rather than be without randomness");
    bytes
}

pub(crate) fn random_bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).expect("AWS-LC aborts rather than be without randomness");
    bytes
}

/// A random name in the form of a UUID.
pub(crate) fn uuid() -> String {
    let hex = hex(&random::<16>());
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().try_into().expect("a SHA-256 hash has 32 bytes")
}
