//! Reading AES-CBC.

use std::fmt;

use super::aes_ctr::REFUSED;
use crate::{
    Error, Result, SecretBytes,
    crypto::{self, BLOCK_LENGTH},
};

/// Decrypts AES-CBC (NIST SP 800-38A, 6.2), for what was written with it. Nothing writes it, and it
/// authenticates nothing.
pub struct AesCbcDecryptor(crypto::AesCbcDecryptor);

impl AesCbcDecryptor {
    /// With a key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the key has another length.
    pub fn new(key: &SecretBytes) -> Result<Self> {
        let cipher = crypto::AesCbcDecryptor::new(key.expose());
        let refused = |_| {
            let length = key.len();
            Error::invalid_input(format!(
                "an AES key has 16, 24 or 32 bytes, this one has {length}"
            ))
        };
        cipher.map(Self).map_err(refused)
    }

    /// Decrypts whole blocks of 16 bytes in place. `iv` is the block of ciphertext in front of
    /// them. Padding stays where it is.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if these are no whole blocks.
    pub fn decrypt(&self, iv: [u8; BLOCK_LENGTH], blocks: &mut [u8]) -> Result<()> {
        if !blocks.len().is_multiple_of(BLOCK_LENGTH) {
            return Err(Error::invalid_input("a ciphertext of AES-CBC is not in whole blocks"));
        }
        if blocks.is_empty() {
            return Ok(());
        }
        self.0.decrypt(iv, blocks).map_err(|_| REFUSED)
    }
}

impl fmt::Debug for AesCbcDecryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesCbcDecryptor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST SP 800-38A, F.2.2.
    #[test]
    fn the_example_of_the_standard() -> Result<()> {
        let key = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c_u128.to_be_bytes();
        let iv = 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f_u128.to_be_bytes();
        let stored = [
            0x7649_abac_8119_b246_cee9_8e9b_12e9_197d_u128.to_be_bytes(),
            0x5086_cb9b_5072_19ee_95db_113a_9176_78b2_u128.to_be_bytes(),
        ];
        let text = [
            0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a_u128.to_be_bytes(),
            0xae2d_8a57_1e03_ac9c_9eb7_6fac_45af_8e51_u128.to_be_bytes(),
        ];
        let cipher = AesCbcDecryptor::new(&SecretBytes::from(&key[..]))?;
        let mut blocks = stored.concat();
        cipher.decrypt(iv, &mut blocks)?;
        assert_eq!(blocks, text.concat());
        let mut second = stored[1].to_vec();
        cipher.decrypt(stored[0], &mut second)?;
        assert_eq!(second, text[1]);
        Ok(())
    }

    #[test]
    fn only_whole_blocks_and_keys() -> Result<()> {
        let cipher = AesCbcDecryptor::new(&vec![7; 32].into())?;
        for length in [1, 15, 17] {
            let refused = cipher.decrypt([0; 16], &mut vec![0; length]);
            assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{length}");
        }
        assert!(cipher.decrypt([0; 16], &mut []).is_ok());
        assert!(AesCbcDecryptor::new(&vec![7; 20].into()).is_err());
        Ok(())
    }
}
