//! Errors as AWS KMS answers them.

use std::{error::Error, fmt};

use serde_json::{Value, json};

use crate::fake::sigv4::{Reason, SignatureError};

/// What AWS KMS answers when it does not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsError {
    code: &'static str,
    message: Option<String>,
}

impl KmsError {
    /// The code, as `NotFoundException`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The message. Some errors have none: AWS says nothing about a damaged ciphertext.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()) }
    }

    pub(super) fn silent(code: &'static str) -> Self {
        Self { code, message: None }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("NotFoundException", message)
    }

    pub(super) fn no_key(arn: impl fmt::Display) -> Self {
        Self::not_found(format!("Key '{arn}' does not exist"))
    }

    /// Nothing is said about why.
    pub(super) fn invalid_ciphertext() -> Self {
        Self::silent("InvalidCiphertextException")
    }

    pub(super) fn incorrect_key() -> Self {
        Self::new(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        )
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// A member of the request that breaks a `constraint` of its type.
    pub(super) fn constraint(member: &str, value: Option<&str>, constraint: &str) -> Self {
        let value = value.map(|value| format!(" '{value}'")).unwrap_or_default();
        let member = lower_first(member);
        Self::validation(format!(
            "1 validation error detected: Value{value} at '{member}' failed to satisfy constraint: \
             Member must {constraint}"
        ))
    }

    pub(super) fn missing(member: &str) -> Self {
        let member = lower_first(member);
        Self::validation(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        ))
    }

    pub(super) fn serialization() -> Self {
        Self::silent("SerializationException")
    }

    pub(super) fn unsupported(message: impl Into<String>) -> Self {
        Self::new("UnsupportedOperationException", message)
    }

    pub(super) fn wrong_usage(message: impl Into<String>) -> Self {
        Self::new("InvalidKeyUsageException", message)
    }

    pub(super) fn invalid_state(message: impl Into<String>) -> Self {
        Self::new("KMSInvalidStateException", message)
    }

    pub(super) fn malformed_policy(message: impl Into<String>) -> Self {
        Self::new("MalformedPolicyDocumentException", message)
    }

    pub(super) fn throttled() -> Self {
        Self::new(
            "ThrottlingException",
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your \
             calls.",
        )
    }

    pub(super) fn dry_run() -> Self {
        Self::new(
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
        )
    }

    /// The body of the answer.
    pub(super) fn json(&self) -> Value {
        match &self.message {
            Some(message) => json!({"__type": self.code, "message": message}),
            None => json!({"__type": self.code}),
        }
    }
}

impl fmt::Display for KmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        self.message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

impl Error for KmsError {}

impl From<SignatureError> for KmsError {
    fn from(error: SignatureError) -> Self {
        let code = match error.reason {
            Reason::Missing => "MissingAuthenticationTokenException",
            Reason::Incomplete => "IncompleteSignatureException",
            Reason::Scope
            | Reason::Unsigned
            | Reason::Time
            | Reason::Expired
            | Reason::Mismatch => "InvalidSignatureException",
        };
        Self::new(code, error.message)
    }
}

/// Members are named in errors as in the code behind the service: `keyId`.
fn lower_first(member: &str) -> String {
    let mut characters = member.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_ascii_lowercase().to_string() + characters.as_str()
    })
}
