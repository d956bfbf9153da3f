//! What a message may make us hold in memory.

/// Bounds that a message must respect.
///
/// The two buffer bounds apply to bytes that are really held, never to what a header claims: no
/// memory is taken for a claimed length. Whole messages that are already in memory are opened in
/// place and need no buffer.
///
/// Exceeding a bound is [`Error::Limit`](crate::Error::Limit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) header: usize,
    pub(crate) buffered: usize,
    pub(crate) held_plaintext: usize,
    pub(crate) encrypted_data_keys: u16,
    pub(crate) body_part: u64,
}

impl Limits {
    /// Longest header in bytes. Default: 1 MiB.
    #[must_use]
    pub fn max_header(mut self, bytes: usize) -> Self {
        self.header = bytes;
        self
    }

    /// Most bytes of one frame or block that a stream may buffer. Default: 64 MiB.
    #[must_use]
    pub fn max_buffered(mut self, bytes: usize) -> Self {
        self.buffered = bytes;
        self
    }

    /// Most plaintext bytes that are held back until the end of the message is verified.
    /// Default: 64 MiB.
    #[must_use]
    pub fn max_held_plaintext(mut self, bytes: usize) -> Self {
        self.held_plaintext = bytes;
        self
    }

    /// Most encrypted data keys of one message. Default: 65 535, all that the format can hold,
    /// as in the official SDKs. Each one may cost a call to a key service, so a service that
    /// decrypts what strangers send should set a small number.
    #[must_use]
    pub fn max_encrypted_data_keys(mut self, count: u16) -> Self {
        self.encrypted_data_keys = count;
        self
    }

    /// Longest frame, or block of a non-framed message, in plaintext bytes, *as the message
    /// claims it*. Default: none. The official Python SDK calls this `max_body_length`.
    #[must_use]
    pub fn max_body_part(mut self, bytes: u64) -> Self {
        self.body_part = bytes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: MEBIBYTE,
            buffered: 64 * MEBIBYTE,
            held_plaintext: 64 * MEBIBYTE,
            encrypted_data_keys: u16::MAX,
            body_part: u64::MAX,
        }
    }
}

const MEBIBYTE: usize = 1 << 20;
