//! Fetching the header.

use std::ops::Range;

use super::{FetchedRange, RangeOptions, RangeRequest, Version, pin::Pin};
use crate::{
    Decryptor, EncryptionContext, Error, HeaderParser, RangeOpener, Result, UnverifiedHeader,
};

/// Says what to fetch until the header is there.
#[derive(Debug)]
pub(crate) struct HeaderRead {
    parser: HeaderParser,
    pin: Option<Pin>,
    /// How many bytes are fetched next.
    next: u64,
    /// How many there are already.
    fetched: u64,
    /// Those behind the header.
    rest: Vec<u8>,
}

impl HeaderRead {
    pub(crate) fn new(parser: HeaderParser, options: &RangeOptions) -> Self {
        let next = options.first_fetch() as u64;
        Self { parser, pin: None, next, fetched: 0, rest: Vec::new() }
    }

    /// What to ask next; `None` if the header is complete, or the message has ended.
    pub(crate) fn next(&self) -> Option<RangeRequest<'_>> {
        let range = self.fetched..self.fetched.saturating_add(self.next);
        match &self.pin {
            None => Some(RangeRequest::new(range, None)),
            Some(_) if self.parser.is_complete() => None,
            Some(pin) => {
                let range = range.start..range.end.min(pin.message_length());
                (!range.is_empty()).then(|| pin.request(range))
            }
        }
    }

    /// Takes the answer.
    pub(crate) fn push<B: AsRef<[u8]>>(
        &mut self,
        range: &Range<u64>,
        fetched: FetchedRange<B>,
    ) -> Result<()> {
        let bytes = if let Some(pin) = &self.pin {
            pin.checked(range, fetched)?
        } else {
            let (pin, bytes) = Pin::first(range, fetched)?;
            self.pin = Some(pin);
            bytes
        };
        let bytes = bytes.as_ref();
        let used = self.parser.push(bytes)?;
        self.rest = bytes[used..].to_vec();
        self.fetched += bytes.len() as u64;
        // A header that is longer than the first guess is found in few steps.
        self.next = self.fetched.saturating_mul(3).max(1);
        Ok(())
    }

    /// The header, and what came along with it.
    pub(crate) fn finish(self) -> Result<FetchedHeader> {
        let header = self.parser.finish()?;
        let pin = self.pin.ok_or(Error::Truncated { offset: 0 })?;
        Ok(FetchedHeader { header, pin, beginning: self.rest })
    }
}

/// The header of one version of a message in a source, which nobody verified, kept for the next one who reads there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHeader {
    header: UnverifiedHeader,
    version: Version,
    message_length: u64,
}

impl KnownHeader {
    /// The header of this version, with the length of the whole message in bytes.
    #[must_use]
    pub fn new(header: UnverifiedHeader, version: Version, message_length: u64) -> Self {
        Self { header, version, message_length }
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &UnverifiedHeader {
        &self.header
    }

    /// Which version of the source it is of.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// How many bytes the whole message has, as the source says.
    #[must_use]
    pub fn message_length(&self) -> u64 {
        self.message_length
    }

    /// The length of the plaintext in bytes, as
    /// [`Header::estimate_plaintext_length`](crate::Header::estimate_plaintext_length) estimates it.
    #[must_use]
    pub fn estimated_length(&self) -> Option<u64> {
        self.header.claims().estimate_plaintext_length(self.message_length)
    }
}

/// A header that is not verified yet, the version that it is of, and the first bytes of the body.
pub(crate) struct FetchedHeader {
    header: UnverifiedHeader,
    pin: Pin,
    beginning: Vec<u8>,
}

impl FetchedHeader {
    /// One that was fetched before, of a version that is still to be asked for.
    pub(crate) fn known(known: KnownHeader) -> Self {
        let KnownHeader { header, version, message_length } = known;
        Self { header, pin: Pin::known(version, message_length), beginning: Vec::new() }
    }

    pub(crate) fn to_known(&self) -> KnownHeader {
        let (version, message_length) = (self.pin.version().clone(), self.pin.message_length());
        KnownHeader::new(self.header.clone(), version, message_length)
    }

    pub(crate) fn header(&self) -> &UnverifiedHeader {
        &self.header
    }

    /// Obtains the data key and verifies the header.
    pub(crate) async fn open(
        self,
        decryptor: &Decryptor,
        expected: &EncryptionContext,
    ) -> Result<(RangeOpener, Pin)> {
        let Self { header, pin, beginning } = self;
        let opener = decryptor.open_ranges(header, expected, pin.message_length()).await?;
        Ok((opener.with_beginning(beginning), pin))
    }
}
