//! How a key ring is opened, and made.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use crypto_envelope::{
    EncryptionContext, Error, Result, SecretBytes,
    provider::{DetachedTarget, KeyProvider, Target},
};

use super::{
    Epoch, KeyRing, KeyRingError, KeyRingErrorKind,
    document::{Document, ID_LENGTH, MOST_BUCKETS, check_bucket, context_of},
    place::RingPlace,
    roots::{Access, Loaded, Roots},
    time::{Clock, Second},
};

/// Opens a [`KeyRing`], or makes one.
#[derive(Clone, Debug)]
#[must_use]
pub struct KeyRingBuilder {
    access: Access,
    settings: Settings,
}

impl KeyRingBuilder {
    pub(crate) fn new(provider: impl KeyProvider, place: impl RingPlace) -> Self {
        let access = Access { provider: Arc::new(provider), place: Arc::new(place) };
        Self { access, settings: Settings::default() }
    }

    /// Pairs that are bound to the roots. A new ring has them, and one that is there must have them, with the
    /// same values; it may have more. They are stored **in clear**, and shown to key services.
    pub fn context(mut self, context: EncryptionContext) -> Self {
        self.settings.context = context;
        self
    }

    /// Opens the ring with this id and no other.
    pub fn expect_id(mut self, id: impl Into<String>) -> Self {
        self.settings.id = Some(id.into());
        self
    }

    /// Opens the ring only if it has an epoch of this number or later: else somebody put back one from before.
    pub fn expect_epoch_at_least(mut self, epoch: Epoch) -> Self {
        self.settings.least = Some(epoch);
        self
    }

    /// After how long whoever writes looks whether there is a newer epoch. Default: ten minutes, at most
    /// [`KeyRing::LONGEST_UNSEEN`].
    pub fn reload_after(mut self, age: Duration) -> Self {
        self.settings.reload_after = age;
        self
    }

    /// Takes a key provider that does not [authenticate the
    /// wrapper](crypto_envelope::provider::Properties::authenticates_wrapper), as all that wrap with a public key.
    ///
    /// Whoever may write the place can put a ring of his own there then, with roots that he knows: he reads what
    /// is written from then on. The MAC of the ring proves nothing against him;
    /// [`expect_id`](Self::expect_id) does not either, since an id is no secret.
    pub fn danger_accept_unauthenticated_wrapper(mut self) -> Self {
        self.settings.wrappers = Wrappers::Anybody;
        self
    }

    /// Makes a new ring that is used for these buckets.
    ///
    /// Keep a copy of what is stored there, elsewhere: without it no object opens. The copy is as good as the
    /// last epoch that is in it.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`] of the kind [`Exists`](KeyRingErrorKind::Exists) if there is one, and others; those of
    /// the key provider; [`Error::InvalidInput`] if there are expectations that no new ring fulfils, the name of
    /// a bucket cannot be one, or `reload_after` is too long; [`Error::Policy`] if a pair is reserved.
    pub async fn create<B: Into<String>>(
        self,
        buckets: impl IntoIterator<Item = B>,
    ) -> Result<KeyRing> {
        let buckets: Vec<_> = buckets.into_iter().map(Into::into).collect();
        self.check()?;
        if !self.settings.expects_nothing() {
            return Err(Error::invalid_input(
                "a new ring has an id of its own and epoch 1: what is expected of a ring is for one that is there",
            ));
        }
        self.made(&buckets).await
    }

    /// Opens the ring that is there.
    ///
    /// # Errors
    ///
    /// A [`KeyRingError`]; otherwise as [`create`](Self::create).
    pub async fn open(self) -> Result<KeyRing> {
        self.check()?;
        self.opened().await
    }

