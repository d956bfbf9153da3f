//! Roots for the keys of objects, wrapped and kept in one place.

mod audit;
mod builder;
mod change;
mod derive;
mod document;
mod epoch;
mod error;
mod file;
mod place;
mod roots;
#[cfg(test)]
pub(crate) mod testing;
mod time;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use crypto_envelope::{EncryptionContext, Result, provider::KeyProvider};

#[cfg(feature = "wire")]
pub(crate) use self::document::rewritten;
pub use self::{
    audit::EpochAudit,
    builder::KeyRingBuilder,
    epoch::Epoch,
    error::{KeyRingError, KeyRingErrorKind},
    file::FileRing,
    place::{Placed, Revision, RingPlace, StoredRing},
};
use self::{
    builder::Settings,
    document::Document,
    roots::{Access, Loaded, Root, Roots},
    time::Moment,
};
use crate::SseCustomerKey;

/// Customer keys for any number of objects, derived from a few roots: one call of the key provider for each process
/// and root, another key for each object, and nothing to be stored with the object.
///
/// The roots stand, wrapped by a [`KeyProvider`], in one small text at a [`RingPlace`]. Each has a number, its
/// [`Epoch`]. What is written is under the newest; [`rotate`](Self::rotate) adds one, and
/// [`retire`](Self::retire) throws one away when nothing opens with it any more. **Without this text no object
/// opens: keep a copy of it.** It is no secret. `docs/sse-c-keys.md` says how to live with it,
/// `docs/formats/sse-c-key-ring.md` what is in it.
///
/// Clones are one ring. The roots are unwrapped when they are needed first, and stay in memory.
///
/// ```
/// use crypto_envelope::{SecretBytes, blocking, provider::RawAesProvider};
/// use crypto_envelope_s3_sse_c::{FileRing, KeyRing};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("ring.json");
/// let provider = RawAesProvider::new("my-app", "key-1", &SecretBytes::random(32)?)?;
/// let ring = KeyRing::builder(provider, FileRing::new(path));
/// let ring = blocking::wait(ring.create(["photos"]))?;
/// let (epoch, key) = blocking::wait(ring.key_for_writing("photos", "2026/cat.jpg"))?;
/// let same = blocking::wait(ring.key_of(epoch, "photos", "2026/cat.jpg"))?;
/// assert_eq!(key.digest(), same.digest());
/// # Ok(())
/// # }
/// ```
///
/// # What it protects
///
/// Nobody can change a ring without the wrapping key, leave out an epoch, or mix two rings. Whoever may write the
/// place can delete it, or put back one from before, whole; a process that knew a newer one, and
/// [`expect_epoch_at_least`](KeyRingBuilder::expect_epoch_at_least), notice. Whoever learned a root knows the keys of
/// all objects of its epoch.
#[derive(Clone)]
pub struct KeyRing(Arc<Inner>);

struct Inner {
    access: Access,
    settings: Settings,
    roots: Roots,
    state: Mutex<State>,
    /// Held by whoever looks whether the ring has changed.
    looking: tokio::sync::Mutex<()>,
}

struct State {
    loaded: Arc<Loaded>,
    /// When it was read.
    seen: Moment,
    /// Why it could not be read since, and when that was.
    failure: Option<(KeyRingError, Moment)>,
}

impl KeyRing {
    /// The longest text of a ring, in bytes.
    pub const MAX_BYTES: usize = document::MAX_BYTES;

    /// How long whoever writes goes on when the ring cannot be read: he may miss a newer epoch.
    pub const LONGEST_UNSEEN: Duration = Duration::from_mins(30);

    /// How old the newest epoch has to be when an audit begins by which an older one is retired: all who write know
    /// it then, as they go on for [`LONGEST_UNSEEN`](Self::LONGEST_UNSEEN) without, and what they began before is
    /// there. Clocks may differ by what is left.
    pub const RETIRE_AFTER: Duration = Duration::from_hours(2);

    /// How long an audit is good for: later, versions may have come back from elsewhere.
    pub const AUDIT_GOOD_FOR: Duration = Duration::from_hours(7 * 24);

