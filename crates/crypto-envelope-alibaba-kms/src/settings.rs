//! Settings of the way to a gateway.

use std::{fmt, path::Path, time::Duration};

use crypto_envelope::{Error, Result};
use reqwest::{Certificate, ClientBuilder, Proxy, redirect::Policy};

use crate::{openapi::KmsInstance, retry::Retries};

/// How a gateway of KMS is reached: whom to trust, through which proxy, how long to wait, how often to
/// try.
///
/// Where nothing is said: TLS certificates are those that the system trusts, proxies those of the
/// environment (`HTTPS_PROXY`, `NO_PROXY`) but for what goes to this machine, connecting may take 5
/// seconds and an attempt 10, and there are three attempts with growing pauses.
#[derive(Clone)]
#[must_use]
pub struct AlibabaKmsSettings {
    authorities: Vec<Certificate>,
    verification: Verification,
    /// It may hold a password.
    proxy: Option<Proxy>,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    retries: Retries,
    transport: PlainHttp,
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

impl AlibabaKmsSettings {
    /// Nothing is said.
    pub fn new() -> Self {
        Self {
            authorities: Vec::new(),
            verification: Verification::Verified,
            proxy: None,
            connect_timeout: CONNECT,
            attempt_timeout: ATTEMPT,
            retries: Retries::default(),
            transport: PlainHttp::ToThisMachine,
        }
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
        let certificates = Certificate::from_pem_bundle(pem).ok();
        let certificates = certificates.filter(|certificates| !certificates.is_empty());
        self.authorities = certificates.ok_or_else(|| {
            Error::invalid_input(
                "the CA file has no certificate in PEM: -----BEGIN CERTIFICATE-----",
            )
        })?;
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
        self.verification = Verification::DangerUnverified;
        self
    }

    /// Lets calls go to gateways without TLS, wherever they are: data keys then cross the network in
    /// clear. For stand-ins of KMS in a network of one's own. On this machine it is allowed anyway.
    pub fn danger_allow_plain_http(mut self) -> Self {
        self.transport = PlainHttp::DangerAnywhere;
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

    /// How long to wait for the whole answer of one attempt.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How often to try at most, the first time included.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.retries = Retries::new(attempts);
        self
    }

    pub(crate) fn retries(&self) -> Retries {
        self.retries
    }

    pub(crate) fn plain_http(&self) -> PlainHttp {
        self.transport
    }

    /// What the HTTP client needs to know of a gateway that is on this machine, or is not.
    pub(crate) fn client(&self, is_here: bool) -> ClientBuilder {
        let mut client = reqwest::Client::builder()
            // A signed request, with data keys in it, is for nobody else.
            .redirect(Policy::none())
            .http1_only()
            .connect_timeout(self.connect_timeout)
            .timeout(self.attempt_timeout)
            .user_agent(USER_AGENT)
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

impl Default for AlibabaKmsSettings {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for AlibabaKmsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlibabaKmsSettings")
            .field("authorities", &self.authorities.len())
            .field("verification", &self.verification)
            .field("connect_timeout", &self.connect_timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in ["", "text", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"] {
            let refused = AlibabaKmsSettings::new().ca_pem(pem.as_bytes());
            assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{pem}");
        }
        assert!(matches!(AlibabaKmsSettings::new().ca_file("/nowhere"), Err(Error::Io(_))));
        assert!(AlibabaKmsSettings::new().proxy("no url").is_err());
    }
}
