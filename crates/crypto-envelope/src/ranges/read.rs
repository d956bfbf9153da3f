//! Reading ranges, for callers that wait.

use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};

use zeroize::Zeroizing;

use super::{
    KnownHeader, RangeOptions, RangeSource,
    header::{FetchedHeader, HeaderRead},
    pin::Pin,
    window::{Next, Window},
};
use crate::{
    Decryptor, EncryptionContext, Error, Header, RangeOpener, RangeRead, RangeStep, Result,
    UnverifiedHeader, blocking,
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
    /// What the source says, and what [`HeaderParser`](crate::HeaderParser) says;
    /// [`Error::SourceChanged`].
    pub fn read(decryptor: &Decryptor, source: S, options: RangeOptions) -> Result<Self> {
        let mut read = HeaderRead::new(decryptor.header_parser(), &options);
        while let Some(request) = read.next() {
            let range = request.range();
            let fetched = source.fetch(request)?;
            read.push(&range, fetched)?;
        }
        Ok(Self { source, options, fetched: read.finish()? })
    }

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

    /// Obtains the data key and verifies the header. This is all that is asynchronous.
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
        Ok(RangeReader { source, opener, pin, window: Window::new(&options), options })
    }
}

impl<S> fmt::Debug for RangeHeader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeHeader").field("header", self.fetched.header()).finish_non_exhaustive()
    }
}

/// Reads ranges of the plaintext of a message in a [`RangeSource`].
///
/// The methods that take `&self` fetch what they need each time, each frame once. [`Read`] and
/// [`Seek`] keep a position, and some plaintext that was [read
/// ahead](RangeOptions::with_read_ahead).
///
/// An error does no harm to the reader: whether it was the network, or frames that are not genuine,
/// other ranges can still be read. Plaintext that is returned is the caller's, and not wiped on
/// drop.
pub struct RangeReader<S> {
    source: S,
    opener: RangeOpener,
    pin: Pin,
    options: RangeOptions,
    window: Window,
}

impl<S: RangeSource> RangeReader<S> {
    /// Fetches the header, obtains the data key, and verifies the header. Waits as
    /// [`blocking::wait`] does; [`RangeHeader`] is for those who `await`.
    ///
    /// # Errors
    ///
    /// As [`RangeHeader::read`], [`Decryptor::open_ranges`] and [`blocking::wait`].
    pub fn open(decryptor: &Decryptor, source: S, expected: &EncryptionContext) -> Result<Self> {
        Self::open_with(decryptor, source, expected, RangeOptions::default())
    }

    /// The same, with options.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with(
        decryptor: &Decryptor,
        source: S,
        expected: &EncryptionContext,
        options: RangeOptions,
    ) -> Result<Self> {
        let header = RangeHeader::read(decryptor, source, options)?;
        blocking::wait(header.open(decryptor, expected))
    }

    /// The plaintext bytes of a range; without those past the end, if it goes that far.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidInput`] if the range starts past the end, which was verified then, or
    ///   ends before it starts.
    /// - What the source says; [`Error::SourceChanged`] if there is another message now;
    ///   [`Error::Io`] if it gave fewer or more bytes than it was asked for.
    /// - [`Error::Authentication`] and [`Error::Malformed`] if a frame is not genuine, as the
    ///   [`Opener`](crate::Opener) says it; [`Error::Truncated`] too if the range reaches the end.
    /// - [`Error::Limit`] if a frame is longer than [`Limits`](crate::Limits) allows.
    pub fn read_range(&self, range: Range<u64>) -> Result<Vec<u8>> {
        self.run_one(self.opener.read(&[range])?)
    }

    /// The plaintext bytes of several ranges, in the order in which they are given. They may
    /// overlap. Ranges that are close are fetched at once, see [`RangeOptions::with_merge_gap`].
    ///
    /// # Errors
    ///
    /// As [`read_range`](Self::read_range), for any of them.
    pub fn read_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Vec<u8>>> {
        self.run(self.opener.read(ranges)?)
    }

    /// The last `length` bytes of the plaintext, or all if there are fewer.
    ///
    /// # Errors
    ///
    /// As [`read_range`](Self::read_range) for a range that reaches the end.
    pub fn read_suffix(&self, length: u64) -> Result<Vec<u8>> {
        self.run_one(self.opener.read_suffix(length))
    }

    /// Length of the plaintext in bytes. The first time, this fetches the final frame, which proves
    /// it, unless that was verified already.
    ///
    /// # Errors
    ///
    /// As [`read_range`](Self::read_range) for a range that reaches the end.
    pub fn length(&self) -> Result<u64> {
        if let Some(length) = self.opener.length() {
            return Ok(length);
        }
        self.run(self.opener.read_suffix(0))?;
        self.opener.length().ok_or(NOT_PROVED)
    }

    /// Length of the plaintext in bytes, without a proof: see [`RangeOpener::estimated_length`].
    /// Nothing is fetched.
    #[must_use]
    pub fn estimated_length(&self) -> Option<u64> {
        self.opener.estimated_length()
    }

    /// The verified header.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.opener.header()
    }

    /// All pairs that the message is bound to: those of the header and those that the caller
    /// reproduced.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        self.opener.context()
    }

    fn run(&self, read: RangeRead) -> Result<Vec<Vec<u8>>> {
        let mut read = read.with_merge_gap(self.options.merge_gap());
        loop {
            match read.next_step()? {
                RangeStep::Fetch(range) => {
                    let fetched = self.source.fetch(self.pin.request(range.clone()))?;
                    read.push(&self.pin.checked(&range, fetched)?)?;
                }
                RangeStep::OpenHeld(_) => read.open_held()?,
                // All that was asked for is pushed by now.
                RangeStep::Push | RangeStep::Finish => return read.finish(),
            }
        }
    }

    fn run_one(&self, read: RangeRead) -> Result<Vec<u8>> {
        Ok(self.run(read)?.pop().unwrap_or_default())
    }

    fn load(&mut self, next: &Next) -> Result<()> {
        let bytes = Zeroizing::new(self.read_range(next.range())?);
        self.window.fill(next, bytes);
        Ok(())
    }
}

/// The end of the plaintext is verified before it is said that there is no more.
impl<S: RangeSource> Read for RangeReader<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.window.unread().is_empty()
            && !buffer.is_empty()
            && let Some(next) = self.window.next(&self.opener)
        {
            self.load(&next)?;
        }
        Ok(self.window.read(buffer))
    }
}

/// Positions past the end are allowed; there is nothing to read there. From the end, the end is
/// verified first.
impl<S: RangeSource> Seek for RangeReader<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if matches!(to, SeekFrom::End(_)) && self.opener.length().is_none() {
            self.load(&Window::end_of(&self.opener))?;
        }
        Ok(self.window.seek(to, self.opener.length())?)
    }
}

impl<S> fmt::Debug for RangeReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeReader")
            .field("opener", &self.opener)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

const NOT_PROVED: Error = Error::Internal { what: "the end was not proved" };
