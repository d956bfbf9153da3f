//! The keys that keyferry makes and keeps itself, as a key provider.

mod store;

use async_trait::async_trait;
use crypto_envelope::{
    EncryptedDataKey,
    provider::{
        KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind, RawAesProvider,
        UnwrapRequest, Unwrapped, WrapRequest,
    },
};

pub(crate) use self::store::{KeyId, Purpose, Store, key_text};
use crate::failure::{Code, Failure};

/// The local keys as a key provider: wraps with one key, unwraps with any that is there.
#[derive(Debug)]
pub(crate) struct LocalKeys {
    store: Store,
    wrapping: Option<RawAesProvider>,
}

impl LocalKeys {
    /// Wraps with the key `id`.
    pub(crate) fn encrypting(store: Store, id: &KeyId) -> Result<Self, Failure> {
        let wrapping = provider(&store, id).map_err(|failure| match failure.code() {
            Code::Denied => failure.hint(format!(
                "it is the key to encrypt with: put its file back, or remove {} to make a new key",
                store.default_file().display()
            )),
            _ => failure,
        })?;
        Ok(Self { store, wrapping: Some(wrapping) })
    }

    /// Only unwraps; needs no key to be there.
    pub(crate) fn decrypting(store: Store) -> Self {
        Self { store, wrapping: None }
    }
}

#[async_trait]
impl KeyProvider for LocalKeys {
    async fn wrap(
        &self,
        request: WrapRequest<'_>,
    ) -> crypto_envelope::Result<Vec<EncryptedDataKey>> {
        match &self.wrapping {
            Some(provider) => provider.wrap(request).await,
            None => Err(ProviderError::new(
                ProviderErrorKind::Unsupported,
                "the local keys were opened for decryption",
            )
            .into()),
        }
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> crypto_envelope::Result<Unwrapped> {
        self.properties().check(request.target)?;
        let Some(id) = key_id(request.key) else { return Ok(Unwrapped::NotMine) };
        let file = self.store.file_of(&id);
        if matches!(file.try_exists(), Ok(false)) {
            return Err(ProviderError::new(
                ProviderErrorKind::NotFound,
                format!(
                    "there is no {}; put the key file back there, or decrypt where it is",
                    file.display()
                ),
            )
            .into());
        }
        let provider = provider(&self.store, &id).map_err(|failure| {
            let kind = match failure.code() {
                Code::Policy | Code::Denied => ProviderErrorKind::Denied,
                _ => ProviderErrorKind::Unavailable,
            };
            ProviderError::new(kind, failure.text())
        })?;
        provider.unwrap(request).await
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        let id = key_id(key)?;
        Some(KeyDescription::new().with_key_id(id.to_string()).with_algorithm("AES-256-GCM"))
    }

    fn properties(&self) -> Properties {
        RawAesProvider::PROPERTIES
    }
}

fn provider(store: &Store, id: &KeyId) -> Result<RawAesProvider, Failure> {
    Ok(RawAesProvider::new(NAMESPACE, id.to_string(), &store.key(id)?)?)
}

fn key_id(key: &EncryptedDataKey) -> Option<KeyId> {
    if key.provider_id() != NAMESPACE {
        return None;
    }
    KeyId::parse(&RawAesProvider::recognize(key)?.key_id?)
}

/// The provider id in messages; docs/formats/provider-ids.md.
const NAMESPACE: &str = "keyferry";

#[cfg(test)]
mod tests {
    use std::error::Error;

    use crypto_envelope::blocking;
    use crypto_envelope_testkit::conformance;

    use super::*;

    #[test]
    fn local_keys_keep_the_rules_of_key_providers() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let store = Store::in_folder(folder.path().join("store"));
        let id = store.default_or_create(|_| ())?;
        let keys = LocalKeys::encrypting(store, &id)?;
        Ok(blocking::wait(async { Ok(conformance::check(&keys).await) })??)
    }

    #[test]
    fn only_ids_are_ids() {
        assert!(KeyId::parse(&"0a".repeat(16)).is_some());
        for text in ["", "0a", &"0A".repeat(16), &"..".repeat(16), &"/a".repeat(16)] {
            assert_eq!(KeyId::parse(text), None);
        }
    }
}
