//! URLs that are signed in advance.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use crypto_envelope::{Error, Result};
use zeroize::Zeroizing;

use super::{KeyTime, ToSign};
use crate::{
    CosCredentials, CosEndpoint, CosMethod, ObjectKey,
    request::{Query, TOKEN, check_value},
};

/// A URL to be signed in advance: whoever has it can do this one thing for a while, with any HTTP client.
///
/// ```
/// use std::time::Duration;
/// use crypto_envelope_tencent_cos::{
///     CosBucket, CosCredentials, CosEndpoint, CosMethod, ObjectKey, Presign,
/// };
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let endpoint = CosEndpoint::new(CosBucket::new("examplebucket-1250000000")?, "ap-beijing")?;
/// let credentials = CosCredentials::new("AKIDexample", &b"secret"[..])?;
/// let url = Presign::new(CosMethod::Get, ObjectKey::new("exampleobject")?)
///     .expires_in(Duration::from_mins(5))
///     .url(&endpoint, &credentials)?;
/// assert!(url.expose().starts_with("https://examplebucket-1250000000.cos."));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Presign {
    method: CosMethod,
    key: ObjectKey,
    expires_in: Duration,
    parameters: Query,
    headers: Vec<(String, String)>,
}

impl Presign {
    /// Of this method, for this object, good for 5 minutes.
    pub fn new(method: CosMethod, key: ObjectKey) -> Self {
        let (parameters, headers) = (Query::default(), Vec::new());
        Self { method, key, expires_in: Duration::from_mins(5), parameters, headers }
    }

    /// For how long it is good. With temporary credentials it ends with them at the latest.
    pub fn expires_in(mut self, time: Duration) -> Self {
        self.expires_in = time;
        self
    }

    /// Adds a parameter, such as `versionId` or `response-content-type`. It stands in the URL, signed.
    pub fn parameter(mut self, name: &str, value: impl Into<String>) -> Self {
        self.parameters = self.parameters.with(name, value);
        self
    }

    /// Whoever uses the URL has to send this header, with this value.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Signs it, as of now.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the credentials are anonymous, a header or a parameter is one that signatures
    /// have of their own, or a header can have no such name or value.
    pub fn url(
        &self,
        endpoint: &CosEndpoint,
        credentials: &CosCredentials,
    ) -> Result<PresignedUrl> {
        self.url_at(endpoint, credentials, SystemTime::now())
    }

    pub(crate) fn url_at(
        &self,
        endpoint: &CosEndpoint,
        credentials: &CosCredentials,
        now: SystemTime,
    ) -> Result<PresignedUrl> {
        let key = credentials.key().ok_or_else(|| {
            Error::invalid_input(
                "anonymous credentials cannot sign: what is open to all needs no signature",
            )
        })?;
        self.check()?;
        let headers = self.headers.iter().map(|(name, value)| (&**name, &**value));
        let to_sign = ToSign {
            method: self.method,
            path: &self.key.signed_path(),
            query: self.parameters.pairs(),
            headers: headers.chain([("host", endpoint.host())]).collect(),
        };
        let signature = to_sign.sign(key, KeyTime::new(now, self.expires_in));
        let fields = signature.fields();
        let query = fields
            .into_iter()
            .fold(Query::default(), |query, (name, value)| query.with(name, value));
        let query =
            self.parameters.pairs().fold(query, |query, (name, value)| query.with(name, value));
        // Not signed, as in the official SDKs.
        let query = query.with_some(TOKEN, key.token());
        let url = format!("{}{}{}", endpoint.official_url(), self.key.url_path(), query.url_form());
        Ok(PresignedUrl(Zeroizing::new(url)))
    }

    fn check(&self) -> Result<()> {
        for (name, value) in &self.headers {
            let is_token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let is_ours =
                name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case("authorization");
            if name.is_empty() || !name.bytes().all(is_token) || is_ours {
                let what = format!("{name:?} is no header to be signed in advance");
                return Err(Error::invalid_input(what));
            }
            check_value(name, value)?;
        }
        let is_reserved = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.is_empty() || name.starts_with("q-") || name == TOKEN
        };
        match self.parameters.pairs().find(|(name, _)| is_reserved(name)) {
            Some((name, _)) => Err(Error::invalid_input(format!(
                "the parameter {name:?} belongs to the signature"
            ))),
            None => Ok(()),
        }
    }
}

/// Headers may hold keys of SSE-C.
impl fmt::Debug for Presign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presign")
            .field("method", &self.method)
            .field("key", &self.key)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// A signed URL. Whoever reads it can use it, so it is not shown by accident.
pub struct PresignedUrl(Zeroizing<String>);

impl PresignedUrl {
    /// The URL itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Without what makes it work.
impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0.split('?').next().unwrap_or_default();
        write!(f, "PresignedUrl({url}?..)")
    }
}
