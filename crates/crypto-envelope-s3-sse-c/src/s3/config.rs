//! Configuration as the AWS tools find it.

use crypto_envelope::Result;
use crypto_envelope_aws::config;

use crate::{SseCClient, SseCClientBuilder};

impl SseCClient {
    /// With what the AWS tools would use here: credentials, region and endpoint from the environment, the shared
    /// configuration files, a web identity, a container or the instance, in that order.
    ///
    /// # Errors
    ///
    /// If no thread can be started. Missing credentials are noticed by the first call.
    pub async fn load() -> Result<Self> {
        Self::load_builder().await?.build()
    }

    /// As [`load`](Self::load), with settings to change.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_builder() -> Result<SseCClientBuilder> {
        Ok(Self::builder(&config::load(None).await?))
    }

    /// As [`load_builder`](Self::load_builder), with this profile of the shared configuration files and no other
    /// credentials than those that it says: neither keys in the environment nor a role of this machine take
    /// their place.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_profile_builder(name: &str) -> Result<SseCClientBuilder> {
        Ok(Self::builder(&config::load(Some(name.to_owned())).await?))
    }
}
