//! Who may call by the OpenAPI.

use std::fmt;

use crate::fake::crypto;

/// An access key. It may do everything. It is **no secret**: it opens nothing but a fake.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) security_token: Option<String>,
}

impl AccessKey {
    /// One that lasts.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into(), security_token: None }
    }

    /// One of the STS: every request has to come with this token.
    #[must_use]
    pub fn with_security_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(token.into());
        self
    }

    /// As `LTAI5t0123456789abcdef01`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What requests are signed with.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// What requests have to come with.
    #[must_use]
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    pub(crate) fn generate() -> Self {
        let id = format!("LTAI5t{}", crypto::hex(&crypto::random::<9>()));
        Self::new(id, crypto::hex(&crypto::random::<15>()))
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}
