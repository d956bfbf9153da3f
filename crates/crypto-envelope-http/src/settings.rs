//! Settings of the way to a service.

use std::{fmt, path::Path, time::Duration};

use crypto_envelope::{Error, Result};
use reqwest::{Certificate, ClientBuilder, Proxy, redirect::Policy};

use crate::{patience::Patience, retry::Retries};

/// How a service is reached: whom to trust, through which proxy, how long to wait, how often to
/// try.
///
/// Where nothing is said: TLS certificates are those that the system trusts, proxies those of the
/// environment (`HTTPS_PROXY`, `NO_PROXY`) but for what goes to this machine, connecting may take 5
/// seconds and an attempt 10, and there are three attempts with growing pauses.
#[derive(Clone)]
#[must_use]
pub struct HttpSettings {
    authorities: Vec<Certificate>,
    verification: Verification,
    /// It may hold a password.
    proxy: Option<Proxy>,
    connect_timeout: Duration,
    patience: Patience,
    longest_answer: usize,
    retries: Retries,
    plain_http: PlainHttp,
    user_agent: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verification {
    Verified,
    DangerUnverified,
}

/// Where HTTP without TLS may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainHttp {
    ToThisMachine,
    DangerAnywhere,
}

impl HttpSettings {
    /// Nothing is said but what requests call the program.
    pub fn new(user_agent: &'static str) -> Self {
        Self {
            authorities: Vec::new(),
            verification: Verification::Verified,
            proxy: None,
            connect_timeout: CONNECT,
            patience: Patience::Whole(ATTEMPT),
            longest_answer: LONGEST_ANSWER,
            retries: Retries::default(),
            plain_http: PlainHttp::ToThisMachine,
            user_agent,
        }
    }

    /// Trusts the certificates in this file alone, in PEM. All that are in it are trusted, a root and
    /// those below it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be read; as [`ca_pem`](Self::ca_pem).
    pub fn ca_file(self, path: impl AsRef<Path>) -> Result<Self> {
        self.ca_pem(&std::fs::read(path)?)
    }

    /// Trusts these certificates alone, in PEM.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there is none, or one cannot be read.
    pub fn ca_pem(mut self, pem: &[u8]) -> Result<Self> {
        let certificates = Certificate::from_pem_bundle(pem).ok();
        let certificates = certificates.filter(|certificates| !certificates.is_empty());
        self.authorities = certificates.ok_or_else(|| {
            Error::invalid_input(
                "the CA file has no certificate in PEM: -----BEGIN CERTIFICATE-----",
            )
        })?;
        Ok(self)
    }

    /// Takes any certificate for that of the service. Whoever can reach the connection can then read
    /// what is sent and pose as the service: only to find out whether the certificate is what is
    /// wrong. [`ca_file`](Self::ca_file) is the way to trust one.
    pub fn danger_accept_any_certificate(mut self) -> Self {
        self.verification = Verification::DangerUnverified;
        self
    }

    /// Lets calls go to services without TLS, wherever they are: what is sent then crosses the network in
    /// clear. For stand-ins in a network of one's own. On this machine it is allowed anyway.
    pub fn danger_allow_plain_http(mut self) -> Self {
        self.plain_http = PlainHttp::DangerAnywhere;
        self
    }

    /// Sends everything through an HTTP proxy, `http://HOST:PORT`, whatever the environment says.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is not a URL.
    pub fn proxy(mut self, url: &str) -> Result<Self> {
        let proxy = Proxy::all(url).map_err(|_| {
            Error::invalid_input("the URL of the proxy is not of the form http://HOST:PORT")
        })?;
        self.proxy = Some(proxy);
        Ok(self)
    }

    /// How long to wait for a connection.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long to wait for the whole answer of one attempt: for calls that are short. Of an answer that
    /// is [opened](crate::Transport::open), for its head and then for each chunk.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.patience = Patience::Whole(timeout);
        self
    }

    /// How long to wait as long as nothing moves, instead of an
    /// [`attempt_timeout`](Self::attempt_timeout): for requests and answers of any length.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.patience = Patience::Step(timeout);
        self
    }

    /// How many bytes of an answer to read that is not opened. 4 MiB if nothing is said.
    pub fn longest_answer(mut self, bytes: usize) -> Self {
        self.longest_answer = bytes;
        self
    }

    /// How often to try at most, the first time included.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.retries.max_attempts = attempts.max(1);
        self
    }

    /// How long to wait before the second attempt, about. The longest pause is a hundred times as long.
    pub fn shortest_pause(mut self, pause: Duration) -> Self {
        self.retries.shortest_pause = pause;
        self
    }

    pub(crate) fn patience(&self) -> Patience {
        self.patience
    }

    pub(crate) fn longest(&self) -> usize {
        self.longest_answer
    }

    pub(crate) fn retries(&self) -> Retries {
        self.retries
    }

    pub(crate) fn plain_http(&self) -> PlainHttp {
        self.plain_http
    }

    /// What the HTTP client needs to know of a service that is on this machine, or is not.
    pub(crate) fn client(&self, is_here: bool) -> ClientBuilder {
        let mut client = reqwest::Client::builder()
            // A signed request, with secrets in it, is for nobody else.
            .redirect(Policy::none())
            .http1_only()
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            .user_agent(self.user_agent)
            .tls_danger_accept_invalid_certs(self.verification == Verification::DangerUnverified);
        if !self.authorities.is_empty() {
            client = client.tls_certs_only(self.authorities.clone());
        }
        // It may be without TLS, and the environment names proxies without a thought of it.
        if is_here {
            return client.no_proxy();
        }
        match &self.proxy {
            Some(proxy) => client.proxy(proxy.clone()),
            None => client,
        }
    }
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings")
            .field("authorities", &self.authorities.len())
            .field("verification", &self.verification)
            .field("connect_timeout", &self.connect_timeout)
            .field("patience", &self.patience)
            .field("longest_answer", &self.longest_answer)
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(10);
const LONGEST_ANSWER: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in ["", "text", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"] {
            let refused = HttpSettings::new("test").ca_pem(pem.as_bytes());
            assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{pem}");
        }
        assert!(matches!(HttpSettings::new("test").ca_file("/nowhere"), Err(Error::Io(_))));
        assert!(HttpSettings::new("test").proxy("no url").is_err());
    }
}
