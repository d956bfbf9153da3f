//! AES-CTR from any place on.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    Error, Result, SecretBytes,
    crypto::{self, BLOCK_LENGTH},
};

/// The key stream of AES-CTR (NIST SP 800-38A, 6.5) under one key and IV, of which all 128 bits count.
///
/// It authenticates nothing: whoever changes a bit of the ciphertext changes that bit of the plaintext. And each
/// byte of the key stream may meet one byte of plaintext only: two of them tell their difference.
pub struct AesCtr {
    cipher: crypto::AesCtr,
    iv: [u8; BLOCK_LENGTH],
}

impl AesCtr {
    /// With a key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the key has another length.
    pub fn new(key: &SecretBytes, iv: [u8; BLOCK_LENGTH]) -> Result<Self> {
        Ok(Self { cipher: cipher(key)?, iv })
    }

    /// Encrypts, or decrypts, in place what stands at this place of the whole.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] if the cipher refuses.
    pub fn apply(&self, offset: u64, data: &mut [u8]) -> Result<()> {
        let inside = usize::try_from(offset % BLOCK_LENGTH as u64).unwrap_or(0);
        let first = offset / BLOCK_LENGTH as u64;
        if inside == 0 {
            return self.apply_from(first, data);
        }
        let (head, rest) = data.split_at_mut(data.len().min(BLOCK_LENGTH - inside));
        let mut block = Zeroizing::new([0; BLOCK_LENGTH]);
        self.apply_from(first, &mut *block)?;
        head.iter_mut().zip(&block[inside..]).for_each(|(byte, key)| *byte ^= key);
        // An offset of 64 bits has less than 2^60 blocks.
        self.apply_from(first + 1, rest)
    }

    pub(super) fn cipher(&self) -> &crypto::AesCtr {
        &self.cipher
    }

    fn apply_from(&self, number: u64, data: &mut [u8]) -> Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        let counter = u128::from_be_bytes(self.iv).wrapping_add(u128::from(number));
        self.cipher.apply(counter.to_be_bytes(), data).map_err(|_| REFUSED)
    }
}

impl fmt::Debug for AesCtr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesCtr")
    }
}

pub(super) fn cipher(key: &SecretBytes) -> Result<crypto::AesCtr> {
    crypto::AesCtr::new(key.expose()).map_err(|_| {
        Error::invalid_input(format!(
            "an AES key has 16, 24 or 32 bytes, this one has {}",
            key.len()
        ))
    })
}

pub(super) const REFUSED: Error = Error::Internal { what: "AES refused its input" };

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST SP 800-38A, F.5.5.
    #[test]
    fn the_example_of_the_standard() -> Result<()> {
        let key: Vec<u8> = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let iv = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").try_into().expect("16 bytes");
        let mut text = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        AesCtr::new(&key.into(), iv)?.apply(0, &mut text)?;
        assert_eq!(text, hex("601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"));
        Ok(())
    }

    #[test]
    fn any_cut_gives_the_same_bytes() -> Result<()> {
        // The counter passes 2^128 behind the second block.
        for iv in [[0; 16], [0xff; 16]] {
            for length in [16, 24, 32] {
                let stream = AesCtr::new(&vec![7; length].into(), iv)?;
                let mut whole = [0; 100];
                stream.apply(0, &mut whole)?;
                for start in 0..whole.len() {
                    for end in start..whole.len() {
                        let mut part = vec![0; end - start];
                        stream.apply(start as u64, &mut part)?;
                        assert_eq!(part, whole[start..end], "{start}..{end}");
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn the_largest_place_is_no_other() -> Result<()> {
        let stream = AesCtr::new(&vec![7; 32].into(), [0xff; 16])?;
        let (mut one, mut other) = ([0; 20], [0; 20]);
        stream.apply(u64::MAX - 3, &mut one)?;
        stream.apply(0, &mut other)?;
        assert_ne!(one, other);
        Ok(())
    }

    #[test]
    fn other_keys_are_refused() {
        for length in [0, 15, 17, 31, 33, 64] {
            let key = SecretBytes::from(vec![7; length]);
            assert!(matches!(AesCtr::new(&key, [0; 16]), Err(Error::InvalidInput { .. })));
        }
    }

    fn hex(digits: &str) -> Vec<u8> {
        let pairs = digits.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap_or(""));
        pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits")).collect()
    }
}
