//! How PKCS#12 makes keys from passwords (RFC 7292, appendix B.2).

use aws_lc_rs::hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512, digest::DynDigest};
use zeroize::Zeroizing;

use super::{Password, Refused};

/// Fills `out`.
pub(super) fn derive(
    hash: Hash,
    purpose: Purpose,
    password: &Password,
    salt: &[u8],
    iterations: u32,
    out: &mut [u8],
) -> Result<(), Refused> {
    let block_length = hash.block_length();
    let mut input = Zeroizing::new(Vec::with_capacity(
        salt.len().next_multiple_of(block_length)
            + password.bmp.len().next_multiple_of(block_length),
    ));
    repeat(salt, salt.len().next_multiple_of(block_length), &mut input);
    repeat(&password.bmp, password.bmp.len().next_multiple_of(block_length), &mut input);

    let mut hasher = hash.hasher();
    let mut digest = Zeroizing::new(vec![0; hash.length()]);
    let mut addend = Zeroizing::new(Vec::with_capacity(block_length));
    for part in out.chunks_mut(hash.length()) {
        hasher.update(&vec![purpose as u8; block_length]);
        hasher.update(&input);
        for _ in 1..iterations {
            finish(&mut *hasher, &mut digest)?;
            hasher.update(&digest);
        }
        finish(&mut *hasher, &mut digest)?;
        part.copy_from_slice(&digest[..part.len()]);
        addend.clear();
        repeat(&digest, block_length, &mut addend);
        for block in input.chunks_mut(block_length) {
            add_and_one(block, &addend);
        }
    }
    Ok(())
}

/// The digest, written into memory that is wiped.
fn finish(hasher: &mut dyn DynDigest, digest: &mut [u8]) -> Result<(), Refused> {
    hasher.finalize_into_reset(digest).map_err(|_| Refused::Damaged)
}

/// `bytes` over and over, cut off at `length`; nothing if there are none.
fn repeat(bytes: &[u8], length: usize, out: &mut Vec<u8>) {
    out.extend(bytes.iter().cycle().take(length));
}

/// Big-endian numbers of the same length; what does not fit is lost.
fn add_and_one(number: &mut [u8], addend: &[u8]) {
    let mut carry = 1;
    for (digit, other) in number.iter_mut().zip(addend).rev() {
        let sum = u16::from(*digit) + u16::from(*other) + carry;
        [_, *digit] = sum.to_be_bytes();
        carry = sum >> 8;
    }
}

/// What is made, as the format numbers it.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

#[derive(Clone, Copy)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn from_oid(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            SHA_1 => Self::Sha1,
            [front @ .., 1] if front == SHA_2 => Self::Sha256,
            [front @ .., 2] if front == SHA_2 => Self::Sha384,
            [front @ .., 3] if front == SHA_2 => Self::Sha512,
            _ => return None,
        })
    }

    /// In bytes.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn block_length(self) -> usize {
        match self {
            Self::Sha1 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }

    fn hasher(self) -> Box<dyn DynDigest> {
        match self {
            Self::Sha1 => Box::new(Sha1::default()),
            Self::Sha256 => Box::new(Sha256::default()),
            Self::Sha384 => Box::new(Sha384::default()),
            Self::Sha512 => Box::new(Sha512::default()),
        }
    }

    pub(super) fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// 1.3.14.3.2.26
const SHA_1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
/// 2.16.840.1.101.3.4.2, whose members 1 to 3 are SHA-256, SHA-384 and SHA-512.
const SHA_2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
