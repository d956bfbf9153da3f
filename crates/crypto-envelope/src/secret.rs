//! The one container for key bytes.

use std::fmt;

use zeroize::Zeroizing;

use crate::{Error, Result, crypto};

/// A small secret: a plaintext data key, a wrapping key, a key with its IV.
///
/// The bytes are wiped when it is dropped. It cannot be cloned, compared with `==`, or printed:
/// [`Debug`](fmt::Debug) shows its length only. [`expose`](Self::expose) is the only way to its
/// bytes, so that every use can be found by its name.
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Draws `length` bytes from the cipher backend's generator, seeded by the operating system.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] if no randomness can be had.
    pub fn random(length: usize) -> Result<Self> {
        Self::filled_by(length, |bytes| crypto::random(bytes).map_err(|_| Error::no_randomness()))
    }

    /// Has `fill` write `length` bytes in place, so that no copy is left behind.
    ///
    /// # Errors
    ///
    /// Those of `fill`.
    pub fn filled_by(length: usize, fill: impl FnOnce(&mut [u8]) -> Result<()>) -> Result<Self> {
        let mut bytes = Zeroizing::new(vec![0; length]);
        fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The bytes themselves. Do not copy them into anything that is not wiped.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares with other bytes. Takes the same time wherever they differ; the length is not
    /// hidden.
    #[must_use]
    pub fn equals(&self, other: &[u8]) -> bool {
        crypto::equal(&self.0, other)
    }
}

/// Makes room for `additional` bytes, and in advance for more, but not beyond `limit`. Unlike the
/// vector's own growth it wipes the memory that is left behind.
#[cfg_attr(not(feature = "service"), allow(unreachable_pub, reason = "public in `service`"))]
pub fn reserve_wiped(buffer: &mut Zeroizing<Vec<u8>>, additional: usize, limit: usize) {
    let needed = buffer.len().saturating_add(additional);
    if needed > buffer.capacity() {
        let capacity = buffer.capacity().saturating_mul(2).min(limit).max(needed);
        let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
        larger.extend_from_slice(buffer);
        *buffer = larger;
    }
}

/// Makes `buffer` that long, with zeros. The system hands out zeroed memory faster than we could
/// write zeros.
pub(crate) fn extend_zeroed(buffer: &mut Vec<u8>, length: usize) {
    if buffer.is_empty() && buffer.capacity() < length {
        *buffer = vec![0; length];
    } else {
        buffer.resize(length, 0);
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.len())
    }
}

/// Takes the vector over: its bytes are wiped when the secret is dropped.
impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

/// Copies the bytes. The original stays the caller's to wipe.
impl From<&[u8]> for SecretBytes {
    fn from(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_only_the_length() {
        let secret = SecretBytes::from(vec![0xA5; 32]);
        assert_eq!(format!("{secret:?}"), "SecretBytes(32 bytes)");
    }

    #[test]
    fn equals_compares_content_and_length() {
        let secret = SecretBytes::from(vec![1, 2, 3]);
        assert!(secret.equals(&[1, 2, 3]));
        assert!(!secret.equals(&[1, 2, 4]));
        assert!(!secret.equals(&[1, 2]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn growing_wipes_what_is_left_behind() -> std::io::Result<()> {
        let mut buffer = Zeroizing::new(vec![0xA5; 5000]);
        let left_behind = buffer.as_ptr().addr();
        reserve_wiped(&mut buffer, 1, usize::MAX);
        assert_ne!(buffer.as_ptr().addr(), left_behind);
        assert_eq!(*buffer, vec![0xA5; 5000]);
        let memory = crate::test_memory::read(left_behind, 5000)?;
        assert!(memory.windows(4).all(|window| window != [0xA5; 4]));
        Ok(())
    }

    #[test]
    fn growing_stops_at_the_limit() {
        let mut buffer = Zeroizing::new(vec![1; 600]);
        reserve_wiped(&mut buffer, 1, 1000);
        assert!(buffer.capacity() <= 1000);
    }

    #[test]
    fn random_secrets_differ() -> Result<()> {
        let one = SecretBytes::random(32)?;
        assert_eq!(one.len(), 32);
        assert!(!one.equals(SecretBytes::random(32)?.expose()));
        Ok(())
    }
}
