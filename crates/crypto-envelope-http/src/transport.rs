//! The way to a service.

use std::mem;

use crypto_envelope::{
    Error, Result, SecretBytes,
    service::{self, place},
};
use reqwest::Client;
use zeroize::Zeroizing;

use crate::{Answer, HttpSettings, NoAnswer, Request, retry::Retries, settings::PlainHttp};

/// The way to one host. Clones share connections.
#[derive(Clone, Debug)]
pub struct Transport {
    client: Client,
    /// Without a slash at the end.
    url: String,
    retries: Retries,
}

/// What came of an attempt.
pub type Outcome<A = Answer> = Result<A, NoAnswer>;

impl Transport {
    /// To `endpoint`, as `HOST`, `HOST:PORT` (with TLS) or a URL.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if this is not an endpoint, or one without TLS that is not on this machine.
    pub fn new(endpoint: &str, settings: &HttpSettings) -> Result<Self> {
        let url = url_of(endpoint)?;
        if !place::is_confidential(&url) && settings.plain_http() == PlainHttp::ToThisMachine {
            return Err(Error::invalid_input(
                "the endpoint is http: what is sent would cross the network in clear; use https (or \
                 danger_allow_plain_http, for a stand-in of the service in a network of one's own)",
            ));
        }
        let client = settings.client(place::is_here(&url)).build().map_err(|error| {
            Error::invalid_input(format!("no HTTP client can be made: {}", service::chain(&error)))
        })?;
        Ok(Self { client, url, retries: settings.retries() })
    }

    /// The host that requests are for, with its port if it has one of its own.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.split_once("://").map_or(&*self.url, |(_, host)| host)
    }

    /// Sends what `make` makes, anew for each attempt, since dates and signatures grow old; until
    /// `may_pass` says of the outcome that another attempt would be of no use, or there were enough.
    ///
    /// It has to be called in [`service::run`].
    ///
    /// # Errors
    ///
    /// What `make` fails with, and [`Error::Provider`] if there is no randomness for a pause.
    pub async fn call(
        &self,
        mut make: impl FnMut() -> Result<Request> + Send,
        may_pass: impl Fn(&Outcome) -> bool + Send,
    ) -> Result<Outcome> {
        let mut attempts = 0;
        loop {
            let outcome = self.send(make()?).await;
            attempts += 1;
            if !may_pass(&outcome) {
                return Ok(outcome);
            }
            match self.retries.pause_after(attempts)? {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Ok(outcome),
            }
        }
    }

    async fn send(&self, request: Request) -> Outcome {
        let Request { method, target, headers, body } = request;
        let url = Zeroizing::new([&*self.url, &*target].concat());
        let mut sent = self.client.request(method.into(), url.as_str());
        for (name, value) in headers {
            sent = sent.header(name, value.as_str());
        }
        let mut response = sent.body(body).send().await.map_err(|error| NoAnswer::of(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|error| NoAnswer::of(&error))? {
            if body.len() + chunk.len() > LONGEST {
                return Err(NoAnswer::too_long(LONGEST));
            }
            append(&mut body, &chunk);
        }
        Ok(Answer { status, headers, body: SecretBytes::from(mem::take(&mut *body)) })
    }
}

/// Grows by moving: what was in the way is wiped.
fn append(bytes: &mut Zeroizing<Vec<u8>>, more: &[u8]) {
    let needed = bytes.len() + more.len();
    if needed > bytes.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * bytes.capacity())));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
    bytes.extend_from_slice(more);
}

fn url_of(endpoint: &str) -> Result<String> {
    let url =
        if endpoint.contains("://") { endpoint.to_owned() } else { format!("https://{endpoint}") };
    let url = url.trim_end_matches('/').to_owned();
    let (scheme, host) = url.split_once("://").unwrap_or_default();
    let is_scheme = ["http", "https"].contains(&scheme);
    let is_host = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
    if is_scheme && is_host && reqwest::Url::parse(&url).is_ok() {
        return Ok(url);
    }
    Err(Error::invalid_input(format!(
        "{endpoint:?} is not the endpoint of a service: give HOST, HOST:PORT or https://HOST"
    )))
}

