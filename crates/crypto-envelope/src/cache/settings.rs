//! How long an entry serves, and how many there are.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::{Error, Result};

/// The thresholds of a cache.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) max_age: Duration,
    pub(super) capacity: usize,
    pub(super) max_messages: u64,
    pub(super) max_bytes: u64,
}

impl Settings {
    pub(super) fn new(max_age: Duration) -> Self {
        Self {
            max_age,
            capacity: DEFAULT_CAPACITY,
            max_messages: MOST_MESSAGES,
            max_bytes: MOST_BYTES,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let wrong = if self.max_age.is_zero() {
            "the age of a cache must be more than nothing"
        } else if self.capacity == 0 {
            "a cache must have room for an entry"
        } else if self.max_messages == 0 || self.max_messages > MOST_MESSAGES {
            "an entry of a cache must serve from 1 to 2^32 messages"
        } else if self.max_bytes > MOST_BYTES {
            "an entry of a cache must serve at most 2^63 - 1 bytes"
        } else {
            return Ok(());
        };
        Err(Error::invalid_input(wrong))
    }
}

/// What an entry was used for.
#[derive(Debug, Default)]
pub(super) struct Usage {
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Usage {
    /// Whether a message may use the entry. It is counted where its length is said.
    pub(super) fn admits(&self, plaintext: Option<u64>, settings: &Settings) -> bool {
        plaintext.is_none_or(|bytes| self.count(bytes, settings))
    }

    /// Whether it may still serve somebody.
    pub(super) fn has_room(&self, settings: &Settings) -> bool {
        self.messages.load(Ordering::Relaxed) < settings.max_messages
            && self.bytes.load(Ordering::Relaxed) < settings.max_bytes
    }

    /// Counts one more message, and says whether it may still use the entry. One that may not is
    /// counted all the same: the entry is used up.
    fn count(&self, bytes: u64, settings: &Settings) -> bool {
        let messages = add(&self.messages, 1);
        let bytes = add(&self.bytes, bytes);
        messages <= settings.max_messages && bytes <= settings.max_bytes
    }
}

/// Returns the sum.
fn add(counter: &AtomicU64, more: u64) -> u64 {
    let sum = |before: u64| before.saturating_add(more);
    let before = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(sum(n)));
    before.map_or(u64::MAX, sum)
}

const DEFAULT_CAPACITY: usize = 1000;
const MOST_MESSAGES: u64 = 1 << 32;
const MOST_BYTES: u64 = i64::MAX.cast_unsigned();

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(max_messages: u64, max_bytes: u64) -> Settings {
        Settings { max_messages, max_bytes, ..Settings::new(Duration::from_secs(1)) }
    }

    #[test]
    fn thresholds_are_reached_and_not_crossed() {
        let usage = Usage::default();
        let three = settings(3, 1000);
        assert_eq!([(); 5].map(|()| usage.count(0, &three)), [true, true, true, false, false]);

        let usage = Usage::default();
        let bytes = settings(100, 10);
        assert!(usage.count(9, &bytes) && usage.count(1, &bytes) && usage.count(0, &bytes));
        assert!(!usage.count(1, &bytes));
        // Used up for good.
        assert!(!usage.count(0, &bytes));
    }

    #[test]
    fn counting_does_not_wrap() {
        let usage = Usage::default();
        let most = settings(MOST_MESSAGES, MOST_BYTES);
        assert!(usage.count(MOST_BYTES, &most));
        for _ in 0..3 {
            assert!(!usage.count(u64::MAX, &most));
        }
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let refused = |settings: Settings| {
            assert!(matches!(settings.check(), Err(Error::InvalidInput { .. })), "{settings:?}");
        };
        refused(Settings::new(Duration::ZERO));
        refused(Settings { capacity: 0, ..settings(1, 1) });
        refused(settings(0, 1));
        refused(settings(MOST_MESSAGES + 1, 1));
        refused(settings(1, MOST_BYTES + 1));
        assert!(settings(1, 0).check().is_ok());
        assert!(settings(MOST_MESSAGES, MOST_BYTES).check().is_ok());
        assert!(Settings::new(Duration::from_nanos(1)).check().is_ok());
    }
}
