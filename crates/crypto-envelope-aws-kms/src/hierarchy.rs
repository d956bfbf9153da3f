//! Branch keys: KMS wraps few of them, and they wrap data keys here.

mod cache;
mod source;
mod store;

use std::{fmt, sync::Arc, time::Duration};

use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Error, Result,
    hazmat::BranchKey,
    provider::{
        KeyDescription, KeyProvider, Properties, Targets, UnwrapRequest, Unwrapped, WrapRequest,
        async_trait,
    },
};

use self::cache::{BranchKeyCache, Name};
pub use self::{
    source::{BranchKeyMaterial, BranchKeySource, BranchKeyVersion},
    store::AwsBranchKeyStore,
};
use crate::wrapped_key;

/// Wraps data keys with branch keys, each with a key that is derived from the active version of one (AWS Encryption SDK
/// specification, "AWS KMS Hierarchical Keyring"). KMS is asked for a branch key when it is needed, and not again until its
/// time to live is over: not for each message.
///
/// Branch keys come from a [`BranchKeySource`], as a rule an [`AwsBranchKeyStore`]. There is one for all messages, or one
/// [for each tenant](Self::with_ids_by), or whatever else the encryption context tells apart.
///
/// # Security
///
/// Binds the encryption context. It authenticates the wrapper as far as [its source](BranchKeySource::authenticates) does that
/// with branch keys. Whoever may have KMS decrypt a branch key opens all that
/// its versions wrapped. Branch keys stay in memory for their time to live, and after it until they are needed again or
/// others take their place; they are wiped then. Who lost access to KMS goes on with them so long.
#[derive(Clone)]
pub struct AwsKmsHierarchyProvider {
    source: Arc<dyn BranchKeySource>,
    ids: Ids,
    cache: Arc<BranchKeyCache>,
}

/// Which branch key a message is under.
#[derive(Clone)]
enum Ids {
    One(String),
    By(Arc<IdOf>),
}

type IdOf = dyn Fn(&EncryptionContext) -> Result<String> + Send + Sync;

impl AwsKmsHierarchyProvider {
    /// With one branch key, of which what was got is used for `time_to_live`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the id is empty.
    pub fn new(
        source: impl BranchKeySource,
        branch_key_id: impl Into<String>,
        time_to_live: Duration,
    ) -> Result<Self> {
        let id = branch_key_id.into();
        check_id(&id)?;
        Ok(Self::of(source, Ids::One(id), time_to_live))
    }

    /// With the branch key that a function names for an encryption context, such as that of a tenant. To decrypt, it is
    /// told the context of the message, which nobody verified yet: a message under another key than it names is not opened.
    pub fn with_ids_by(
        source: impl BranchKeySource,
        id_of: impl Fn(&EncryptionContext) -> Result<String> + Send + Sync + 'static,
        time_to_live: Duration,
    ) -> Self {
        Self::of(source, Ids::By(Arc::new(id_of)), time_to_live)
    }

    /// Keeps at most so many versions of branch keys. Default: 1000.
    #[must_use]
    pub fn with_capacity(mut self, versions: usize) -> Self {
        self.cache = Arc::new(self.cache.with_capacity(versions));
        self
    }

    /// What a wrapped key is, if a branch key wrapped it: of whoever, without a call.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        let id = branch_key_id(key)?;
        Some(KeyDescription::new().with_key_id(id).with_algorithm("HIERARCHY"))
    }

    fn of(source: impl BranchKeySource, ids: Ids, time_to_live: Duration) -> Self {
        let cache = Arc::new(BranchKeyCache::new(time_to_live));
        Self { source: Arc::new(source), ids, cache }
    }

    fn id_of(&self, context: &EncryptionContext) -> Result<String> {
        match &self.ids {
            Ids::One(id) => Ok(id.clone()),
            Ids::By(id_of) => {
                let id = id_of(context)?;
                check_id(&id)?;
                Ok(id)
            }
        }
    }
}

