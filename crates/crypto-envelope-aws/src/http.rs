//! The HTTP client: that of the AWS SDK, but past proxies where they would read data keys or
//! credentials.

use aws_sdk_kms::{
    config::{
        ConfigBag, HttpClient, IntoShared, RuntimeComponents, RuntimeComponentsBuilder,
        SharedHttpClient,
    },
    error::BoxError,
};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use crypto_envelope::service::place;

/// Through a proxy, but for what goes to this machine or to the link that it is on, where clouds have
/// their credentials: that may be without TLS, and the environment names proxies without a thought of
/// it.
pub(crate) fn client_through(proxy: &ProxyConfig) -> SharedHttpClient {
    PastProxies { through: client(proxy), direct: client(&ProxyConfig::disabled()) }.into_shared()
}

fn client(proxy: &ProxyConfig) -> SharedHttpClient {
    let proxy = proxy.clone();
    Builder::new().build_with_connector_fn(move |settings, components| {
        let rustls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        let mut connector = Connector::builder().tls_provider(rustls).proxy_config(proxy.clone());
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
