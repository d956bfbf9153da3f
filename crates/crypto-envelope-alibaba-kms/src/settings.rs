//! Settings of the way to a gateway.

use std::{path::Path, time::Duration};

use crypto_envelope::{Error, Result};
use crypto_envelope_http::HttpSettings;

use crate::openapi::KmsInstance;

/// How a gateway of KMS is reached: whom to trust, through which proxy, how long to wait, how often to
/// try.
///
/// Where nothing is said: TLS certificates are those that the system trusts, proxies those of the
/// environment (`HTTPS_PROXY`, `NO_PROXY`) but for what goes to this machine, connecting may take 5
/// seconds and an attempt 10, and there are three attempts with growing pauses.
#[derive(Clone, Debug)]
#[must_use]
pub struct AlibabaKmsSettings {
    http: HttpSettings,
}

impl AlibabaKmsSettings {
    /// Nothing is said.
    pub fn new() -> Self {
        Self { http: HttpSettings::new(USER_AGENT).shortest_pause(SHORTEST_PAUSE) }
    }

    /// Trusts the certificates in this file alone, in PEM: the CA of an instance, as the console of
    /// KMS gives it. All that are in it are trusted, a root and those below it.
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
        self.http = self.http.ca_pem(pem)?;
        Ok(self)
    }

    /// Trusts the CA of this instance alone, as the OpenAPI tells it: nobody has to fetch a file from the
    /// console, or to notice when there is a new one.
    ///
    /// ```no_run
    /// use crypto_envelope::{Result, SecretBytes};
    /// use crypto_envelope_alibaba_kms::{
    ///     AlibabaKmsInstance, AlibabaKmsOpenApi, AlibabaKmsSettings, ClientKey,
    ///     openapi::{Credentials, GetKmsInstance},
    /// };
    ///
    /// async fn instance(password: &SecretBytes) -> Result<AlibabaKmsInstance> {
    ///     let credentials = Credentials::find()?;
    ///     let settings = AlibabaKmsSettings::new();
    ///     let gateway = "kms.cn-hangzhou.aliyuncs.com";
    ///     let openapi = AlibabaKmsOpenApi::new(gateway, credentials.access_key(), &settings)?;
    ///     let found = openapi.call(GetKmsInstance::new("kst-example")).await?.instance;
    ///
    ///     let key = ClientKey::from_file("clientKey.json", password)?;
    ///     AlibabaKmsInstance::new(&found.endpoint(), &key, &settings.ca_of(&found)?)
    /// }
    /// # let _ = instance;
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the instance has no CA yet; as [`ca_pem`](Self::ca_pem).
    pub fn ca_of(self, instance: &KmsInstance) -> Result<Self> {
        let pem = instance.ca_certificate_chain_pem.as_deref().filter(|pem| !pem.is_empty());
        let pem = pem.ok_or_else(|| {
            let status = instance.status.as_deref().unwrap_or("of an unknown state");
            let id = &instance.instance_id;
            Error::invalid_input(format!("the instance {id} has no CA: it is {status}"))
        })?;
        self.ca_pem(pem.as_bytes())
    }

    /// Takes any certificate for that of the gateway. Whoever can reach the connection can then read
    /// the data keys and pose as the gateway: only to find out whether the certificate is what is
    /// wrong. [`ca_file`](Self::ca_file) is the way to trust an instance.
    pub fn danger_accept_any_certificate(mut self) -> Self {
        self.http = self.http.danger_accept_any_certificate();
        self
    }

    /// Lets calls go to gateways without TLS, wherever they are: data keys then cross the network in
    /// clear. For stand-ins of KMS in a network of one's own. On this machine it is allowed anyway.
    pub fn danger_allow_plain_http(mut self) -> Self {
        self.http = self.http.danger_allow_plain_http();
        self
    }

    /// Sends everything through an HTTP proxy, `http://HOST:PORT`, whatever the environment says.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is not a URL.
    pub fn proxy(mut self, url: &str) -> Result<Self> {
        self.http = self.http.proxy(url)?;
        Ok(self)
    }

    /// How long to wait for a connection.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.connect_timeout(timeout);
        self
    }

    /// How long to wait for the whole answer of one attempt.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.attempt_timeout(timeout);
        self
    }

    /// How often to try at most, the first time included.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.http = self.http.max_attempts(attempts);
        self
    }

    /// Those of the way to any service.
    pub(crate) fn http(&self) -> &HttpSettings {
        &self.http
    }
}

impl Default for AlibabaKmsSettings {
    fn default() -> Self {
        Self::new()
    }
}

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
/// Tests have no time to wait for it.
const SHORTEST_PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 100 });
