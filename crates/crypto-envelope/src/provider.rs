//! The one joint: [`KeyProvider`], what it is asked and answers, and the providers of this crate.

mod agreement;
mod ec_key;
mod error;
mod forward;
mod identity;
mod key_orders;
mod multi;
mod properties;
mod raw_aes;
mod raw_ecdh;
mod raw_rsa;
mod request;
mod rsa_key;

use std::{any::Any, fmt::Debug};

pub use async_trait::async_trait;

pub use crate::crypto::{EcCurve, RsaPadding};

#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub, reason = "public in `hazmat`"))]
pub use self::agreement::EcdhParties;
pub use self::{
    ec_key::EcKey,
    error::{ProviderError, ProviderErrorKind},
    identity::ProviderIdentity,
    multi::MultiProvider,
    properties::{Properties, Targets},
    raw_aes::RawAesProvider,
    raw_ecdh::RawEcdhProvider,
    raw_rsa::RawRsaProvider,
    request::{DetachedTarget, GenerateRequest, RewrapRequest, Target, UnwrapRequest, WrapRequest},
    rsa_key::RsaKey,
};
use crate::{EncryptedDataKey, Error, Result, SecretBytes};

/// Holds a wrapping key, or knows who does.
///
/// Implement it to bring your own keys; pass it to an [`Encryptor`](crate::Encryptor) or a
/// [`Decryptor`](crate::Decryptor) to use it. These call its methods; you should not need to.
///
/// [`wrap`](Self::wrap), [`unwrap`](Self::unwrap), [`describe`](Self::describe) and
/// [`properties`](Self::properties) are all that a provider must have. One whose service can
/// generate data keys overrides [`generate`](Self::generate), one whose service can re-encrypt
/// without showing the key overrides [`rewrap_natively`](Self::rewrap_natively).
///
/// # Rules for every provider
///
/// `crypto-envelope-testkit` checks them as far as they can be checked from outside; run its
/// conformance suite on your provider.
///
/// - A wrapped key of somebody else is [`Unwrapped::NotMine`], decided without a network call.
///   One that looks like its own and cannot be unwrapped is an error, never `NotMine`.
/// - What [`properties`](Self::properties) says is true, and a target that it does not allow is
///   refused by every method.
/// - No error, log line or [`Debug`] output shows key bytes.
///
/// # Example
///
/// A provider that encrypts with the newest of its keys and decrypts with any of them:
///
/// ```
/// use crypto_envelope::{
///     EncryptedDataKey, Result,
///     provider::{
///         KeyDescription, KeyProvider, Properties, RawAesProvider, UnwrapRequest, Unwrapped,
///         WrapRequest, async_trait,
///     },
/// };
///
/// #[derive(Debug)]
/// struct Rotated {
///     newest: RawAesProvider,
///     older: Vec<RawAesProvider>,
/// }
///
/// #[async_trait]
/// impl KeyProvider for Rotated {
///     async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
///         self.newest.wrap(request).await
///     }
///
///     async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
///         for key in [&self.newest].into_iter().chain(&self.older) {
///             if let Unwrapped::Key(secret) = key.unwrap(request).await? {
///                 return Ok(Unwrapped::Key(secret));
///             }
///         }
///         Ok(Unwrapped::NotMine)
///     }
///
///     fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
///         [&self.newest].into_iter().chain(&self.older).find_map(|own| own.describe(key))
///     }
///
///     fn properties(&self) -> Properties {
///         RawAesProvider::PROPERTIES
///     }
/// }
/// ```
#[async_trait]
pub trait KeyProvider: Debug + Send + Sync + 'static {
    /// Makes a new data key of `request.length` bytes and wraps it.
    ///
    /// The default draws a random key and calls [`wrap`](Self::wrap).
    ///
    /// # Errors
    ///
    /// A [`ProviderError`] if the key service does not do it; a policy violation if the target is
    /// not one that the provider serves.
    async fn generate(&self, request: GenerateRequest<'_>) -> Result<GeneratedKey> {
        let data_key = SecretBytes::random(request.length)?;
        let wrap = WrapRequest::new(&data_key, request.target, request.context);
        let encrypted_data_keys = self.wrap(wrap).await?;
        Ok(GeneratedKey::new(data_key, encrypted_data_keys))
    }

    /// Wraps a given secret of any length, once for every wrapping key that the provider has.
    ///
    /// # Errors
    ///
    /// As [`generate`](Self::generate). All or nothing: if one of several wrapping keys fails, the
    /// whole fails.
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>>;

    /// Unwraps **one** encrypted data key, or says that it is not its own.
    ///
    /// # Errors
    ///
    /// If it was changed or wrapped under another context, as far as that can be told:
    /// [`Error::unauthentic_key`](crate::Error::unauthentic_key) if the provider found out by itself,
    /// [`ProviderErrorKind::WrongContext`] if a key service said it. Else as
    /// [`generate`](Self::generate).
    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped>;

    /// Says what a wrapped key is, without a network call and without needing access to the key.
    /// `None` if it is not one of its own.
    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription>;

    /// What can be relied on. Constant over the life of the provider.
    fn properties(&self) -> Properties;

    /// The providers that this one consists of, in the order in which they are asked; none if it
    /// stands for itself. A message is opened by the first of them that can open one of its keys.
    fn members(&self) -> Vec<&dyn KeyProvider> {
        Vec::new()
    }

    /// The provider itself, for others that can do more with one that they recognise, such as
    /// [`rewrap`](Self::rewrap) from key to key of one service. `None` if there are none.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }

    /// Tells this provider from others, also through pointers to it. Leave it as it is.
    fn identity(&self) -> ProviderIdentity {
        ProviderIdentity::of(self)
    }

    /// Replaces the wrapping of a key that is stored *beside* the data it opens. Never usable for
    /// a message header: a second header under the same data key would let anybody forge the
    /// message, which is why [`DetachedTarget`] cannot name one.
    ///
    /// The default has the key service do it, [natively](Self::rewrap_natively), or else unwraps here
    /// and wraps with the other provider.
    ///
    /// # Errors
    ///
    /// As [`unwrap`](Self::unwrap) and [`wrap`](Self::wrap); a [`ProviderError`] if the key is not
    /// one of its own.
    async fn rewrap(&self, request: RewrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        match self.rewrap_natively(request).await? {
            Some(keys) => Ok(keys),
            None => rewrap_here(self, request).await,
        }
    }

    /// As [`rewrap`](Self::rewrap), inside the key service alone: this process never sees the key.
    /// `None`, without a call, if that is not possible, as when the other provider is not of the same
    /// service. The wrapping keys must be the ones that the other provider's
    /// [`wrap`](Self::wrap) uses.
    ///
    /// The default is `None`.
    ///
    /// # Errors
    ///
    /// As [`rewrap`](Self::rewrap).
    async fn rewrap_natively(&self, _: RewrapRequest<'_>) -> Result<Option<Vec<EncryptedDataKey>>> {
        Ok(None)
    }
}

