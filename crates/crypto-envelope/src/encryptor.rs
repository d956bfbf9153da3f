//! Sealing messages with a key provider.

use std::{num::NonZeroU32, sync::Arc};

use crate::{
    AlgorithmSuite, BodyFormat, CommitmentPolicy, EncryptionContext, Error, Limits, Result, Sealer,
    cache::{MaterialsCache, SealingRequest},
    context::check_unreserved,
    materials::{self, EncryptionMaterials},
    message::{footer, geometry::framed_length},
    provider::KeyProvider,
};

/// Seals messages with the keys of a [`KeyProvider`].
///
/// Unless told otherwise it does what the official SDKs do: the signing suite, frames of 4096
/// bytes. Where writers and readers trust each other alike, the unsigned suite and frames of
/// 64 KiB are much faster:
///
/// ```
/// use crypto_envelope::{
///     AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking,
///     provider::RawAesProvider,
/// };
/// use std::sync::Arc;
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let provider = Arc::new(RawAesProvider::new("my-app", "key-1", &SecretBytes::random(32)?)?);
/// let context = EncryptionContext::from([("tenant", "blue")]);
///
/// let encryptor = Encryptor::builder(provider.clone())
///     .suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey)
///     .frame_length(64 * 1024)
///     .build()?;
/// let message = blocking::wait(encryptor.encrypt(b"plaintext", &context))?;
///
/// let decrypted = blocking::wait(Decryptor::new(provider).decrypt(&message, &context))?;
/// assert_eq!(decrypted.plaintext(), b"plaintext");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Encryptor {
    provider: Arc<dyn KeyProvider>,
    suite: AlgorithmSuite,
    commitment_policy: CommitmentPolicy,
    body_format: BodyFormat,
    required_context_keys: Vec<String>,
    limits: Limits,
    cache: Option<Arc<MaterialsCache>>,
}

impl Encryptor {
    /// An encryptor with the defaults of the official SDKs. Pass an [`Arc`] to share the provider.
    pub fn new(provider: impl KeyProvider) -> Self {
        Self {
            provider: Arc::new(provider),
            suite: CommitmentPolicy::default().default_suite(),
            commitment_policy: CommitmentPolicy::default(),
            body_format: BodyFormat::Framed { frame_length: DEFAULT_FRAME_LENGTH },
            required_context_keys: Vec::new(),
            limits: Limits::default(),
            cache: None,
        }
    }

    /// Starts to choose options.
    pub fn builder(provider: impl KeyProvider) -> EncryptorBuilder {
        EncryptorBuilder {
            frame_length: DEFAULT_FRAME_LENGTH.get(),
            suite: None,
            encryptor: Self::new(provider),
        }
    }

    /// Seals `plaintext`, bound to `context`.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare) and [`Sealer::seal`].
    pub async fn encrypt(&self, plaintext: &[u8], context: &EncryptionContext) -> Result<Vec<u8>> {
        let length = plaintext.len() as u64;
        self.prepare_at_most(context, length).await?.seal(plaintext)
    }

    /// Obtains a data key for one message, bound to `context`. This is all that is asynchronous:
    /// the [`Sealer`] takes the plaintext in pieces and never waits.
    ///
    /// # Errors
    ///
    /// What the key provider says; [`Error::Policy`] if it does not serve messages of the suite,
    /// if a key of the context is reserved, or a required one is missing; [`Error::Limit`] if the
    /// header has more encrypted data keys or bytes than [`Limits`] allows; [`Error::InvalidInput`] if
    /// the context is larger than the format can hold.
    pub async fn prepare(&self, context: &EncryptionContext) -> Result<Sealer> {
        self.sealer(self.materials(context, None).await?)
    }

