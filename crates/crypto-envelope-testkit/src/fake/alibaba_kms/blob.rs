//! Ciphertexts that name the version of their key, and what was sealed with it.

/// A ciphertext of KMS, whichever gateway gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blob<'a> {
    pub(crate) version: &'a str,
    /// IV, ciphertext and tag.
    pub(crate) sealed: &'a [u8],
}

impl<'a> Blob<'a> {
    /// That of the OpenAPI.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (version, sealed) = bytes.split_at_checked(VERSION_LENGTH)?;
        let version = std::str::from_utf8(version).ok()?;
        Some(Self { version, sealed })
    }

    /// That of the Advance calls of an instance: `$`, 0, the algorithm, and then the same.
    pub(crate) fn parse_advance(bytes: &'a [u8]) -> Option<Self> {
        Self::parse(bytes.strip_prefix(ADVANCE)?)
    }

    pub(crate) fn encode(self) -> Vec<u8> {
        [self.version.as_bytes(), self.sealed].concat()
    }

    pub(crate) fn encode_advance(self) -> Vec<u8> {
        [ADVANCE, &self.encode()].concat()
    }
}

/// The third byte stands for AES-GCM.
const ADVANCE: &[u8] = &[0x24, 0, 2];
const VERSION_LENGTH: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_name_their_version() {
        let version = "01234567-89ab-cdef-0123-456789abcdef";
        let blob = Blob { version, sealed: b"sealed" };
        let bytes = blob.encode_advance();
        assert_eq!(bytes, [b"$\0\x02", version.as_bytes(), b"sealed"].concat());
        assert_eq!(Blob::parse_advance(&bytes), Some(blob));
        assert_eq!(Blob::parse(&blob.encode()), Some(blob));
        assert_eq!(blob.encode(), bytes[3..]);
        for other in [&bytes[1..], &bytes[..38], b"$\x10\x02", b""] {
            assert_eq!(Blob::parse_advance(other), None);
        }
        assert_eq!(Blob::parse(&bytes[3..38]), None);
    }
}
