//! One version of a source, and no other.

use std::{io, ops::Range};

use super::{FetchedRange, RangeRequest, Version};
use crate::{Error, Result};

/// What the first answer of a source said; all others must say the same.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    version: Version,
    message_length: u64,
}

impl Pin {
    /// What was said before by somebody whom later answers have to agree with.
    pub(crate) fn known(version: Version, message_length: u64) -> Self {
        Self { version, message_length }
    }

    /// Checks the first answer, and holds on to its version.
    pub(crate) fn first<B: AsRef<[u8]>>(
        range: &Range<u64>,
        fetched: FetchedRange<B>,
    ) -> Result<(Self, B)> {
        let pin =
            Self { version: fetched.version().clone(), message_length: fetched.message_length() };
        let bytes = pin.checked(range, fetched)?;
        Ok((pin, bytes))
    }

    /// How many bytes are stored in all.
    pub(crate) fn message_length(&self) -> u64 {
        self.message_length
    }

    /// The version.
    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    /// Asks for a range of the same version.
    pub(crate) fn request(&self, range: Range<u64>) -> RangeRequest<'_> {
        RangeRequest::new(range, Some(&self.version))
    }

    /// The bytes of an answer, if it is about the same version, and as long as it has to be.
    pub(crate) fn checked<B: AsRef<[u8]>>(
        &self,
        range: &Range<u64>,
        fetched: FetchedRange<B>,
    ) -> Result<B> {
        if (fetched.version(), fetched.message_length()) != (&self.version, self.message_length) {
            return Err(Error::SourceChanged);
        }
        let expected = range.end.min(self.message_length).saturating_sub(range.start);
        let bytes = fetched.into_bytes();
        match (bytes.as_ref().len() as u64).cmp(&expected) {
            std::cmp::Ordering::Less => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, TOO_SHORT).into())
            }
            std::cmp::Ordering::Greater => {
                Err(io::Error::new(io::ErrorKind::InvalidData, TOO_LONG).into())
            }
            std::cmp::Ordering::Equal => Ok(bytes),
        }
    }
}

const TOO_SHORT: &str = "the source gave fewer bytes than it was asked for, and has";
const TOO_LONG: &str = "the source gave more bytes than it was asked for";