    /// Starts to open a ring, or to make one.
    pub fn builder(provider: impl KeyProvider, place: impl RingPlace) -> KeyRingBuilder {
        KeyRingBuilder::new(provider, place)
    }

    fn of(access: Access, settings: Settings, loaded: Loaded, roots: Roots) -> Self {
        let seen = settings.clock.moment();
        let state = State { loaded: Arc::new(loaded), seen, failure: None };
        let (state, looking) = (Mutex::new(state), tokio::sync::Mutex::default());
        Self(Arc::new(Inner { access, settings, roots, state, looking }))
    }

    /// The key of a new version of an object, and its epoch: the newest.
    ///
    /// Looks whether there is a newer epoch if that was
    /// [a while](KeyRingBuilder::reload_after) ago. If the ring cannot be read, because of the network or the key
    /// service, it goes on with what it knows for [`LONGEST_UNSEEN`](Self::LONGEST_UNSEEN), and not longer: the
    /// epoch may be retired after that. It does not go on if the ring is gone or is not genuine.
    ///
    /// Write with it at once. What is begun with it later than an hour from now may be lost when the epoch is
    /// retired.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`], of the kind [`BucketUnknown`](KeyRingErrorKind::BucketUnknown) if the bucket was not
    /// [added](Self::add_bucket); [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if a name is empty
    /// or over 65 535 bytes long.
    pub async fn key_for_writing(
        &self,
        bucket: &str,
        object: &str,
    ) -> Result<(Epoch, SseCustomerKey)> {
        self.refresh().await?;
        let loaded = self.loaded_with(|document| document.buckets.contains(bucket)).await?;
        let epoch = loaded.document.newest();
        Ok((epoch, self.derived(&loaded, epoch, bucket, object).await?))
    }

    /// The key of an object under an epoch, for reading: which one that is, no object says.
    ///
    /// Looks at the ring if it does not know the epoch or the bucket.
    ///
    /// # Errors
    ///
    /// As [`key_for_writing`](Self::key_for_writing); a [`KeyRingError`] of the kind
    /// [`UnknownEpoch`](KeyRingErrorKind::UnknownEpoch) or [`RetiredEpoch`](KeyRingErrorKind::RetiredEpoch).
    pub async fn key_of(&self, epoch: Epoch, bucket: &str, object: &str) -> Result<SseCustomerKey> {
        let is_known = |document: &Document| {
            document.buckets.contains(bucket) && document.root(epoch).is_some()
        };
        let loaded = self.loaded_with(is_known).await?;
        self.derived(&loaded, epoch, bucket, object).await
    }

    /// Reads the ring anew: others may have changed it.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`].
    pub async fn reload(&self) -> Result<()> {
        self.look().await?;
        Ok(())
    }