/// Rewraps by unwrapping and wrapping in this process, which sees the key.
async fn rewrap_here<P: KeyProvider + ?Sized>(
    provider: &P,
    request: RewrapRequest<'_>,
) -> Result<Vec<EncryptedDataKey>> {
    let source = Target::Detached(request.source);
    let unwrap = UnwrapRequest::new(request.key, source, request.source_context);
    let Unwrapped::Key(secret) = provider.unwrap(unwrap).await? else {
        let id = request.key.provider_id();
        let message = format!("the key of {id:?} is not one of this provider");
        return Err(ProviderError::new(ProviderErrorKind::NotFound, message).into());
    };
    let target = Target::Detached(request.target);
    request.target_provider.wrap(WrapRequest::new(&secret, target, request.target_context)).await
}

/// A new data key and its wrapped forms.
#[derive(Debug)]
#[non_exhaustive]
pub struct GeneratedKey {
    /// The data key in clear.
    pub data_key: SecretBytes,
    /// The same key, wrapped, at least once.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
}

impl GeneratedKey {
    /// Puts both together.
    #[must_use]
    pub fn new(data_key: SecretBytes, encrypted_data_keys: Vec<EncryptedDataKey>) -> Self {
        Self { data_key, encrypted_data_keys }
    }
}

/// The answer to [`KeyProvider::unwrap`], when there is no error.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "two answers and an error: that is the contract")]
pub enum Unwrapped {
    /// The secret in clear.
    Key(SecretBytes),
    /// The key was wrapped by somebody else. No network call was made.
    NotMine,
}

/// What a wrapped key is, as far as its provider can tell offline.
///
/// Read from unauthenticated bytes: good for showing, not for deciding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyDescription {
    /// Which wrapping key: a name, an ARN. Some formats name none.
    pub key_id: Option<String>,
    /// The region of the key service.
    pub region: Option<String>,
    /// How the key is wrapped, such as `AES-256-GCM`.
    pub algorithm: Option<String>,
}

impl KeyDescription {
    /// Nothing known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the id of the wrapping key.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// Sets the region.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets the wrapping algorithm.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: impl Into<String>) -> Self {
        self.algorithm = Some(algorithm.into());
        self
    }
}

/// What the provider ids of key services begin with.
const RESERVED: [&str; 3] = ["aws-kms", "alibaba-kms", "tencent-cos"];

/// Namespaces and names of raw keys.
fn check_raw_names(namespace: &str, name: &str) -> Result<()> {
    if namespace.is_empty() {
        return Err(Error::invalid_input("the key namespace is empty"));
    }
    if let Some(reserved) = RESERVED.iter().find(|reserved| namespace.starts_with(**reserved)) {
        let message = format!("key namespaces that begin with {reserved:?} are reserved");
        return Err(Error::invalid_input(message));
    }
    if namespace.len().max(name.len()) > usize::from(u16::MAX) {
        return Err(Error::invalid_input("the key namespace or the key name is too long"));
    }
    Ok(())
}
