//! How much is taken without being told otherwise. The help and the documents name these numbers.

/// Longest frame in bytes that is written, and read without `--buffer`: 64 MiB.
pub(crate) const LONGEST_FRAME: u32 = 64 << 20;
/// Most bytes that `--buffer`, and `inspect`, hold in memory: 1 GiB.
pub(crate) const MOST_HELD: usize = 1 << 30;
/// Most encrypted data keys of a message.
pub(crate) const MOST_ENCRYPTED_DATA_KEYS: u16 = 16;
