//! AES-GCM by AWS-LC.

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::crypto::{Failed, IV_LENGTH, TAG_LENGTH};

/// An AES-GCM key with 12-byte IVs and 16-byte tags (NIST SP 800-38D). Wiped by AWS-LC on drop.
pub(crate) struct AesGcm(LessSafeKey);

impl AesGcm {
    /// A key of 16, 24 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self, Failed> {
        let algorithm = match key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return Err(Failed),
        };
        Ok(Self(LessSafeKey::new(UnboundKey::new(algorithm, key).map_err(|_| Failed)?)))
    }

    /// Encrypts `plaintext` into `ciphertext`, which has the same length, and writes the tag.
    pub(crate) fn seal(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
        tag: &mut [u8; TAG_LENGTH],
    ) -> Result<(), Failed> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        self.0
            .seal_out_of_place_scatter(nonce, Aad::from(aad), plaintext, ciphertext, &[], tag)
            .map_err(|_| Failed)
    }

    /// Decrypts `ciphertext` into `plaintext`, which has the same length. On failure `plaintext`
    /// holds nothing usable and is wiped.
    pub(crate) fn open(
        &self,
        iv: &[u8; IV_LENGTH],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8; TAG_LENGTH],
        plaintext: &mut [u8],
    ) -> Result<(), Failed> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        self.0.open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, plaintext).map_err(
            |_| {
                plaintext.fill(0);
                Failed
            },
        )
    }
}

impl fmt::Debug for AesGcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesGcm")
    }
}
