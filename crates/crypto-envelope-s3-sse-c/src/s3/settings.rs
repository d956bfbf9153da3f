//! Settings of the client, over those of the AWS SDK.

use std::{fmt, time::Duration};

use aws_sdk_s3::{
    Client,
    config::{
        self, RequestChecksumCalculation,
        retry::RetryConfig,
        timeout::{TimeoutConfig, TimeoutConfigBuilder},
    },
};
use aws_types::{SdkConfig, region::Region, service_config::ServiceConfigKey};
use crypto_envelope::Result;
use crypto_envelope_aws::{
    guard::Transport,
    http::{self, ProxyConfig, Trust},
    settings::{self, Timeouts},
};

use crate::{Declaration, SseCClient, s3::endpoint};

/// Changes what a configuration says of the calls to S3.
///
/// Where neither says anything: calls take as long as they do, connecting is given up as the AWS SDK does, three
/// attempts are made at most, with growing pauses, and proxies are those of the environment (`HTTPS_PROXY`,
/// `NO_PROXY`), but for what goes to this machine. To servers that are not of AWS, buckets go in the path, and
/// checksums only where S3 demands them: many refuse the new ones.
#[derive(Clone)]
#[must_use]
pub struct SseCClientBuilder {
    config: SdkConfig,
    timeouts: TimeoutConfigBuilder,
    retries: RetryConfig,
    region: Option<String>,
    endpoint_url: Option<String>,
    /// It may hold a password.
    proxy: Option<String>,
    certificates: Vec<Vec<u8>>,
    transport: Transport,
    declaration: Declaration,
    addressing: Addressing,
}

/// Where the name of the bucket goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Addressing {
    /// Into the name of the host for AWS, into the path for all others.
    #[default]
    ByServer,
    /// Into the name of the host.
    Host,
    /// Into the path.
    Path,
}

impl SseCClientBuilder {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let timeouts =
            config.timeout_config().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        Self {
            timeouts,
            retries: config.retry_config().cloned().unwrap_or_else(RetryConfig::standard),
            region: None,
            endpoint_url: None,
            proxy: None,
            certificates: Vec::new(),
            transport: Transport::PlainToThisMachine,
            declaration: Declaration::default(),
            addressing: Addressing::default(),
            config: config.clone(),
        }
    }

    /// The region.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Where the server is: `https://…`. It wins over what the environment and the shared configuration files
    /// say. Calls with a key to an `http://…` that is not this machine fail before they are sent.
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// Where the name of the bucket goes.
    pub fn addressing(mut self, addressing: Addressing) -> Self {
        self.addressing = addressing;
        self
    }

    /// How long to wait for a connection.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts = self.timeouts.connect_timeout(timeout);
        self
    }

    /// How long to wait for one attempt, the bytes that are sent and the head of the answer included.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts = self.timeouts.operation_attempt_timeout(timeout);
        self
    }

    /// How often to try at most, the first time included.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.retries = self.retries.with_max_attempts(attempts.max(1));
        self
    }

    /// Sends calls through an HTTP proxy, `http://HOST:PORT`, whatever the environment says, but for those to
    /// this machine. The connection to the server is encrypted from end to end all the same.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Trusts a server whose certificate was issued by a CA of one's own, in PEM, beside those of the system.
    pub fn trust(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.push(pem.into());
        self
    }

    /// Whether writes also ask for encryption with keys of the server.
    pub fn declaration(mut self, declaration: Declaration) -> Self {
        self.declaration = declaration;
        self
    }

    /// Lets customer keys go to servers without TLS, wherever they are: everybody on the network can read the
    /// keys, and with them the objects. For servers in a network of one's own.
    pub fn danger_allow_plain_http(mut self) -> Self {
        self.transport = Transport::DangerPlain;
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`crypto_envelope::Error::InvalidInput`] if the proxy is not a URL, or what is to be trusted no certificate.
    pub fn build(mut self) -> Result<SseCClient> {
        if self.proxy.is_none() && self.certificates.is_empty() {
            return Ok(self.assemble());
        }
        let proxy = match &self.proxy {
            Some(url) => http::proxy(url)?,
            None => ProxyConfig::from_env(),
        };
        let mut trust = Trust::default();
        for pem in &self.certificates {
            trust.add(pem)?;
        }
        let client = http::client_trusting(&proxy, &trust);
        self.config = self.config.into_builder().http_client(client).build();
        Ok(self.assemble())
    }

    pub(crate) fn assemble(self) -> SseCClient {
        let mut config = self
            .config
            .into_builder()
            .timeout_config(self.timeouts.build())
            .retry_config(self.retries);
        if let Some(region) = self.region {
            config.set_region(Some(Region::new(region)));
        }
        let endless = Timeouts { attempt: None, call: None };
        let config = settings::with_defaults(&config.build(), endless);
        let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let config = settings::called_by(config, name, version);
        let endpoint_url = self.endpoint_url.or_else(|| endpoint_of(&config));
        let is_of_aws = endpoint_url.as_deref().is_none_or(endpoint::is_of_aws);
        let in_path = match self.addressing {
            Addressing::ByServer => !is_of_aws,
            Addressing::Host => false,
            Addressing::Path => true,
        };
        let mut s3 = config::Builder::from(&config).force_path_style(in_path);
        s3.set_endpoint_url(endpoint_url);
        if !is_of_aws {
            s3.set_request_checksum_calculation(Some(RequestChecksumCalculation::WhenRequired));
        }
        SseCClient::with(Client::from_conf(s3.build()), self.transport, self.declaration)
    }
}

/// What the environment and the shared configuration files say, for S3 or for all.
fn endpoint_of(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let of_s3 = config.service_config().and_then(|services| services.load_config(key));
    of_s3.or_else(|| config.endpoint_url().map(ToOwned::to_owned))
}

impl fmt::Debug for SseCClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseCClientBuilder").field("region", &self.region).finish_non_exhaustive()
    }
}