    /// Opens the ring that is there, or makes one if there is none and none was expected. It is used for these
    /// buckets afterwards.
    ///
    /// A ring that was lost is replaced by a new one in silence, and what was written under it before does not
    /// open: [`expect_id`](Self::expect_id), once it is known, tells the two apart.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open) and [`create`](Self::create).
    pub async fn open_or_create<B: Into<String>>(
        self,
        buckets: impl IntoIterator<Item = B>,
    ) -> Result<KeyRing> {
        let buckets: Vec<_> = buckets.into_iter().map(Into::into).collect();
        self.check()?;
        let opened = self.opened().await;
        let is = |kind, outcome: &Result<KeyRing>| {
            outcome.as_ref().is_err_and(|error| KeyRingError::kind_in(error) == Some(kind))
        };
        let ring = if is(KeyRingErrorKind::Missing, &opened) && self.settings.expects_nothing() {
            let made = self.made(&buckets).await;
            // Somebody else was first: one ring is enough.
            if is(KeyRingErrorKind::Exists, &made) { self.opened().await? } else { made? }
        } else {
            opened?
        };
        for bucket in &buckets {
            ring.add_bucket(bucket).await?;
        }
        Ok(ring)
    }

    fn check(&self) -> Result<()> {
        self.settings.context.check_unreserved()?;
        if self.settings.reload_after > KeyRing::LONGEST_UNSEEN {
            let minutes = KeyRing::LONGEST_UNSEEN.as_secs() / 60;
            let what = format!("whoever writes has to look at the ring every {minutes} minutes");
            return Err(Error::invalid_input(what));
        }
        self.settings.check_provider(&self.access)
    }

    async fn opened(&self) -> Result<KeyRing> {
        let (access, settings) = (self.access.clone(), self.settings.clone());
        let roots = Roots::default();
        let loaded = settings.load(&access, &roots, None).await?;
        Ok(KeyRing::of(access, settings, loaded, roots))
    }

    async fn made(&self, buckets: &[String]) -> Result<KeyRing> {
        let (access, settings) = (self.access.clone(), self.settings.clone());
        let place = &*access.place;
        if buckets.len() > MOST_BUCKETS {
            let what = format!("a ring is used for at most {MOST_BUCKETS} buckets");
            return Err(KeyRingError::too_long(place, &what).into());
        }
        buckets.iter().try_for_each(|bucket| check_bucket(bucket)).map_err(Error::invalid_input)?;
        // No root is made in vain, and no key service asked.
        let found = place.read().await;
        if found.map_err(|error| KeyRingError::unreadable(place, error))?.is_some() {
            return Err(KeyRingError::exists(place).into());
        }
        let id = random_id()?;
        let context = context_of(&id, &settings.context, Epoch::FIRST);
        let now = Second::of(settings.clock.now());
        let (root, wrapped) = access.generate(&context, now).await?;
        let mut document = Document::new(id, settings.context.clone(), wrapped);
        document.buckets.extend(buckets.iter().cloned());
        document.seal(&root)?;
        // One that nobody can open is not stored.
        let root = access.verify(&document).await?;
        match access.put(document, None).await? {
            Some(loaded) => {
                let roots = Roots::default();
                roots.keep(Epoch::FIRST, root);
                Ok(KeyRing::of(access, settings, loaded, roots))
            }
            None => Err(KeyRingError::exists(place).into()),
        }
    }
}

/// What is demanded of a ring, and how it is used.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    context: EncryptionContext,
    id: Option<String>,
    least: Option<Epoch>,
    pub(crate) reload_after: Duration,
    wrappers: Wrappers,
    pub(crate) clock: Clock,
}

/// Who may have wrapped a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrappers {
    /// Who holds the wrapping key.
    Holders,
    Anybody,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            context: EncryptionContext::new(),
            id: None,
            least: None,
            reload_after: RELOAD_AFTER,
            wrappers: Wrappers::Holders,
            clock: Clock::default(),
        }
    }
}

/// A bucket that an older ring has and a newer one has not: none is ever taken off.
fn lost_bucket<'a>(before: &'a Document, now: &Document) -> Option<&'a String> {
    before.buckets.iter().find(|bucket| !now.buckets.contains(*bucket))
}

