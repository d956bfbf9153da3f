//! Settings of the clients, over those of the AWS SDK.

use std::{fmt, time::Duration};

use aws_sdk_kms::config::{self, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, origin::Origin, region::Region};
use crypto_envelope::Result;
use crypto_envelope_aws::{
    guard::Transport,
    http,
    settings::{self, Timeouts},
};

use crate::{AwsKmsClients, arn};

/// Changes what a configuration says of the calls to KMS.
///
/// Where neither says anything: an attempt may take 10 seconds and a call 30, connecting is given up
/// as the AWS SDK does, three attempts are made at most, with growing pauses, and proxies are those
/// of the environment (`HTTPS_PROXY`, `NO_PROXY`), but for what goes to this machine.
///
/// Clones share what the configuration has learned, such as credentials.
#[derive(Clone)]
#[must_use]
pub struct AwsKmsClientsBuilder {
    config: SdkConfig,
    timeouts: config::timeout::TimeoutConfigBuilder,
    retries: RetryConfig,
    region: Option<String>,
    endpoint_url: Option<String>,
    /// It may hold a password.
    proxy: Option<String>,
    transport: Transport,
}

impl AwsKmsClientsBuilder {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let timeouts =
            config.timeout_config().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        Self {
            timeouts,
            retries: config.retry_config().cloned().unwrap_or_else(RetryConfig::standard),
            region: config.region().map(ToString::to_string),
            endpoint_url: None,
            proxy: None,
            transport: Transport::PlainToThisMachine,
            config: config.clone(),
        }
    }

    /// The region of keys that name none.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Where KMS is, for all regions, such as a VPC endpoint: `https://…`. It wins over what the
    /// environment and the shared configuration files say. Calls to an `http://…` that is not this
    /// machine fail.
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// How long to wait for a connection.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts = self.timeouts.connect_timeout(timeout);
        self
    }

    /// How long to wait for one attempt.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts = self.timeouts.operation_attempt_timeout(timeout);
        self
    }

    /// How long to wait for a call, all attempts and pauses in it.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts = self.timeouts.operation_timeout(timeout);
        self
    }

    /// How often to try at most, the first time included.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.retries = self.retries.with_max_attempts(attempts.max(1));
        self
    }

    /// Sends calls to KMS through an HTTP proxy, `http://HOST:PORT`, whatever the environment says, but
    /// for those to this machine. The connection to KMS is encrypted from end to end all the same.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Lets calls go to endpoints without TLS, wherever they are: data keys then cross the network in
    /// clear. For stand-ins of KMS in a network of one's own.
    pub fn danger_allow_plain_http(mut self) -> Self {
        self.transport = Transport::DangerPlain;
        self
    }

    /// The clients.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if the region cannot be one, or the proxy is not a URL.
    pub fn build(self) -> Result<AwsKmsClients> {
        let region = self.region.as_deref();
        region.map_or(Ok(()), arn::check_region)?;
        let mut config = self
            .config
            .into_builder()
            .region(self.region.map(Region::new))
            .timeout_config(self.timeouts.build())
            .retry_config(self.retries);
        if let Some(url) = self.endpoint_url {
            config.set_endpoint_url(Some(url));
            // Else the AWS SDK asks the environment first, for each service.
            config.insert_origin("endpoint_url", Origin::shared_config());
        }
        if let Some(url) = self.proxy {
            config.set_http_client(Some(http::client_through(&http::proxy(&url)?)));
        }
        Ok(AwsKmsClients::with_transport(&config.build(), self.transport))
    }
}

impl fmt::Debug for AwsKmsClientsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKmsClientsBuilder").field("region", &self.region).finish_non_exhaustive()
    }
}

/// What nobody said, and who is calling.
pub(crate) fn with_defaults(config: &SdkConfig) -> SdkConfig {
    let config = settings::with_defaults(config, TIMEOUTS);
    settings::called_by(config, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

const TIMEOUTS: Timeouts =
    Timeouts { attempt: Some(Duration::from_secs(10)), call: Some(Duration::from_secs(30)) };
