//! Caching of materials: one data key for several messages, and one call of a key service for many.
//!
//! Without a cache each message has a data key of its own, which costs a call of the key provider to
//! seal it and another one to open it. Where that is a service, a cache makes most of these calls
//! unnecessary: it keeps what the provider made, and uses it for further messages with the same
//! encryption context. This is what the official SDKs call data key caching.
//!
//! ```
//! # use crypto_envelope::{
//! #     Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking, provider::RawAesProvider,
//! # };
//! use std::{sync::Arc, time::Duration};
//!
//! use crypto_envelope::cache::MaterialsCache;
//!
//! # fn main() -> crypto_envelope::Result<()> {
//! # let provider = RawAesProvider::new("example", "key", &SecretBytes::random(32)?)?;
//! # let provider = Arc::new(provider);
//! let five_minutes = Duration::from_mins(5);
//! let cache = MaterialsCache::builder(five_minutes).max_messages(100).build()?;
//! let encryptor = Encryptor::builder(provider.clone()).cache(cache).build()?;
//! let cache = MaterialsCache::builder(five_minutes).build()?;
//! let decryptor = Decryptor::builder(provider).cache(cache).build()?;
//!
//! let context = EncryptionContext::from([("tenant", "blue")]);
//! for text in ["one", "two", "three"] {
//!     let message = blocking::wait(encryptor.encrypt(text.as_bytes(), &context))?;
//!     let opened = blocking::wait(decryptor.decrypt(&message, &context))?;
//!     assert_eq!(opened.plaintext(), text.as_bytes());
//! }
//! let counters = decryptor.cache().map(MaterialsCache::counters).unwrap_or_default();
//! assert_eq!((counters.calls, counters.hits), (1, 2));
//! # Ok(())
//! # }
//! ```
//!
//! # Security
//!
//! Take a cache where calls are too many, too slow or too dear, and only there.
//!
//! - **Whoever gets hold of one data key reads all messages of its entry**, and writes others under
//!   it. [`max_messages`](MaterialsCacheBuilder::max_messages),
//!   [`max_bytes`](MaterialsCacheBuilder::max_bytes) and the age bound how much that is: choose them
//!   as small as the calls permit. The context separates: put in what tells tenants, tables or days
//!   apart.
//! - **Rights that are withdrawn are noticed late.** Who may not use the key any more, by the rules
//!   of the key service, still seals and opens what is served from the cache, for `max_age` at most;
//!   and the key service logs one call, not one for each message. [`MaterialsCache::clear`] forgets
//!   at once.
//! - **Data keys stay in memory** for `max_age` and not just for a message. They are wiped when they
//!   expire, make room, are used up or cleared, and when the cache is dropped. What expired never
//!   serves again, but it is wiped with the next use of the cache only: there is no thread that
//!   watches the clock. One that is on its way to somebody who waits for it lasts until he has taken
//!   it, or is dropped.
//! - **A copy of the process has a copy of the cache**, after a `fork` or in the clones of a snapshot:
//!   the same data keys, and the same counters of what they were used for. Build the cache after
//!   that point, or clear it there.
//!
//! Messages remain apart otherwise: each has a message id, keys that are derived with it, and a
//! signature of its own. Those of one entry show that they belong together, by equal encrypted data
//! keys and, if they are signed, by the same public key: the key pair that signs is part of the
//! entry, and signs only messages that were sealed with it.
//!
//! # What is served
//!
//! Sealing: messages of the same provider, suite, commitment policy, required keys and context.
//! The length of the plaintext must be known before, since it counts as used: for streams say it with
//! [`Encryptor::prepare_at_most`](crate::Encryptor::prepare_at_most). Suites that do not derive keys
//! are never served, nor kept.
//!
//! Opening: messages with the same encrypted data keys besides. The caller's context, policies, limits
//! and the message's commitment are checked as without a cache, and a data key that does not open the
//! header counts as not there. Entries for sealing never serve for opening, nor the other way around.
//!
//! Of many that need the same entry at the same time, one calls the key provider and the others
//! wait for it, as many as the entry may serve: the next one makes another call. So does who comes
//! when the call has taken 15 seconds. Whoever waits goes on with the call if the one who began it
//! is dropped. They all get the error if it fails. Errors are not kept.
//!
//! Going on with the call means to poll the provider's future, in whatever thread and runtime it was
//! that was woken. A provider whose work must be polled inside a certain runtime has to spawn it
//! there.

