//! How a key ring is changed: what was verified is replaced, and nothing else.

mod proof;

use std::sync::Arc;

use crypto_envelope::{
    Error, Result,
    provider::{KeyProvider, ProviderError, ProviderErrorKind},
};

use super::{
    Epoch, EpochAudit, KeyRing, KeyRingError,
    document::{Document, MOST_BUCKETS, MOST_EPOCHS, check_bucket, context_of},
    roots::{Access, Loaded, Roots},
    time::Second,
};

impl KeyRing {
    /// Adds an epoch, under which all new objects are from now on, and returns it. What there is stays under the
    /// older ones, and opens with them.
    ///
    /// The ring is stored with the new root, and read back, before any key is derived from it. If
    /// somebody else has added an epoch meanwhile, it is that one.
    ///
    /// Make a new copy of the ring afterwards: the old one does not open what is written from now on.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`]; those of the key provider.
    pub async fn rotate(&self) -> Result<Epoch> {
        let access = &self.0.access;
        let mut before = None;
        for _ in 0..MOST_TRIES {
            let current = self.look().await?;
            let newest = current.document.newest();
            if *before.get_or_insert(newest) < newest {
                return Ok(newest);
            }
            let epoch = newest.next().filter(|_| current.document.epochs().count() < MOST_EPOCHS);
            let Some(epoch) = epoch else {
                let what = "it has as many epochs as a ring can have: retire old ones first";
                return Err(KeyRingError::too_long(&*access.place, what).into());
            };
            let mut document = current.document.clone();
            let context = context_of(&document.id, &document.context, epoch);
            let (root, wrapped) = access.generate(&context, self.now()).await?;
            document.add(epoch, wrapped);
            document.seal(&root)?;
            // One that nobody can open is not stored.
            let root = access.verify(&document).await?;
            if self.store(document, &current).await? {
                self.0.roots.keep(epoch, root);
                return Ok(epoch);
            }
        }
        Err(self.changed())
    }

    /// Adds a bucket in which there will be objects under the ring, before the first of them is written. An epoch
    /// is retired only after an audit of all buckets.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`]; [`Error::InvalidInput`] if no bucket can have this name.
    pub async fn add_bucket(&self, bucket: &str) -> Result<()> {
        check_bucket(bucket).map_err(Error::invalid_input)?;
        if self.loaded().document.buckets.contains(bucket) {
            return Ok(());
        }
        for _ in 0..MOST_TRIES {
            let current = self.look().await?;
            let mut document = current.document.clone();
            if !document.buckets.insert(bucket.to_owned()) {
                return Ok(());
            }
            if document.buckets.len() > MOST_BUCKETS {
                let what = format!("it is used for {MOST_BUCKETS} buckets: begin another ring");
                return Err(KeyRingError::too_long(&*self.0.access.place, &what).into());
            }
            self.seal(&mut document).await?;
            if self.store(document, &current).await? {
                return Ok(());
            }
        }
        Err(self.changed())
    }

    /// Wraps all roots with another key provider, and returns the ring as that one opens it. All keys of objects stay
    /// the same.
    ///
    /// The key services do it among themselves, if they can. Each root is unwrapped with both before the ring is
    /// replaced, and compared. Who has the old key and an old copy of the ring still has the roots.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`]; those of the key providers.
    pub async fn rewrap(&self, target: impl KeyProvider) -> Result<Self> {
        let (settings, place) = (&self.0.settings, Arc::clone(&self.0.access.place));
        let target = Access { provider: Arc::new(target), place };
        settings.check_provider(&target)?;
        for _ in 0..MOST_TRIES {
            let (current, seen) = (self.look().await?, settings.clock.moment());
            let mut document = current.document.clone();
            for (epoch, _) in current.document.epochs() {
                self.rewrap_root(&current.document, epoch, &target, &mut document).await?;
            }
            self.seal(&mut document).await?;
            if let Some(loaded) = target.put(document, Some(&current.revision)).await? {
                self.adopt(loaded.clone(), seen);
                let roots = Roots::default();
                for (epoch, _) in loaded.document.epochs() {
                    roots.keep(epoch, self.root(&loaded.document, epoch).await?);
                }
                return Ok(Self::of(target, settings.clone(), loaded, roots));
            }
        }
        Err(self.changed())
    }

