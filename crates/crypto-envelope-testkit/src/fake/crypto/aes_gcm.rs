//! AES-256-GCM.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{CryptoError, random};

/// IV, ciphertext and tag.
pub(crate) fn seal(key: &[u8; 32], plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
    seal_with(key, random(), plaintext, aad)
}

/// As [`seal`], with an IV that somebody chose.
pub(crate) fn seal_with(
    key: &[u8; 32],
    iv: [u8; IV_LENGTH],
    plaintext: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let nonce = Nonce::assume_unique_for_key(iv);
    let mut sealed = plaintext.to_vec();
    cipher(key)?.seal_in_place_append_tag(nonce, Aad::from(aad), &mut sealed)?;
    Ok([&iv[..], &sealed].concat())
}

/// What was sealed so.
pub(crate) fn open(key: &[u8; 32], sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let (iv, sealed) = sealed.split_first_chunk::<IV_LENGTH>().ok_or(CryptoError)?;
    let nonce = Nonce::assume_unique_for_key(*iv);
    let mut buffer = sealed.to_vec();
    let opened = cipher(key)?.open_in_place(nonce, Aad::from(aad), &mut buffer)?;
    Ok(opened.to_vec())
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, CryptoError> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?))
}

pub(crate) const IV_LENGTH: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_stays_shut() -> Result<(), CryptoError> {
        let sealed = seal(&[1; 32], b"text", b"aad")?;
        assert_eq!(open(&[1; 32], &sealed, b"aad")?, b"text");
        assert_eq!(open(&[2; 32], &sealed, b"aad"), Err(CryptoError));
        assert_eq!(open(&[1; 32], &sealed, b""), Err(CryptoError));
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert_eq!(open(&[1; 32], &changed, b"aad"), Err(CryptoError));
            assert_eq!(open(&[1; 32], &sealed[..position], b"aad"), Err(CryptoError));
        }
        assert_ne!(seal(&[1; 32], b"text", b"aad")?, sealed);
        Ok(())
    }
}
