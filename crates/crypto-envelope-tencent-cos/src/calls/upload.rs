//! What the calls of an upload in parts have in common.

use std::fmt;

use crypto_envelope::{Error, Result};

use crate::ETag;

/// The id of an upload, as COS gave it when it began.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl UploadId {
    /// One that was written down.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is empty, long or has characters that none has.
    pub fn new(id: impl Into<String>) -> Result<Self> {
        let id = id.into();
        if is_id(&id) {
            return Ok(Self(id));
        }
        Err(Error::invalid_input("the id of the upload is none: it is what COS gave when it began"))
    }

    pub(super) fn read(id: String) -> Result<Self, crate::answer::Wrong> {
        if is_id(&id) {
            Ok(Self(id))
        } else {
            Err(crate::answer::Wrong::unreadable("with an UploadId that is none"))
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UploadId({})", self.0)
    }
}

/// The number of a part, from 1 to 10000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(u32);

impl PartNumber {
    /// From 1 to 10000.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is another.
    pub fn new(number: u32) -> Result<Self> {
        if (1..=Self::LAST).contains(&number) {
            return Ok(Self(number));
        }
        Err(Error::invalid_input(format!(
            "an upload has parts 1 to {}, and no {number}",
            Self::LAST
        )))
    }

    /// As a number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    pub(super) fn read(number: u64) -> Result<Self, crate::answer::Wrong> {
        let number = u32::try_from(number).ok().and_then(|number| Self::new(number).ok());
        number.ok_or(crate::answer::Wrong::unreadable("with a part that has an impossible number"))
    }

    const LAST: u32 = 10_000;
}

/// A part that COS has, by which an upload is completed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompletedPart {
    /// Its number.
    pub number: PartNumber,
    /// What its upload was answered.
    pub etag: ETag,
}

impl CompletedPart {
    /// This part.
    #[must_use]
    pub fn new(number: PartNumber, etag: ETag) -> Self {
        Self { number, etag }
    }
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// In bytes.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked() {
        assert!(UploadId::new("1585130821cbb7df1d11846c073ad648e8f3+/=").is_ok());
        for wrong in ["", "a b", "a\n", "\u{e9}", &"x".repeat(LONGEST + 1)] {
            assert!(UploadId::new(wrong).is_err() && UploadId::read(wrong.to_owned()).is_err());
        }
    }

    #[test]
    fn parts_have_numbers_up_to_10000() {
        assert!(PartNumber::new(1).is_ok() && PartNumber::new(10_000).is_ok());
        for wrong in [0, 10_001, u32::MAX] {
            assert!(PartNumber::new(wrong).is_err() && PartNumber::read(wrong.into()).is_err());
        }
        assert!(PartNumber::read(u64::from(u32::MAX) + 2).is_err());
    }
}
