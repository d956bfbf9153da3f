//! Choosing the thresholds of a cache.

use std::{fmt, time::Duration};

use super::{MaterialsCache, clock::Clock, settings::Settings};
#[cfg(doc)]
use crate::Error;
use crate::{Result, SecretBytes};

/// Chooses the options of a [`MaterialsCache`].
#[derive(Clone)]
#[must_use]
pub struct MaterialsCacheBuilder {
    settings: Settings,
    partition: Option<Vec<u8>>,
}

impl MaterialsCacheBuilder {
    pub(super) fn new(max_age: Duration) -> Self {
        Self { settings: Settings::new(max_age), partition: None }
    }

    /// Most entries, at least 1, counted for sealing and for opening apart. Default: 1000. Where
    /// there is no room, the one that was not used for the longest time goes. This is no bound in
    /// bytes: an entry for sealing holds its context, of up to 64 KiB, and the wrapped keys.
    pub fn capacity(mut self, entries: usize) -> Self {
        self.settings.capacity = entries;
        self
    }

    /// Most messages that are sealed with one entry, from 1 to 2^32. Default: 2^32.
    pub fn max_messages(mut self, messages: u64) -> Self {
        self.settings.max_messages = messages;
        self
    }

    /// Most plaintext bytes that are sealed with one entry, up to 2^63 - 1. Default: 2^63 - 1. A
    /// message that may be as long as this by itself is not served; with 0 none is.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.settings.max_bytes = bytes;
        self
    }

    /// Which entries can be seen, among those who [share](MaterialsCache::share) a store. Default:
    /// random, so nobody else's.
    pub fn partition_id(mut self, id: impl Into<Vec<u8>>) -> Self {
        self.partition = Some(id.into());
        self
    }

    /// The cache.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the age or the capacity is zero, or a threshold is out of bounds;
    /// [`Error::Unsupported`] where there is no clock, as on `wasm32-unknown-unknown`;
    /// [`Error::Internal`] if there is no randomness for the partition.
    pub fn build(self) -> Result<MaterialsCache> {
        let clock = Clock::of_system()?;
        self.build_with(&clock)
    }

    pub(super) fn build_with(self, clock: &Clock) -> Result<MaterialsCache> {
        self.settings.check()?;
        let partition = match self.partition {
            Some(partition) => partition,
            None => SecretBytes::random(PARTITION_LENGTH)?.expose().to_vec(),
        };
        Ok(MaterialsCache::new(self.settings, partition, clock))
    }
}

impl fmt::Debug for MaterialsCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaterialsCacheBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

const PARTITION_LENGTH: usize = 32;
