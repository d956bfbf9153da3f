//! Who may call.

use std::{fmt, time::SystemTime};

/// A secret id with its secret key. It may do everything. It is **no secret**: it opens nothing but a
/// fake.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    id: String,
    secret: String,
    pub(super) temporary: Option<Temporary>,
}

/// What temporary credentials have beside.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Temporary {
    pub(super) token: String,
    pub(super) expires: SystemTime,
}

impl AccessKey {
    /// One that lasts.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into(), temporary: None }
    }

    /// Makes it temporary: every request has to come with this token, and none after that time.
    #[must_use]
    pub fn with_security_token(mut self, token: impl Into<String>, expires: SystemTime) -> Self {
        self.temporary = Some(Temporary { token: token.into(), expires });
        self
    }

    /// As `AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA`.
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
        self.temporary.as_ref().map(|temporary| temporary.token.as_str())
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}
