//! The header of a message that is to be read in ranges.

use std::{fmt, sync::Arc};

use super::{Message, RangeReader, RangeSource};
#[cfg(doc)]
use crate::Error;
use crate::{
    Decryptor, EncryptionContext, Result, UnverifiedHeader,
    ranges::{FetchedHeader, HeaderRead, KnownHeader, RangeOptions},
};

/// The header of a message in a [`RangeSource`], not verified yet: for callers that look at what it
/// claims before a key provider is asked.
pub struct RangeHeader<S> {
    source: S,
    options: RangeOptions,
    fetched: FetchedHeader,
}

impl<S: RangeSource> RangeHeader<S> {
    /// Fetches the header, within the limits of `decryptor`.
    ///
    /// # Errors
    ///
    /// As [`ranges::RangeHeader::read`](crate::ranges::RangeHeader::read).
    pub async fn read(decryptor: &Decryptor, source: S, options: RangeOptions) -> Result<Self> {
        let mut read = HeaderRead::new(decryptor.header_parser(), &options);
        while let Some(request) = read.next() {
            let range = request.range();
            let fetched = source.fetch(request).await?;
            read.push(&range, fetched)?;
        }
        Ok(Self { source, options, fetched: read.finish()? })
    }

    /// Obtains the data key and verifies the header.
    ///
    /// # Errors
    ///
    /// As [`Decryptor::open_ranges`].
    pub async fn open(
        self,
        decryptor: &Decryptor,
        expected: &EncryptionContext,
    ) -> Result<RangeReader<S>> {
        let Self { source, options, fetched } = self;
        let (opener, pin) = fetched.open(decryptor, expected).await?;
        Ok(RangeReader::new(Arc::new(Message { source, opener, pin, options })))
    }
}

impl<S> RangeHeader<S> {
    /// A header that was read before, of a message that may have been replaced meanwhile: the first
    /// answer of `source` that is not about this version and length is [`Error::SourceChanged`]. The
    /// header is verified as any other when it is opened.
    #[must_use]
    pub fn from_known(known: KnownHeader, source: S, options: RangeOptions) -> Self {
        Self { source, options, fetched: FetchedHeader::known(known) }
    }

    /// The header, for the next time.
    #[must_use]
    pub fn to_known(&self) -> KnownHeader {
        self.fetched.to_known()
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &UnverifiedHeader {
        self.fetched.header()
    }
}

impl<S> fmt::Debug for RangeHeader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeHeader").field("header", self.header()).finish_non_exhaustive()
    }
}
