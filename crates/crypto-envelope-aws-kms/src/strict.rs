//! One KMS key.

use std::any::Any;

#[cfg(doc)]
use crypto_envelope::Error;
use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Result,
    provider::{
        GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, RewrapRequest,
        Target, Targets, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};

use crate::{
    AwsKmsArn, AwsKmsClients,
    arn::KmsKeyId,
    calls::{Calls, Unwrap, Wrapped},
    rewrap, wrapped_key,
};

/// Wraps data keys with one symmetric KMS key, and unwraps those of this key only (AWS Encryption
/// SDK specification, "AWS KMS Keyring" and "AWS KMS MRK Keyring"; a *strict* master key provider in
/// older SDKs).
///
/// The ARN of a key does both. With the ARN or name of an alias, or the bare id of a key, it can only
/// encrypt: messages name the key itself, and where an alias leads to may change.
///
/// A wrapped key of another one causes no call.
///
/// # Security
///
/// Whoever has `kms:Decrypt` on the key reads, whoever has `kms:GenerateDataKey` or `kms:Encrypt`
/// writes; both rights can be bound to pairs of the encryption context, which KMS logs in clear. The
/// plaintext data key passes through buffers of the AWS SDK and of TLS that are not wiped.
#[derive(Clone, Debug)]
pub struct AwsKmsProvider {
    key: KmsKeyId,
    matching: Matching,
    calls: Calls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matching {
    Exactly,
    InAllRegions,
}

impl AwsKmsProvider {
    /// What every symmetric KMS key can be relied on for.
    pub const PROPERTIES: Properties = Properties::new(Targets::MESSAGES.union(Targets::KEY_RINGS))
        .binding_context()
        .authenticating_wrapper();

    /// With the key of this id, in the region that its ARN says, else in the default region of
    /// `clients`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the id is of no form that KMS knows, or nothing says the region.
    pub fn new(clients: &AwsKmsClients, key_id: &str) -> Result<Self> {
        let key = KmsKeyId::parse(key_id)?;
        let calls = Calls::new(clients);
        calls.region(&key)?;
        Ok(Self { key, matching: Matching::Exactly, calls })
    }

    /// Takes the replicas of a multi-Region key for the same key, whatever their region, and asks for
    /// the one of its own ARN. Keys of one region are as before.
    #[must_use]
    pub fn multi_region_aware(mut self) -> Self {
        self.matching = Matching::InAllRegions;
        self
    }

    /// Sends these grant tokens with every call: permissions that were granted a moment ago.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there are more than ten.
    pub fn with_grant_tokens<T: Into<String>>(
        mut self,
        tokens: impl IntoIterator<Item = T>,
    ) -> Result<Self> {
        self.calls.set_grant_tokens(tokens)?;
        Ok(self)
    }

    /// The key, if it was named by its ARN. An alias, or an id alone, names one that only KMS knows.
    #[must_use]
    pub fn key_arn(&self) -> Option<&AwsKmsArn> {
        self.key.key_arn()
    }

    /// What a wrapped key is, if a symmetric KMS key wrapped it: of whoever, without a call.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        wrapped_key::arn(key, wrapped_key::SYMMETRIC).map(|arn| wrapped_key::describe(&arn))
    }

    pub(crate) fn key(&self) -> &KmsKeyId {
        &self.key
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The ARN to ask for, if `key` is of this provider.
    fn own(&self, key: &EncryptedDataKey) -> Option<&AwsKmsArn> {
        let own = self.key.key_arn()?;
        let arn = wrapped_key::arn(key, wrapped_key::SYMMETRIC)?;
        let is_mine = match self.matching {
            Matching::Exactly => arn == *own,
            Matching::InAllRegions => arn.is_same_key(own),
        };
        is_mine.then_some(own)
    }

    fn unwrap_of<'a>(
        &'a self,
        key: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> Option<Unwrap<'a>> {
        self.own(key).map(|arn| Unwrap::new(key, arn, arn.region(), context))
    }
}

#[async_trait]
impl KeyProvider for AwsKmsProvider {
    async fn generate(&self, request: GenerateRequest<'_>) -> Result<GeneratedKey> {
        Self::PROPERTIES.check(request.target)?;
        let (data_key, wrapped) =
            self.calls.generate(&self.key, request.length, request.context).await?;
        Ok(GeneratedKey::new(data_key, vec![stored(wrapped)?]))
    }

    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        let wrapped = self.calls.encrypt(&self.key, request.secret, request.context).await?;
        Ok(vec![stored(wrapped)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        match self.unwrap_of(request.key, request.context) {
            Some(unwrap) => {
                let secret = self.calls.decrypt(unwrap, None).await?;
                wrapped_key::check_length(&secret, request.target, unwrap.arn)?;
                Ok(Unwrapped::Key(secret))
            }
            None => Ok(Unwrapped::NotMine),
        }
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.own(key).and_then(|_| Self::recognize(key))
    }

    fn properties(&self) -> Properties {
        Self::PROPERTIES
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    /// By `kms:ReEncrypt`, if the targets are symmetric KMS keys of the same region, alone or in a
    /// [`MultiProvider`](crypto_envelope::provider::MultiProvider), and their providers were made with
    /// the same [`AwsKmsClients`] (or a clone) and have ten grant tokens at most together with this one.
    async fn rewrap_natively(
        &self,
        request: RewrapRequest<'_>,
    ) -> Result<Option<Vec<EncryptedDataKey>>> {
        Self::PROPERTIES.check(Target::Detached(request.source))?;
        match self.unwrap_of(request.key, request.source_context) {
            Some(source) => rewrap::natively(&self.calls, source, &request).await,
            None => Ok(None),
        }
    }
}

/// As it stands in a message.
pub(crate) fn stored(wrapped: Wrapped) -> Result<EncryptedDataKey> {
    let info = wrapped.arn.to_string();
    EncryptedDataKey::new(wrapped_key::SYMMETRIC, info, wrapped.ciphertext)
}
