//! Configuration as the AWS tools find it (feature `config`).

use aws_config::{
    BehaviorVersion, profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_types::SdkConfig;
use crypto_envelope::{Result, service};

use crate::http;

/// With what the AWS tools would use here: credentials and region from the environment, the shared
/// configuration files, a web identity, a container or the instance, in that order. With a `profile`
/// of the shared configuration files, no other credentials than those that it says: neither keys in
/// the environment nor a role of this machine take their place.
///
/// # Errors
///
/// If no thread can be started. Missing credentials are noticed by the first call.
pub async fn load(profile: Option<String>) -> Result<SdkConfig> {
    service::run(async move {
        // What gives credentials is asked through it, too.
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http::client_through(&ProxyConfig::from_env()));
        match profile {
            Some(name) => {
                let config = loader.profile_name(&name).load().await;
                with_credentials_of(config, name)
            }
            None => loader.load().await,
        }
    })
    .await
}

/// The AWS SDK takes keys from the environment even if a profile was named.
fn with_credentials_of(config: SdkConfig, profile: String) -> SdkConfig {
    let settings = ProviderConfig::without_region()
        .with_http_client(http::client_through(&ProxyConfig::from_env()))
        .with_region(config.region().cloned())
        .with_behavior_version(config.behavior_version());
    let credentials =
        ProfileFileCredentialsProvider::builder().configure(&settings).profile_name(profile);
    let credentials = SharedCredentialsProvider::new(credentials.build());
    config.into_builder().credentials_provider(credentials).build()
}
