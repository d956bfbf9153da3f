//! Ciphertexts that name the version of their key: `$`, 0, the algorithm, the version, and what was
//! sealed.

/// A ciphertext of the Advance calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blob<'a> {
    pub(super) version: &'a str,
    /// IV, ciphertext and tag.
    pub(super) sealed: &'a [u8],
}

impl<'a> Blob<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (version, sealed) = bytes.strip_prefix(PREFIX)?.split_at_checked(VERSION_LENGTH)?;
        let version = std::str::from_utf8(version).ok()?;
        Some(Self { version, sealed })
    }

    pub(super) fn encode(self) -> Vec<u8> {
        [PREFIX, self.version.as_bytes(), self.sealed].concat()
    }
}

/// The third byte stands for AES-GCM.
const PREFIX: &[u8] = &[0x24, 0, 2];
const VERSION_LENGTH: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_come_back() {
        let version = "01234567-89ab-cdef-0123-456789abcdef";
        let blob = Blob { version, sealed: b"sealed" };
        let bytes = blob.encode();
        assert_eq!(bytes, [b"$\0\x02", version.as_bytes(), b"sealed"].concat());
        assert_eq!(Blob::parse(&bytes), Some(blob));
        for other in [&bytes[1..], &bytes[..38], b"$\x10\x02", b""] {
            assert_eq!(Blob::parse(other), None);
        }
    }
}
