//! Roots, wrapped and unwrapped.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Error, Result, SecretBytes, UnwrapAttempt,
    provider::{
        DetachedTarget, GenerateRequest, KeyProvider, RewrapRequest, Target, UnwrapRequest,
        Unwrapped,
    },
};

use super::{
    Epoch, KeyRingError,
    derive::KEY_LENGTH,
    document::{Document, MAX_BYTES, MOST_KEYS, WrappedRoot},
    error,
    place::{Placed, Revision, RingPlace, StoredRing},
    time::Second,
};

/// A root in clear.
pub(crate) type Root = Arc<SecretBytes>;

/// A ring that was verified, as it was at its place.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) document: Document,
    pub(crate) revision: Revision,
}

/// Who wraps the roots, and where the ring is.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) provider: Arc<dyn KeyProvider>,
    pub(crate) place: Arc<dyn RingPlace>,
}

impl Access {
    /// A new root, under the pairs of its epoch.
    pub(crate) async fn generate(
        &self,
        context: &EncryptionContext,
        created: Second,
    ) -> Result<(SecretBytes, WrappedRoot)> {
        let request = GenerateRequest::new(RING, KEY_LENGTH, context);
        let generated = self.provider.generate(request).await?;
        let (root, keys) = (generated.data_key, generated.encrypted_data_keys);
        if root.len() != KEY_LENGTH {
            return Err(self.unsuitable("the root that the key provider made has not 32 bytes"));
        }
        self.check_count(keys.len())?;
        Ok((root, WrappedRoot { created, keys }))
    }

    /// The root of an epoch of `document`, of which nothing need be known to be true.
    pub(crate) async fn unwrap(
        &self,
        document: &Document,
        epoch: Epoch,
    ) -> Result<Root, KeyRingError> {
        let context = document.context_of(epoch);
        let mut attempts = Vec::new();
        for key in document.root(epoch).into_iter().flat_map(|root| &root.keys) {
            let unwrapped = self.provider.unwrap(UnwrapRequest::new(key, RING, &context)).await;
            let error = match unwrapped {
                Ok(Unwrapped::Key(root)) if root.len() == KEY_LENGTH => return Ok(Arc::new(root)),
                Ok(Unwrapped::Key(_)) => Some(Error::unauthentic_key()),
                Ok(Unwrapped::NotMine) => None,
                Err(error) => Some(error),
            };
            attempts.push(UnwrapAttempt::of(&*self.provider, key, error));
        }
        let error = Error::no_usable_key(attempts);
        if error::is_about_authenticity(&error) {
            let what = format!("the root of epoch {epoch} is not of this ring, or was changed");
            return Err(KeyRingError::not_genuine(&*self.place, &what, error));
        }
        let what = format!("the root of epoch {epoch}");
        Err(KeyRingError::not_unwrapped(&*self.place, &what, error))
    }

    /// The same root, wrapped by `target`: inside of the key service, if that is possible.
    pub(crate) async fn rewrap(
        &self,
        document: &Document,
        epoch: Epoch,
        target: &Self,
    ) -> Result<Vec<EncryptedDataKey>> {
        let context = document.context_of(epoch);
        let mut attempts = Vec::new();
        for key in document.root(epoch).into_iter().flat_map(|root| &root.keys) {
            let ring = DetachedTarget::KeyRing;
            let request = RewrapRequest::new(key, ring, &context, &*target.provider);
            match self.provider.rewrap(request).await {
                Ok(keys) => {
                    self.check_count(keys.len())?;
                    return Ok(keys);
                }
                Err(error) => {
                    attempts.push(UnwrapAttempt::of(&*self.provider, key, Some(error)));
                }
            }
        }
        let what = format!("the root of epoch {epoch}, which is to be moved,");
        let error = Error::no_usable_key(attempts);
        Err(KeyRingError::not_unwrapped(&*self.place, &what, error).into())
    }

    /// Demands that the ring opens: with this provider, and by its MAC.
    pub(crate) async fn verify(&self, document: &Document) -> Result<Root, KeyRingError> {
        let root = self.unwrap(document, document.newest()).await?;
        self.check_seal(document, &root)?;
        Ok(root)
    }

    /// Demands that the MAC is the right one.
    pub(crate) fn check_seal(
        &self,
        document: &Document,
        newest: &SecretBytes,
    ) -> Result<(), KeyRingError> {
        let sealed = document.is_sealed_with(newest);
        if sealed.map_err(|error| KeyRingError::malformed(&*self.place, &error.to_string()))? {
            return Ok(());
        }
        Err(KeyRingError::not_genuine(&*self.place, "its MAC is not that of what it says", None))
    }

