//! Why a key provider could not do its work.

use std::{error::Error as StdError, fmt, sync::Arc};

/// Why a key provider could not do its work.
#[derive(Debug)]
pub struct ProviderError {
    kind: ProviderErrorKind,
    message: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl ProviderError {
    /// `message` names the key and says what to do; it must not hold secrets.
    #[must_use]
    pub fn new(kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the error below this one. It is printed by whoever walks the chain: no secrets.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// The same error once more.
    pub(crate) fn duplicate(&self) -> Self {
        Self { kind: self.kind, message: self.message.clone(), source: self.source.clone() }
    }

    /// What the caller can act on.
    #[must_use]
    pub fn kind(&self) -> ProviderErrorKind {
        self.kind
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl StdError for ProviderError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

/// The kinds of [`ProviderError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProviderErrorKind {
    /// The caller may not use the key.
    Denied,
    /// There is no such key.
    NotFound,
    /// The key exists and cannot be used now: disabled, or waiting for its deletion.
    Disabled,
    /// Too many requests: try again later.
    Throttled,
    /// The encryption context is not the one that the key was wrapped under, or the wrapped key was
    /// changed: key services do not tell the two apart.
    WrongContext,
    /// The key service, or the place where the key is kept, could not be reached or read.
    Unavailable,
    /// The provider cannot do this at all, such as encrypting without a public key.
    Unsupported,
    /// Anything else.
    Other,
}

impl fmt::Display for ProviderErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denied => "access to the key was denied",
            Self::NotFound => "key not found",
            Self::Disabled => "the key is disabled",
            Self::Throttled => "the key service is throttling requests",
            Self::WrongContext => {
                "the encryption context is another one, or the wrapped key was changed"
            }
            Self::Unavailable => "the key is not available",
            Self::Unsupported => "the key provider cannot do this",
            Self::Other => "the key provider failed",
        })
    }
}
