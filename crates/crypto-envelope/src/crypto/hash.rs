//! Hashing and key derivation, the same with every cipher backend.

use hkdf::Hkdf as Rfc5869;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use zeroize::Zeroize;

use super::Failed;

/// The hash functions of FIPS 180-4 that the format uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// A hash under way.
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(hash: Hash) -> Self {
        match hash {
            Hash::Sha256 => Self::Sha256(Sha256::new()),
            Hash::Sha384 => Self::Sha384(Sha384::new()),
            Hash::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha384(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(hash) => hash.finalize().to_vec(),
            Self::Sha384(hash) => hash.finalize().to_vec(),
            Self::Sha512(hash) => hash.finalize().to_vec(),
        }
    }
}

/// HKDF (RFC 5869), after its extract step.
pub(crate) enum Hkdf {
    Sha256(Rfc5869<Sha256>),
    Sha384(Rfc5869<Sha384>),
    Sha512(Rfc5869<Sha512>),
}

macro_rules! extract {
    ($variant:ident, $salt:ident, $secret:ident) => {{
        let (mut prk, hkdf) = Rfc5869::extract(Some($salt), $secret);
        prk.as_mut_slice().zeroize();
        Self::$variant(hkdf)
    }};
}

impl Hkdf {
    pub(crate) fn extract(hash: Hash, salt: &[u8], secret: &[u8]) -> Self {
        match hash {
            Hash::Sha256 => extract!(Sha256, salt, secret),
            Hash::Sha384 => extract!(Sha384, salt, secret),
            Hash::Sha512 => extract!(Sha512, salt, secret),
        }
    }

    /// Fills `out`; the parts of `info` count as one text.
    pub(crate) fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), Failed> {
        let expanded = match self {
            Self::Sha256(hkdf) => hkdf.expand_multi_info(info, out),
            Self::Sha384(hkdf) => hkdf.expand_multi_info(info, out),
            Self::Sha512(hkdf) => hkdf.expand_multi_info(info, out),
        };
        expanded.map_err(|_| Failed)
    }
}

/// Fills `out` by the counter mode of SP 800-108r1, section 4.1, with HMAC and a counter of 32 bits.
pub(crate) fn counter_kdf(
    hash: Hash,
    key: &[u8],
    label: &[u8],
    context: &[u8],
    out: &mut [u8],
) -> Result<(), Failed> {
    match hash {
        Hash::Sha256 => count_with::<Hmac<Sha256>>(key, label, context, out),
        Hash::Sha384 => count_with::<Hmac<Sha384>>(key, label, context, out),
        Hash::Sha512 => count_with::<Hmac<Sha512>>(key, label, context, out),
    }
}

fn count_with<M: Mac + KeyInit>(
    key: &[u8],
    label: &[u8],
    context: &[u8],
    out: &mut [u8],
) -> Result<(), Failed> {
    let bits = out.len().checked_mul(8).and_then(|bits| u32::try_from(bits).ok()).ok_or(Failed)?;
    for (counter, block) in (1_u32..).zip(out.chunks_mut(M::output_size())) {
        let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| Failed)?;
        mac.update(&counter.to_be_bytes());
        mac.update(label);
        mac.update(&[0]);
        mac.update(context);
        mac.update(&bits.to_be_bytes());
        let mut result = mac.finalize().into_bytes();
        block.copy_from_slice(&result[..block.len()]);
        result.as_mut_slice().zeroize();
    }
    Ok(())
}
