//! Adapters for async programs, with the feature `tokio`.

mod ranges;

pub use self::ranges::{FileSource, RangeReader, RangeSource};
