//! Where branch keys come from.

use std::{fmt, str::FromStr, sync::Arc};

use crypto_envelope::{Error, Result, SecretBytes, provider::async_trait};
use uuid::{Builder, Uuid};

/// Gives branch keys in clear.
#[async_trait]
pub trait BranchKeySource: fmt::Debug + Send + Sync + 'static {
    /// The version that wraps now.
    ///
    /// # Errors
    ///
    /// If there is no such branch key, or it cannot be got.
    async fn active(&self, id: &str) -> Result<BranchKeyMaterial>;

    /// A version that wrapped once.
    ///
    /// # Errors
    ///
    /// If there is no such version, or it cannot be got.
    async fn version(&self, id: &str, version: BranchKeyVersion) -> Result<BranchKeyMaterial>;

    /// Whether nobody but who may use the key that the branch keys are under can have made one that is given out. The cautious
    /// answer is the default.
    fn authenticates(&self) -> bool {
        false
    }
}

#[async_trait]
impl<S: BranchKeySource + ?Sized> BranchKeySource for Arc<S> {
    async fn active(&self, id: &str) -> Result<BranchKeyMaterial> {
        (**self).active(id).await
    }

    async fn version(&self, id: &str, version: BranchKeyVersion) -> Result<BranchKeyMaterial> {
        (**self).version(id, version).await
    }

    fn authenticates(&self) -> bool {
        (**self).authenticates()
    }
}

/// A version of a branch key in clear. It is wiped when it is dropped.
#[derive(Debug)]
pub struct BranchKeyMaterial {
    version: BranchKeyVersion,
    key: SecretBytes,
}

impl BranchKeyMaterial {
    /// With a key of 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it has another length.
    pub fn new(version: BranchKeyVersion, key: SecretBytes) -> Result<Self> {
        if key.len() != KEY_LENGTH {
            let message =
                format!("a branch key has {KEY_LENGTH} bytes, this one has {}", key.len());
            return Err(Error::invalid_input(message));
        }
        Ok(Self { version, key })
    }

    /// Which one it is.
    #[must_use]
    pub fn version(&self) -> BranchKeyVersion {
        self.version
    }

    pub(super) fn key(&self) -> &SecretBytes {
        &self.key
    }
}

/// The name of a version of a branch key: a UUID (RFC 9562).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BranchKeyVersion(Uuid);

impl BranchKeyVersion {
    /// As wrapped keys have it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// As wrapped keys have it.
    #[must_use]
    pub const fn as_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// A random one.
    pub(super) fn random() -> Result<Self> {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(SecretBytes::random(16)?.expose());
        Ok(Self(Builder::from_random_bytes(bytes).into_uuid()))
    }
}

impl fmt::Display for BranchKeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for BranchKeyVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let version = Uuid::try_parse(text);
        version.map(Self).map_err(|_| {
            Error::invalid_input(format!("{text:?} is no version of a branch key: a UUID"))
        })
    }
}

pub(super) const KEY_LENGTH: usize = 32;
