//! Hashing and key derivation, the same with every cipher backend.

use hkdf::Hkdf;
use sha2::{Digest, Sha512};
use zeroize::Zeroize;

use super::Failed;

/// SHA-384 (FIPS 180-4).
pub(crate) struct Sha384(sha2::Sha384);

impl Sha384 {
    pub(crate) fn new() -> Self {
        Self(sha2::Sha384::new())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> [u8; 48] {
        self.0.finalize().into()
    }
}

/// HKDF with SHA-512 (RFC 5869), after its extract step.
pub(crate) struct HkdfSha512(Hkdf<Sha512>);

impl HkdfSha512 {
    pub(crate) fn extract(salt: &[u8], secret: &[u8]) -> Self {
        let (mut prk, hkdf) = Hkdf::extract(Some(salt), secret);
        prk.as_mut_slice().zeroize();
        Self(hkdf)
    }

    /// Fills `out`; the parts of `info` count as one text.
    pub(crate) fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), Failed> {
        self.0.expand_multi_info(info, out).map_err(|_| Failed)
    }
}