    /// Stores a ring: the first one, or in place of this revision. None if others were first. What is stored
    /// was read back.
    pub(crate) async fn put(
        &self,
        document: Document,
        over: Option<&Revision>,
    ) -> Result<Option<Loaded>> {
        let (text, place) = (document.text(), &self.place);
        if text.len() > MAX_BYTES {
            let what = format!(
                "it would be longer than {MAX_BYTES} bytes, so it was left as it is: retire old epochs, or \
                 begin another ring for other buckets"
            );
            return Err(KeyRingError::too_long(&**place, &what).into());
        }
        let placed = match over {
            None => place.create(text.as_bytes()).await,
            Some(revision) => place.replace(text.as_bytes(), revision).await,
        };
        // What counts is what is there: an answer may have been lost, and another attempt of the
        // same have come too late.
        let found = place.read().await;
        let ours = |found: &Option<StoredRing>| {
            found.as_ref().filter(|found| found.bytes() == text.as_bytes()).cloned()
        };
        let stored = match (found, placed) {
            (Ok(found), Ok(_)) => ours(&found),
            // It may be there and not outlive a crash.
            (Ok(found), Err(error)) => match ours(&found) {
                Some(found) => Some(self.put_again(&text, found, error).await?),
                None => return Err(KeyRingError::unwritten(&**place, error).into()),
            },
            (Err(_), Ok(Placed::Lost)) => None,
            (Err(_), Err(error)) | (Err(error), Ok(Placed::Done)) => {
                return Err(KeyRingError::unwritten(&**place, error).into());
            }
        };
        Ok(stored.map(|stored| {
            let (_, revision) = stored.into_parts();
            Loaded { document, revision }
        }))
    }

    /// Stores what is there already, as it was said not to be stored.
    async fn put_again(&self, text: &str, found: StoredRing, error: Error) -> Result<StoredRing> {
        let placed = self.place.replace(text.as_bytes(), found.revision()).await;
        match (placed, self.place.read().await) {
            (Ok(Placed::Done), Ok(Some(found))) if found.bytes() == text.as_bytes() => Ok(found),
            _ => Err(KeyRingError::unwritten(&*self.place, error).into()),
        }
    }

    fn check_count(&self, keys: usize) -> Result<()> {
        if (1..=MOST_KEYS).contains(&keys) {
            return Ok(());
        }
        let why = format!("a root is wrapped 1 to {MOST_KEYS} times, and here {keys} times");
        Err(self.unsuitable(&why))
    }

    fn unsuitable(&self, why: &str) -> Error {
        KeyRingError::unsuitable(&*self.place, why).into()
    }
}

/// Those that are known. However many ask for one at once, it is unwrapped once.
#[derive(Default)]
pub(crate) struct Roots(Mutex<BTreeMap<Epoch, Arc<Slot>>>);

#[derive(Default)]
struct Slot {
    root: OnceLock<Root>,
    /// How often it was tried.
    tries: AtomicU64,
    /// Held by whoever tries; what became of it, if it failed.
    trying: tokio::sync::Mutex<Option<KeyRingError>>,
}

impl Roots {
    pub(crate) fn known(&self, epoch: Epoch) -> Option<Root> {
        self.slots().get(&epoch)?.root.get().cloned()
    }

    pub(crate) fn keep(&self, epoch: Epoch, root: Root) {
        // The same, if it is there.
        let _ = self.slot(epoch).root.set(root);
    }

    /// Wipes those of other epochs.
    pub(crate) fn keep_only(&self, document: &Document) {
        self.slots().retain(|epoch, _| document.root(*epoch).is_some());
    }

    /// The root of an epoch, by `unwrap` if it is not known. Who waits while another one tries shares what
    /// comes of it.
    pub(crate) async fn get(
        &self,
        epoch: Epoch,
        unwrap: impl Future<Output = Result<Root, KeyRingError>> + Send,
    ) -> Result<Root, KeyRingError> {
        let slot = self.slot(epoch);
        if let Some(root) = slot.root.get() {
            return Ok(Arc::clone(root));
        }
        let tries = slot.tries.load(Ordering::SeqCst);
        let mut failure = slot.trying.lock().await;
        if let Some(root) = slot.root.get() {
            return Ok(Arc::clone(root));
        }
        if let (true, Some(failure)) = (slot.tries.load(Ordering::SeqCst) > tries, &*failure) {
            return Err(failure.clone());
        }
        let unwrapped = unwrap.await;
        slot.tries.fetch_add(1, Ordering::SeqCst);
        match unwrapped {
            Ok(root) => Ok(Arc::clone(slot.root.get_or_init(|| root))),
            Err(error) => {
                *failure = Some(error.clone());
                Err(error)
            }
        }
    }

    fn slot(&self, epoch: Epoch) -> Arc<Slot> {
        Arc::clone(self.slots().entry(epoch).or_default())
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<Epoch, Arc<Slot>>> {
        // No panic leaves it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const RING: Target = Target::Detached(DetachedTarget::KeyRing);