    /// As [`prepare`](Self::prepare), for a plaintext of at most so many bytes: the [`Sealer`]
    /// refuses more. With a [cache](EncryptorBuilder::cache) this is what a stream needs to be served
    /// from it, since `bytes` is known to count as used; without one it is a bound all the same.
    ///
    /// ```
    /// # use crypto_envelope::{
    /// #     EncryptionContext, Encryptor, Error, SecretBytes, blocking, provider::RawAesProvider,
    /// # };
    /// # fn main() -> crypto_envelope::Result<()> {
    /// # let provider = RawAesProvider::new("example", "key", &SecretBytes::random(32)?)?;
    /// # let (encryptor, context) = (Encryptor::new(provider), EncryptionContext::new());
    /// let sealer = || blocking::wait(encryptor.prepare_at_most(&context, 5));
    /// assert!(sealer()?.seal(b"short").is_ok());
    /// assert!(matches!(sealer()?.seal(b"longer"), Err(Error::Limit { limit: 5, .. })));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub async fn prepare_at_most(&self, context: &EncryptionContext, bytes: u64) -> Result<Sealer> {
        let materials = self.materials(context, Some(bytes)).await?;
        Ok(self.sealer(materials)?.at_most(bytes))
    }

    /// For a plaintext of at most `length` bytes, as far as that is known.
    async fn materials(
        &self,
        context: &EncryptionContext,
        length: Option<u64>,
    ) -> Result<EncryptionMaterials> {
        let (provider, required_keys) = (&self.provider, &self.required_context_keys);
        let Some(cache) = &self.cache else {
            let provider = &**provider;
            return materials::for_encryption(provider, self.suite, context, required_keys).await;
        };
        let request = SealingRequest {
            provider,
            suite: self.suite,
            commitment_policy: self.commitment_policy,
            context,
            required_keys,
            length,
        };
        cache.for_sealing(request).await
    }

    fn sealer(&self, materials: EncryptionMaterials) -> Result<Sealer> {
        self.limits.check_encrypted_data_keys(materials.encrypted_data_keys.len())?;
        Sealer::new(materials, self.body_format, &self.limits)
    }

    /// The cache that was [chosen](EncryptorBuilder::cache).
    #[must_use]
    pub fn cache(&self) -> Option<&MaterialsCache> {
        self.cache.as_deref()
    }

    /// An upper bound of the length in bytes of a message with so much plaintext, before any key
    /// was asked for; `None` if it needs more frames than a message can have. It counts the
    /// longest header that [`Limits::max_header`] allows, 1 MiB by default, since the length of
    /// the encrypted data keys is not known yet. [`Sealer::message_length`] is exact.
    #[must_use]
    pub fn message_length_bound(&self, plaintext: u64) -> Option<u64> {
        let BodyFormat::Framed { frame_length } = self.body_format else { return None };
        let around = self.limits.max_header().saturating_add(footer::written_length(self.suite));
        framed_length(plaintext, frame_length)?.checked_add(around as u64)
    }
}

/// Chooses the options of an [`Encryptor`].
#[derive(Clone, Debug)]
#[must_use]
pub struct EncryptorBuilder {
    encryptor: Encryptor,
    suite: Option<AlgorithmSuite>,
    frame_length: u32,
}

impl EncryptorBuilder {
    /// The algorithm suite, one that the commitment policy permits. Default: the policy's, which
    /// signs; see [`AlgorithmSuite`] for when to prefer which.
    pub fn suite(mut self, suite: AlgorithmSuite) -> Self {
        self.suite = Some(suite);
        self
    }

    /// Which suites may be written. Default: those that commit to their key.
    pub fn commitment_policy(mut self, policy: CommitmentPolicy) -> Self {
        self.encryptor.commitment_policy = policy;
        self
    }

    /// Plaintext bytes in a frame, from 1 to 2^32 - 1. Default: 4096.
    ///
    /// Longer frames cost less time and space (32 bytes each), shorter ones less memory, which is
    /// a frame, and give finer grained access. A message has at most 2^32 - 1 frames. For files,
    /// 64 KiB is a good choice. The official Python SDK refuses to *write* lengths that are not
    /// multiples of 128; all SDKs read any.
    pub fn frame_length(mut self, bytes: u32) -> Self {
        self.frame_length = bytes;
        self
    }

    /// Keys of the context whose pairs are bound to the message but not stored in it: each
    /// reader must know their values. Encrypting fails if one is missing from the context.
    pub fn required_context_keys<K: Into<String>>(
        mut self,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        self.encryptor.required_context_keys = keys.into_iter().map(Into::into).collect();
        self
    }

    /// Uses one data key for several messages with the same context, as far as the cache permits.
    /// Default: none, each message gets a data key of its own. What that trades:
    /// [`cache`](crate::cache).
    ///
    /// Served from it are messages whose length is known before: those of
    /// [`encrypt`](Encryptor::encrypt) and [`prepare_at_most`](Encryptor::prepare_at_most).
    pub fn cache(mut self, cache: MaterialsCache) -> Self {
        self.encryptor.cache = Some(Arc::new(cache));
        self
    }

    /// Bounds on the messages that are made: header, encrypted data keys, and the plaintext of a
    /// frame that is buffered.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.encryptor.limits = limits;
        self
    }

    /// The encryptor.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the frame length is zero, [`Error::Policy`] if a required key is
    /// reserved or the commitment policy does not permit the suite.
    pub fn build(mut self) -> Result<Encryptor> {
        let frame_length = NonZeroU32::new(self.frame_length)
            .ok_or_else(|| Error::invalid_input("the frame length must be at least 1"))?;
        self.encryptor.body_format = BodyFormat::Framed { frame_length };
        let policy = self.encryptor.commitment_policy;
        let suite = self.suite.unwrap_or(policy.default_suite());
        policy.check_encrypt(suite)?;
        self.encryptor.suite = suite;
        self.encryptor.required_context_keys.iter().try_for_each(|key| check_unreserved(key))?;
        Ok(self.encryptor)
    }
}

const DEFAULT_FRAME_LENGTH: NonZeroU32 = NonZeroU32::new(4096).expect("it is not zero");
