//! How ranges are fetched.

/// How a range reader fetches. None of it changes what comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeOptions {
    first_fetch: usize,
    merge_gap: u64,
    read_ahead: usize,
}

impl RangeOptions {
    /// How many bytes from the beginning of the message are fetched for its header, at least 1. If
    /// it is longer, more are fetched; what is behind it is kept and used. Default: 64 KiB, so that
    /// one fetch is enough for a short message.
    #[must_use]
    pub fn with_first_fetch(mut self, bytes: usize) -> Self {
        self.first_fetch = bytes.max(1);
        self
    }

    /// Most stored bytes between two ranges that are fetched with them, and not used, since that is
    /// quicker than another fetch. Default: 64 KiB.
    #[must_use]
    pub fn with_merge_gap(mut self, bytes: u64) -> Self {
        self.merge_gap = bytes;
        self
    }

    /// Most plaintext bytes that are fetched and held ahead of somebody who reads one piece after
    /// the other; a frame in any case. It begins with 64 KiB, or less if that is more than
    /// allowed, and doubles as long as no [`seek`](std::io::Seek::seek) leads elsewhere. Default: 1
    /// MiB.
    #[must_use]
    pub fn with_read_ahead(mut self, bytes: usize) -> Self {
        self.read_ahead = bytes;
        self
    }

    /// Bytes that are fetched for the header.
    #[must_use]
    pub fn first_fetch(&self) -> usize {
        self.first_fetch
    }

    /// Most stored bytes that are fetched without being used.
    #[must_use]
    pub fn merge_gap(&self) -> u64 {
        self.merge_gap
    }

    /// Most plaintext bytes that are read ahead.
    #[must_use]
    pub fn read_ahead(&self) -> usize {
        self.read_ahead
    }
}

impl Default for RangeOptions {
    fn default() -> Self {
        Self { first_fetch: 64 << 10, merge_gap: 64 << 10, read_ahead: 1 << 20 }
    }
}