#[async_trait]
impl KeyProvider for AwsKmsHierarchyProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.properties().check(request.target)?;
        let id = self.id_of(request.context)?;
        let active = Name { id: id.clone(), version: None };
        let material = self.cache.get(active, self.source.active(&id)).await?;
        let version = material.version().as_bytes();
        let branch = BranchKey { id: &id, version, key: material.key() };
        let ciphertext = branch.wrap(request.secret, request.context)?;
        Ok(vec![EncryptedDataKey::new(wrapped_key::HIERARCHY, id, ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.properties().check(request.target)?;
        let Some(named) = branch_key_id(request.key) else { return Ok(Unwrapped::NotMine) };
        let id = self.id_of(request.context)?;
        if named != id {
            return Ok(Unwrapped::NotMine);
        }
        let ciphertext = request.key.ciphertext();
        let version = BranchKey::version_of(ciphertext).ok_or_else(Error::unauthentic_key)?;
        let version = BranchKeyVersion::from_bytes(version);
        let name = Name { id: id.clone(), version: Some(version) };
        let material = self.cache.get(name, self.source.version(&id, version)).await?;
        let branch = BranchKey { id: &id, version: version.as_bytes(), key: material.key() };
        let secret = branch.unwrap(ciphertext, request.context)?;
        Ok(Unwrapped::Key(secret))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        let is_mine = match &self.ids {
            Ids::One(id) => branch_key_id(key) == Some(id),
            Ids::By(_) => true,
        };
        if is_mine { Self::recognize(key) } else { None }
    }

    fn properties(&self) -> Properties {
        let properties =
            Properties::new(Targets::MESSAGES.union(Targets::KEY_RINGS)).binding_context();
        if self.source.authenticates() { properties.authenticating_wrapper() } else { properties }
    }
}

impl fmt::Debug for AwsKmsHierarchyProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = match &self.ids {
            Ids::One(id) => id.as_str(),
            Ids::By(_) => "by context",
        };
        f.debug_struct("AwsKmsHierarchyProvider")
            .field("source", &self.source)
            .field("branch_key_id", &id)
            .finish_non_exhaustive()
    }
}

/// Of the branch key that wrapped `key`.
fn branch_key_id(key: &EncryptedDataKey) -> Option<&str> {
    let is_mine = key.provider_id() == wrapped_key::HIERARCHY;
    let id = if is_mine { str::from_utf8(key.provider_info()).ok() } else { None };
    id.filter(|id| !id.is_empty())
}