mod builder;
mod calls;
mod clock;
mod entries;
mod flight;
mod id;
mod opening;
mod sealing;
mod settings;
mod shelf;
mod tally;

use std::{fmt, sync::Arc, time::Duration};

pub use self::{builder::MaterialsCacheBuilder, tally::CacheCounters};
use self::{
    clock::Clock,
    settings::Settings,
    shelf::Shelf,
    tally::{Operation, Tally},
};
pub(crate) use self::{opening::OpeningRequest, sealing::SealingRequest};
use crate::{SecretBytes, materials::EncryptionMaterials};

/// Keeps data keys, for an [`Encryptor`](crate::Encryptor) or a [`Decryptor`](crate::Decryptor).
///
/// It belongs to the one that it was given to, and to the clones of that one. Others use it only
/// with a [share](Self::share).
pub struct MaterialsCache {
    store: Arc<Store>,
    partition: Arc<[u8]>,
}

/// What those who share a cache have in common.
struct Store {
    settings: Settings,
    tally: Arc<Tally>,
    sealing: Arc<Shelf<EncryptionMaterials>>,
    opening: Arc<Shelf<SecretBytes>>,
}

impl MaterialsCache {
    /// Starts to choose options. An entry serves for less than `max_age`, which must be more than
    /// nothing; the right one is the longest time for which you can bear that a withdrawn right
    /// still works. It counts from when the key provider was asked, and goes on while the machine
    /// sleeps, if its clock on the wall does.
    pub fn builder(max_age: Duration) -> MaterialsCacheBuilder {
        MaterialsCacheBuilder::new(max_age)
    }

    /// The same entries for somebody else. What is kept still serves only those with the same
    /// provider (a clone of the same [`Arc`]) and the same options.
    #[must_use]
    pub fn share(&self) -> Self {
        Self { store: Arc::clone(&self.store), partition: Arc::clone(&self.partition) }
    }

    /// The same room, thresholds and counters for somebody who sees other entries: those of his own
    /// partition.
    #[must_use]
    pub fn share_as(&self, partition_id: impl Into<Vec<u8>>) -> Self {
        Self { store: Arc::clone(&self.store), partition: partition_id.into().into() }
    }

    /// Forgets all entries, of everybody who shares them. What a key provider is being asked for
    /// meanwhile serves those who wait for it and is not kept.
    pub fn clear(&self) {
        self.store.sealing.clear();
        self.store.opening.clear();
    }

    /// What happened so far, to everybody who shares the entries.
    #[must_use]
    pub fn counters(&self) -> CacheCounters {
        self.store.tally.counters()
    }

    fn new(settings: Settings, partition: Vec<u8>, clock: &Clock) -> Self {
        let tally = Arc::new(Tally::default());
        let sealing = Shelf::new(Operation::Seal, &settings, clock.clone(), Arc::clone(&tally));
        let opening = Shelf::new(Operation::Open, &settings, clock.clone(), Arc::clone(&tally));
        let (sealing, opening) = (Arc::new(sealing), Arc::new(opening));
        let store = Arc::new(Store { settings, tally, sealing, opening });
        Self { store, partition: partition.into() }
    }
}

