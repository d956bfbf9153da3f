//! AES Key Wrap.

use std::fmt;

use zeroize::Zeroizing;

use super::aes_ctr::{REFUSED, cipher};
use crate::{
    Error, Result, SecretBytes,
    crypto::{self, BLOCK_LENGTH},
};

/// AES Key Wrap (RFC 3394, NIST SP 800-38F): deterministic, and authenticated.
pub struct AesKeyWrap {
    encrypting: crypto::AesCtr,
    decrypting: crypto::AesCbcDecryptor,
}

impl AesKeyWrap {
    /// With a wrapping key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the key has another length.
    pub fn new(key: &SecretBytes) -> Result<Self> {
        let encrypting = cipher(key)?;
        let decrypting = crypto::AesCbcDecryptor::new(key.expose()).map_err(|_| REFUSED)?;
        Ok(Self { encrypting, decrypting })
    }

    /// Wraps a secret of 16 bytes or more, in whole units of 8. The result has 8 bytes more.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the secret has another length.
    pub fn wrap(&self, secret: &SecretBytes) -> Result<Vec<u8>> {
        let length = secret.len();
        if length < SHORTEST || !length.is_multiple_of(UNIT) {
            return Err(Error::invalid_input(format!(
                "AES Key Wrap takes secrets of 16 bytes or more in units of 8, this one has {length}"
            )));
        }
        let mut wrapped = Zeroizing::new([&INTEGRITY[..], secret.expose()].concat());
        let mut block = Zeroizing::new([0; BLOCK_LENGTH]);
        for step in 1..=steps(length) {
            let place = place_of(step, length);
            block[..UNIT].copy_from_slice(&wrapped[..UNIT]);
            block[UNIT..].copy_from_slice(&wrapped[place..place + UNIT]);
            self.encrypt(&mut block)?;
            count(&mut block, step);
            wrapped[..UNIT].copy_from_slice(&block[..UNIT]);
            wrapped[place..place + UNIT].copy_from_slice(&block[UNIT..]);
        }
        Ok(wrapped.to_vec())
    }

    /// The secret that was wrapped.
    ///
    /// # Errors
    ///
    /// [`Error::unauthentic_key`] if it was not wrapped with this key, or changed.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<SecretBytes> {
        let length = wrapped.len().checked_sub(UNIT).ok_or_else(Error::unauthentic_key)?;
        if length < SHORTEST || !length.is_multiple_of(UNIT) {
            return Err(Error::unauthentic_key());
        }
        let mut secret = Zeroizing::new(wrapped.to_vec());
        let mut block = Zeroizing::new([0; BLOCK_LENGTH]);
        for step in (1..=steps(length)).rev() {
            let place = place_of(step, length);
            block[..UNIT].copy_from_slice(&secret[..UNIT]);
            block[UNIT..].copy_from_slice(&secret[place..place + UNIT]);
            count(&mut block, step);
            self.decrypting.decrypt([0; BLOCK_LENGTH], &mut *block).map_err(|_| REFUSED)?;
            secret[..UNIT].copy_from_slice(&block[..UNIT]);
            secret[place..place + UNIT].copy_from_slice(&block[UNIT..]);
        }
        if crypto::equal(&secret[..UNIT], &INTEGRITY) {
            Ok(SecretBytes::from(&secret[UNIT..]))
        } else {
            Err(Error::unauthentic_key())
        }
    }

    /// The first block of a key stream is its counter, encrypted.
    fn encrypt(&self, block: &mut [u8; BLOCK_LENGTH]) -> Result<()> {
        let counter = Zeroizing::new(std::mem::take(block));
        self.encrypting.apply(*counter, block).map_err(|_| REFUSED)
    }
}

impl fmt::Debug for AesKeyWrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesKeyWrap")
    }
}

fn steps(length: usize) -> usize {
    6 * (length / UNIT)
}

/// Which unit a step is about, behind the one of the integrity check.
fn place_of(step: usize, length: usize) -> usize {
    UNIT + (step - 1) % (length / UNIT) * UNIT
}

/// Puts the number of the step into the first half.
fn count(block: &mut [u8; BLOCK_LENGTH], step: usize) {
    block.iter_mut().zip((step as u64).to_be_bytes()).for_each(|(byte, count)| *byte ^= count);
}

const UNIT: usize = 8;
const SHORTEST: usize = 2 * UNIT;
/// RFC 3394, 2.2.3.1.
const INTEGRITY: [u8; UNIT] = [0xa6; UNIT];

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> SecretBytes {
        (0..=u8::MAX).take(length).collect::<Vec<_>>().into()
    }

    fn text() -> SecretBytes {
        let text = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();
        [&text[..], bytes(16).expose()].concat().into()
    }

    /// RFC 3394, 4.1, 4.2, 4.3 and 4.6.
    #[test]
    fn the_examples_of_the_standard() -> Result<()> {
        for (key, length, wrapped) in [
            (16, 16, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"),
            (24, 16, "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d"),
            (32, 16, "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"),
            (
                32,
                32,
                "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
            ),
        ] {
            let wrap = AesKeyWrap::new(&bytes(key))?;
            let secret = SecretBytes::from(&text().expose()[..length]);
            let found = wrap.wrap(&secret)?;
            let digits: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digits, wrapped);
            assert!(wrap.unwrap(&found)?.equals(secret.expose()));
        }
        Ok(())
    }

    #[test]
    fn a_changed_bit_or_another_key_is_noticed() -> Result<()> {
        let wrap = AesKeyWrap::new(&bytes(32))?;
        let mut wrapped = wrap.wrap(&text())?;
        for bit in 0..wrapped.len() * 8 {
            wrapped[bit / 8] ^= 1 << (bit % 8);
            assert!(wrap.unwrap(&wrapped).is_err(), "{bit}");
            wrapped[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(AesKeyWrap::new(&vec![0; 32].into())?.unwrap(&wrapped).is_err());
        for length in 0..wrapped.len() {
            assert!(wrap.unwrap(&wrapped[..length]).is_err(), "{length}");
        }
        Ok(())
    }

    #[test]
    fn other_lengths_are_refused() -> Result<()> {
        let wrap = AesKeyWrap::new(&bytes(32))?;
        for length in [0, 8, 12, 15, 17, 31] {
            let refused = wrap.wrap(&bytes(length));
            assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{length}");
        }
        assert!(AesKeyWrap::new(&bytes(31)).is_err());
        Ok(())
    }
}
