//! Reading ranges of a message.

mod layout;
mod plan;
mod read;
mod text;

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
};

use zeroize::Zeroizing;

use self::layout::Layout;
pub use self::read::{RangeRead, RangeStep};
use super::{
    body_scan::{BodyScan, WholePart},
    frames::FrameCipher,
    header::VerifiedHeader,
};
use crate::{
    EncryptionContext, Error, LimitKind, Limits, Result,
    message::{Header, body::Part},
    secret::reserve_wiped,
};

/// Opens ranges of the plaintext of one message, from those stored bytes that hold them.
///
/// Made by [`Decryptor::open_ranges`](crate::Decryptor::open_ranges) from a header that it
/// verified. Clones share everything. The readers of [`ranges`](crate::ranges) drive it; with other
/// sources it goes like this:
///
/// ```
/// # use crypto_envelope::{
/// #     AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, RangeStep, SecretBytes,
/// #     UnverifiedHeader, blocking, provider::RawAesProvider,
/// # };
/// # fn main() -> crypto_envelope::Result<()> {
/// # let provider = || RawAesProvider::new("example", "key", &SecretBytes::from(vec![7; 32]));
/// # let encryptor = Encryptor::builder(provider()?)
/// #     .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
/// #     .build()?;
/// # let decryptor = Decryptor::new(provider()?);
/// # let context = EncryptionContext::new();
/// # let stored = blocking::wait(encryptor.encrypt(&[7; 10_000], &context))?;
/// # let (header, _) = UnverifiedHeader::parse(&stored, &Default::default())?;
/// let length = stored.len() as u64;
/// let opener = blocking::wait(decryptor.open_ranges(header, &context, length))?;
/// let mut read = opener.read(&[100..200, 5000..9000])?;
/// let plaintext = loop {
///     match read.next_step()? {
///         RangeStep::Fetch(range) => {
///             let range = range.start as usize..range.end as usize;
///             read.push(&stored[range])?; // wherever it is stored
///         }
///         RangeStep::OpenHeld(_) => read.open_held()?, // see `with_beginning`
///         _ => break read.finish()?,
///     }
/// };
/// assert_eq!((plaintext[0].len(), plaintext[1].len()), (100, 4000));
/// # Ok(())
/// # }
/// ```
///
/// Every frame that holds a part of a range is verified, with its number, before a byte of it comes
/// out; and the final one before anything that [depends on the end](crate::ranges#the-end). Until
/// then the length of the plaintext is [estimated](Self::estimated_length); [`length`](Self::length)
/// remembers what was proved.
#[derive(Clone)]
pub struct RangeOpener {
    message: Arc<Message>,
    beginning: Arc<Vec<u8>>,
}

struct Message {
    header: Header,
    context: EncryptionContext,
    cipher: FrameCipher,
    limits: Limits,
    /// As far as it is known without having seen the end.
    layout: Layout,
    /// The same, with the length of the plaintext, once the end was verified.
    proved: OnceLock<Layout>,
}

impl RangeOpener {
    pub(crate) fn new(
        verified: VerifiedHeader,
        message_length: u64,
        limits: Limits,
    ) -> Result<Self> {
        let VerifiedHeader { header, context, keys, .. } = verified;
        let message = Message {
            cipher: FrameCipher::new(keys.content, *header.message_id()),
            layout: Layout::new(&header, message_length)?,
            proved: OnceLock::new(),
            header,
            context,
            limits,
        };
        Ok(Self { message: Arc::new(message), beginning: Arc::default() })
    }

    /// Takes over the first bytes of the body, of which some often come along with the header. What
    /// lies within them is not asked for.
    #[must_use]
    pub fn with_beginning(mut self, mut body: Vec<u8>) -> Self {
        let longest = self.message.layout.body_length();
        body.truncate(usize::try_from(longest).unwrap_or(usize::MAX));
        self.beginning = Arc::new(body);
        self
    }

