//! How ranges are fetched.

use std::num::NonZeroUsize;

/// How a range reader fetches. None of it changes what comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeOptions {
    first_fetch: usize,
    merge_gap: u64,
    read_ahead: usize,
    concurrent_fetches: NonZeroUsize,
    fetch_memory: u64,
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

    /// Most fetches of one call that are on their way at the same time, if they are awaited; whoever
    /// waits gets one after the other. Default: 8.
    #[must_use]
    pub fn with_concurrent_fetches(mut self, fetches: NonZeroUsize) -> Self {
        self.concurrent_fetches = fetches;
        self
    }

    /// Most stored bytes that the fetches of one call are about that are on their way, or there and
    /// not opened yet. A single fetch may be longer: up to 8 MiB, or a frame if that is more.
    /// Default: 32 MiB.
    #[must_use]
    pub fn with_fetch_memory(mut self, bytes: u64) -> Self {
        self.fetch_memory = bytes;
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

    /// Most fetches of one call at the same time.
    #[must_use]
    pub fn concurrent_fetches(&self) -> NonZeroUsize {
        self.concurrent_fetches
    }

    /// Most stored bytes of one call that are fetched at the same time.
    #[must_use]
    pub fn fetch_memory(&self) -> u64 {
        self.fetch_memory
    }
}

impl Default for RangeOptions {
    fn default() -> Self {
        Self {
            first_fetch: 64 << 10,
            merge_gap: 64 << 10,
            read_ahead: 1 << 20,
            concurrent_fetches: EIGHT,
            fetch_memory: 32 << 20,
        }
    }
}

const EIGHT: NonZeroUsize = NonZeroUsize::new(8).expect("it is not zero");
