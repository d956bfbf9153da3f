//! The options of a store.

use std::{fmt, sync::Arc};

use crypto_envelope::{
    self as core, AlgorithmSuite, Decryptor, DecryptorBuilder, EncryptionContext, Encryptor,
    EncryptorBuilder, Limits, MessageId, provider::KeyProvider, ranges::RangeOptions,
};
use object_store::{ObjectStore, path::Path};

use crate::{
    EncryptedStore, Error, HeadSize, ListSizes,
    context::{ContextPolicy, LocationPair},
    header_cache::HeaderCache,
    source::FRONT,
    store::{Expected, FurtherPairs, Shared, Unencrypted},
};

/// Starts an [`Encryptor`] as a store uses it by default: the committing suite that does not sign, frames of 64 KiB, at
/// most 16 wrapped keys.
pub fn object_encryptor(provider: impl KeyProvider) -> EncryptorBuilder {
    Encryptor::builder(provider)
        .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
        .frame_length(64 << 10)
        .limits(limits())
}

/// Starts a [`Decryptor`] as a store uses it by default: committing suites alone, at most 16 wrapped keys.
pub fn object_decryptor(provider: impl KeyProvider) -> DecryptorBuilder {
    Decryptor::builder(provider).limits(limits())
}

fn limits() -> Limits {
    Limits::default().with_max_encrypted_data_keys(16)
}

/// Chooses the options of an [`EncryptedStore`].
#[must_use]
pub struct EncryptedStoreBuilder<S> {
    store: S,
    provider: Arc<dyn KeyProvider>,
    encryptor: Option<Encryptor>,
    decryptor: Option<Decryptor>,
    context: ContextPolicy,
    context_check: ContextCheck,
    further_pairs: FurtherPairs,
    unencrypted: Unencrypted,
    expected: Option<Expected>,
    header_cache: u64,
    ranges: RangeOptions,
    head_size: HeadSize,
    list_sizes: ListSizes,
    part_length: u64,
    whole_copy_limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContextCheck {
    Demanded,
    LeftOut,
}

impl<S: ObjectStore> EncryptedStoreBuilder<S> {
    pub(crate) fn new(store: S, provider: impl KeyProvider) -> Self {
        Self {
            store,
            provider: Arc::new(provider),
            encryptor: None,
            decryptor: None,
            context: ContextPolicy::of_location(),
            context_check: ContextCheck::Demanded,
            further_pairs: FurtherPairs::Refused,
            unencrypted: Unencrypted::default(),
            expected: None,
            header_cache: 16 << 20,
            ranges: RangeOptions::default().with_first_fetch(4 << 10).with_read_ahead(8 << 20),
            head_size: HeadSize::default(),
            list_sizes: ListSizes::default(),
            part_length: 8 << 20,
            whole_copy_limit: 64 << 20,
        }
    }

    /// What seals objects, in place of [`object_encryptor`] with the store's provider: for another suite or frame
    /// length, or a [cache](crypto_envelope::cache). The context has the location in it, so that a cache serves
    /// nobody but who [leaves that out](Self::danger_without_location).
    ///
    /// Signed messages are read as a whole only, and sealed one part after the other.
    pub fn encryptor(mut self, encryptor: Encryptor) -> Self {
        self.encryptor = Some(encryptor);
        self
    }

    /// What opens objects, in place of [`object_decryptor`] with the store's provider: for other providers, policies
    /// and limits, or a [cache](crypto_envelope::cache), without which each call that reads asks the key provider.
    ///
    /// Which formats and which keys are acceptable is up to it.
    pub fn decryptor(mut self, decryptor: Decryptor) -> Self {
        self.decryptor = Some(decryptor);
        self
    }

    /// Pairs that the object at a location is bound to, such as the tenant it belongs to: written with it, and demanded
    /// whenever it is read. Beside that of the [location](crate::LOCATION_KEY).
    ///
    /// They are stored in the open, and key services write them into their logs.
    pub fn encryption_context(
        mut self,
        of: impl Fn(&Path) -> EncryptionContext + Send + Sync + 'static,
    ) -> Self {
        self.context.pairs = Some(Arc::new(move |location| Ok(of(location))));
        self
    }

    /// The same, where there are locations that nothing can be at, such as without a tenant: an error is that of
    /// whatever was asked for. [`Error::invalid_input`](core::Error::invalid_input) makes one.
    pub fn try_encryption_context(
        mut self,
        of: impl Fn(&Path) -> core::Result<EncryptionContext> + Send + Sync + 'static,
    ) -> Self {
        self.context.pairs = Some(Arc::new(of));
        self
    }

    /// Does not bind objects to their location. Copies and renames are made by the store below, without reading
    /// anything, and a cache of the encryptor serves all that share a context.
    ///
    /// **Whoever can write to the store can exchange objects for each other**, as far as their
    /// [context](Self::encryption_context) is the same.
    pub fn danger_without_location(mut self) -> Self {
        self.context.location = LocationPair::LeftOut;
        self
    }

    /// Takes a key provider that does not bind the encryption context, or for which anybody may wrap keys.
    ///
    /// **Whoever may wrap keys for it can put objects of his own anywhere**, with any context: what is read is
    /// what somebody wrote, and not who, nor what for.
    pub fn danger_context_not_authenticated(mut self) -> Self {
        self.context_check = ContextCheck::LeftOut;
        self
    }

    /// Reads objects that are bound to more pairs than the [context](Self::encryption_context) of their location has, such as
    /// those that other programs wrote. Default: they are [refused](Error::FurtherPair).
    ///
    /// **Whoever can write to the store can put an object here that is meant for somebody else** who has the same key, and
    /// tells his objects apart by further pairs.
    pub fn danger_further_pairs(mut self) -> Self {
        self.further_pairs = FurtherPairs::Read;
        self
    }

