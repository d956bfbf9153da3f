//! What a message may make us hold in memory.

use std::fmt;

use crate::{BodyFormat, Error, Header, Result};

/// Bounds that a message must respect.
///
/// The two buffer bounds apply to bytes that are really held, never to what a header claims: no
/// memory is taken for a claimed length. Whole messages that are already in memory are opened
/// directly and need no buffer.
///
/// Exceeding a bound is [`Error::Limit`](crate::Error::Limit), which names the [`LimitKind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    header: usize,
    encrypted_data_keys: u16,
    failed_unwraps: u16,
    buffered: usize,
    held_plaintext: usize,
    claimed_frame: u64,
}

impl Limits {
    /// Longest header in bytes. Default: 1 MiB. Applies to written messages too.
    #[must_use]
    pub fn with_max_header(mut self, bytes: usize) -> Self {
        self.header = bytes;
        self
    }

    /// Most encrypted data keys of one message. Default: 65 535, all that the format can hold,
    /// as in the official SDKs. Each one may cost a call to a key service, so a service that
    /// decrypts what strangers send should set a small number. Applies to written messages too.
    #[must_use]
    pub fn with_max_encrypted_data_keys(mut self, count: u16) -> Self {
        self.encrypted_data_keys = count;
        self
    }

    /// Most failed attempts to unwrap a data key of one message. Default: 100. Each may have been a
    /// call to a key service: a message can name many keys, and name one many times. Keys that no
    /// provider takes for its own do not count.
    #[must_use]
    pub fn with_max_failed_unwraps(mut self, count: u16) -> Self {
        self.failed_unwraps = count;
        self
    }

    /// Most bytes of one frame or block that a stream may buffer. Default: 64 MiB. Beyond it a
    /// shorter frame helps when writing, and opening the whole message in memory when reading.
    #[must_use]
    pub fn with_max_buffered(mut self, bytes: usize) -> Self {
        self.buffered = bytes;
        self
    }

    /// Most plaintext bytes that a stream holds back until the end of the message is verified.
    /// Default: 64 MiB. Beyond it, read a source that can go back twice, with
    /// [`io::decrypt_seekable`](crate::io::decrypt_seekable), or decrypt into a place that can be
    /// taken back, such as a file that gets its name on success, with
    /// [`release_before_signature`](crate::DecryptorBuilder::release_before_signature).
    #[must_use]
    pub fn with_max_held_plaintext(mut self, bytes: usize) -> Self {
        self.held_plaintext = bytes;
        self
    }

    /// Longest frame, or block of a non-framed message, in plaintext bytes, *as the message
    /// claims it*. Default: none. The official Python SDK calls this `max_body_length`.
    #[must_use]
    pub fn with_max_claimed_frame(mut self, bytes: u64) -> Self {
        self.claimed_frame = bytes;
        self
    }

    /// Longest header in bytes.
    #[must_use]
    pub fn max_header(&self) -> usize {
        self.header
    }

    /// Most encrypted data keys of one message.
    #[must_use]
    pub fn max_encrypted_data_keys(&self) -> u16 {
        self.encrypted_data_keys
    }

    /// Most failed attempts to unwrap a data key of one message.
    #[must_use]
    pub fn max_failed_unwraps(&self) -> u16 {
        self.failed_unwraps
    }

    /// Most bytes of one frame or block that a stream may buffer.
    #[must_use]
    pub fn max_buffered(&self) -> usize {
        self.buffered
    }

    /// Most plaintext bytes that a stream holds back.
    #[must_use]
    pub fn max_held_plaintext(&self) -> usize {
        self.held_plaintext
    }

    /// Longest frame or block that a message may claim.
    #[must_use]
    pub fn max_claimed_frame(&self) -> u64 {
        self.claimed_frame
    }
}

/// What the crate asks.
impl Limits {
    /// Checks what a header shows by itself.
    pub(crate) fn check_header(&self, header: &Header) -> Result<()> {
        if header.length() > self.header {
            return Err(Error::Limit { kind: LimitKind::Header, limit: self.header as u64 });
        }
        self.check_encrypted_data_keys(header.encrypted_data_keys().len())?;
        match header.body_format() {
            BodyFormat::Framed { frame_length } => {
                self.check_claimed_frame(u64::from(frame_length.get()))
            }
            BodyFormat::NonFramed => Ok(()),
        }
    }

    pub(crate) fn check_encrypted_data_keys(&self, count: usize) -> Result<()> {
        if count > usize::from(self.encrypted_data_keys) {
            let limit = u64::from(self.encrypted_data_keys);
            return Err(Error::Limit { kind: LimitKind::EncryptedDataKeys, limit });
        }
        Ok(())
    }

    /// Whether one more data key may be tried after so many failures.
    pub(crate) fn check_failed_unwraps(&self, count: usize) -> Result<()> {
        if count >= usize::from(self.failed_unwraps) {
            let limit = u64::from(self.failed_unwraps);
            return Err(Error::Limit { kind: LimitKind::FailedUnwraps, limit });
        }
        Ok(())
    }

    pub(crate) fn check_claimed_frame(&self, length: u64) -> Result<()> {
        if length > self.claimed_frame {
            let limit = self.claimed_frame;
            return Err(Error::Limit { kind: LimitKind::ClaimedFrame, limit });
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: MEBIBYTE,
            encrypted_data_keys: u16::MAX,
            failed_unwraps: 100,
            buffered: 64 * MEBIBYTE,
            held_plaintext: 64 * MEBIBYTE,
            claimed_frame: u64::MAX,
        }
    }
}

/// Which bound was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// [`Limits::with_max_header`], in bytes.
    Header,
    /// [`Limits::with_max_encrypted_data_keys`].
    EncryptedDataKeys,
    /// [`Limits::with_max_failed_unwraps`].
    FailedUnwraps,
    /// [`Limits::with_max_buffered`], in bytes.
    Buffered,
    /// [`Limits::with_max_held_plaintext`], in bytes.
    HeldPlaintext,
    /// [`Limits::with_max_claimed_frame`], in bytes.
    ClaimedFrame,
    /// What was said of a plaintext, to
    /// [`Encryptor::prepare_at_most`](crate::Encryptor::prepare_at_most), in bytes.
    Plaintext,
    /// Frames of one message, a bound of the format. Use longer frames, or several messages.
    Frames,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "bytes of the message header",
            Self::EncryptedDataKeys => "encrypted data keys of a message",
            Self::FailedUnwraps => "failed attempts to unwrap a data key",
            Self::Buffered => "bytes of one frame in a buffer",
            Self::HeldPlaintext => {
                "bytes of plaintext held until the message is verified (ways on: two passes over a \
                 seekable source, a place that can be taken back, or a higher limit)"
            }
            Self::ClaimedFrame => "bytes of one frame",
            Self::Plaintext => "bytes of plaintext, which was said to be no longer",
            Self::Frames => "frames of a message",
        })
    }
}

const MEBIBYTE: usize = 1 << 20;
