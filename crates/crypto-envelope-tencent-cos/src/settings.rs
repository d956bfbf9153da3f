//! Settings of the way to COS.

use std::{path::Path, time::Duration};

use crypto_envelope::Result;
use crypto_envelope_http::HttpSettings;

use crate::xml;

/// How COS is reached: whom to trust, through which proxy, how long to wait, how often to try.
///
/// Where nothing is said: TLS certificates are those that the system trusts, proxies those of the environment
/// (`HTTPS_PROXY`, `NO_PROXY`) but for what goes to this machine, connecting may take 5 seconds, an attempt ends
/// if nothing moves for 30, and there are three attempts with growing pauses.
#[derive(Clone, Debug)]
#[must_use]
pub struct CosSettings {
    http: HttpSettings,
    max_attempts: u32,
}

impl CosSettings {
    /// Nothing is said.
    pub fn new() -> Self {
        let http = HttpSettings::new(USER_AGENT)
            .idle_timeout(IDLE)
            .shortest_pause(SHORTEST_PAUSE)
            .longest_answer(xml::LONGEST);
        Self { http, max_attempts: ATTEMPTS }.max_attempts(ATTEMPTS)
    }

    /// Trusts the certificates in this file alone, in PEM.
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crypto_envelope::Error::Io) if it cannot be read; as [`ca_pem`](Self::ca_pem).
    pub fn ca_file(self, path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { http: self.http.ca_file(path)?, ..self })
    }

    /// Trusts these certificates alone, in PEM.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if there is none, or one cannot be read.
    pub fn ca_pem(self, pem: &[u8]) -> Result<Self> {
        Ok(Self { http: self.http.ca_pem(pem)?, ..self })
    }

    /// Takes any certificate for that of COS. Whoever can reach the connection can then read what is sent, keys
    /// of SSE-C too, and pose as COS: only to find out whether the certificate is what is wrong.
    pub fn danger_accept_any_certificate(self) -> Self {
        Self { http: self.http.danger_accept_any_certificate(), ..self }
    }

    /// Lets calls go without TLS, wherever the endpoint is: what is sent, keys of SSE-C too, crosses the network
    /// in clear. For stand-ins of COS in a network of one's own. On this machine it is allowed anyway.
    pub fn danger_allow_plain_http(self) -> Self {
        Self { http: self.http.danger_allow_plain_http(), ..self }
    }

    /// Sends everything through an HTTP proxy, `http://HOST:PORT`, whatever the environment says.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if it is not a URL.
    pub fn proxy(self, url: &str) -> Result<Self> {
        Ok(Self { http: self.http.proxy(url)?, ..self })
    }

    /// How long to wait for a connection.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { http: self.http.connect_timeout(timeout), ..self }
    }

    /// How long to wait while nothing moves.
    pub fn idle_timeout(self, timeout: Duration) -> Self {
        Self { http: self.http.idle_timeout(timeout), ..self }
    }

    /// How often to try at most, the first time included.
    pub fn max_attempts(self, attempts: u32) -> Self {
        Self { http: self.http.max_attempts(attempts), max_attempts: attempts.max(1) }
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.max_attempts
    }

    /// Those of the way to any service.
    pub(crate) fn http(&self) -> &HttpSettings {
        &self.http
    }
}

impl Default for CosSettings {
    fn default() -> Self {
        Self::new()
    }
}

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
const ATTEMPTS: u32 = 3;
const IDLE: Duration = Duration::from_secs(30);
/// Tests have no time to wait for it.
const SHORTEST_PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 100 });
