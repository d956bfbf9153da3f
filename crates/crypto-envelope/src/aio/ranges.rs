//! Reading ranges, for callers that await.

mod flight;
mod header;
mod read;
mod source;
#[cfg(feature = "stream")]
mod stream;

use std::{
    fmt, mem,
    ops::Range,
    sync::{Arc, Mutex},
};

use zeroize::Zeroizing;

#[cfg(feature = "stream")]
pub use self::stream::RangeStream;
use self::{
    flight::{Flight, Todo},
    read::Pending,
};
pub use self::{
    header::RangeHeader,
    source::{FileSource, RangeSource},
};
use super::offload::compute_some;
use crate::{
    Decryptor, EncryptionContext, Error, Header, RangeOpener, RangeRead, Result,
    ranges::{Next, Pin, RangeOptions, Window},
};

/// Reads ranges of the plaintext of a message in a [`RangeSource`], as
/// [`ranges::RangeReader`](crate::ranges::RangeReader) does for callers that wait;
/// [`ranges`](crate::ranges) says what holds for both.
///
/// Several ranges can be read at the same time, by one call and by several. [`AsyncRead`](tokio::io::AsyncRead) and
/// [`AsyncSeek`](tokio::io::AsyncSeek) keep a position, and some plaintext that was
/// [read ahead](RangeOptions::with_read_ahead). Long pieces are opened on a thread of
/// [`spawn_blocking`](tokio::task::spawn_blocking), if there is a runtime of tokio.
///
/// A future of this reader can be dropped at any time, and the reader goes on to be of use.
///
/// ```
/// # use crypto_envelope::{
/// #     AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, SecretBytes,
/// #     provider::RawAesProvider,
/// # };
/// use crypto_envelope::aio::RangeReader;
///
/// # async fn read() -> crypto_envelope::Result<()> {
/// # let provider = || RawAesProvider::new("example", "key", &SecretBytes::from(vec![7; 32]));
/// # let encryptor = Encryptor::builder(provider()?)
/// #     .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
/// #     .build()?;
/// # let decryptor = Decryptor::new(provider()?);
/// # let context = EncryptionContext::new();
/// # let source = bytes::Bytes::from(encryptor.encrypt(&[7; 10_000], &context).await?);
/// let reader = RangeReader::open(&decryptor, source, &context).await?;
/// assert_eq!(reader.read_range(5000..5010).await?.len(), 10);
/// assert_eq!(reader.read_suffix(100).await?.len(), 100);
/// # Ok(())
/// # }
/// # crypto_envelope::blocking::wait(read()).unwrap();
/// ```
pub struct RangeReader<S> {
    message: Arc<Message<S>>,
    window: Window,
    /// What the stream is waiting for. Never locked: this only makes the reader `Sync`.
    pending: Mutex<Pending>,
}

/// What reading a range needs.
struct Message<S> {
    source: S,
    opener: RangeOpener,
    pin: Pin,
    options: RangeOptions,
}

impl<S: RangeSource> RangeReader<S> {
    /// Fetches the header, obtains the data key, and verifies the header.
    ///
    /// # Errors
    ///
    /// As [`RangeHeader::read`] and [`Decryptor::open_ranges`].
    pub async fn open(
        decryptor: &Decryptor,
        source: S,
        expected: &EncryptionContext,
    ) -> Result<Self> {
        Self::open_with(decryptor, source, expected, RangeOptions::default()).await
    }

