//! Who calls.

use std::fmt;

use crypto_envelope::{Result, SecretBytes};
use crypto_envelope_http::{ApiKey, ApiKeyNames};

/// An access key of Alibaba Cloud: its id, its secret, and for temporary ones a security token.
///
/// Clones share the secrets, which are wiped with the last of them. [`Debug`](fmt::Debug) shows the
/// id only.
#[derive(Clone)]
pub struct AccessKey(ApiKey);

impl AccessKey {
    /// A permanent access key.
    ///
    /// The secret is taken as [`SecretBytes`], so that whoever reads it from somewhere has it wiped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if the id or the secret is empty or has characters that none has,
    /// such as a line feed at its end.
    pub fn new(id: impl Into<String>, secret: impl Into<SecretBytes>) -> Result<Self> {
        ApiKey::new(&NAMES, id.into(), secret.into()).map(Self)
    }

    /// A temporary access key, such as STS gives.
    ///
    /// # Errors
    ///
    /// As [`AccessKey::new`], about the token too.
    pub fn temporary(
        id: impl Into<String>,
        secret: impl Into<SecretBytes>,
        security_token: impl Into<SecretBytes>,
    ) -> Result<Self> {
        let Self(key) = Self::new(id, secret)?;
        key.with_token(&NAMES, security_token.into()).map(Self)
    }

    /// The id, which is no secret.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.id()
    }

    /// Whether it ends by itself.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.0.token().is_some()
    }

    pub(crate) fn secret(&self) -> &[u8] {
        self.0.secret()
    }

    pub(crate) fn security_token(&self) -> Option<&str> {
        self.0.token()
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// What the errors call them.
const NAMES: ApiKeyNames = ApiKeyNames {
    id: "the access key id",
    secret: "the access key secret",
    token: "the security token",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_is_shown() -> Result<()> {
        let key = AccessKey::temporary("LTAI5t", &b"secret+/"[..], &b"token=="[..])?;
        assert_eq!(format!("{key:?}"), "AccessKey { id: \"LTAI5t\", .. }");
        assert_eq!(format!("{key:#?}"), "AccessKey {\n    id: \"LTAI5t\",\n    ..\n}");
        assert_eq!(key.security_token(), Some("token=="));
        assert!(key.is_temporary());
        Ok(())
    }
}
