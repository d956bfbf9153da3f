//! What is sent.

use std::fmt;

use bytes::Bytes;
use crypto_envelope::SecretBytes;
use zeroize::Zeroizing;

/// What is sent, ready and signed. Secrets may be in the target, tokens in the headers.
pub struct Request {
    pub(crate) method: Method,
    pub(crate) target: Zeroizing<String>,
    pub(crate) headers: Vec<(String, Zeroizing<String>)>,
    pub(crate) body: Bytes,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// To take something away.
    Delete,
    /// What is there.
    Get,
    /// What would be said of what is there.
    Head,
    /// To do something.
    Post,
    /// To put something there.
    Put,
}

impl Request {
    /// Without headers and body, for the path and query `target`, with the slash that it begins with.
    pub fn new(method: Method, target: impl Into<Zeroizing<String>>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: Bytes::new() }
    }

    /// With these headers behind those that are there.
    #[must_use]
    pub fn with_headers(
        mut self,
        headers: impl IntoIterator<Item = (String, Zeroizing<String>)>,
    ) -> Self {
        self.headers.extend(headers);
        self
    }

    /// With this body, which is wiped once it was sent.
    #[must_use]
    pub fn with_body(self, body: SecretBytes) -> Self {
        Self { body: Bytes::from_owner(Wiped(body)), ..self }
    }
}

/// Neither target nor headers.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Delete => Self::DELETE,
            Method::Get => Self::GET,
            Method::Head => Self::HEAD,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
        }
    }
}

/// A body on its way, which is wiped behind it.
struct Wiped(SecretBytes);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_not_shown() {
        let headers = [("token".to_owned(), "hidden".to_owned().into())];
        let request = Request::new(Method::Post, "/?Plaintext=hidden".to_owned());
        let request = request.with_headers(headers).with_body(SecretBytes::from(&b"hidden"[..]));
        assert_eq!(format!("{request:?}"), "Request { method: Post, .. }");
    }
}