    /// The same, with options.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with(
        decryptor: &Decryptor,
        source: S,
        expected: &EncryptionContext,
        options: RangeOptions,
    ) -> Result<Self> {
        let header = RangeHeader::read(decryptor, source, options).await?;
        header.open(decryptor, expected).await
    }

    /// The plaintext bytes of a range; without those past the end, if it goes that far.
    ///
    /// # Errors
    ///
    /// As [`ranges::RangeReader::read_range`](crate::ranges::RangeReader::read_range).
    pub async fn read_range(&self, range: Range<u64>) -> Result<Vec<u8>> {
        self.message.run_one(self.message.opener.read(&[range])?).await
    }

    /// The plaintext bytes of several ranges, in the order in which they are given. They may
    /// overlap. Ranges that are close are fetched at once, see [`RangeOptions::with_merge_gap`];
    /// those that are not at the same time, see [`RangeOptions::with_concurrent_fetches`].
    ///
    /// # Errors
    ///
    /// As [`read_range`](Self::read_range), for any of them.
    pub async fn read_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Vec<u8>>> {
        self.message.run(self.message.opener.read(ranges)?).await
    }

    /// The last `length` bytes of the plaintext, or all if there are fewer.
    ///
    /// # Errors
    ///
    /// As [`read_range`](Self::read_range) for a range that reaches the end.
    pub async fn read_suffix(&self, length: u64) -> Result<Vec<u8>> {
        self.message.run_one(self.message.opener.read_suffix(length)).await
    }

    /// Length of the plaintext in bytes. The first time, this fetches the final frame, which proves
    /// it, unless that was verified already.
    ///
    /// # Errors
    ///
    /// As [`read_range`](Self::read_range) for a range that reaches the end.
    pub async fn length(&self) -> Result<u64> {
        let opener = &self.message.opener;
        if let Some(length) = opener.length() {
            return Ok(length);
        }
        self.message.run(opener.read_suffix(0)).await?;
        opener.length().ok_or(Error::Internal { what: "the end was not proved" })
    }
}

impl<S> RangeReader<S> {
    fn new(message: Arc<Message<S>>) -> Self {
        let window = Window::new(&message.options);
        Self { message, window, pending: Mutex::new(Pending::Nothing) }
    }

    /// The plaintext bytes of a range as a stream, piece by piece as they are fetched and verified,
    /// with the same [read-ahead](RangeOptions::with_read_ahead) as this reader.
    #[cfg(feature = "stream")]
    #[must_use]
    pub fn stream(&self, range: Range<u64>) -> RangeStream<S> {
        RangeStream::new(Arc::clone(&self.message), range)
    }

    /// Length of the plaintext in bytes, without a proof: see [`RangeOpener::estimated_length`].
    /// Nothing is fetched.
    #[must_use]
    pub fn estimated_length(&self) -> Option<u64> {
        self.message.opener.estimated_length()
    }

    /// The verified header.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.message.opener.header()
    }

    /// All pairs that the message is bound to: those of the header and those that the caller
    /// reproduced.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        self.message.opener.context()
    }
}

impl<S: RangeSource> Message<S> {
    async fn run(&self, read: RangeRead) -> Result<Vec<Vec<u8>>> {
        let mut read = read.with_merge_gap(self.options.merge_gap());
        let mut flight = Flight::new(self);
        loop {
            match flight.ask(&mut read)? {
                Todo::Open { length } => {
                    let open = compute_some(length, move || read.open_held().map(|()| read));
                    read = flight.meanwhile(open).await?;
                }
                Todo::Push => {
                    let bytes = flight.first().await?;
                    let work = read.push_work();
                    let push = compute_some(work, move || read.push(&bytes).map(|()| read));
                    read = flight.meanwhile(push).await?;
                    flight.make_room();
                }
                Todo::Finish => {
                    // Until it is the caller's, it is wiped when it is dropped.
                    let work = read.finish_work();
                    let finish = move || read.finish().map(Zeroizing::new);
                    return Ok(mem::take(&mut *compute_some(work, finish).await?));
                }
            }
        }
    }

    async fn run_one(&self, read: RangeRead) -> Result<Vec<u8>> {
        Ok(self.run(read).await?.pop().unwrap_or_default())
    }

    async fn load(self: Arc<Self>, next: Next) -> Result<(Next, Zeroizing<Vec<u8>>)> {
        let bytes = self.run_one(self.opener.read(&[next.range()])?).await?;
        Ok((next, Zeroizing::new(bytes)))
    }
}

/// Shares the message, and what is known of its end, and begins at its beginning.
impl<S> Clone for RangeReader<S> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.message))
    }
}

impl<S> fmt::Debug for RangeReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeReader")
            .field("opener", &self.message.opener)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
