//! Settings, over those of the AWS SDK.

use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, sdk_ua_metadata::FrameworkMetadata};

use crate::http;

/// How long to wait, where a configuration does not say.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "no promises")]
pub struct Timeouts {
    /// For one attempt. None waits as long as it takes, for transfers of any size.
    pub attempt: Option<Duration>,
    /// For a call, all attempts and pauses in it.
    pub call: Option<Duration>,
}

/// What nobody said: timeouts, retries, one cache of credentials for all regions, and an HTTP client
/// through the proxies of the environment, but for what goes to this machine.
#[must_use]
pub fn with_defaults(config: &SdkConfig, timeouts: Timeouts) -> SdkConfig {
    let said = config.timeout_config().cloned();
    let said = said.unwrap_or_else(|| TimeoutConfig::builder().build());
    let mut waits = said.to_builder();
    waits.set_operation_attempt_timeout(said.operation_attempt_timeout().or(timeouts.attempt));
    waits.set_operation_timeout(said.operation_timeout().or(timeouts.call));
    let mut builder = config.to_builder().timeout_config(waits.build());
    if config.behavior_version().is_none() {
        builder.set_behavior_version(Some(BehaviorVersion::v2026_01_12()));
    }
    if config.identity_cache().is_none() {
        // One for all regions: each of them would get credentials of its own.
        builder.set_identity_cache(Some(IdentityCache::lazy().build()));
    }
    if config.http_client().is_none() {
        builder.set_http_client(Some(http::client_through(&ProxyConfig::from_env())));
    }
    if config.retry_config().is_none() {
        builder.set_retry_config(Some(RetryConfig::standard()));
    }
    builder.build()
}

/// Who is calling, for the user agent: the name and the version of a crate.
#[must_use]
pub fn called_by(config: SdkConfig, name: &'static str, version: &'static str) -> SdkConfig {
    match FrameworkMetadata::new(name, Some(version)) {
        Ok(us) => config.into_builder().framework_metadata(us).build(),
        Err(_) => config,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_stays() {
        let waits = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_timeout(Duration::from_secs(2))
            .build();
        let retries = RetryConfig::standard().with_max_attempts(7);
        let said = SdkConfig::builder().timeout_config(waits).retry_config(retries).build();
        let config = with_defaults(&said, FEW);
        let waits = config.timeout_config().expect("timeouts");
        assert_eq!(waits.connect_timeout(), Some(Duration::from_secs(1)));
        assert_eq!(waits.operation_attempt_timeout(), FEW.attempt);
        assert_eq!(waits.operation_timeout(), Some(Duration::from_secs(2)));
        assert_eq!(config.retry_config().map(RetryConfig::max_attempts), Some(7));
    }

    #[test]
    fn what_nobody_said_is_set() {
        let config = with_defaults(&SdkConfig::builder().build(), FEW);
        let waits = config.timeout_config().expect("timeouts");
        assert_eq!(waits.operation_attempt_timeout(), FEW.attempt);
        assert_eq!(waits.operation_timeout(), FEW.call);
        assert!(config.behavior_version().is_some() && config.retry_config().is_some());
        assert!(config.http_client().is_some() && config.identity_cache().is_some());
    }

    #[test]
    fn transfers_may_take_as_long_as_they_do() {
        let none = Timeouts { attempt: None, call: None };
        let config = with_defaults(&SdkConfig::builder().build(), none);
        let waits = config.timeout_config().expect("timeouts");
        assert_eq!(waits.operation_attempt_timeout(), None);
        assert_eq!(waits.operation_timeout(), None);
    }

    const FEW: Timeouts =
        Timeouts { attempt: Some(Duration::from_secs(3)), call: Some(Duration::from_secs(4)) };
}
