//! What is sent.

use std::{fmt, time::SystemTime};

use bytes::Bytes;
use crypto_envelope::{Error, Result};
use zeroize::Zeroizing;

use crate::{
    CosCredentials, CosEndpoint, ObjectKey,
    calls::Exchange,
    clock, percent,
    sign::{self, ToSign},
};

/// The methods of HTTP that COS knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CosMethod {
    /// Reads.
    Get,
    /// Reads without the body.
    Head,
    /// Writes.
    Put,
    /// Begins and ends uploads.
    Post,
    /// Deletes.
    Delete,
}

impl CosMethod {
    /// Its name, in upper case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request says how long its body is, also if it has none.
    fn has_body(self) -> bool {
        !matches!(self, Self::Get | Self::Head)
    }
}

/// A request, ready and signed.
pub(crate) struct Request {
    pub(crate) method: CosMethod,
    /// Path and query.
    pub(crate) target: String,
    /// `host` and `content-length` are among them.
    pub(crate) headers: Headers,
    /// In pieces that are sent one after the other.
    pub(crate) body: Vec<Bytes>,
}

impl Request {
    /// Of a call, at this time: signatures grow old, so each attempt needs its own.
    pub(crate) fn new<E: Exchange>(
        call: &E,
        endpoint: &CosEndpoint,
        credentials: &CosCredentials,
        now: SystemTime,
    ) -> Result<Self> {
        let (method, query) = (call.method(), call.query());
        let (body, mut headers) = (call.body()?, call.headers()?);
        if method.has_body() {
            let length: usize = body.iter().map(Bytes::len).sum();
            headers.push("content-length", &length.to_string());
        }
        let key = credentials.key();
        if let Some(token) = key.and_then(|key| key.token()) {
            headers.push(TOKEN, token);
        }
        if let Some(key) = key {
            // As it is signed, without the port.
            let host = ("host", endpoint.host());
            let signed = headers.iter().filter(|(name, _)| sign::is_signed(name)).chain([host]);
            let path = call.key().map_or_else(|| "/".to_owned(), ObjectKey::signed_path);
            let to_sign =
                ToSign { method, path: &path, query: query.pairs(), headers: signed.collect() };
            let signature = to_sign.sign(key, sign::KeyTime::new(now, CALLS_FOR));
            headers.push("authorization", &signature.authorization());
        }
        headers.push("host", &endpoint.host_header());
        let path = call.key().map_or_else(|| "/".to_owned(), ObjectKey::url_path);
        let target = format!("{path}{}", query.url_form());
        Ok(Self { method, target, headers, body })
    }
}

/// Not what is in headers and body.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Request");
        shown.field("method", &self.method).field("target", &self.target).finish_non_exhaustive()
    }
}

/// Parameters of a URL, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// As it stands in a URL, behind a question mark if there is any. Spaces are `%20`: some servers take a
    /// `+` for what it is.
    pub(crate) fn url_form(&self) -> String {
        let pairs = self
            .pairs()
            .map(|(name, value)| format!("{}={}", *percent::encode(name), *percent::encode(value)));
        let pairs: Vec<_> = pairs.collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

/// Headers of a request, with names in lower case. Keys and tokens may be in them.
#[derive(Default)]
pub struct Headers(Vec<(String, Zeroizing<String>)>);

impl Headers {
    /// What must be fit for a header.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_ascii_lowercase(), Zeroizing::new(value.to_owned())));
    }

    /// What the caller gave.
    pub(crate) fn push_checked(&mut self, name: &str, value: &str) -> Result<()> {
        check_value(name, value)?;
        self.push(name, value);
        Ok(())
    }

    pub(crate) fn push_some(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        value.map_or(Ok(()), |value| self.push_checked(name, value))
    }

    pub(crate) fn push_date(&mut self, name: &str, time: Option<SystemTime>) {
        if let Some(time) = time {
            self.push(name, &clock::http_date(time));
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    #[cfg(test)]
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Those that must not come back in words.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value)
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, Zeroizing<String>)> {
        self.0
    }
}

/// The names only.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Whether the value of a header, or of a parameter, is the secret of somebody.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("security-token") || name.contains("-customer-key")
}

/// What may stand in a header, and comes back as it was.
pub(crate) fn check_value(name: &str, value: &str) -> Result<()> {
    let wrong = if !value.is_ascii() {
        "has characters beyond ASCII, which headers do not carry: encode them, for example in percent-encoding"
    } else if value.bytes().any(|byte| byte.is_ascii_control()) {
        "has control characters, such as a line feed"
    } else if value.trim() != value {
        "has spaces around it, which would get lost"
    } else {
        return Ok(());
    };
    Err(Error::invalid_input(format!("the value of {name} {wrong}")))
}

/// Of the token of temporary credentials: a header, or a parameter in a presigned URL.
pub(crate) const TOKEN: &str = "x-cos-security-token";
/// As long as the official SDKs have it.
const CALLS_FOR: std::time::Duration = std::time::Duration::from_secs(10_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_header_cannot_carry_is_refused() {
        for wrong in ["\u{e9}", "a\nb", "a\r", "\0", " a", "a ", "\t", "\u{7f}"] {
            assert!(check_value("x-cos-meta-a", wrong).is_err(), "{wrong:?}");
        }
        for fine in ["", "a b", "\"quoted\"", "!~;=&+%"] {
            assert!(check_value("x-cos-meta-a", fine).is_ok(), "{fine:?}");
        }
    }

    #[test]
    fn headers_show_their_names_only() {
        let mut headers = Headers::default();
        headers.push("X-Cos-Security-Token", "hidden");
        assert_eq!(format!("{headers:?}"), "[\"x-cos-security-token\"]");
        assert_eq!(headers.secrets().collect::<Vec<_>>(), ["hidden"]);
    }

    #[test]
    fn secrets_are_known_by_name() {
        for name in [
            TOKEN,
            "x-cos-server-side-encryption-customer-key",
            "x-cos-copy-source-server-side-encryption-customer-key-MD5",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["host", "x-cos-server-side-encryption-customer-algorithm", "x-cos-meta-token"]
        {
            assert!(!is_secret(name), "{name}");
        }
    }
}
