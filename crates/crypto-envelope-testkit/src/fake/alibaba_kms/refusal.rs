//! Errors that every gateway answers.

use std::{error::Error, fmt};

use crate::fake::crypto::CryptoError;

/// What KMS answers when it does not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refusal {
    /// The status of HTTP, as 404.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The code, as `Forbidden.KeyNotFound`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// Something in the request of the operation.
    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameter", message)
    }

    pub(crate) fn missing(name: &str) -> Self {
        Self::new(400, "MissingParameter", format!("The parameter {name} is needed."))
    }

    pub(crate) fn invalid_ciphertext() -> Self {
        Self::parameter("The ciphertext, or what it is bound to, is not what was encrypted.")
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(400, "UnsupportedOperation", message)
    }

    pub(crate) fn no_key() -> Self {
        Self::new(404, "Forbidden.KeyNotFound", "The specified Key is not found.")
    }

    pub(crate) fn no_secret() -> Self {
        Self::new(404, "Forbidden.ResourceNotFound", "There is no such secret, or no such version.")
    }

    pub(crate) fn disabled() -> Self {
        Self::new(409, "Rejected.Disabled", "The key is disabled.")
    }

    pub(crate) fn pending_deletion() -> Self {
        Self::new(409, "Rejected.PendingDeletion", "The key waits for its deletion.")
    }

    pub(crate) fn throttled() -> Self {
        Self::new(429, "Rejected.Throttling", "QPS Limit Exceeded")
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalFailure", message)
    }
}

/// Where a request can make this happen it is an error of another kind.
impl From<CryptoError> for Refusal {
    fn from(error: CryptoError) -> Self {
        Self::internal(error.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Error for Refusal {}
