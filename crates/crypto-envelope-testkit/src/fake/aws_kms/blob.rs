//! The ciphertext of a symmetric key: `"FKMS" 01`, the length of the ARN in two bytes, the ARN, the
//! IV, and the ciphertext with its tag.

use super::{
    arn::{Arn, Kind},
    error::KmsError,
};

/// A ciphertext that says whose it is.
#[derive(Debug)]
pub(super) struct Blob {
    pub(super) key: Arn,
    /// IV, ciphertext and tag.
    pub(super) sealed: Vec<u8>,
}

impl Blob {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, KmsError> {
        let parsed = bytes.strip_prefix(MAGIC).and_then(|rest| {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            let (arn, sealed) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
            let key = Arn::parse(std::str::from_utf8(arn).ok()?)?;
            (key.kind == Kind::Key).then(|| Self { key, sealed: sealed.to_vec() })
        });
        parsed.ok_or_else(KmsError::invalid_ciphertext)
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, KmsError> {
        let arn = self.key.to_string();
        // Only the owner of the fake can declare a name that long.
        let length = u16::try_from(arn.len()).map_err(|_| KmsError::invalid_ciphertext())?;
        Ok([MAGIC, &length.to_be_bytes(), arn.as_bytes(), &self.sealed].concat())
    }
}

const MAGIC: &[u8] = b"FKMS\x01";
