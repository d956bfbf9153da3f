//! The authentication of AES-GCM by itself, for ciphertexts that are too long to be held.

use ghash::{GHash, universal_hash::UniversalHash};
use zeroize::Zeroizing;

use super::{AesCtr, BLOCK_LENGTH, Failed, IV_LENGTH, TAG_LENGTH};

/// Computes the tag of AES-GCM without additional data (NIST SP 800-38D, algorithm 4), piece by
/// piece.
pub(crate) struct GcmTag {
    hash: GHash,
    /// What does not fill a block yet.
    pending: Vec<u8>,
    length: u64,
    mask: Zeroizing<[u8; TAG_LENGTH]>,
}

impl GcmTag {
    /// Of a ciphertext under this key and IV.
    pub(crate) fn new(key: &AesCtr, iv: &[u8; IV_LENGTH]) -> Result<Self, Failed> {
        let mut hash_key = Zeroizing::new([0; BLOCK_LENGTH]);
        key.apply([0; BLOCK_LENGTH], &mut *hash_key)?;
        let mut mask = Zeroizing::new([0; TAG_LENGTH]);
        key.apply(first_counter(iv), &mut *mask)?;
        let hash = GHash::new((&*hash_key).into());
        Ok(Self { hash, pending: Vec::with_capacity(BLOCK_LENGTH), length: 0, mask })
    }

    /// Takes the next piece of the ciphertext.
    pub(crate) fn update(&mut self, ciphertext: &[u8]) {
        self.length = self.length.saturating_add(ciphertext.len() as u64);
        let mut rest = ciphertext;
        if !self.pending.is_empty() {
            let (head, tail) = rest.split_at(rest.len().min(BLOCK_LENGTH - self.pending.len()));
            self.pending.extend_from_slice(head);
            rest = tail;
            if self.pending.len() < BLOCK_LENGTH {
                return;
            }
            self.hash.update_padded(&self.pending);
            self.pending.clear();
        }
        let (blocks, rest) = rest.split_at(rest.len() - rest.len() % BLOCK_LENGTH);
        self.hash.update_padded(blocks);
        self.pending.extend_from_slice(rest);
    }

    /// The tag of all that was taken.
    pub(crate) fn finish(mut self) -> [u8; TAG_LENGTH] {
        self.hash.update_padded(&self.pending);
        let mut lengths = [0; BLOCK_LENGTH];
        let bits = self.length.saturating_mul(8);
        lengths[BLOCK_LENGTH / 2..].copy_from_slice(&bits.to_be_bytes());
        self.hash.update_padded(&lengths);
        let mut tag: [u8; TAG_LENGTH] = self.hash.finalize().into();
        tag.iter_mut().zip(&*self.mask).for_each(|(tag, mask)| *tag ^= mask);
        tag
    }
}

/// The counter block that masks the tag; the text begins with the one behind it.
pub(crate) fn first_counter(iv: &[u8; IV_LENGTH]) -> [u8; BLOCK_LENGTH] {
    let mut counter = [0; BLOCK_LENGTH];
    counter[..IV_LENGTH].copy_from_slice(iv);
    counter[BLOCK_LENGTH - 1] = 1;
    counter
}
