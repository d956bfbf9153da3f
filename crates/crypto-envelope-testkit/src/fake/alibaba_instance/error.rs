//! Errors as the gateway answers them.

use std::{error::Error, fmt};

use super::{message::Message, schema::Schema, wire::Malformed};
use crate::fake::crypto::CryptoError;

/// What the gateway answers when it does not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceError {
    status: u16,
    code: &'static str,
    message: String,
}

impl InstanceError {
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

    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// Something around the operation: a header.
    pub(super) fn param(name: &str) -> Self {
        Self::new(400, "InvalidParam", format!("The Param {name} is invalid."))
    }

    /// Something in the request of the operation.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameter", message)
    }

    pub(super) fn missing(name: &str) -> Self {
        Self::new(400, "MissingParameter", format!("The parameter {name} is needed."))
    }

    pub(super) fn invalid_ciphertext() -> Self {
        Self::parameter("The ciphertext, or what it is bound to, is not what was encrypted.")
    }

    pub(super) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(400, "UnsupportedOperation", message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(404, "Unauthorized", "There is no ClientKey of this id.")
    }

    pub(super) fn signature_mismatch() -> Self {
        let message = "The signature is not the one of this request and this ClientKey.";
        Self::new(401, "SignatureNotMatch", message)
    }

    pub(super) fn no_key() -> Self {
        Self::new(404, "Forbidden.KeyNotFound", "The specified Key is not found.")
    }

    pub(super) fn no_secret() -> Self {
        Self::new(404, "Forbidden.ResourceNotFound", "There is no such secret, or no such version.")
    }

    pub(super) fn disabled() -> Self {
        Self::new(409, "Rejected.Disabled", "The key is disabled.")
    }

    pub(super) fn throttled() -> Self {
        Self::new(429, "Rejected.Throttling", "QPS Limit Exceeded")
    }

    /// The body of the answer.
    pub(super) fn answer(&self) -> Message {
        Message::new(Schema::ERROR)
            .with("StatusCode", i32::from(self.status))
            .with("ErrorCode", self.code)
            .with("ErrorMessage", self.message.as_str())
    }
}

/// Where a request can make this happen it is an error of another kind.
impl From<CryptoError> for InstanceError {
    fn from(error: CryptoError) -> Self {
        Self::new(500, "InternalFailure", error.to_string())
    }
}

impl From<Malformed> for InstanceError {
    fn from(malformed: Malformed) -> Self {
        Self::parameter(format!("The body is not the message of this operation: {malformed}."))
    }
}

impl fmt::Display for InstanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Error for InstanceError {}