impl Settings {
    /// Reads the ring and verifies it. `before` is what was known of it.
    pub(crate) async fn load(
        &self,
        access: &Access,
        roots: &Roots,
        before: Option<&Document>,
    ) -> Result<Loaded, KeyRingError> {
        let place = &*access.place;
        let read = place.read().await.map_err(|error| KeyRingError::unreadable(place, error))?;
        let (bytes, revision) = read.ok_or_else(|| KeyRingError::missing(place))?.into_parts();
        let document = Document::parse(&bytes)
            .map_err(|malformed| KeyRingError::malformed(place, &malformed.0))?;
        self.check_expected(&document, before)
            .map_err(|what| KeyRingError::wrong_ring(place, &what))?;
        let newest = document.newest();
        // An epoch has one root, whoever wraps it.
        match roots.known(newest) {
            Some(root) => access.check_seal(&document, &root)?,
            None => roots.keep(newest, access.verify(&document).await?),
        }
        if let Some(bucket) = before.and_then(|before| lost_bucket(before, &document)) {
            let what = format!("it is not for the bucket {bucket} any more: it is from earlier");
            return Err(KeyRingError::wrong_ring(place, &what));
        }
        Ok(Loaded { document, revision })
    }

    /// What is wrong with a ring although it may be genuine.
    fn check_expected(&self, found: &Document, before: Option<&Document>) -> Result<(), String> {
        let id = &found.id;
        if let Some(expected) = &self.id
            && expected != id
        {
            return Err(format!(
                "its id is {id}, and not {:?}",
                crypto_envelope::service::said(expected)
            ));
        }
        for (key, value) in self.context.iter() {
            match found.context.value(key) {
                Some(found) if found == value => {}
                Some(_) => {
                    return Err(format!("its context has another value for the key {key:?}"));
                }
                None => return Err(format!("its context has no pair with the key {key:?}")),
            }
        }
        let newest = found.newest();
        if let Some(least) = self.least.filter(|least| newest < *least) {
            return Err(format!(
                "its newest epoch is {newest}, which is before {least}: it is from earlier"
            ));
        }
        let Some(before) = before else { return Ok(()) };
        if before.id != *id {
            return Err(format!("its id is {id}, and it was {} a while ago", before.id));
        }
        let known = before.newest();
        if newest < known {
            return Err(format!(
                "its newest epoch is {newest}, and it was {known} a while ago: it is from earlier"
            ));
        }
        Ok(())
    }

    /// Refuses a provider that does not promise what is needed.
    pub(crate) fn check_provider(&self, access: &Access) -> Result<()> {
        let properties = access.provider.properties();
        properties.check(Target::Detached(DetachedTarget::KeyRing))?;
        let why = if !properties.binds_context {
            "the key provider does not bind the encryption context to what it wraps, so an epoch of another \
             ring could be put into this one. Those that do: raw AES keys (`RawAesProvider`), and keys in AWS \
             KMS and Alibaba Cloud KMS"
        } else if !properties.authenticates_wrapper && self.wrappers == Wrappers::Holders {
            "the key provider does not authenticate the wrapper, as with a public key: whoever may write the \
             ring could put one of his own there, and know the keys of all new objects. Those that do: raw AES \
             keys (`RawAesProvider`), and symmetric keys in AWS KMS and Alibaba Cloud KMS. \
             `danger_accept_unauthenticated_wrapper` takes it all the same"
        } else {
            return Ok(());
        };
        Err(KeyRingError::unsuitable(&*access.place, why).into())
    }

    fn expects_nothing(&self) -> bool {
        self.id.is_none() && self.least.is_none_or(|least| least == Epoch::FIRST)
    }
}

fn random_id() -> Result<String> {
    let mut id = String::with_capacity(ID_LENGTH);
    for byte in SecretBytes::random(ID_LENGTH / 2)?.expose() {
        // Into memory.
        let _ = write!(id, "{byte:02x}");
    }
    Ok(id)
}

const RELOAD_AFTER: Duration = Duration::from_mins(10);