    /// The verified header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.message.header
    }

    /// All pairs that the message is bound to: those of the header and those that the caller
    /// reproduced.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        &self.message.context
    }

    /// Length of the plaintext in bytes, once the end of the message was verified.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.message.proved.get().and_then(Layout::length)
    }

    /// Length of the plaintext in bytes, proved or not: what
    /// [`Header::estimate_plaintext_length`] says before the end was verified. `None` if no such
    /// message is that long.
    #[must_use]
    pub fn estimated_length(&self) -> Option<u64> {
        let estimate = || self.header().estimate_plaintext_length(self.layout().message_length());
        self.length().or_else(estimate)
    }

    /// Begins to read several ranges of plaintext bytes at once, each with its end left out. They
    /// may overlap, and be in any order. What is past the end of the plaintext is cut off.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if a range ends before it starts. That one starts past the end of
    /// the plaintext is an error once that is proved.
    pub fn read(&self, ranges: &[Range<u64>]) -> Result<RangeRead> {
        RangeRead::of_ranges(self.clone(), ranges)
    }

    /// Begins to read the last `length` plaintext bytes, or all if there are fewer.
    #[must_use]
    pub fn read_suffix(&self, length: u64) -> RangeRead {
        RangeRead::of_suffix(self.clone(), length)
    }

    /// Whole frames from the one that `range` starts in: as many as end within it, but at least
    /// one. Goes to the end, if that is near.
    pub(crate) fn whole_frames(&self, range: Range<u64>) -> Range<u64> {
        self.layout().whole_frames(range)
    }

    fn layout(&self) -> Layout {
        *self.message.proved.get().unwrap_or(&self.message.layout)
    }

    /// The stored bytes of `range`, if they are there already.
    fn held(&self, range: &Range<u64>) -> Option<&[u8]> {
        let start = range.start.checked_sub(self.message.layout.body())?;
        let end = range.end.checked_sub(self.message.layout.body())?;
        self.beginning.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// Where in the message the bytes end that are there already.
    fn held_end(&self) -> u64 {
        self.message.layout.body() + self.beginning.len() as u64
    }

    /// Opens a regular frame, from exactly its bytes, into exactly its length.
    fn open_frame(&self, layout: &Layout, frame: u64, bytes: &[u8], out: &mut [u8]) -> Result<()> {
        let Message { header, limits, cipher, .. } = &*self.message;
        let scan = BodyScan::at_frame(header, limits.clone(), frame, layout.start(frame));
        let end = match scan.unit(bytes)? {
            Ok(WholePart { prefix, length, .. }) if prefix.part == Part::RegularFrame => {
                return cipher.open(&prefix, &bytes[..length], out);
            }
            // A final frame, as it seems, where others should follow.
            Ok(final_part) => final_part.total,
            Err(needs) => needs.total,
        };
        let offset = layout.start(frame).saturating_add(end as u64);
        Err(if offset > layout.message_length() {
            Error::Truncated { offset: layout.message_length() }
        } else {
            Error::Malformed { what: "bytes after the end of the message", offset }
        })
    }

    /// Opens all that is behind the frames that are surely regular, which proves the length. It
    /// goes from part to part as the opener of a whole message does.
    fn open_tail(&self, layout: &Layout, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let Message { header, limits, cipher, .. } = &*self.message;
        let position = layout.start(layout.tail());
        let mut scan = BodyScan::at_frame(header, limits.clone(), layout.tail(), position);
        let mut plaintext = Zeroizing::new(Vec::new());
        let mut frames = layout.tail();
        let mut rest = bytes;
        while !(rest.is_empty() && scan.is_at_end()) {
            let Ok(unit) = scan.unit(rest)? else {
                return Err(Error::Truncated { offset: layout.message_length() });
            };
            check_buffered(unit.plaintext as u64, limits)?;
            let start = plaintext.len();
            reserve_wiped(&mut plaintext, unit.plaintext, bytes.len());
            plaintext.resize(start + unit.plaintext, 0);
            cipher.open(&unit.prefix, &rest[..unit.length], &mut plaintext[start..])?;
            scan.advance(&unit);
            rest = &rest[unit.total..];
            frames += 1;
        }
        self.remember(layout, frames, plaintext.len() as u64)?;
        Ok(plaintext)
    }

    fn remember(&self, layout: &Layout, frames: u64, tail: u64) -> Result<()> {
        let length = layout.plaintext_start(layout.tail()) + tail;
        if layout.length().is_some_and(|assumed| assumed != length) {
            return Err(Error::Internal { what: "two messages of one length differ in their end" });
        }
        let _ = self.message.proved.set(layout.proved(frames.saturating_sub(1), length));
        Ok(())
    }
}

impl fmt::Debug for RangeOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeOpener")
            .field("header", self.header())
            .field("message_length", &self.layout().message_length())
            .field("length", &self.length())
            .finish_non_exhaustive()
    }
}

/// The limit counts the plaintext of a frame, as it does elsewhere.
fn check_buffered(plaintext: u64, limits: &Limits) -> Result<()> {
    let limit = limits.max_buffered() as u64;
    if plaintext > limit {
        return Err(Error::Limit { kind: LimitKind::Buffered, limit });
    }
    Ok(())
}
