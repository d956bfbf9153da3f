//! Reading ranges of messages, from files and from everything else that can give bytes `a..b`.
//!
//! The header is verified once. After that only the frames that a range needs are fetched, and each
//! of them is verified before a byte of it comes out. [`RangeReader`] also is
//! [`Read`](std::io::Read) and [`Seek`](std::io::Seek). With the feature `tokio` there is the same
//! for async programs in `aio`.
//!
//! ```
//! # use crypto_envelope::{
//! #     AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking,
//! #     provider::RawAesProvider,
//! # };
//! use crypto_envelope::ranges::RangeReader;
//!
//! # fn main() -> crypto_envelope::Result<()> {
//! # let provider = || RawAesProvider::new("example", "key", &SecretBytes::from(vec![7; 32]));
//! # let encryptor = Encryptor::builder(provider()?)
//! #     .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
//! #     .build()?;
//! # let decryptor = Decryptor::new(provider()?);
//! # let context = EncryptionContext::new();
//! # let source = blocking::wait(encryptor.encrypt(&[7; 10_000], &context))?;
//! let reader = RangeReader::open(&decryptor, source, &context)?; // a `File`, for example
//! assert_eq!(reader.read_range(5000..5010)?.len(), 10);
//! assert_eq!(reader.read_suffix(100)?.len(), 100);
//! assert_eq!(reader.length()?, 10_000);
//! # Ok(())
//! # }
//! ```
//!
//! # The end
//!
//! How long the plaintext is follows from how long the message is, but whoever stores it can lie
//! about that. So it is an [estimate](RangeReader::estimated_length) until the final frame was
//! verified: its tag covers its number, its length, and that it is the final one. Whatever depends
//! on the end verifies it first: what reaches into the final frame or past it, what is counted from
//! the end, and any empty answer. If the message was cut, or something was put behind it, that is an
//! error, and never an early end.
//!
//! A range may go beyond the end, and is cut off there. One that starts past the end is
//! [`Error::InvalidInput`](crate::Error::InvalidInput); one that starts right at the end is empty.
//!
//! # Signed messages
//!
//! A signature covers the whole message, so it says nothing of a part that was read alone. Signed
//! messages are refused, unless
//! [`danger_ignore_signature_in_ranges`](crate::DecryptorBuilder::danger_ignore_signature_in_ranges)
//! was chosen.
//!
//! # Sources that change
//!
//! Each answer of a [`RangeSource`] comes with a [`Version`], and all of them must be that of the first
//! one. If the message is replaced meanwhile, that is
//! [`Error::SourceChanged`](crate::Error::SourceChanged), and parts of two messages are never
//! mixed. Bytes that change behind the same version are not genuine any more, and refused as that.
//!
//! # Messages that are not framed
//!
//! Older messages can have a body of a single block, which can only be verified as a whole. Each
//! range reads all of it, within [`Limits::max_buffered`](crate::Limits::max_buffered).

mod file;
mod header;
mod memory;
mod options;
mod pin;
mod read;
mod source;
mod window;

#[cfg(feature = "stream")]
pub(crate) use self::window::next_size;
#[cfg(feature = "tokio")]
pub(crate) use self::{
    file::read_file,
    header::{FetchedHeader, HeaderRead},
    memory::within,
    pin::Pin,
    window::{Next, Window},
};
pub use self::{
    header::KnownHeader,
    options::RangeOptions,
    read::{RangeHeader, RangeReader},
    source::{FetchedRange, RangeRequest, RangeSource, Version},
};
