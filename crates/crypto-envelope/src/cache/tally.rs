//! What happened in a cache: counted, and told to whoever listens.

use std::sync::atomic::{AtomicU64, Ordering};

use super::entries::Removal;

/// How often what happened since a cache was made, for sealing and opening together. Looking is counted,
/// not messages: who waited in vain, for the sake of a message that was not genuine, looks once more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheCounters {
    /// An entry was there.
    pub hits: u64,
    /// None was there, or it was used up.
    pub misses: u64,
    /// After a miss, the key provider was asked.
    pub calls: u64,
    /// After a miss, somebody was asking already, and his answer was waited for.
    pub waits: u64,
    /// A data key that was found did not open the header of the message. The key provider was asked
    /// as if there was no cache.
    pub misfits: u64,
    /// Not served because the length of the plaintext was not known.
    pub bypasses_of_unknown_length: u64,
    /// Not served because the plaintext was as long as all plaintext of an entry may be.
    pub bypasses_of_long_plaintext: u64,
    /// Not served because the suite does not derive a key for each message.
    pub bypasses_without_derivation: u64,
    /// An entry made room for another one.
    pub evictions: u64,
    /// An entry was too old.
    pub expirations: u64,
    /// An entry had served as many messages or bytes as it may.
    pub exhaustions: u64,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Hit,
    Miss,
    Call,
    Wait,
    Misfit,
    UnknownLength,
    LongPlaintext,
    NoDerivation,
    Evicted,
    Expired,
    Exhausted,
}

/// The counters themselves.
#[derive(Debug, Default)]
pub(super) struct Tally([AtomicU64; 11]);

impl Tally {
    /// Never under a lock: whoever listens may do anything.
    pub(super) fn note(&self, operation: Operation, event: Event) {
        self.0[event as usize].fetch_add(1, Ordering::Relaxed);
        let operation = operation.name();
        match event {
            Event::Hit => tracing::trace!(operation, "materials out of the cache"),
            Event::Miss | Event::Wait => tracing::debug!(operation, ?event, "not in the cache"),
            Event::Call => tracing::debug!(operation, "the key provider is asked"),
            Event::Misfit => tracing::debug!(operation, "a cached data key does not fit"),
            Event::UnknownLength | Event::LongPlaintext | Event::NoDerivation => {
                tracing::debug!(operation, reason = ?event, "without the cache");
            }
            Event::Evicted | Event::Expired | Event::Exhausted => {
                tracing::debug!(operation, reason = ?event, "removed from the cache");
            }
        }
    }

    pub(super) fn note_removal(&self, operation: Operation, why: Removal) {
        match why {
            Removal::Evicted => self.note(operation, Event::Evicted),
            Removal::Expired => self.note(operation, Event::Expired),
            Removal::Exhausted => self.note(operation, Event::Exhausted),
            Removal::Cleared => {}
        }
    }

    pub(super) fn counters(&self) -> CacheCounters {
        let of = |event: Event| self.0[event as usize].load(Ordering::Relaxed);
        CacheCounters {
            hits: of(Event::Hit),
            misses: of(Event::Miss),
            calls: of(Event::Call),
            waits: of(Event::Wait),
            misfits: of(Event::Misfit),
            bypasses_of_unknown_length: of(Event::UnknownLength),
            bypasses_of_long_plaintext: of(Event::LongPlaintext),
            bypasses_without_derivation: of(Event::NoDerivation),
            evictions: of(Event::Evicted),
            expirations: of(Event::Expired),
            exhaustions: of(Event::Exhausted),
        }
    }
}

/// What the materials are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Seal,
    Open,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Open => "open",
        }
    }
}
