//! Fetching the header.

use std::ops::Range;

use super::{FetchedRange, RangeOptions, RangeRequest, pin::Pin};
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

/// A header that is not verified yet, the version that it is of, and the first bytes of the body.
pub(crate) struct FetchedHeader {
    header: UnverifiedHeader,
    pin: Pin,
    beginning: Vec<u8>,
}

impl FetchedHeader {
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
