//! Opening messages with a key provider.

use std::{fmt, sync::Arc};

#[cfg(doc)]
use crate::Error;
use crate::{
    CommitmentPolicy, EncryptionContext, Finished, Header, HeaderParser, Limits, Opener,
    PolicyViolation, RangeOpener, Result, UnverifiedHeader,
    cache::{MaterialsCache, OpeningRequest},
    context::check_unreserved,
    engine::{MessageKeys, Release, VerifiedHeader},
    materials::{self, Binding, DecryptionMaterials, UnwrappedKeys},
    provider::{KeyProvider, Properties},
};

/// Opens messages with the keys of a [`KeyProvider`].
///
/// Both signed and unsigned messages are accepted; see
/// [`unsigned_only`](DecryptorBuilder::unsigned_only).
#[derive(Clone, Debug)]
pub struct Decryptor {
    provider: Arc<dyn KeyProvider>,
    commitment_policy: CommitmentPolicy,
    signatures: Signatures,
    signed_ranges: SignedRanges,
    release: Release,
    required_context_keys: Vec<String>,
    limits: Limits,
    cache: Option<Arc<MaterialsCache>>,
    faulty_headers: FaultyHeaders,
}

/// Those of version 4.0.0 of the official SDK for .NET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FaultyHeaders {
    Refused,
    Read,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signatures {
    Accepted,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignedRanges {
    Refused,
    /// As if the messages were not signed.
    Read,
}

impl Decryptor {
    /// A decryptor with the defaults. Pass an [`Arc`] to share the provider.
    pub fn new(provider: impl KeyProvider) -> Self {
        Self {
            provider: Arc::new(provider),
            commitment_policy: CommitmentPolicy::default(),
            signatures: Signatures::Accepted,
            signed_ranges: SignedRanges::Refused,
            release: Release::default(),
            required_context_keys: Vec::new(),
            limits: Limits::default(),
            cache: None,
            faulty_headers: FaultyHeaders::Refused,
        }
    }

    /// Starts to choose options.
    pub fn builder(provider: impl KeyProvider) -> DecryptorBuilder {
        DecryptorBuilder { decryptor: Self::new(provider) }
    }

    /// Starts to choose options from those of this decryptor, which stays as it is. Both use the same
    /// cache, if there is one, until another is chosen.
    pub fn to_builder(&self) -> DecryptorBuilder {
        DecryptorBuilder { decryptor: self.clone() }
    }

    /// Opens a whole message. All of it was verified when this returns.
    ///
    /// `expected` are the pairs of the encryption context that the caller knows: each of them
    /// must be in the message with the same value. More pairs may be there; an empty context
    /// expects nothing.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and what [`Opener`] says of the body.
    pub async fn decrypt(&self, message: &[u8], expected: &EncryptionContext) -> Result<Decrypted> {
        let (header, body) = UnverifiedHeader::parse(message, &self.limits)?;
        let opener = self.open(header, expected).await?;
        let mut plaintext = Vec::new();
        let finished = opener.open_into(body, &mut plaintext)?;
        Ok(Decrypted { plaintext, finished })
    }

    /// The cache that was [chosen](DecryptorBuilder::cache).
    #[must_use]
    pub fn cache(&self) -> Option<&MaterialsCache> {
        self.cache.as_deref()
    }

    /// What can be relied on with the key provider.
    #[must_use]
    pub fn provider_properties(&self) -> Properties {
        self.provider.properties()
    }

    /// Collects the header of a message that arrives in pieces, within this decryptor's limits.
    #[must_use]
    pub fn header_parser(&self) -> HeaderParser {
        HeaderParser::new(self.limits.clone())
    }

    /// Obtains the data key of a message and verifies its header. This is all that is
    /// asynchronous: the [`Opener`] takes the body in pieces and never waits.
    ///
    /// # Errors
    ///
    /// - [`Error::Policy`] if the commitment policy does not permit its suite, if it is
    ///   signed and must not be, if `expected` contradicts
    ///   its context, or if the key provider does not serve it, and [`Error::Limit`] if its header
    ///   shows that it exceeds this decryptor's limits; no key service was asked then.
    /// - [`Error::NoUsableKey`] if no encrypted data key could be unwrapped, with every attempt.
    /// - [`Error::Authentication`] if the header is not genuine.
    pub async fn open(
        &self,
        header: UnverifiedHeader,
        expected: &EncryptionContext,
    ) -> Result<Opener> {
        self.check(&header)?;
        let verified = self.verify(header, expected).await?;
        Ok(Opener::new(verified, self.release, self.limits.clone()))
    }

    /// Obtains the data key of a message that is to be read in ranges, and verifies its header.
    /// `message_length` is that of the whole message in bytes, as whoever stores it says: nothing
    /// depends on that being true but which frames are asked for.
    ///
    /// [`ranges`](crate::ranges) has readers on top of this.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); [`Error::Policy`] also if the message is signed, unless
    /// [`danger_ignore_signature_in_ranges`](DecryptorBuilder::danger_ignore_signature_in_ranges)
    /// was chosen; [`Error::Truncated`] if `message_length` is less than that of the header.
    pub async fn open_ranges(
        &self,
        header: UnverifiedHeader,
        expected: &EncryptionContext,
        message_length: u64,
    ) -> Result<RangeOpener> {
        self.check(&header)?;
        let suite = header.claims().suite();
        if self.signed_ranges == SignedRanges::Refused && suite.is_signing() {
            return Err(PolicyViolation::SignedRange { suite }.into());
        }
        let verified = self.verify(header, expected).await?;
        RangeOpener::new(verified, message_length, self.limits.clone())
    }

    /// What can be refused without a key.
    fn check(&self, header: &UnverifiedHeader) -> Result<()> {
        let suite = header.claims().suite();
        self.commitment_policy.check_decrypt(suite)?;
        if self.signatures == Signatures::Refused && suite.is_signing() {
            return Err(PolicyViolation::SignedMessage { suite }.into());
        }
        self.limits.check_header(header.claims())
    }

    async fn verify(
        &self,
        header: UnverifiedHeader,
        expected: &EncryptionContext,
    ) -> Result<VerifiedHeader> {
        let (claims, required_keys) = (header.claims(), &self.required_context_keys);
        let binding = Binding::of(&*self.provider, claims, expected, required_keys)?;
        let keys = self.keys(claims, &binding).await?;
        header.verify(DecryptionMaterials { keys, binding })
    }

    async fn keys(&self, header: &Header, binding: &Binding) -> Result<MessageKeys> {
        let (provider, limits) = (&self.provider, &self.limits);
        let cache = match (&self.cache, self.faulty_headers) {
            (Some(cache), FaultyHeaders::Refused) => cache,
            (_, faulty_headers) => {
                let found = materials::unwrap_first(&**provider, header, binding.context(), limits);
                let UnwrappedKeys { data_key, keys } =
                    found.await.map_err(|failure| failure.error)?;
                let message_id = header.message_id().as_ref();
                return match faulty_headers {
                    FaultyHeaders::Refused => Ok(keys),
                    FaultyHeaders::Read => {
                        keys.with_those_of_net_4_0_0(header.suite(), &data_key, message_id)
                    }
                };
            }
        };
        let request = OpeningRequest {
            provider,
            header,
            binding,
            required_keys: &self.required_context_keys,
            commitment_policy: self.commitment_policy,
            limits,
        };
        cache.for_opening(request).await
    }
}

/// Chooses the options of a [`Decryptor`].
#[derive(Clone, Debug)]
#[must_use]
pub struct DecryptorBuilder {
    decryptor: Decryptor,
}

impl DecryptorBuilder {
    /// Which suites may be read. Default: those that commit to their key.
    pub fn commitment_policy(mut self, policy: CommitmentPolicy) -> Self {
        self.decryptor.commitment_policy = policy;
        self
    }

    /// Refuses signed messages right after the header. For streams where every byte must be fully
    /// verified before it comes out.
    pub fn unsigned_only(mut self) -> Self {
        self.decryptor.signatures = Signatures::Refused;
        self
    }

    /// Releases the frames of signed messages before the signature is verified; the last one
    /// comes out after it. Every frame is authentic towards whoever holds the data key, but *who
    /// wrote it* is known at the end only: keep what you do with the plaintext so that it can be
    /// undone.
    pub fn release_before_signature(mut self) -> Self {
        self.decryptor.release = Release::BeforeSignature;
        self
    }

    /// Reads ranges of [signed messages](crate::ranges#signed-messages) as if these were not
    /// signed. Every byte is authentic towards whoever holds the data key, but nobody checks *who
    /// wrote it*: everybody who may decrypt could have. [`unsigned_only`](Self::unsigned_only)
    /// refuses them all the same.
    pub fn danger_ignore_signature_in_ranges(mut self) -> Self {
        self.decryptor.signed_ranges = SignedRanges::Read;
        self
    }

    /// In place of [`release_before_signature`](Self::release_before_signature): the last of the two
    /// counts. Holds the plaintext of all messages, up to [`Limits::max_held_plaintext`], until the end
    /// is verified: all or nothing. Neither of the two changes anything for
    /// [ranges](crate::ranges), all bytes of which are verified before the first one comes out.
    pub fn hold_until_end(mut self) -> Self {
        self.decryptor.release = Release::AtEnd;
        self
    }

    /// Keys of pairs that must be among the expected ones of each message, and that the message
    /// may leave out of its header. Other expected pairs must be stored in the message.
    pub fn required_context_keys<K: Into<String>>(
        mut self,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        self.decryptor.required_context_keys = keys.into_iter().map(Into::into).collect();
        self
    }

    /// Also reads messages of version 4.0.0 of the official SDK for .NET, which no other release reads without being told to:
    /// their headers have another tag, and with suites that derive a key without committing to it, another key. Default: they are
    /// refused, as a header that is not genuine. Data keys are not taken from a [cache](Self::cache) then.
    ///
    /// Nothing is less authentic by that; messages of that release with one data key have one key too, though.
    pub fn read_headers_of_net_4_0_0(mut self) -> Self {
        self.decryptor.faulty_headers = FaultyHeaders::Read;
        self
    }

    /// Keeps data keys, so that messages with the same encrypted data keys and the same context do
    /// not each cost a call of the key provider. Default: none. What that trades:
    /// [`cache`](crate::cache).
    pub fn cache(mut self, cache: MaterialsCache) -> Self {
        self.decryptor.cache = Some(Arc::new(cache));
        self
    }

    /// Bounds on what a message may ask for.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.decryptor.limits = limits;
        self
    }

    /// The decryptor.
    ///
    /// # Errors
    ///
    /// [`Error::Policy`] if a required key is reserved.
    pub fn build(self) -> Result<Decryptor> {
        self.decryptor.required_context_keys.iter().try_for_each(|key| check_unreserved(key))?;
        Ok(self.decryptor)
    }
}

/// A message that was decrypted and verified as a whole. Its plaintext is the caller's, and not
/// wiped on drop.
pub struct Decrypted {
    plaintext: Vec<u8>,
    finished: Finished,
}

impl Decrypted {
    /// The plaintext.
    #[must_use]
    pub fn plaintext(&self) -> &[u8] {
        &self.plaintext
    }

    /// The plaintext, taken out.
    #[must_use]
    pub fn into_plaintext(self) -> Vec<u8> {
        self.plaintext
    }

    /// The verified header.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.finished.header()
    }

    /// All pairs that the message is bound to. Signing suites add one of their own.
    #[must_use]
    pub fn context(&self) -> &EncryptionContext {
        self.finished.context()
    }
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted")
            .field("plaintext", &format_args!("{} bytes", self.plaintext.len()))
            .field("finished", &self.finished)
            .finish()
    }
}