impl fmt::Debug for MaterialsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaterialsCache")
            .field("settings", &self.store.settings)
            .field("sealing", &self.store.sealing.len())
            .field("opening", &self.store.opening.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        task::{Context, Poll, Waker},
    };

    use super::{clock::manual::Hands, *};
    use crate::{
        Decryptor, EncryptedDataKey, EncryptionContext, Encryptor, Result, blocking,
        provider::{
            GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, Targets,
            UnwrapRequest, Unwrapped, WrapRequest, async_trait,
        },
    };

    /// Remembers where in memory the data keys were. What it generates first is what it unwraps.
    #[derive(Debug)]
    struct Recorder {
        first: SecretBytes,
        addresses: Mutex<Vec<usize>>,
        /// How often a call has to be polled before it generates.
        delay: AtomicUsize,
    }

    impl Recorder {
        fn new() -> Result<Self> {
            let first = SecretBytes::random(32)?;
            Ok(Self { first, addresses: Mutex::default(), delay: AtomicUsize::new(0) })
        }

        fn answer(&self, key: SecretBytes) -> SecretBytes {
            self.addresses.lock().expect("no panic").push(key.expose().as_ptr().addr());
            key
        }

        fn calls(&self) -> usize {
            self.addresses.lock().expect("no panic").len()
        }

        /// Whether the first key is gone from where it was after this call.
        #[cfg(target_os = "linux")]
        fn is_wiped(&self, call: usize) -> std::io::Result<bool> {
            let address = self.addresses.lock().expect("no panic")[call];
            let memory = crate::test_memory::read(address, 32)?;
            // Another key can be there by now.
            Ok(memory.windows(4).zip(self.first.expose().windows(4)).all(|(is, was)| is != was))
        }
    }

    #[async_trait]
    impl KeyProvider for Recorder {
        async fn generate(&self, _: GenerateRequest<'_>) -> Result<GeneratedKey> {
            let mut left = self.delay.load(Ordering::SeqCst);
            poll_fn(|_| {
                let is_ready = left == 0;
                left = left.saturating_sub(1);
                if is_ready { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            let key = match self.calls() {
                0 => SecretBytes::from(self.first.expose()),
                _ => SecretBytes::random(32)?,
            };
            Ok(GeneratedKey::new(self.answer(key), vec![EncryptedDataKey::new("test", "", "")?]))
        }

        async fn wrap(&self, _: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
            Ok(Vec::new())
        }

        async fn unwrap(&self, _: UnwrapRequest<'_>) -> Result<Unwrapped> {
            Ok(Unwrapped::Key(self.answer(SecretBytes::from(self.first.expose()))))
        }

        fn describe(&self, _: &EncryptedDataKey) -> Option<KeyDescription> {
            None
        }

        fn properties(&self) -> Properties {
            Properties::new(Targets::MESSAGES)
        }
    }

    const MAX_AGE: Duration = Duration::from_mins(1);

    struct Setup {
        recorder: Arc<Recorder>,
        hands: Hands,
        encryptor: Encryptor,
        decryptor: Decryptor,
    }

    impl Setup {
        fn new(choose: impl Fn(MaterialsCacheBuilder) -> MaterialsCacheBuilder) -> Result<Self> {
            let (recorder, hands) = (Arc::new(Recorder::new()?), Hands::new());
            let cache = || choose(MaterialsCache::builder(MAX_AGE)).build_with(&hands.clock());
            let encryptor = Encryptor::builder(recorder.clone()).cache(cache()?).build()?;
            let decryptor = Decryptor::builder(recorder.clone()).cache(cache()?).build()?;
            Ok(Self { recorder, hands, encryptor, decryptor })
        }

        fn seal(&self, tenant: &str) -> Result<Vec<u8>> {
            let context = EncryptionContext::from([("tenant", tenant)]);
            blocking::wait(self.encryptor.encrypt(b"text", &context))
        }

        fn open(&self, message: &[u8]) -> Result<()> {
            let expected = EncryptionContext::new();
            blocking::wait(self.decryptor.decrypt(message, &expected)).map(drop)
        }

        fn kept(&self) -> usize {
            self.encryptor.cache().map_or(0, |cache| cache.store.sealing.len())
        }

        fn sealing(&self) -> CacheCounters {
            self.encryptor.cache().map(MaterialsCache::counters).unwrap_or_default()
        }
    }

    #[test]
    fn an_entry_serves_until_it_is_too_old() -> Result<()> {
        let setup = Setup::new(|builder| builder)?;
        let message = setup.seal("blue")?;
        setup.open(&message)?;
        assert_eq!(setup.recorder.calls(), 2);
        setup.hands.forward(Duration::from_secs(59));
        setup.seal("blue")?;
        setup.open(&message)?;
        assert_eq!(setup.recorder.calls(), 2);
        setup.hands.forward(Duration::from_secs(1));
        setup.seal("blue")?;
        assert_eq!(setup.recorder.calls(), 3);
        setup.open(&message)?;
        assert_eq!(setup.recorder.calls(), 4);
        assert_eq!((setup.sealing().expirations, setup.sealing().hits), (1, 1));
        Ok(())
    }

    #[test]
    fn whatever_is_too_old_goes_with_the_next_access() -> Result<()> {
        let setup = Setup::new(|builder| builder)?;
        setup.seal("blue")?;
        setup.seal("red")?;
        setup.hands.forward(MAX_AGE / 2);
        setup.seal("green")?;
        assert_eq!(setup.kept(), 3);
        setup.hands.forward(MAX_AGE / 2);
        setup.seal("green")?;
        assert_eq!(setup.kept(), 1);
        assert_eq!(setup.sealing().expirations, 2);
        Ok(())
    }

    /// Others do not, if they come back to it after a long time.
    #[test]
    fn what_was_waited_for_can_be_too_old() -> Result<()> {
        let setup = Setup::new(|builder| builder)?;
        setup.recorder.delay.store(2, Ordering::SeqCst);
        let context = EncryptionContext::new();
        let seal = || Box::pin(setup.encryptor.encrypt(b"text", &context));
        let (mut leader, mut follower) = (seal(), seal());
        let mut waker = Context::from_waker(Waker::noop());
        assert!(leader.as_mut().poll(&mut waker).is_pending());
        assert!(follower.as_mut().poll(&mut waker).is_pending());
        assert!(leader.as_mut().poll(&mut waker).is_ready());
        setup.hands.forward(MAX_AGE);
        setup.recorder.delay.store(0, Ordering::SeqCst);
        assert!(follower.as_mut().poll(&mut waker).is_ready());
        assert_eq!(setup.recorder.calls(), 2);
        Ok(())
    }

    /// Even if it is too old for others by then.
    #[test]
    fn whoever_asked_for_it_uses_it() -> Result<()> {
        let hands = Hands::new();
        let cache = MaterialsCache::builder(Duration::from_nanos(1));
        let cache = cache.build_with(&Clock::ticking(&hands))?;
        let recorder = Arc::new(Recorder::new()?);
        let encryptor = Encryptor::builder(recorder.clone()).cache(cache).build()?;
        for calls in 1..4 {
            blocking::wait(encryptor.encrypt(b"text", &EncryptionContext::new()))?;
            assert_eq!(recorder.calls(), calls);
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn data_keys_are_wiped_when_they_go() -> std::io::Result<()> {
        let goes: [fn(&mut Setup) -> Result<()>; 5] = [
            |setup| {
                setup.hands.forward(MAX_AGE);
                setup.seal("other").map(drop)
            },
            |setup| (0..2).try_for_each(|i| setup.seal(&i.to_string()).map(drop)),
            |setup| (0..3).try_for_each(|_| setup.seal("blue").map(drop)),
            |setup| {
                setup.encryptor.cache().expect("there is one").clear();
                Ok(())
            },
            |setup| {
                setup.encryptor = Encryptor::new(setup.recorder.clone());
                Ok(())
            },
        ];
        for (index, go) in goes.into_iter().enumerate() {
            let mut setup = Setup::new(|builder| builder.capacity(2).max_messages(3))?;
            setup.seal("blue")?;
            assert!(!setup.recorder.is_wiped(0)?, "{index}");
            go(&mut setup)?;
            assert!(setup.recorder.is_wiped(0)?, "{index}");
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn data_keys_for_opening_are_wiped_too() -> std::io::Result<()> {
        let setup = Setup::new(|builder| builder)?;
        let message = setup.seal("blue")?;
        setup.open(&message)?;
        assert!(!setup.recorder.is_wiped(1)?);
        setup.decryptor.cache().expect("there is one").clear();
        assert!(setup.recorder.is_wiped(1)?);
        assert!(!setup.recorder.is_wiped(0)?);
        setup.open(&message)?;
        assert_eq!(setup.recorder.calls(), 3);
        Ok(())
    }
}
