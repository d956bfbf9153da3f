//! Which key an object is under.

use std::collections::VecDeque;

use crypto_envelope::Result;

use crate::{Epoch, KeyRing, ObjectPlace, SseCustomerKey};

/// Where the keys of objects come from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ObjectKeys {
    /// One key, whatever the object.
    Key(SseCustomerKey),
    /// A key for each object, derived from a ring.
    Ring(KeyRing),
}

/// A key for one object.
#[derive(Clone, Debug)]
pub(crate) struct ObjectKey {
    pub(crate) key: SseCustomerKey,
    /// Of the ring, if it is from one.
    pub(crate) epoch: Option<Epoch>,
}

impl ObjectKeys {
    /// The key that an object is written under.
    pub(crate) async fn for_writing(&self, place: &ObjectPlace) -> Result<ObjectKey> {
        match self {
            Self::Key(key) => Ok(ObjectKey { key: key.clone(), epoch: None }),
            Self::Ring(ring) => {
                let (epoch, key) = ring.key_for_writing(place.bucket(), place.key()).await?;
                Ok(ObjectKey { key, epoch: Some(epoch) })
            }
        }
    }

    /// The keys that an object may be under, the likeliest first. They are made one at a time: each may ask a
    /// key service.
    pub(crate) fn candidates(&self) -> Candidates<'_> {
        let epochs = match self {
            Self::Key(_) => vec![None],
            Self::Ring(ring) => ring.epochs().into_iter().map(Some).collect(),
        };
        Candidates { keys: self, epochs: epochs.into(), tried: Vec::new(), is_reloaded: false }
    }

    /// The key of an epoch of the ring, or the one key.
    pub(crate) async fn of_epoch(
        &self,
        epoch: Option<Epoch>,
        place: &ObjectPlace,
    ) -> Result<ObjectKey> {
        match (self, epoch) {
            (Self::Ring(ring), Some(epoch)) => {
                let key = ring.key_of(epoch, place.bucket(), place.key()).await?;
                Ok(ObjectKey { key, epoch: Some(epoch) })
            }
            (Self::Key(key), _) => Ok(ObjectKey { key: key.clone(), epoch: None }),
            (Self::Ring(_), None) => self.for_writing(place).await,
        }
    }
}

pub(crate) struct Candidates<'a> {
    keys: &'a ObjectKeys,
    epochs: VecDeque<Option<Epoch>>,
    tried: Vec<Epoch>,
    is_reloaded: bool,
}

impl Candidates<'_> {
    pub(crate) async fn next(&mut self, place: &ObjectPlace) -> Result<Option<ObjectKey>> {
        if self.epochs.is_empty() {
            self.reload().await?;
        }
        match self.epochs.pop_front() {
            Some(epoch) => {
                self.tried.extend(epoch);
                self.keys.of_epoch(epoch, place).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// None of the epochs that were known fits: somebody else may have added one.
    async fn reload(&mut self) -> Result<()> {
        let ObjectKeys::Ring(ring) = self.keys else { return Ok(()) };
        if self.is_reloaded {
            return Ok(());
        }
        self.is_reloaded = true;
        ring.reload().await?;
        let newer = ring.epochs().into_iter().filter(|epoch| !self.tried.contains(epoch));
        self.epochs.extend(newer.map(Some));
        Ok(())
    }
}

impl From<SseCustomerKey> for ObjectKeys {
    fn from(key: SseCustomerKey) -> Self {
        Self::Key(key)
    }
}

impl From<&SseCustomerKey> for ObjectKeys {
    fn from(key: &SseCustomerKey) -> Self {
        Self::Key(key.clone())
    }
}

impl From<KeyRing> for ObjectKeys {
    fn from(ring: KeyRing) -> Self {
        Self::Ring(ring)
    }
}

impl From<&KeyRing> for ObjectKeys {
    fn from(ring: &KeyRing) -> Self {
        Self::Ring(ring.clone())
    }
}

impl From<&Self> for ObjectKeys {
    fn from(keys: &Self) -> Self {
        keys.clone()
    }
}