fn check_id(id: &str) -> Result<()> {
    if id.is_empty() {
        Err(Error::invalid_input("the id of the branch key is empty"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crypto_envelope::{Decryptor, Encryptor, SecretBytes, blocking};
    use crypto_envelope_testkit::conformance;

    use super::*;

    /// Branch keys with ids of their own, in as many versions as anybody asks for.
    #[derive(Debug, Default)]
    struct Keys {
        calls: AtomicUsize,
        fails: AtomicUsize,
    }

    impl Keys {
        fn answer(&self, id: &str, version: u8) -> Result<BranchKeyMaterial> {
            self.calls.fetch_add(1, Ordering::SeqCst);
            if self.fails.load(Ordering::SeqCst) > 0 {
                self.fails.fetch_sub(1, Ordering::SeqCst);
                return Err(Error::invalid_input("not now"));
            }
            let byte = id.bytes().fold(version, u8::wrapping_add);
            BranchKeyMaterial::new(of(version), SecretBytes::from(vec![byte; 32]))
        }
    }

    #[async_trait]
    impl BranchKeySource for Keys {
        async fn active(&self, id: &str) -> Result<BranchKeyMaterial> {
            self.answer(id, 9)
        }

        async fn version(&self, id: &str, version: BranchKeyVersion) -> Result<BranchKeyMaterial> {
            self.answer(id, version.as_bytes()[0])
        }

        fn authenticates(&self) -> bool {
            true
        }
    }

    fn of(byte: u8) -> BranchKeyVersion {
        BranchKeyVersion::from_bytes([byte; 16])
    }

    fn tenant(name: &str) -> EncryptionContext {
        EncryptionContext::from([("tenant", name)])
    }

    const LONG: Duration = Duration::from_mins(10);

    fn encrypt(provider: &AwsKmsHierarchyProvider, context: &EncryptionContext) -> Result<Vec<u8>> {
        let encryptor = Encryptor::new(provider.clone());
        blocking::wait(encryptor.encrypt(b"text", context))
    }

    fn decrypt(
        provider: &AwsKmsHierarchyProvider,
        message: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>> {
        let decryptor = Decryptor::new(provider.clone());
        Ok(blocking::wait(decryptor.decrypt(message, context))?.into_plaintext())
    }

    #[test]
    fn keeps_the_rules() -> Result<()> {
        let provider = AwsKmsHierarchyProvider::new(Keys::default(), "branch", LONG)?;
        let checked = blocking::wait(async { Ok(conformance::check(&provider).await) })?;
        checked.expect("it conforms");
        Ok(())
    }

    #[test]
    fn a_branch_key_is_got_once_for_its_time() -> Result<()> {
        let keys = Arc::new(Keys::default());
        let provider = AwsKmsHierarchyProvider::new(Arc::clone(&keys), "branch", LONG)?;
        for _ in 0..3 {
            let message = encrypt(&provider, &tenant("blue"))?;
            assert_eq!(decrypt(&provider, &message, &tenant("blue"))?, b"text");
        }
        // The active one, and the version that a message names.
        assert_eq!(keys.calls.load(Ordering::SeqCst), 2);
        let now = AwsKmsHierarchyProvider::new(Arc::clone(&keys), "branch", Duration::ZERO)?;
        let message = encrypt(&now, &tenant("blue"))?;
        assert_eq!(decrypt(&now, &message, &tenant("blue"))?, b"text");
        assert_eq!(decrypt(&now, &message, &tenant("blue"))?, b"text");
        assert_eq!(keys.calls.load(Ordering::SeqCst), 5);
        Ok(())
    }

    #[test]
    fn a_branch_key_grows_old() -> Result<()> {
        let keys = Arc::new(Keys::default());
        let life = Duration::from_millis(50);
        let provider = AwsKmsHierarchyProvider::new(Arc::clone(&keys), "branch", life)?;
        encrypt(&provider, &tenant("blue"))?;
        std::thread::sleep(2 * life);
        encrypt(&provider, &tenant("blue"))?;
        assert_eq!(keys.calls.load(Ordering::SeqCst), 2);
        Ok(())
    }

    /// They wait for the first of them.
    #[test]
    fn many_at_once_are_one_call() -> Result<()> {
        let keys = Arc::new(Keys::default());
        let provider = AwsKmsHierarchyProvider::new(Arc::clone(&keys), "branch", LONG)?;
        std::thread::scope(|scope| {
            let work = || encrypt(&provider, &tenant("blue"));
            let all = (0..20).map(|_| scope.spawn(work)).collect::<Vec<_>>();
            all.into_iter().try_for_each(|one| one.join().expect("no panic").map(drop))
        })?;
        assert_eq!(keys.calls.load(Ordering::SeqCst), 1);
        Ok(())
    }

    #[test]
    fn what_failed_is_tried_again() -> Result<()> {
        let keys = Arc::new(Keys::default());
        let provider = AwsKmsHierarchyProvider::new(Arc::clone(&keys), "branch", LONG)?;
        keys.fails.store(1, Ordering::SeqCst);
        assert!(encrypt(&provider, &tenant("blue")).is_err());
        encrypt(&provider, &tenant("blue"))?;
        Ok(())
    }

    #[test]
    fn tenants_have_keys_of_their_own() -> Result<()> {
        let provider = AwsKmsHierarchyProvider::with_ids_by(
            Keys::default(),
            |context| {
                let tenant = context.value("tenant");
                tenant.map(str::to_owned).ok_or_else(|| Error::invalid_input("no tenant"))
            },
            LONG,
        );
        let message = encrypt(&provider, &tenant("blue"))?;
        assert_eq!(decrypt(&provider, &message, &tenant("blue"))?, b"text");
        assert!(encrypt(&provider, &EncryptionContext::new()).is_err());
        let red = AwsKmsHierarchyProvider::new(Keys::default(), "red", LONG)?;
        let refused = decrypt(&red, &message, &tenant("blue"));
        assert!(matches!(refused, Err(Error::NoUsableKey { .. })), "{refused:?}");
        Ok(())
    }
}
