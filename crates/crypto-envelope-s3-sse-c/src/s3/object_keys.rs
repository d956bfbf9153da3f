//! Which key an object is under.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crypto_envelope::Result;

use crate::{
    Epoch, KeyRing, KeyRingError, KeyRingErrorKind, ObjectPlace, SseCError, SseCErrorKind,
    SseCustomerKey, s3::error::About,
};

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
    origin: Option<Origin>,
}

/// From where a key was derived, and when.
#[derive(Clone, Debug)]
struct Origin {
    ring: KeyRing,
    at: Instant,
}

impl ObjectKey {
    /// Not from a ring.
    pub(crate) fn of(key: SseCustomerKey) -> Self {
        Self { key, epoch: None, origin: None }
    }

    fn derived(key: SseCustomerKey, epoch: Epoch, ring: &KeyRing) -> Self {
        let origin = Some(Origin { ring: ring.clone(), at: Instant::now() });
        Self { key, epoch: Some(epoch), origin }
    }

    /// Demands, of a write that took long, that its epoch was not retired meanwhile: an audit does not see what is
    /// still on its way.
    pub(crate) async fn check_not_retired(&self, about: &About) -> Result<()> {
        let (Some(Origin { ring, at }), Some(epoch)) = (&self.origin, self.epoch) else {
            return Ok(());
        };
        if at.elapsed() < LONG {
            return Ok(());
        }
        ring.reload().await?;
        if ring.epochs().contains(&epoch) {
            return Ok(());
        }
        let finding = format!("it was written under epoch {epoch}, which was retired meanwhile");
        Err(SseCError::found(about.clone(), SseCErrorKind::KeyRetired, finding).into())
    }
}

impl ObjectKeys {
    /// The key that an object is written under.
    pub(crate) async fn for_writing(&self, place: &ObjectPlace) -> Result<ObjectKey> {
        match self {
            Self::Key(key) => Ok(ObjectKey::of(key.clone())),
            Self::Ring(ring) => {
                let (epoch, key) = ring.key_for_writing(place.bucket(), place.key()).await?;
                Ok(ObjectKey::derived(key, epoch, ring))
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
                Ok(ObjectKey::derived(key, epoch, ring))
            }
            (Self::Key(key), _) => Ok(ObjectKey::of(key.clone())),
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
        loop {
            if self.epochs.is_empty() {
                self.reload().await?;
            }
            let Some(epoch) = self.epochs.pop_front() else { return Ok(None) };
            self.tried.extend(epoch);
            match self.keys.of_epoch(epoch, place).await {
                // Somebody has retired it meanwhile.
                Err(error) if KeyRingError::kind_in(&error).is_some_and(is_gone) => {}
                key => return key.map(Some),
            }
        }
    }

    /// Without another look at the ring, if none fits.
    pub(crate) fn without_reload(self) -> Self {
        Self { is_reloaded: true, ..self }
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

/// Whether there is no such epoch any more.
pub(crate) fn is_gone(kind: KeyRingErrorKind) -> bool {
    matches!(kind, KeyRingErrorKind::UnknownEpoch | KeyRingErrorKind::RetiredEpoch)
}

/// What ends sooner is seen by an audit, or began after it.
const LONG: Duration = Duration::from_mins(30);

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
