//! AES-GCM of what is too long for the memory.

use std::fmt;

use super::{AesCtr, aes_ctr::REFUSED};
use crate::{
    Error, MessagePart, Result, SecretBytes,
    crypto::{self, GcmTag, IV_LENGTH, TAG_LENGTH, first_counter},
};

/// One text under AES-GCM (NIST SP 800-38D) with a 12-byte IV, a 16-byte tag and no additional data, piece
/// by piece.
///
/// What it decrypts is **not verified** before [`verify`](Self::verify) said so: whoever uses it must
/// keep the plaintext back until then. A key and an IV are for one text only.
pub struct GcmStream {
    text: AesCtr,
    tag: GcmTag,
    /// Of the next byte.
    offset: u64,
}

impl GcmStream {
    /// With a key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the key has another length.
    pub fn new(key: &SecretBytes, iv: &[u8; IV_LENGTH]) -> Result<Self> {
        let text = unauthenticated_gcm_key_stream(key, iv)?;
        let tag = GcmTag::new(text.cipher(), iv).map_err(|_| REFUSED)?;
        Ok(Self { text, tag, offset: 0 })
    }

    /// Encrypts the next piece in place.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the text is longer than 64 GiB less 32 bytes.
    pub fn encrypt(&mut self, data: &mut [u8]) -> Result<()> {
        self.apply(data)?;
        self.tag.update(data);
        Ok(())
    }

    /// Decrypts the next piece in place.
    ///
    /// # Errors
    ///
    /// As [`encrypt`](Self::encrypt).
    pub fn decrypt(&mut self, data: &mut [u8]) -> Result<()> {
        self.tag.update(data);
        self.apply(data)
    }

    /// The tag of all that was encrypted.
    #[must_use]
    pub fn finish(self) -> [u8; TAG_LENGTH] {
        self.tag.finish()
    }

    /// Whether all that was decrypted is genuine. Takes the same time wherever the tags differ.
    ///
    /// # Errors
    ///
    /// [`Error::Authentication`] if it is not.
    pub fn verify(self, tag: &[u8; TAG_LENGTH]) -> Result<()> {
        if crypto::equal(&self.tag.finish(), tag) {
            Ok(())
        } else {
            Err(Error::Authentication { part: MessagePart::Block })
        }
    }

    fn apply(&mut self, data: &mut [u8]) -> Result<()> {
        let end = self.offset.checked_add(data.len() as u64).filter(|end| *end <= LONGEST);
        let end = end.ok_or_else(|| {
            Error::invalid_input("AES-GCM takes no text of more than 64 GiB less 32 bytes")
        })?;
        self.text.apply(self.offset, data)?;
        self.offset = end;
        Ok(())
    }
}

impl fmt::Debug for GcmStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GcmStream")
    }
}

/// The key stream of AES-GCM without its authentication: whoever changes a bit of the ciphertext changes that
/// bit of the plaintext.
///
/// # Errors
///
/// [`Error::InvalidInput`] if the key has no length of an AES key.
pub fn unauthenticated_gcm_key_stream(key: &SecretBytes, iv: &[u8; IV_LENGTH]) -> Result<AesCtr> {
    // Only 32 bits count, of which a text that is not too long never leaves the range.
    let counter = u128::from_be_bytes(first_counter(iv)).wrapping_add(1);
    AesCtr::new(key, counter.to_be_bytes())
}

/// NIST SP 800-38D, 5.2.1.1.
const LONGEST: u64 = (1 << 36) - 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::AesGcm;

    const LENGTHS: [usize; 10] = [0, 1, 15, 16, 17, 31, 32, 33, 100, 5000];

    #[test]
    fn pieces_give_what_the_whole_gives() -> Result<()> {
        for key_length in [16, 24, 32] {
            let key = SecretBytes::random(key_length)?;
            for length in LENGTHS {
                let text = SecretBytes::random(length)?;
                let (mut whole, mut tag) = (vec![0; length], [0; TAG_LENGTH]);
                let one = AesGcm::new(key.expose()).expect("a key");
                one.seal(&[7; 12], &[], text.expose(), &mut whole, &mut tag).expect("sealed");
                for piece in [1, 7, 16, 48, 5000] {
                    let mut pieces = text.expose().to_vec();
                    let mut stream = GcmStream::new(&key, &[7; 12])?;
                    pieces.chunks_mut(piece).try_for_each(|piece| stream.encrypt(piece))?;
                    assert_eq!(pieces, whole, "{length} in {piece}");
                    assert_eq!(stream.finish(), tag, "{length} in {piece}");
                    let mut stream = GcmStream::new(&key, &[7; 12])?;
                    pieces.chunks_mut(piece).try_for_each(|piece| stream.decrypt(piece))?;
                    assert_eq!(pieces, text.expose());
                    stream.verify(&tag)?;
                }
            }
        }
        Ok(())
    }

    #[test]
    fn what_was_changed_is_not_genuine() -> Result<()> {
        let key = SecretBytes::random(32)?;
        let mut stream = GcmStream::new(&key, &[7; 12])?;
        let mut stored = b"a text of twenty-one.".to_vec();
        stream.encrypt(&mut stored)?;
        let tag = stream.finish();
        let is_genuine = |stored: &[u8], tag: &[u8; TAG_LENGTH], iv: [u8; 12]| {
            let mut stream = GcmStream::new(&key, &iv)?;
            stream.decrypt(&mut stored.to_vec())?;
            Ok::<_, Error>(stream.verify(tag).is_ok())
        };
        assert!(is_genuine(&stored, &tag, [7; 12])?);
        assert!(!is_genuine(&stored[1..], &tag, [7; 12])?);
        assert!(!is_genuine(&[&stored[..], &[0]].concat(), &tag, [7; 12])?);
        assert!(!is_genuine(&stored, &tag, [8; 12])?);
        for bit in 0..stored.len() * 8 {
            let mut stored = stored.clone();
            stored[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_genuine(&stored, &tag, [7; 12])?, "{bit}");
        }
        for bit in 0..TAG_LENGTH * 8 {
            let mut tag = tag;
            tag[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_genuine(&stored, &tag, [7; 12])?, "{bit}");
        }
        Ok(())
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() -> Result<()> {
        let mut stream = GcmStream::new(&SecretBytes::random(32)?, &[7; 12])?;
        stream.offset = LONGEST - 1;
        assert!(stream.encrypt(&mut [0]).is_ok());
        assert!(matches!(stream.encrypt(&mut [0]), Err(Error::InvalidInput { .. })));
        Ok(())
    }
}