    /// Throws away the root of an epoch with which nothing opens, as `audits` prove.
    ///
    /// There has to be one of each bucket of the ring, which began [`RETIRE_AFTER`](Self::RETIRE_AFTER) after the
    /// newest epoch was made and ended within [`AUDIT_GOOD_FOR`](Self::AUDIT_GOOD_FOR), and found no version under the
    /// epoch, none that it could not attribute, and no upload under way that may be under it.
    ///
    /// Copies of the ring from before still have the root: what turns up later opens with them.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`], of the kind [`NotProven`](super::KeyRingErrorKind::NotProven) with what is missing, or
    /// [`NewestEpoch`](super::KeyRingErrorKind::NewestEpoch).
    pub async fn retire(&self, epoch: Epoch, audits: &[EpochAudit]) -> Result<()> {
        let place = &*self.0.access.place;
        for attempt in 0..MOST_TRIES {
            let current = self.look().await?;
            let mut document = current.document.clone();
            if let (None, Some(root)) = (document.root(epoch), document.retired.get(&epoch)) {
                // By us, if the answer was lost.
                let error = KeyRingError::retired_epoch(place, epoch, &root.retired.to_string());
                return if attempt > 0 { Ok(()) } else { Err(error.into()) };
            }
            let newest = document.newest();
            if document.root(epoch).is_none() {
                return Err(KeyRingError::unknown_epoch(place, epoch, newest).into());
            }
            if epoch == newest {
                return Err(KeyRingError::newest_epoch(place, epoch).into());
            }
            proof::check(&document, epoch, audits, self.0.settings.clock.now())
                .map_err(|why| KeyRingError::not_proven(place, epoch, &why))?;
            document.retire(epoch, self.now());
            self.seal(&mut document).await?;
            if self.store(document, &current).await? {
                return Ok(());
            }
        }
        Err(self.changed())
    }

    /// Puts one root of `from` into keys of `target`, in `to`.
    async fn rewrap_root(
        &self,
        from: &Document,
        epoch: Epoch,
        target: &Access,
        to: &mut Document,
    ) -> Result<()> {
        let root = self.root(from, epoch).await?;
        let is_there = |document: Document| {
            let root = Arc::clone(&root);
            async move {
                let unwrapped = target.unwrap(&document, epoch).await?;
                Ok::<_, KeyRingError>(unwrapped.equals(root.expose()))
            }
        };
        match self.0.access.rewrap(from, epoch, target).await {
            Ok(keys) => to.rewrap(epoch, keys),
            // It may have been moved before, by somebody who was first or got no answer.
            Err(error) => {
                return match is_there(from.clone()).await {
                    Ok(true) => Ok(()),
                    _ => Err(error),
                };
            }
        }
        if is_there(to.clone()).await? {
            return Ok(());
        }
        let what = format!("the root of epoch {epoch} became another one when it was moved");
        Err(ProviderError::new(ProviderErrorKind::Other, what).into())
    }

    /// Makes the MAC anew, by the root of the newest epoch, which is known.
    async fn seal(&self, document: &mut Document) -> Result<()> {
        let newest = self.root(document, document.newest()).await?;
        document.seal(&newest)
    }

    /// Stores `document` in place of `current`, and goes on with it. False if somebody else was first.
    async fn store(&self, document: Document, current: &Loaded) -> Result<bool> {
        let seen = self.0.settings.clock.moment();
        match self.0.access.put(document, Some(&current.revision)).await? {
            Some(loaded) => {
                self.adopt(loaded, seen);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn now(&self) -> Second {
        Second::of(self.0.settings.clock.now())
    }

    fn changed(&self) -> Error {
        KeyRingError::changed(&*self.0.access.place).into()
    }
}

/// Until a change is given up, if others are always first.
const MOST_TRIES: usize = 16;
