//! Who calls.

use std::{fmt, sync::Arc};

use crypto_envelope::{Error, Result, SecretBytes};

/// An access key of Alibaba Cloud: its id, its secret, and for temporary ones a security token.
///
/// Clones share the secrets, which are wiped with the last of them. [`Debug`](fmt::Debug) shows the
/// id only.
#[derive(Clone)]
pub struct AccessKey {
    id: String,
    secret: Arc<SecretBytes>,
    /// ASCII.
    security_token: Option<Arc<SecretBytes>>,
}

impl AccessKey {
    /// A permanent access key.
    ///
    /// The secret is taken as [`SecretBytes`], so that whoever reads it from somewhere has it wiped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the id or the secret is empty or has characters that none has,
    /// such as a line feed at its end.
    pub fn new(id: impl Into<String>, secret: impl Into<SecretBytes>) -> Result<Self> {
        let (id, secret) = (id.into(), secret.into());
        check("the access key id", id.as_bytes(), |byte| {
            byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
        })?;
        check("the access key secret", secret.expose(), |byte| byte.is_ascii_graphic())?;
        Ok(Self { id, secret: Arc::new(secret), security_token: None })
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
        let token = security_token.into();
        check("the security token", token.expose(), |byte| byte.is_ascii_graphic())?;
        Ok(Self { security_token: Some(Arc::new(token)), ..Self::new(id, secret)? })
    }

    /// The id, which is no secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it ends by itself.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.security_token.is_some()
    }

    pub(crate) fn secret(&self) -> &[u8] {
        self.secret.expose()
    }

    pub(crate) fn security_token(&self) -> Option<&str> {
        // It was checked to be ASCII.
        self.security_token.as_ref().and_then(|token| str::from_utf8(token.expose()).ok())
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// It goes into headers.
fn check(what: &str, bytes: &[u8], is_allowed: impl Fn(u8) -> bool) -> Result<()> {
    let wrong = if bytes.is_empty() {
        "is empty"
    } else if bytes.len() > LONGEST {
        "is longer than 8192 bytes"
    } else if !bytes.iter().copied().all(is_allowed) {
        "has characters that none has, such as a space or a line feed: copy it anew"
    } else {
        return Ok(());
    };
    Err(Error::invalid_input(format!("{what} {wrong}")))
}

/// Servers refuse longer headers.
const LONGEST: usize = 8192;

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

    #[test]
    fn what_would_break_a_header_is_refused_and_not_shown() {
        let longest = "x".repeat(LONGEST + 1);
        for wrong in ["", "secret\n", "sec ret", "s\u{e9}cret", &longest] {
            for result in [
                AccessKey::new(wrong, &b"fine"[..]),
                AccessKey::new("fine", wrong.as_bytes()),
                AccessKey::temporary("fine", &b"fine"[..], wrong.as_bytes()),
            ] {
                let Err(error) = result else { panic!("{wrong:?} was taken") };
                let error = error.to_string();
                assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
            }
        }
    }
}