    /// Its id, by which [`expect_id`](KeyRingBuilder::expect_id) knows it: 32 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        self.loaded().document.id.clone()
    }

    /// The pairs that are bound to its roots.
    #[must_use]
    pub fn context(&self) -> EncryptionContext {
        self.loaded().document.context.clone()
    }

    /// The buckets that it is used for.
    #[must_use]
    pub fn buckets(&self) -> Vec<String> {
        self.loaded().document.buckets.iter().cloned().collect()
    }

    /// The epochs that it has roots of, the newest first.
    #[must_use]
    pub fn epochs(&self) -> Vec<Epoch> {
        self.loaded().document.epochs().rev().map(|(epoch, _)| epoch).collect()
    }

    /// The newest epoch, under which new objects are.
    #[must_use]
    pub fn newest(&self) -> Epoch {
        self.loaded().document.newest()
    }

    /// The epochs whose roots were thrown away, the latest first. Those of long ago may not be told.
    #[must_use]
    pub fn retired(&self) -> Vec<Epoch> {
        self.loaded().document.retired.keys().rev().copied().collect()
    }

    /// When an epoch was made, by the clock of whoever made it. None if there is none, or none any more.
    #[must_use]
    pub fn created(&self, epoch: Epoch) -> Option<SystemTime> {
        self.loaded().document.root(epoch).map(|root| root.created.to_time())
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Arc<dyn RingPlace> {
        Arc::clone(&self.0.access.place)
    }

    /// Why the ring could not be read the last time, if it goes on with what it knew before.
    #[must_use]
    pub fn failure(&self) -> Option<KeyRingError> {
        self.state().failure.as_ref().map(|(failure, _)| failure.clone())
    }

    /// Looks at the ring if it was not seen for too long.
    async fn refresh(&self) -> Result<(), KeyRingError> {
        let Inner { settings, looking, access, .. } = &*self.0;
        let unseen = || settings.clock.since(self.state().seen);
        if unseen() < settings.reload_after {
            return Ok(());
        }
        let _alone = looking.lock().await;
        if unseen() < settings.reload_after {
            return Ok(());
        }
        let failure = match self.recent_failure() {
            Some(failure) => failure,
            None => match self.look().await {
                Ok(_) => return Ok(()),
                Err(failure) => failure,
            },
        };
        if !failure.is_retryable() {
            return Err(failure);
        }
        let unseen = unseen();
        if unseen < Self::LONGEST_UNSEEN {
            return Ok(());
        }
        Err(KeyRingError::unseen(&*access.place, unseen.as_secs() / 60, failure.into()))
    }

    /// A failure after which it is not worth while to try at once again.
    fn recent_failure(&self) -> Option<KeyRingError> {
        let state = self.state();
        let (failure, when) = state.failure.as_ref()?;
        let is_recent = self.0.settings.clock.since(*when) < PAUSE;
        (is_recent && failure.is_retryable()).then(|| failure.clone())
    }

    /// Reads the ring, verifies it, and goes on with what it says.
    async fn look(&self) -> Result<Arc<Loaded>, KeyRingError> {
        let Inner { access, settings, roots, .. } = &*self.0;
        let (before, seen) = (self.loaded(), settings.clock.moment());
        match settings.load(access, roots, Some(&before.document)).await {
            Ok(loaded) => Ok(self.adopt(loaded, seen)),
            Err(failure) => {
                self.state().failure = Some((failure.clone(), settings.clock.moment()));
                Err(failure)
            }
        }
    }

    /// Goes on with a ring that was verified.
    fn adopt(&self, loaded: Loaded, seen: Moment) -> Arc<Loaded> {
        let (loaded, mut state) = (Arc::new(loaded), self.state());
        // Somebody else may have read a later one meanwhile.
        if loaded.document.newest() >= state.loaded.document.newest() {
            state.loaded = Arc::clone(&loaded);
            state.seen = seen;
            state.failure = None;
            self.0.roots.keep_only(&loaded.document);
        }
        loaded
    }

    /// The ring as it is known, or, if it has not all of that, as it is now.
    async fn loaded_with(&self, has_all: impl Fn(&Document) -> bool) -> Result<Arc<Loaded>> {
        let loaded = self.loaded();
        if has_all(&loaded.document) { Ok(loaded) } else { Ok(self.look().await?) }
    }

    async fn derived(
        &self,
        loaded: &Loaded,
        epoch: Epoch,
        bucket: &str,
        object: &str,
    ) -> Result<SseCustomerKey> {
        let (document, place) = (&loaded.document, &*self.0.access.place);
        if !document.buckets.contains(bucket) {
            return Err(KeyRingError::bucket_unknown(place, bucket).into());
        }
        if document.root(epoch).is_none() {
            return Err(match document.retired.get(&epoch) {
                Some(root) => KeyRingError::retired_epoch(place, epoch, &root.retired.to_string()),
                None => KeyRingError::unknown_epoch(place, epoch, document.newest()),
            }
            .into());
        }
        let root = self.root(document, epoch).await?;
        derive::customer_key(&root, bucket, object)
    }

    /// The root of an epoch of a ring that was verified.
    async fn root(&self, document: &Document, epoch: Epoch) -> Result<Root, KeyRingError> {
        self.0.roots.get(epoch, self.0.access.unwrap(document, epoch)).await
    }

    fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.state().loaded)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No panic leaves it half changed.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows nothing of its roots.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("place", &self.0.access.place)
            .field("id", &self.id())
            .field("epochs", &self.epochs())
            .finish_non_exhaustive()
    }
}

/// After a failure, until it is tried again.
const PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