    /// Where objects that are not messages are given out as they are: those that do not begin with a version of the format
    /// and a suite that there is. Default: nowhere, they are
    /// [refused](Error::Unencrypted). For a store that is being encrypted bit by bit.
    ///
    /// **Whoever can write to the store can put anything there**, also in place of what was encrypted.
    pub fn danger_read_unencrypted(
        mut self,
        at: impl Fn(&Path) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.unencrypted = Unencrypted(Some(Arc::new(at)));
        self
    }

    /// Which message has to be at a location, as far as the caller knows: as an
    /// [`ExpectedMessage`](crate::ExpectedMessage) in the options of each call, for readers that have no options, such as
    /// those of Parquet.
    pub fn expected_messages(
        mut self,
        at: impl Fn(&Path) -> Option<MessageId> + Send + Sync + 'static,
    ) -> Self {
        self.expected = Some(Arc::new(at));
        self
    }

    /// Most bytes of headers that are kept, so that the next range of an object is read with one request. They are
    /// verified each time, with a key that is not in this cache, and only used for the entity tag they came with. 0
    /// keeps none. Default: 16 MiB, for some ten thousand objects.
    pub fn header_cache(mut self, bytes: u64) -> Self {
        self.header_cache = bytes;
        self
    }

    /// How ranges are fetched. Default: 4 KiB for a header, gaps of up to 64 KiB merged, and long ranges in pieces of 8
    /// MiB, of which two are on their way.
    pub fn ranges(mut self, options: RangeOptions) -> Self {
        self.ranges = options;
        self
    }

    /// What `head` says of the size. Default: [`HeadSize::Proved`].
    pub fn head_size(mut self, size: HeadSize) -> Self {
        self.head_size = size;
        self
    }

    /// What `list` says of sizes. Default: [`ListSizes::Lookup`].
    pub fn list_sizes(mut self, sizes: ListSizes) -> Self {
        self.list_sizes = sizes;
        self
    }

    /// Least length in bytes of the parts that multipart uploads are stored in, from 5 MiB to 5 GiB. All but the last
    /// one have the same length: the one that the first part of the caller has when it is encrypted, if that is
    /// longer. Up to so much plaintext waits in memory until a part is full. Stores take 10,000 parts as a rule. Default:
    /// 8 MiB.
    pub fn part_length(mut self, bytes: u64) -> Self {
        self.part_length = bytes;
        self
    }

    /// Most bytes of plaintext that are held in memory, beside the message that is made of them, to copy or rename an
    /// object that has to be stored with a single request: on the condition that there is nothing, or in a store that
    /// takes no uploads in parts. Default: 64 MiB.
    ///
    /// A store that has this condition for copies alone, such as that for HTTP, is given the message at another name in the
    /// same folder first, which is the id of the message, and copies it from there. It does not open there as long as objects
    /// are bound to their location. It is deleted afterwards, and stays there if the copy is dropped in between or the
    /// deletion fails.
    pub fn whole_copy_limit(mut self, bytes: u64) -> Self {
        self.whole_copy_limit = bytes;
        self
    }

    /// The store.
    ///
    /// # Errors
    ///
    /// [`Error::ContextNotBound`] if objects are bound to a context, and the provider of the decryptor cannot keep them
    /// apart by it; [`Error::PartLength`]; [`Error::Message`] if the encryptor cannot be made.
    pub fn build(self) -> Result<EncryptedStore<S>, Error> {
        let encryptor = match self.encryptor {
            Some(encryptor) => encryptor,
            None => object_encryptor(Arc::clone(&self.provider)).build()?,
        };
        let decryptor = match self.decryptor {
            Some(decryptor) => decryptor,
            None => object_decryptor(self.provider).build()?,
        };
        if self.context.binds() && self.context_check == ContextCheck::Demanded {
            check_binding(&decryptor)?;
        }
        if !(LEAST_PART..=MOST_PART).contains(&self.part_length) {
            return Err(WRONG_PART_LENGTH);
        }
        let shared = Shared {
            store: Arc::new(self.store),
            encryptor,
            decryptor,
            context: self.context,
            further_pairs: self.further_pairs,
            unencrypted: self.unencrypted,
            expected: self.expected,
            headers: HeaderCache::new(self.header_cache),
            // What begins like a message is told apart from what does not by the first fetch.
            ranges: self.ranges.clone().with_first_fetch(self.ranges.first_fetch().max(FRONT)),
            head_size: self.head_size,
            list_sizes: self.list_sizes,
            part_length: usize::try_from(self.part_length).map_err(|_| WRONG_PART_LENGTH)?,
            whole_copy_limit: self.whole_copy_limit,
        };
        Ok(EncryptedStore { shared: Arc::new(shared) })
    }
}

impl<S: fmt::Debug> fmt::Debug for EncryptedStoreBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedStoreBuilder")
            .field("store", &self.store)
            .field("provider", &self.provider)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

fn check_binding(decryptor: &Decryptor) -> Result<(), Error> {
    let properties = decryptor.provider_properties();
    if properties.binds_context && properties.authenticates_wrapper {
        return Ok(());
    }
    Err(Error::ContextNotBound { binds_context: properties.binds_context })
}

const WRONG_PART_LENGTH: Error = Error::PartLength { least: LEAST_PART, most: MOST_PART };
/// What Amazon S3 takes, and others do as well.
const LEAST_PART: u64 = 5 << 20;
pub(crate) const MOST_PART: u64 = 5 << 30;
