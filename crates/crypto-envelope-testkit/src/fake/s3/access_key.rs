//! Who may call.

use std::fmt;

use crate::fake::sigv4::Secret;

/// An access key id with its secret. It may do everything. It is **no secret**: it opens nothing but a
/// fake.
#[derive(Clone)]
pub struct AccessKey {
    id: String,
    secret: String,
    pub(super) signing: Secret,
}

impl AccessKey {
    /// One that lasts.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        let secret = secret.into();
        Self { id: id.into(), signing: Secret::new(&secret), secret }
    }

    /// As `AKIAIOSFODNN7EXAMPLE`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What requests are signed with.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}
