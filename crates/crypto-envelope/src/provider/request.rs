//! What a [`KeyProvider`] is asked for.

use std::fmt;

use super::KeyProvider;
use crate::{AlgorithmSuite, EncryptedDataKey, EncryptionContext, SecretBytes};

/// What a data key is for. A provider refuses targets for which its wrapping is not safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// A message in the AWS Encryption SDK format, under this suite. The wrapped keys are part of
    /// its authenticated header.
    Message(AlgorithmSuite),
    /// A carrier that stands beside the data.
    Detached(DetachedTarget),
}

/// Carriers of wrapped keys that are stored beside the data, and so may be rewrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DetachedTarget {
    /// The metadata of a Tencent COS object in the format of the official COS SDKs.
    CosObject,
    /// A key ring: wrapped root keys in an object or file of their own.
    KeyRing,
}

impl DetachedTarget {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::CosObject, Self::KeyRing];
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(suite) => write!(f, "messages of the suite {suite}"),
            Self::Detached(DetachedTarget::CosObject) => f.write_str("COS object metadata"),
            Self::Detached(DetachedTarget::KeyRing) => f.write_str("key rings"),
        }
    }
}

/// Asks for a new data key.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GenerateRequest<'a> {
    /// What the key is for.
    pub target: Target,
    /// Its length in bytes.
    pub length: usize,
    /// The pairs to bind, all of them, also those that are not stored in the header.
    pub context: &'a EncryptionContext,
}

impl<'a> GenerateRequest<'a> {
    /// A data key of `length` bytes.
    #[must_use]
    pub fn new(target: Target, length: usize, context: &'a EncryptionContext) -> Self {
        Self { target, length, context }
    }

    /// The data key of a message.
    #[must_use]
    pub fn for_message(suite: AlgorithmSuite, context: &'a EncryptionContext) -> Self {
        Self::new(Target::Message(suite), suite.data_key_length(), context)
    }
}

/// Asks to wrap a given secret.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WrapRequest<'a> {
    /// The secret, of any length.
    pub secret: &'a SecretBytes,
    /// What it is for.
    pub target: Target,
    /// The pairs to bind.
    pub context: &'a EncryptionContext,
}

impl<'a> WrapRequest<'a> {
    /// Wraps `secret`.
    #[must_use]
    pub fn new(secret: &'a SecretBytes, target: Target, context: &'a EncryptionContext) -> Self {
        Self { secret, target, context }
    }
}

/// Asks to unwrap one encrypted data key.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UnwrapRequest<'a> {
    /// The wrapped key.
    pub key: &'a EncryptedDataKey,
    /// What it is for.
    pub target: Target,
    /// The pairs that it was bound to.
    pub context: &'a EncryptionContext,
}

impl<'a> UnwrapRequest<'a> {
    /// Unwraps `key`.
    #[must_use]
    pub fn new(key: &'a EncryptedDataKey, target: Target, context: &'a EncryptionContext) -> Self {
        Self { key, target, context }
    }
}

/// Asks to replace the wrapping of a key that stands beside its data.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RewrapRequest<'a> {
    /// The wrapped key as it is now.
    pub key: &'a EncryptedDataKey,
    /// Where it is stored now.
    pub source: DetachedTarget,
    /// The pairs it is bound to now.
    pub source_context: &'a EncryptionContext,
    /// Who wraps it from now on.
    pub target_provider: &'a dyn KeyProvider,
    /// Where it will be stored.
    pub target: DetachedTarget,
    /// The pairs to bind from now on.
    pub target_context: &'a EncryptionContext,
}

impl<'a> RewrapRequest<'a> {
    /// Moves `key` to `target_provider`, with the carrier and the context unchanged.
    #[must_use]
    pub fn new(
        key: &'a EncryptedDataKey,
        carrier: DetachedTarget,
        context: &'a EncryptionContext,
        target_provider: &'a dyn KeyProvider,
    ) -> Self {
        Self {
            key,
            source: carrier,
            source_context: context,
            target_provider,
            target: carrier,
            target_context: context,
        }
    }

    /// Stores the result in another kind of carrier.
    #[must_use]
    pub fn with_target(mut self, target: DetachedTarget) -> Self {
        self.target = target;
        self
    }

    /// Binds other pairs from now on.
    #[must_use]
    pub fn with_target_context(mut self, context: &'a EncryptionContext) -> Self {
        self.target_context = context;
        self
    }
}
