//! Several providers as one.

use std::{any::Any, sync::Arc};

use super::{
    GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, ProviderError,
    ProviderErrorKind, RewrapRequest, Target, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
};
use crate::{EncryptedDataKey, Error, Result, UnwrapAttempt};

/// Wraps each data key with several providers; any one of them opens the message again (AWS
/// Encryption SDK specification, "Multi-keyring").
///
/// The *generator* makes the data key, and the *children* wrap it as well. Encrypting needs all of
/// them. Decrypting tries them in order until one succeeds.
///
/// # Security
///
/// A message is as safe as the weakest of the providers: whoever can unwrap one of the keys reads
/// it, and whoever can wrap for one of them writes it. [`properties`](KeyProvider::properties)
/// states what holds for all.
///
/// ```
/// use crypto_envelope::{
///     SecretBytes,
///     provider::{MultiProvider, RawAesProvider},
/// };
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let daily = RawAesProvider::new("my-app", "daily", &SecretBytes::random(32)?)?;
/// let recovery = RawAesProvider::new("my-app", "recovery", &SecretBytes::random(32)?)?;
/// let both = MultiProvider::new(daily).with_child(recovery);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MultiProvider {
    generator: Arc<dyn KeyProvider>,
    children: Vec<Arc<dyn KeyProvider>>,
}

impl MultiProvider {
    /// With one provider, which generates the data keys.
    pub fn new(generator: impl KeyProvider) -> Self {
        Self { generator: Arc::new(generator), children: Vec::new() }
    }

    /// With one more provider, which wraps them too.
    #[must_use]
    pub fn with_child(mut self, child: impl KeyProvider) -> Self {
        self.children.push(Arc::new(child));
        self
    }

    /// The generator, then the children.
    fn all(&self) -> impl Iterator<Item = &dyn KeyProvider> {
        [&self.generator].into_iter().chain(&self.children).map(|provider| &**provider)
    }

    /// All of them, of those that are several in turn each.
    fn single(&self) -> Vec<&dyn KeyProvider> {
        let single = |provider| match as_several(provider) {
            Some(several) => several.single(),
            None => vec![provider],
        };
        self.all().flat_map(single).collect()
    }

    /// Asks those whose key it is, until one has rewrapped it inside its key service.
    async fn try_natively(&self, request: RewrapRequest<'_>) -> Result<Native<'_>> {
        self.properties().check(Target::Detached(request.source))?;
        let mut native = Native::default();
        let single = self.single().into_iter();
        for provider in single.filter(|provider| provider.describe(request.key).is_some()) {
            match provider.rewrap_natively(request).await {
                Ok(Some(keys)) => return Ok(Native { keys: Some(keys), ..native }),
                Ok(None) => native.others.push(provider),
                Err(error) => add(&mut native.attempts, provider, request.key, error),
            }
        }
        Ok(native)
    }
}

fn as_several(provider: &dyn KeyProvider) -> Option<&MultiProvider> {
    provider.as_any()?.downcast_ref()
}

/// What came of rewrapping natively.
#[derive(Default)]
struct Native<'a> {
    keys: Option<Vec<EncryptedDataKey>>,
    /// Who cannot do it natively.
    others: Vec<&'a dyn KeyProvider>,
    /// What went wrong with who can.
    attempts: Vec<UnwrapAttempt>,
}

fn add(
    attempts: &mut Vec<UnwrapAttempt>,
    provider: &dyn KeyProvider,
    key: &EncryptedDataKey,
    error: Error,
) {
    match error {
        Error::NoUsableKey { attempts: theirs } => attempts.extend(theirs),
        error => attempts.push(UnwrapAttempt::of(provider, key, Some(error))),
    }
}

#[async_trait]
impl KeyProvider for MultiProvider {
    async fn generate(&self, request: GenerateRequest<'_>) -> Result<GeneratedKey> {
        self.properties().check(request.target)?;
        let mut generated = self.generator.generate(request).await?;
        generated.encrypted_data_keys = not_empty(generated.encrypted_data_keys)?;
        for child in &self.children {
            let wrap = WrapRequest::new(&generated.data_key, request.target, request.context);
            let wrapped = child.wrap(wrap).await?;
            generated.encrypted_data_keys.extend(not_empty(wrapped)?);
        }
        Ok(generated)
    }

    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.properties().check(request.target)?;
        let mut keys = Vec::new();
        for provider in self.all() {
            keys.extend(not_empty(provider.wrap(request).await?)?);
        }
        Ok(keys)
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.properties().check(request.target)?;
        let mut attempts = Vec::new();
        for provider in self.all() {
            match provider.unwrap(request).await {
                Ok(Unwrapped::Key(secret)) => return Ok(Unwrapped::Key(secret)),
                Ok(Unwrapped::NotMine) => {}
                Err(error) => add(&mut attempts, provider, request.key, error),
            }
        }
        if attempts.is_empty() {
            Ok(Unwrapped::NotMine)
        } else {
            Err(Error::no_usable_key(attempts))
        }
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.all().find_map(|provider| provider.describe(key))
    }

    fn members(&self) -> Vec<&dyn KeyProvider> {
        self.all().collect()
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    /// Natively, if any of the providers can; else by the first that can at all.
    async fn rewrap(&self, request: RewrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        let Native { keys, others, mut attempts } = self.try_natively(request).await?;
        if let Some(keys) = keys {
            return Ok(keys);
        }
        for provider in others {
            match provider.rewrap(request).await {
                Ok(keys) => return Ok(keys),
                Err(error) => add(&mut attempts, provider, request.key, error),
            }
        }
        if attempts.is_empty() {
            attempts.push(UnwrapAttempt::of(self, request.key, None));
        }
        Err(Error::no_usable_key(attempts))
    }

    async fn rewrap_natively(
        &self,
        request: RewrapRequest<'_>,
    ) -> Result<Option<Vec<EncryptedDataKey>>> {
        let Native { keys, attempts, .. } = self.try_natively(request).await?;
        if keys.is_some() || attempts.is_empty() {
            return Ok(keys);
        }
        Err(Error::no_usable_key(attempts))
    }

    fn properties(&self) -> Properties {
        self.all().map(KeyProvider::properties).fold(self.generator.properties(), |all, one| {
            Properties {
                binds_context: all.binds_context && one.binds_context,
                authenticates_wrapper: all.authenticates_wrapper && one.authenticates_wrapper,
                targets: all.targets.intersection(one.targets),
            }
        })
    }
}

/// A provider that wraps nothing would be missing in silence.
fn not_empty(keys: Vec<EncryptedDataKey>) -> Result<Vec<EncryptedDataKey>> {
    if keys.is_empty() {
        let message = "one of several providers did not wrap the data key";
        return Err(ProviderError::new(ProviderErrorKind::Other, message).into());
    }
    Ok(keys)
}
