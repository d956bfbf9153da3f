//! What is sent.

use std::fmt;

use crypto_envelope::{Error, Result};
use reqwest::{
    Url,
    header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING},
};
use zeroize::Zeroizing;

use crate::{Body, patience::Watch};

/// What is sent, ready and signed. Secrets may be in the target, tokens in the headers.
pub struct Request {
    method: Method,
    target: Zeroizing<String>,
    headers: Vec<(String, Zeroizing<String>)>,
    body: Body,
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
    ///
    /// It is sent byte for byte as it is, or not at all: what a URL cannot hold (spaces, `\`, what is not
    /// ASCII) and what it would lose (the segments `.` and `..`, a fragment) is refused.
    pub fn new(method: Method, target: impl Into<Zeroizing<String>>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: Body::default() }
    }

    /// With this header behind those that are there.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<Zeroizing<String>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
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

    /// With this body, whose length is always stated.
    #[must_use]
    pub fn with_body(self, body: impl Into<Body>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// As the HTTP library takes it, for the host of `url`. It says to `watch` how far the body is.
    pub(crate) fn for_host(self, url: &str, watch: &Watch) -> Result<reqwest::Request> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let (name, value) = header(name, value)?;
            headers.append(name, value);
        }
        state_length(&mut headers, self.method, self.body.length())?;
        let url = located(url, &self.target)?;
        let mut request = reqwest::Request::new(self.method.into(), url);
        *request.headers_mut() = headers;
        *request.body_mut() = Some(self.body.watched(watch.clone()));
        Ok(request)
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

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    let parsed = HeaderName::from_bytes(name.as_bytes()).ok();
    let parsed = parsed.zip(HeaderValue::from_bytes(value.as_bytes()).ok());
    let (parsed, mut value) = parsed.ok_or_else(|| {
        Error::invalid_input(format!("the header {name:?} has characters that no header can have"))
    })?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

/// A body without its length would go out in pieces that say theirs, which not every service takes.
fn state_length(headers: &mut HeaderMap, method: Method, length: u64) -> Result<()> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err(Error::invalid_input(
            "a request states the length of its body, and no encoding",
        ));
    }
    let stated = headers.get(CONTENT_LENGTH).map(HeaderValue::as_bytes);
    if stated.is_some_and(|stated| stated != length.to_string().as_bytes()) {
        return Err(Error::invalid_input("a request states another length than that of its body"));
    }
    let needs_none = length == 0 && matches!(method, Method::Get | Method::Head);
    if !needs_none {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    Ok(())
}

/// What is signed of a target is no longer true of one that was changed on its way.
fn located(host: &str, target: &str) -> Result<Url> {
    let url = Zeroizing::new([host, target].concat());
    let is_kept = |url: &Url| match (target.strip_prefix(url.path()), url.query()) {
        (Some(rest), Some(query)) => rest.strip_prefix('?') == Some(query),
        (Some(rest), None) => rest.is_empty(),
        (None, _) => false,
    };
    Url::parse(&url).ok().filter(is_kept).ok_or_else(|| {
        Error::invalid_input(
            "the path or query of a request is not one that can be sent as it is: it begins with a \
             slash, is percent-encoded, and has no segment . or ..",
        )
    })
}

#[cfg(test)]
mod tests {
    use crypto_envelope::SecretBytes;

    use super::*;

    #[test]
    fn what_is_sent_is_not_shown() {
        let request = Request::new(Method::Post, "/?Plaintext=hidden".to_owned())
            .with_header("token", "hidden".to_owned())
            .with_body(SecretBytes::from(&b"hidden"[..]));
        assert_eq!(format!("{request:?}"), "Request { method: Post, .. }");
        let sent = request.for_host("http://127.0.0.1", &Watch::default()).expect("it can be sent");
        assert!(!format!("{:?} {:?}", sent.headers(), sent.body()).contains("hidden"));
    }

    #[test]
    fn a_target_stays_as_it_is_or_is_refused() {
        for target in [
            "/",
            "//double",
            "/a/.%2Fb//c%2B",
            "/%E4%B8%AD",
            "/...",
            "/.a/b.",
            "/a?",
            "/a?uploads=&b=%20+%27*!()",
            "/-_.~!$&()*+,;=:@",
            "/a?x=/../y",
        ] {
            let url = located("https://host.example:8443", target).expect(target);
            assert_eq!(url.as_str(), format!("https://host.example:8443{target}"));
        }
        for target in [
            "",
            "a",
            "@other.example/",
            ".example/",
            ":1/",
            "?a",
            "/..",
            "/a/..",
            "/.",
            "/./a",
            "/a/../b",
            "/%2e%2E/a",
            "/a/%2E",
            "/a b",
            "/a\\b",
            "/\u{4e2d}",
            "/a#b",
            "/a\nb",
            "/a?b'c",
            "/\"",
            "/a?<b>",
        ] {
            assert!(located("https://host.example", target).is_err(), "{target:?}");
        }
    }

    #[test]
    fn headers_that_cannot_be_are_refused() {
        for (name, value) in [
            ("", "a"),
            ("two words", "a"),
            ("a", "two\r\nlines"),
            ("a", "\0"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("content-length", "none"),
        ] {
            let request =
                Request::new(Method::Put, "/".to_owned()).with_header(name, value.to_owned());
            let request = request.with_body(SecretBytes::from(&b"four"[..]));
            assert!(request.for_host("http://127.0.0.1", &Watch::default()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn an_error_shows_neither_target_nor_value() {
        let refused = |request: Request| {
            let error = request.for_host("http://127.0.0.1", &Watch::default());
            error.expect_err("it cannot be sent").to_string()
        };
        let target = refused(Request::new(Method::Get, "/hidden value".to_owned()));
        let get = Request::new(Method::Get, "/".to_owned());
        let value = refused(get.with_header("a", "hidden\n".to_owned()));
        assert!(!target.contains("hidden") && !value.contains("hidden"), "{target} {value}");
    }
}
