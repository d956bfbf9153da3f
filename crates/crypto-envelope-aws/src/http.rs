//! The HTTP client: that of the AWS SDK, but past proxies where they would read secrets or
//! credentials.

use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpClient, SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
    shared::IntoShared,
};
use aws_smithy_types::config_bag::ConfigBag;
use crypto_envelope::{Error, Result, service::place};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

pub use aws_smithy_http_client::proxy::ProxyConfig;

/// Through a proxy, but for what goes to this machine or to the link that it is on, where clouds have
/// their credentials: that may be without TLS, and the environment names proxies without a thought of
/// it.
#[must_use]
pub fn client_through(proxy: &ProxyConfig) -> SharedHttpClient {
    client_trusting(proxy, &Trust::default())
}

/// The same, which trusts more than the certificates of the system.
#[must_use]
pub fn client_trusting(proxy: &ProxyConfig, trust: &Trust) -> SharedHttpClient {
    let (through, direct) = (client(proxy, trust), client(&ProxyConfig::disabled(), trust));
    PastProxies { direct, through }.into_shared()
}

/// Certificates that are trusted beside those of the system.
#[derive(Clone, Debug, Default)]
pub struct Trust(Vec<Vec<u8>>);

impl Trust {
    /// One more file of PEM, with at least one certificate of a CA in it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is none: the AWS SDK would panic.
    pub fn add(&mut self, pem: &[u8]) -> Result<()> {
        let refused = || Error::invalid_input("the CA is no certificate in PEM");
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| refused())?;
            store.add(certificate).map_err(|_| refused())?;
        }
        if store.is_empty() {
            return Err(refused());
        }
        self.0.push(pem.to_owned());
        Ok(())
    }

    fn context(&self) -> tls::TlsContext {
        let mut store = tls::TrustStore::default();
        for pem in &self.0 {
            store.add_pem_certificate(pem.as_slice());
        }
        // Only another TLS library can fail here.
        tls::TlsContext::builder().with_trust_store(store).build().unwrap_or_default()
    }
}

/// The proxy at this URL, for all that goes through one.
///
/// # Errors
///
/// [`Error::InvalidInput`] if it is not a URL. It is not shown: it may hold a password.
pub fn proxy(url: &str) -> Result<ProxyConfig> {
    ProxyConfig::all(url).map_err(|_| {
        Error::invalid_input("the URL of the proxy is not of the form http://HOST:PORT")
    })
}

fn client(proxy: &ProxyConfig, trust: &Trust) -> SharedHttpClient {
    let (proxy, context) = (proxy.clone(), trust.context());
    Builder::new().build_with_connector_fn(move |settings, components| {
        let rustls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        let mut connector = Connector::builder()
            .tls_provider(rustls)
            .tls_context(context.clone())
            .proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build()
    })
}

/// To this machine, and to all others.
#[derive(Debug)]
struct PastProxies<C> {
    direct: C,
    through: C,
}

impl HttpClient for PastProxies<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(PastProxies {
            direct: self.direct.http_connector(settings, components),
            through: self.through.http_connector(settings, components),
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.through, components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.through, components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.through.connector_metadata()
    }
}

impl HttpConnector for PastProxies<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_near = place::is_near(request.uri());
        if is_near { self.direct.call(request) } else { self.through.call(request) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_is_none_is_refused_and_not_shown() {
        assert!(proxy("http://127.0.0.1:3128").is_ok());
        for url in ["", "not a url", "http://user:secret@"] {
            let error = proxy(url).expect_err(url).to_string();
            assert!(error.contains("http://HOST:PORT"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused_here() {
        let mut trust = Trust::default();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let another = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for pem in ["", "no PEM", broken, another, "-----BEGIN CERTIFICATE-----\nAA"] {
            assert!(trust.add(pem.as_bytes()).is_err(), "{pem}");
        }
        assert!(trust.0.is_empty());
        let _ = client_trusting(&ProxyConfig::disabled(), &trust);
    }
}
