//! Test doubles **without any security**. Never use them for anything but tests.

use async_trait::async_trait;
use crypto_envelope::{
    EncryptedDataKey, Result, SecretBytes,
    provider::{
        KeyDescription, KeyProvider, Properties, Targets, UnwrapRequest, Unwrapped, WrapRequest,
    },
};

/// "Unwraps" every key to the one that it was given, whatever it is asked for, and "wraps" a key
/// by forgetting it. Opens vectors whose data key is published.
#[derive(Debug)]
pub struct FixedDataKey(SecretBytes);

impl FixedDataKey {
    /// Always answers with `data_key`.
    #[must_use]
    pub fn new(data_key: SecretBytes) -> Self {
        Self(data_key)
    }
}

#[async_trait]
impl KeyProvider for FixedDataKey {
    async fn wrap(&self, _: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Ok(vec![EncryptedDataKey::new("NO SECURITY", "fixed data key", "not wrapped at all")?])
    }

    async fn unwrap(&self, _: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Ok(Unwrapped::Key(SecretBytes::from(self.0.expose())))
    }

    fn describe(&self, _: &EncryptedDataKey) -> Option<KeyDescription> {
        Some(KeyDescription::new().with_key_id("fixed data key").with_algorithm("NO SECURITY"))
    }

    fn properties(&self) -> Properties {
        Properties::new(Targets::MESSAGES)
    }
}
