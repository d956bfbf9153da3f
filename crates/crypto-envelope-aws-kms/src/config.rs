//! Configuration as the AWS tools find it.

use aws_config::BehaviorVersion;

use crate::{KmsClients, KmsClientsBuilder, runtime};
use crypto_envelope::Result;

impl KmsClients {
    /// With what the AWS tools would use here: credentials and region from the environment, the
    /// shared configuration files, a web identity, a container or the instance, in that order.
    ///
    /// # Errors
    ///
    /// If no thread can be started. Missing credentials are noticed by the first call.
    pub async fn load() -> Result<Self> {
        Self::loader(None).await?.build()
    }

    /// As [`load`](Self::load), with settings to change.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_builder() -> Result<KmsClientsBuilder> {
        Self::loader(None).await
    }

    /// As [`load_builder`](Self::load_builder), from a profile of the shared configuration files.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_profile(name: &str) -> Result<KmsClientsBuilder> {
        Self::loader(Some(name.to_owned())).await
    }

    async fn loader(profile: Option<String>) -> Result<KmsClientsBuilder> {
        let config = runtime::run(async move {
            let loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
            match profile {
                Some(name) => loader.profile_name(name).load().await,
                None => loader.load().await,
            }
        });
        Ok(Self::builder(&config.await?))
    }
}