/// In bytes. No service is asked for more.
const LONGEST: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, time::Duration};

    use crypto_envelope::blocking;
    use crypto_envelope_testkit::canned::CannedServer;

    use super::*;
    use crate::{Method, NoAnswerKind};

    /// Answers a request with these bytes, and then closes the connection; the next with the next.
    fn answering(answers: Vec<Vec<u8>>) -> std::io::Result<String> {
        Ok(CannedServer::start(answers)?.endpoint().to_owned())
    }

    fn request() -> Request {
        let headers = [("x-test".to_owned(), "yes".to_owned().into())];
        let request = Request::new(Method::Post, "/".to_owned()).with_headers(headers);
        request.with_body(SecretBytes::from(&b"body"[..]))
    }

    fn call(endpoint: &str, may_pass: fn(&Outcome) -> bool) -> Result<Outcome> {
        let settings = HttpSettings::new("test").shortest_pause(Duration::from_millis(1));
        let transport = Transport::new(endpoint, &settings)?;
        blocking::wait(service::run(
            async move { transport.call(|| Ok(request()), may_pass).await },
        ))?
    }

    fn send(endpoint: &str) -> Result<Outcome> {
        call(endpoint, |_| false)
    }

    fn status(status: u16) -> Vec<u8> {
        format!("HTTP/1.1 {status} Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into()
    }

    #[test]
    fn what_may_pass_is_tried_again() -> Result<()> {
        let may_pass = |outcome: &Outcome| !matches!(outcome, Ok(answer) if answer.status < 500);
        let outcome = |answers: &[u16]| {
            call(&answering(answers.iter().map(|code| status(*code)).collect())?, may_pass)
        };
        for (answers, expected) in
            [(&[200][..], 200), (&[503, 500, 404], 404), (&[500, 501, 502], 502)]
        {
            assert!(outcome(answers)?.is_ok_and(|answer| answer.status == expected), "{answers:?}");
        }
        Ok(())
    }

    #[test]
    fn endpoints_are_hosts_or_urls() -> Result<()> {
        for (endpoint, url) in [
            (
                "kst-1.cryptoservice.kms.aliyuncs.com",
                "https://kst-1.cryptoservice.kms.aliyuncs.com",
            ),
            ("127.0.0.1:8443", "https://127.0.0.1:8443"),
            ("https://kms.cn-hangzhou.aliyuncs.com/", "https://kms.cn-hangzhou.aliyuncs.com"),
            ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ] {
            assert_eq!(url_of(endpoint)?, url);
        }
        for other in
            ["", "https://", "ftp://host", "host/path", "user@host", "host name", "a?b", "é"]
        {
            assert!(url_of(other).is_err(), "{other}");
        }
        Ok(())
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        let settings = HttpSettings::new("test");
        let refused = Transport::new("http://kms.example", &settings);
        assert!(matches!(refused, Err(Error::InvalidInput { .. })));
        assert!(Transport::new("http://localhost:1", &settings).is_ok());
        assert!(Transport::new("http://kms.example", &settings.danger_allow_plain_http()).is_ok());
    }

    #[test]
    fn answers_are_read_whole_whatever_they_are() -> Result<()> {
        let answer = b"HTTP/1.1 502 Bad Gateway\r\nDate: now\r\nContent-Length: 2\r\n\r\nno";
        let answer = send(&answering(vec![answer.to_vec()])?)?
            .map_err(|e| Error::invalid_input(e.message()))?;
        assert_eq!((answer.status, answer.body.expose()), (502, &b"no"[..]));
        assert_eq!(answer.header("date"), Some("now"));
        Ok(())
    }

    #[test]
    fn what_grows_stays_whole() {
        let mut bytes = Zeroizing::new(Vec::new());
        for more in [&b""[..], b"a", b"bc", b"", b"defghi", b"j"] {
            append(&mut bytes, more);
        }
        assert_eq!(*bytes, b"abcdefghij");
    }

    #[test]
    fn a_redirection_is_an_answer() -> Result<()> {
        let answer = "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        let answer = send(&answering(vec![answer.into()])?)?;
        assert!(answer.is_ok_and(|answer| answer.status == 307));
        Ok(())
    }

    #[test]
    fn what_is_cut_or_too_long_is_no_answer() -> Result<()> {
        let cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive.";
        let outcome = send(&answering(vec![cut.into()])?)?;
        assert!(outcome.is_err_and(|error| error.kind() == NoAnswerKind::Unreachable));
        let length = LONGEST + 1;
        let mut long = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
        long.resize(long.len() + length, 0);
        let outcome = send(&answering(vec![long])?)?;
        assert!(outcome.is_err_and(|error| error.kind() == NoAnswerKind::TooLong));
        Ok(())
    }

    #[test]
    fn the_password_of_a_proxy_is_not_shown() -> Result<()> {
        let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let settings = HttpSettings::new("test").proxy(&format!("http://me:hidden@{free}"))?;
        let transport = Transport::new("https://kms.example", &settings)?;
        let shown = format!("{settings:?} {transport:?}");
        let outcome = blocking::wait(service::run(async move {
            transport.call(|| Ok(request()), |_| false).await
        }))??;
        let shown = format!("{shown} {:?}", outcome.expect_err("nobody is there"));
        // As text, and as it is in a header.
        assert!(!shown.contains("hidden") && !shown.contains("bWU6aGlkZGVu"), "{shown}");
        Ok(())
    }

    #[test]
    fn nobody_there_is_said_without_the_url() -> Result<()> {
        let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let error = send(&format!("http://{free}"))?.expect_err("nobody is there");
        assert_eq!(error.kind(), NoAnswerKind::Unreachable);
        assert!(
            error.message().contains("refused") && !error.message().contains("http"),
            "{error:?}"
        );
        Ok(())
    }
}
