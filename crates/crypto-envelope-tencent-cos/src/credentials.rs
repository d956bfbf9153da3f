//! Who calls.

use std::{env, fmt};

use async_trait::async_trait;
use crypto_envelope::{Error, Result, SecretBytes};
use crypto_envelope_http::{ApiKey, ApiKeyNames};

/// Who calls: an API key of Tencent Cloud with its id, its secret, and for temporary ones a session
/// token; or nobody in particular.
///
/// Clones share the secrets, which are wiped with the last of them. [`Debug`](fmt::Debug) shows the id
/// only.
#[derive(Clone)]
pub struct CosCredentials {
    /// None for nobody in particular.
    key: Option<ApiKey>,
}

impl CosCredentials {
    /// A permanent key.
    ///
    /// The secret is taken as [`SecretBytes`], so that whoever reads it from somewhere has it wiped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the id or the secret is empty or has characters that none has, such as
    /// a line feed at its end.
    pub fn new(secret_id: impl Into<String>, secret_key: impl Into<SecretBytes>) -> Result<Self> {
        let key = ApiKey::new(&NAMES, secret_id.into(), secret_key.into())?;
        Ok(Self { key: Some(key) })
    }

    /// A temporary key, such as STS gives.
    ///
    /// # Errors
    ///
    /// As [`CosCredentials::new`], about the token too.
    pub fn temporary(
        secret_id: impl Into<String>,
        secret_key: impl Into<SecretBytes>,
        session_token: impl Into<SecretBytes>,
    ) -> Result<Self> {
        let key = ApiKey::new(&NAMES, secret_id.into(), secret_key.into())?;
        Ok(Self { key: Some(key.with_token(&NAMES, session_token.into())?) })
    }

    /// Nobody in particular: for buckets that are open to all. Requests are not signed.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { key: None }
    }

    /// Takes the key from the environment: `COS_SECRET_ID`, `COS_SECRET_KEY` and, for temporary ones,
    /// `COS_SESSION_TOKEN`; if neither of the first two is set, the same with `TENCENTCLOUD_` at the
    /// front. What is empty counts as not set. Variables of the two families are never mixed.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there is no key, or half of one; as [`CosCredentials::temporary`].
    pub fn from_environment() -> Result<Self> {
        from_variables(|name| env::var(name).ok())
    }

    /// The id, which is no secret. None if nobody in particular calls.
    #[must_use]
    pub fn secret_id(&self) -> Option<&str> {
        self.key.as_ref().map(ApiKey::id)
    }

    /// Whether the key ends by itself.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.key.as_ref().is_some_and(|key| key.token().is_some())
    }

    pub(crate) fn key(&self) -> Option<&ApiKey> {
        self.key.as_ref()
    }
}

impl fmt::Debug for CosCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.secret_id().unwrap_or("anonymous");
        f.debug_struct("CosCredentials").field("secret_id", &id).finish_non_exhaustive()
    }
}

/// Where credentials come from that change, such as temporary ones. It is asked before each call, so it
/// should keep what it gave, and get new ones a while before they end.
#[async_trait]
pub trait CredentialsSource: fmt::Debug + Send + Sync + 'static {
    /// Those to sign the next call with.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from having any: the call that needs them fails with it.
    async fn credentials(&self) -> Result<CosCredentials>;
}

/// Always the same ones.
#[async_trait]
impl CredentialsSource for CosCredentials {
    async fn credentials(&self) -> Result<Self> {
        Ok(self.clone())
    }
}

fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<CosCredentials> {
    for [id, secret, token] in FAMILIES {
        let set = |name| variable(name).filter(|value: &String| !value.is_empty());
        // Wrapped first, so that none stays behind.
        let secret_of = |name| set(name).map(|value| SecretBytes::from(value.into_bytes()));
        let lacks = |one, other| Error::invalid_input(format!("{one} is set, but {other} is not"));
        return match (set(id), secret_of(secret)) {
            (None, None) => continue,
            (Some(_), None) => Err(lacks(id, secret)),
            (None, Some(_)) => Err(lacks(secret, id)),
            (Some(id), Some(secret)) => match secret_of(token) {
                Some(token) => CosCredentials::temporary(id, secret, token),
                None => CosCredentials::new(id, secret),
            },
        };
    }
    let [[id, secret, _], [other_id, other_secret, _]] = FAMILIES;
    Err(Error::invalid_input(format!(
        "no key of Tencent Cloud is in the environment: set {id} and {secret}, or {other_id} and {other_secret}"
    )))
}

/// What the errors call them.
const NAMES: ApiKeyNames =
    ApiKeyNames { id: "the secret id", secret: "the secret key", token: "the session token" };
/// Id, secret and token.
const FAMILIES: [[&str; 3]; 2] = [
    ["COS_SECRET_ID", "COS_SECRET_KEY", "COS_SESSION_TOKEN"],
    ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_SESSION_TOKEN"],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Result<CosCredentials> {
        from_variables(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn refusal(variables: &[(&str, &str)]) -> String {
        let Err(Error::InvalidInput { what, .. }) = found(variables) else {
            panic!("it was taken")
        };
        what
    }

    #[test]
    fn only_the_id_is_shown() -> Result<()> {
        let key = CosCredentials::temporary("AKID1", &b"secret+/"[..], &b"token=="[..])?;
        assert_eq!(format!("{key:?}"), "CosCredentials { secret_id: \"AKID1\", .. }");
        assert!(key.is_temporary());
        assert!(format!("{:?}", CosCredentials::anonymous()).contains("anonymous"));
        Ok(())
    }

    #[test]
    fn the_environment_has_two_families() -> Result<()> {
        let ours = [("COS_SECRET_ID", "id1"), ("COS_SECRET_KEY", "key1")];
        let others = [
            ("TENCENTCLOUD_SECRET_ID", "id2"),
            ("TENCENTCLOUD_SECRET_KEY", "key2"),
            ("TENCENTCLOUD_SESSION_TOKEN", "token2"),
        ];
        let key = found(&[&ours[..], &others].concat())?;
        assert_eq!(key.secret_id(), Some("id1"));
        // The token is that of the other key.
        assert!(!key.is_temporary());
        let key = found(&others)?;
        let key = key.key().expect("a key");
        assert_eq!((key.id(), key.secret()), ("id2", &b"key2"[..]));
        assert_eq!(key.token(), Some("token2"));
        let empty = [("COS_SECRET_ID", ""), ("COS_SECRET_KEY", ""), ("COS_SESSION_TOKEN", "t")];
        assert_eq!(found(&[&empty[..], &others].concat())?.secret_id(), Some("id2"));
        Ok(())
    }

    #[test]
    fn half_a_key_is_not_passed_over() {
        let other = [("TENCENTCLOUD_SECRET_ID", "id"), ("TENCENTCLOUD_SECRET_KEY", "hidden")];
        for (half, missing) in
            [("COS_SECRET_ID", "COS_SECRET_KEY is not"), ("COS_SECRET_KEY", "COS_SECRET_ID is not")]
        {
            let what = refusal(&[&[(half, "hidden")][..], &other].concat());
            assert!(what.contains(missing) && !what.contains("hidden"), "{what}");
        }
        let what = refusal(&[("TENCENTCLOUD_SECRET_KEY", "hidden")]);
        assert!(what.contains("TENCENTCLOUD_SECRET_ID is not"), "{what}");
    }

    #[test]
    fn nothing_is_said_with_all_names() {
        let what = refusal(&[("COS_SESSION_TOKEN", "hidden")]);
        for name in FAMILIES.iter().flat_map(|family| &family[..2]) {
            assert!(what.contains(name), "{what}");
        }
        assert!(!what.contains("hidden"));
    }
}
