//! Keys that requests are signed with.

use std::{fmt, sync::Arc};

use crypto_envelope::{Error, Result, SecretBytes};

/// What requests are signed with: an id, a secret, and for temporary ones a token. All of it can go into
/// headers.
///
/// Clones share the secrets, which are wiped with the last of them. [`Debug`](fmt::Debug) shows the id only.
#[derive(Clone)]
pub struct ApiKey {
    id: String,
    secret: Arc<SecretBytes>,
    /// ASCII.
    token: Option<Arc<SecretBytes>>,
}

/// What a service calls the parts of its keys, for errors.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "no promises")]
pub struct ApiKeyNames {
    /// As `the access key id`.
    pub id: &'static str,
    /// As `the access key secret`.
    pub secret: &'static str,
    /// As `the security token`.
    pub token: &'static str,
}

impl ApiKey {
    /// A permanent key.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the id or the secret is empty, longer than any header, or has characters that
    /// none has, such as a line feed at its end.
    pub fn new(names: &ApiKeyNames, id: String, secret: SecretBytes) -> Result<Self> {
        check(names.id, id.as_bytes(), |byte| {
            byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
        })?;
        check_secret(names.secret, &secret)?;
        Ok(Self { id, secret: Arc::new(secret), token: None })
    }

    /// The same key, as a temporary one.
    ///
    /// # Errors
    ///
    /// As [`ApiKey::new`], about the token.
    pub fn with_token(self, names: &ApiKeyNames, token: SecretBytes) -> Result<Self> {
        check_secret(names.token, &token)?;
        Ok(Self { token: Some(Arc::new(token)), ..self })
    }

    /// The id, which is no secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What signs.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        self.secret.expose()
    }

    /// What goes into a header, if the key is a temporary one.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        // It was checked to be ASCII.
        self.token.as_ref().and_then(|token| str::from_utf8(token.expose()).ok())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn check_secret(what: &str, secret: &SecretBytes) -> Result<()> {
    check(what, secret.expose(), |byte| byte.is_ascii_graphic())
}

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

    const NAMES: ApiKeyNames =
        ApiKeyNames { id: "the id", secret: "the secret", token: "the token" };

    fn key(id: &str, secret: &str, token: &str) -> Result<ApiKey> {
        let secret = SecretBytes::from(secret.as_bytes());
        ApiKey::new(&NAMES, id.to_owned(), secret)?.with_token(&NAMES, token.as_bytes().into())
    }

    #[test]
    fn only_the_id_is_shown() -> Result<()> {
        let key = key("AKID1", "secret+/", "token==")?;
        assert_eq!(format!("{key:?}"), "ApiKey { id: \"AKID1\", .. }");
        assert_eq!((key.secret(), key.token()), (&b"secret+/"[..], Some("token==")));
        Ok(())
    }

    #[test]
    fn what_would_break_a_header_is_refused_and_not_shown() {
        let longest = "x".repeat(LONGEST + 1);
        for wrong in ["", "secret\n", "sec ret", "s\u{e9}cret", &longest] {
            for (result, name) in [
                (key(wrong, "fine", "fine"), NAMES.id),
                (key("fine", wrong, "fine"), NAMES.secret),
                (key("fine", "fine", wrong), NAMES.token),
            ] {
                let Err(error) = result else { panic!("{wrong:?} was taken") };
                let error = error.to_string();
                assert!(error.contains(name), "{error}");
                assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
            }
        }
    }
}
