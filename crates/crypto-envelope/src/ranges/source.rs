//! What a source of stored bytes is.

use std::{fmt, ops::Range, sync::Arc};

#[cfg(doc)]
use crate::Error;
use crate::Result;

/// Something that stores a message and can give ranges of its bytes.
///
/// Implemented for [`File`](std::fs::File), for bytes in memory, and for references and smart
/// pointers to sources.
pub trait RangeSource {
    /// Reads a range of the stored bytes.
    ///
    /// Gives exactly the bytes of the range; where the range goes beyond the end of what is stored,
    /// those up to the end, which may be none. Also says how many bytes are stored in all, and
    /// which version it is.
    ///
    /// If the request [names a version](RangeRequest::version), a source that can ask for just that one
    /// should (`If-Match` in HTTP), and answer with [`Error::SourceChanged`] if it is gone. In any
    /// case it has to say truly which version the bytes are of: the caller compares.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be read, [`Error::SourceChanged`].
    fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange>;
}

/// What is asked of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeRequest<'reader> {
    range: Range<u64>,
    version: Option<&'reader Version>,
}

impl<'reader> RangeRequest<'reader> {
    /// Asks for a range of stored bytes, of this version if there is one.
    #[must_use]
    pub fn new(range: Range<u64>, version: Option<&'reader Version>) -> Self {
        Self { range, version }
    }

    /// The stored bytes that are wanted, with the end left out. Not empty.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// The version that is wanted; none in the first request, which takes what is there.
    #[must_use]
    pub fn version(&self) -> Option<&'reader Version> {
        self.version
    }
}

/// What a source gave.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchedRange<B = Vec<u8>> {
    bytes: B,
    message_length: u64,
    version: Version,
}

impl<B> FetchedRange<B> {
    /// The bytes, how many there are in all, and of which version they are.
    #[must_use]
    pub fn new(bytes: B, message_length: u64, version: Version) -> Self {
        Self { bytes, message_length, version }
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> B {
        self.bytes
    }

    /// The bytes, where they are.
    #[must_use]
    pub fn bytes(&self) -> &B {
        &self.bytes
    }

    /// How many bytes are stored in all.
    #[must_use]
    pub fn message_length(&self) -> u64 {
        self.message_length
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }
}

impl<B> fmt::Debug for FetchedRange<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedRange")
            .field("message_length", &self.message_length)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Which version of something a source has: an entity tag, a version id, a modification time with a
/// length, or whatever else differs when the bytes do. Versions are compared and nothing else.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Version(Arc<[u8]>);

impl Version {
    /// A version of which these bytes are the name.
    #[must_use]
    pub fn new(name: impl AsRef<[u8]>) -> Self {
        Self(name.as_ref().into())
    }

    /// Its name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", self.0.escape_ascii())
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<S: RangeSource + ?Sized> RangeSource for $pointer {
            fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange> {
                (**self).fetch(request)
            }
        }
    )*};
}

forward!(&S, Box<S>, Arc<S>);
